//! Figures of a recording with what they leave open: rounding, ranges, and the noise of a sample.

use crate::load::{planned_rate, planned_users, regular_end_s};
use crate::model::Test;
use crate::recording::{Observation, Recording};

use super::Run;

/// Standard normal value of a 95 % interval.
pub(super) const Z: f64 = 1.959_963_984_540_054;

/// A figure, and the figures that it was computed from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reading {
    pub value: f64,
    /// Where it lies for sure, by rounding and recorded ranges.
    pub low: f64,
    pub high: f64,
    /// Half of the 95 % interval of chance around that.
    pub noise: f64,
    pub figures: Vec<String>,
}

impl Reading {
    /// All observations of one thing: they may differ, and then one of them is right.
    pub fn of(observations: &[&Observation], recording: &Recording) -> Option<Reading> {
        let low = observations.iter().map(|o| o.bounds().0 - o.rounding).fold(f64::INFINITY, f64::min);
        let high = observations.iter().map(|o| o.bounds().1 + o.rounding).fold(f64::NEG_INFINITY, f64::max);
        let value = match observations {
            [] => return None,
            [one] => one.middle(),
            _ => f64::midpoint(low, high),
        };
        let figures = observations.iter().map(|o| cite(o, recording)).collect();
        (low <= high).then_some(Reading { value, low: low.max(0.0), high, noise: 0.0, figures })
    }

    pub fn times(mut self, factor: f64) -> Reading {
        (self.value, self.low, self.high) = (self.value * factor, self.low * factor, self.high * factor);
        self.noise *= factor;
        self
    }

    /// The quotient, whose bounds are those of all quotients.
    pub fn over(self, other: &Reading) -> Option<Reading> {
        let fine = other.low > 0.0 && other.value > 0.0;
        fine.then(|| Reading {
            value: self.value / other.value,
            low: self.low / other.high,
            high: self.high / other.low,
            noise: self.noise / other.value + other.noise * self.value / (other.value * other.value),
            figures: joined(self.figures, &other.figures),
        })
    }

    pub fn minus(self, other: &Reading) -> Reading {
        Reading {
            value: self.value - other.value,
            low: self.low - other.high,
            high: self.high - other.low,
            noise: self.noise.hypot(other.noise),
            figures: joined(self.figures, &other.figures),
        }
    }

    /// With further noise, a share of the value.
    pub fn noisy(mut self, share: f64) -> Reading {
        self.noise = self.noise.hypot(share * self.value);
        self
    }

    /// 95 % interval.
    pub fn interval(&self) -> (f64, f64) {
        (self.low - self.noise, self.high + self.noise)
    }
}

fn joined(mut figures: Vec<String>, others: &[String]) -> Vec<String> {
    let new: Vec<String> = others.iter().filter(|other| !figures.contains(other)).cloned().collect();
    figures.extend(new);
    figures
}

/// `cpu app avg 35..42 % (baseline.csv:60)`.
pub(super) fn cite(o: &Observation, recording: &Recording) -> String {
    let short = |value: f64| format!("{}", (value * 1e4).round() / 1e4);
    let value = match (o.value, o.range) {
        (Some(value), _) => short(value),
        (None, Some((low, high))) => format!("{}..{}", short(low), short(high)),
        (None, None) => String::new(),
    };
    let unit = if o.unit == "1" { String::new() } else { format!(" {}", o.unit) };
    let scope = if o.scope.is_empty() { String::new() } else { format!(" {}", o.scope) };
    let line = if o.line > 0 && recording.files.len() <= 1 { format!(":{}", o.line) } else { String::new() };
    let name = recording.name.rsplit('/').next().unwrap_or(&recording.name);
    format!("{}{scope} {} {value}{unit} ({name}{line})", o.metric, o.stat)
}

/// The figures of the longest stretch of time of which there are some, or else of the whole test: a stretch has a
/// steady load more often than a test has.
pub(super) fn steadiest<'r>(run: &Run<'r>, metric: &str, scope: &str, stat: &str) -> Vec<&'r Observation> {
    let all: Vec<&Observation> = run.recording.of(metric, scope, stat).collect();
    let length = |o: &&Observation| o.window.map_or(0.0, |(from, to)| to - from);
    let longest = all.iter().copied().max_by(|a, b| length(a).total_cmp(&length(b)));
    let window = longest.and_then(|o| o.window);
    all.into_iter().filter(|o| o.window == window).collect()
}

