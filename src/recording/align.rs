//! Several files of one test, laid on one clock.
//!
//! Each file counts its seconds from an instant of its own, by a clock of its own. Where files say their instants, these
//! are the first guess. Where both show throughput over time, the shift at which the two lines agree best (the highest
//! correlation) tells how far the clocks are apart; it is taken only if the lines agree well there and
//! clearly worse elsewhere, since a steady load fits anywhere. Our own tables count from the begin of the test by
//! definition and are not shifted.

use super::{FileFacts, Format, Recording};

/// Correlation from which lines are taken to show the same load.
const ALIKE: f64 = 0.7;
/// How much worse the lines must agree anywhere else.
const CLEARLY: f64 = 0.05;
/// Shifts nearer than this to the best are the same answer, points.
const NEAR: i64 = 5;
/// Fewest points that two lines must have in common, and most that are compared.
const FEWEST: usize = 20;
const MOST: usize = 4000;

/// Joins files of one test; the first one's clock counts.
#[must_use]
pub fn join(recordings: Vec<Recording>) -> Recording {
    let mut joined: Option<Recording> = None;
    for mut next in recordings {
        match &mut joined {
            None => joined = Some(next),
            Some(joined) => {
                let (shift_s, how) = shift(joined, &next);
                move_by(&mut next, shift_s);
                joined.notes.extend(how);
                joined.notes.extend(twice(joined, &next));
                joined.add(next);
            }
        }
    }
    joined.unwrap_or_default()
}

/// That both files have the same figure: two tools measured it, or two generators each a part of the load.
fn twice(first: &Recording, second: &Recording) -> Option<String> {
    let read_as_is = |recording: &Recording| recording.files.iter().all(|file| file.format == Format::Tidy);
    if read_as_is(first) && read_as_is(second) {
        return None;
    }
    let whole = |recording: &Recording| recording.find("http_reqs", "", "count").is_some();
    let name = second.files.first().map_or(second.name.as_str(), |file| file.name.as_str());
    (whole(first) && whole(second))
        .then(|| format!("{name} counts requests too: its figures stand beside the others and are not added to them"))
}

/// How many seconds later the second file's zero is, and how that is known.
fn shift(first: &Recording, second: &Recording) -> (f64, Option<String>) {
    let (Some(a), Some(b)) = (clock(first), clock(second)) else { return (0.0, None) };
    let said = a.begin_ns.zip(b.begin_ns).map(|(a, b)| (b as f64 - a as f64) / 1e9);
    let width = a.width_s.max(b.width_s);
    let guess = said.unwrap_or(0.0);
    let found = if a.width_s > 0.0 && b.width_s > 0.0 { best(first, second, width, guess) } else { None };
    let name = &b.name;
    match (found, said) {
        (Some((shift_s, likeness)), Some(said)) if (shift_s - said).abs() > width => {
            let (ahead, by) = if said > shift_s { ("ahead of", said - shift_s) } else { ("behind", shift_s - said) };
            let what = format!(
                "the clock of {name} is {by:.0} s {ahead} that of {}: at that shift their throughput agrees best (correlation {likeness:.2})",
                a.name
            );
            (shift_s, Some(what))
        }
        (Some((_, likeness)), Some(said)) => {
            let what = format!(
                "{name} begins {said:.0} s after {} by their clocks, and their throughput agrees (correlation {likeness:.2})",
                a.name
            );
            (said, Some(what))
        }
        (None, Some(said)) => {
            let what = format!(
                "{name} begins {said:.0} s after {} by their clocks; their throughput does not tell more",
                a.name
            );
            (said, Some(what))
        }
        (Some((shift_s, likeness)), None) => {
            let what = format!(
                "{name} is taken to begin {shift_s:.0} s after {}: at that shift their throughput agrees best (correlation {likeness:.2})",
                a.name
            );
            (shift_s, Some(what))
        }
        (None, None) => {
            let what = format!("{name} is taken to begin with {}: neither clocks nor throughput tell more", a.name);
            (0.0, Some(what))
        }
    }
}

/// The file that a recording's seconds count by; none for our own tables.
fn clock(recording: &Recording) -> Option<&FileFacts> {
    let known = |file: &&FileFacts| file.begin_ns.is_some() || file.width_s > 0.0;
    recording.files.iter().find(known).filter(|file| !matches!(file.format, Format::Tidy | Format::Series))
}

fn move_by(recording: &mut Recording, shift_s: f64) {
    recording.series.iter_mut().for_each(|point| point.t_s += shift_s);
    for window in recording.observations.iter_mut().filter_map(|observation| observation.window.as_mut()) {
        *window = (window.0 + shift_s, window.1 + shift_s);
    }
}

/// A line in equal steps: the number of the first, and its values; NaN where there is none.
struct Steps {
    first: i64,
    values: Vec<f64>,
}