/// Requests per second in a stretch of time or the whole test.
pub(super) fn throughput(run: &Run, window: Option<(f64, f64)>) -> Option<Reading> {
    let within = |stat: &str| -> Vec<&Observation> {
        run.recording.of("http_reqs", "", stat).filter(|o| o.window == window).collect()
    };
    let direct = Reading::of(&within("rate"), run.recording);
    let length = window.map_or(regular_end_s(run.test), |(from, to)| to - from);
    let counted = Reading::of(&within("count"), run.recording).map(|count| count.times(1.0 / length));
    if window.is_none() || direct.is_some() || counted.is_some() {
        return direct.or(counted);
    }
    let count = whole(run, "http_reqs", "", "count")?;
    let share = planned(run.test, window?) / planned(run.test, (0.0, regular_end_s(run.test)));
    let mut reading = count.times(share / length);
    // That every user sends as many at any time, and the mean of the whole test, which ramps do not make higher.
    if let Some(rate) = whole(run, "http_reqs", "", "rate") {
        reading.low = reading.low.min(rate.low);
        reading.high = reading.high.max(rate.low);
        reading.figures.extend(rate.figures);
    }
    Some(reading)
}

/// A figure of the whole test.
pub(super) fn whole(run: &Run, metric: &str, scope: &str, stat: &str) -> Option<Reading> {
    let found: Vec<&Observation> = run.recording.of(metric, scope, stat).filter(|o| o.window.is_none()).collect();
    Reading::of(&found, run.recording)
}

/// Users' time, or iterations that arrive, as planned in a stretch of time.
pub(super) fn planned(test: &Test, (from, to): (f64, f64)) -> f64 {
    const STEPS: usize = 20_000;
    let width = (to - from) / STEPS as f64;
    let at = |t: f64| {
        let of =
            |s: &crate::model::Scenario| planned_users(&s.executor, s.start, t) + planned_rate(&s.executor, s.start, t);
        test.scenarios.iter().map(of).sum::<f64>()
    };
    (0..STEPS).map(|step| at(from + (step as f64 + 0.5) * width)).sum::<f64>() * width
}

/// Whether all load comes from users who wait for their answers.
pub(super) fn closed(test: &Test) -> bool {
    let users = |s: &crate::model::Scenario| {
        matches!(s.executor, crate::model::Executor::ConstantVus { .. } | crate::model::Executor::RampingVus { .. })
    };
    test.scenarios.iter().all(users)
}

/// The mean response, s: recorded, or between what percentiles allow.
pub(super) fn response(run: &Run, scope: &str) -> Option<Reading> {
    let found = steadiest(run, "http_req_duration", scope, "avg");
    if let Some(mean) = Reading::of(&found, run.recording) {
        let window = found[0].window;
        let length = window.map_or(regular_end_s(run.test), |(from, to)| to - from);
        let of = |stat: &str| run.recording.of("http_reqs", scope, stat).find(|o| o.window == window);
        let counted = of("count").map(Observation::middle).or_else(|| Some(of("rate")?.middle() * length));
        let count = counted.or_else(|| Some(throughput(run, window)?.value * length)).unwrap_or(1.0);
        return Some(mean.times(1e-3).noisy(Z / count.max(1.0).sqrt()));
    }
    let mut points: Vec<(f64, &Observation)> = Vec::new();
    for o in &run.recording.observations {
        let percent = o.stat.strip_prefix('p').and_then(|p| p.parse::<f64>().ok());
        if o.metric == "http_req_duration" && o.scope == scope && o.window.is_none() {
            points.extend(percent.map(|percent| (percent / 100.0, o)));
        }
    }
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    (points.len() >= 3).then(|| mean_of(&points, run.recording)).flatten()
}

/// A mean from percentiles: values lie between their neighbours; above the last the tail falls as it did before.
fn mean_of(points: &[(f64, &Observation)], recording: &Recording) -> Option<Reading> {
    let (first, last) = (points.first()?, points.last()?);
    let value = |at: &(f64, &Observation)| at.1.middle() * 1e-3;
    let (mut low, mut high, mut middle) = (0.0, first.0 * value(first), first.0 * value(first) * 0.75);
    for pair in points.windows(2) {
        let (share, a, b) = (pair[1].0 - pair[0].0, value(&pair[0]), value(&pair[1]));
        (low, high, middle) = (low + share * a, high + share * b, middle + share * f64::midpoint(a, b));
    }
    let rest = 1.0 - last.0;
    (low, high, middle) =
        (low + rest * value(last), high + rest * 2.0 * value(last), middle + rest * 1.25 * value(last));
    let figures = vec![format!("{} percentiles of http_req_duration ({})", points.len(), {
        recording.name.rsplit('/').next().unwrap_or(&recording.name)
    })];
    Some(Reading { value: middle, low, high, noise: 0.0, figures })
}