/// The shift at which throughput agrees best, and how well; `None` if no shift is clearly better than all others.
fn best(first: &Recording, second: &Recording, width: f64, guess: f64) -> Option<(f64, f64)> {
    let (a, b) = (throughput(first, width)?, throughput(second, width)?);
    let (length_a, length_b) = (a.values.len() as i64, b.values.len() as i64);
    let guess = (guess / width).round() as i64;
    let mut all: Vec<(i64, f64)> = Vec::new();
    for shift in a.first - b.first - length_b..=a.first - b.first + length_a {
        all.extend(correlation(&a, &b, shift).map(|likeness| (shift, likeness)));
    }
    // Of equal ones the one nearest to what the clocks say.
    let order =
        |x: &&(i64, f64), y: &&(i64, f64)| x.1.total_cmp(&y.1).then((y.0 - guess).abs().cmp(&(x.0 - guess).abs()));
    let best = *all.iter().max_by(order)?;
    let elsewhere = all.iter().filter(|other| (other.0 - best.0).abs() > NEAR).map(|other| other.1);
    let clear = elsewhere.fold(f64::NEG_INFINITY, f64::max) < best.1 - CLEARLY;
    (best.1 >= ALIKE && clear).then_some((best.0 as f64 * width, best.1))
}

/// Requests per second in steps of `width`; `None` if they are too few or too many.
fn throughput(recording: &Recording, width: f64) -> Option<Steps> {
    let points = recording.series.iter().filter(|p| p.metric == "http_reqs" && p.stat == "rate");
    let whole = points.clone().any(|point| point.scope.is_empty());
    let step = |t_s: f64| (t_s / width).floor() as i64;
    let points: Vec<(i64, f64)> =
        points.filter(|p| p.scope.is_empty() || !whole).map(|p| (step(p.t_s), p.value)).collect();
    let (first, last) = (points.iter().map(|p| p.0).min()?, points.iter().map(|p| p.0).max()?);
    let length = usize::try_from(last - first + 1).ok().filter(|length| (FEWEST..=MOST).contains(length))?;
    let mut values = vec![f64::NAN; length];
    for (step, value) in points {
        let cell = &mut values[(step - first) as usize];
        *cell = if cell.is_nan() { value } else { *cell + value };
    }
    Some(Steps { first, values })
}

/// Pearson's correlation where both have points; `None` if these are few, or one of the lines is flat there.
fn correlation(a: &Steps, b: &Steps, shift: i64) -> Option<f64> {
    // Where the second line begins among the steps of the first.
    let offset = b.first + shift - a.first;
    let (skip_a, skip_b) = (usize::try_from(offset).unwrap_or(0), usize::try_from(-offset).unwrap_or(0));
    let both = || {
        let pairs = a.values.iter().skip(skip_a).zip(b.values.iter().skip(skip_b));
        pairs.filter(|(x, y)| !x.is_nan() && !y.is_nan())
    };
    let count = both().count();
    if count < FEWEST.max(a.values.len().min(b.values.len()) * 3 / 4) {
        return None;
    }
    let (sum_x, sum_y) = both().fold((0.0, 0.0), |sums, (x, y)| (sums.0 + x, sums.1 + y));
    let (mean_x, mean_y) = (sum_x / count as f64, sum_y / count as f64);
    let (mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0);
    for (x, y) in both() {
        xx += (x - mean_x) * (x - mean_x);
        yy += (y - mean_y) * (y - mean_y);
        xy += (x - mean_x) * (y - mean_y);
    }
    (xx > 0.0 && yy > 0.0).then(|| xy / (xx * yy).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::SeriesPoint;

    fn file(name: &str, begin_s: Option<i64>, rate: impl Fn(i64) -> f64) -> Recording {
        let facts = FileFacts {
            begin_ns: begin_s.map(|s| (1_700_000_000 + s) * 1_000_000_000),
            width_s: 1.0,
            ..FileFacts::plain(name, Format::K6Json)
        };
        let point = |t: i64| SeriesPoint {
            t_s: t as f64,
            metric: "http_reqs".into(),
            scope: String::new(),
            stat: "rate".into(),
            value: rate(t),
            unit: "1/s",
        };
        Recording { series: (0..100).map(point).collect(), files: vec![facts], ..Recording::default() }
    }

    /// A load with a spike at 40 s.
    fn load(t: i64) -> f64 {
        10.0 + (t % 3) as f64 + if (40..50).contains(&t) { 50.0 } else { 0.0 }
    }

    #[test]
    fn the_offset_of_a_clock_is_found() {
        // The second file starts 10 s later, by a clock that is 7 s ahead.
        let joined = join(vec![file("a", Some(0), load), file("b", Some(17), |t| 2.0 * load(t + 10))]);
        assert_eq!(joined.series[100].t_s, 10.0);
        assert!(joined.notes[0].starts_with("the clock of b is 7 s ahead of that of a"), "{:?}", joined.notes);
        let joined = join(vec![file("a", None, load), file("b", None, |t| load(t - 3))]);
        assert_eq!(joined.series[100].t_s, -3.0, "{:?}", joined.notes);
    }

    #[test]
    fn a_steady_load_tells_nothing() {
        let joined = join(vec![file("a", Some(0), |_| 10.0), file("b", Some(4), |_| 11.0)]);
        assert_eq!(joined.series[100].t_s, 4.0);
        assert!(joined.notes[0].contains("by their clocks"), "{:?}", joined.notes);
        // A load that repeats itself fits at many shifts.
        let joined = join(vec![file("a", None, |t| (t % 10) as f64), file("b", None, |t| ((t + 3) % 10) as f64)]);
        assert_eq!(joined.series[100].t_s, 0.0, "{:?}", joined.notes);
    }
}
