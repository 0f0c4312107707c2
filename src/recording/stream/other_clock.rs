//! Records of another clock: a few that lie months and more from all others, far beyond what these span.
//!
//! One such line would make a test of ten minutes one of twenty years, and every rate nothing. Recordings have pauses, of a
//! night or a week, and tests repeated after months; so only what is all of this is taken for another clock: at most one in
//! a hundred records, 30 days or more away, and a hundred times as far as all others reach.

use super::events::Events;
use super::instants::{self, SECOND};
use super::seconds::Stretch;
use crate::problem::plural;

/// The most of all records.
const MOST_SHARE: f64 = 0.01;
/// So far away at least, ns, and so many times the span of all others.
const FARTHEST: i64 = 30 * 86_400 * SECOND;
const TIMES: i64 = 100;

/// The clock of nearly all records, and what is beside it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OtherClock {
    /// From the first to the last of nearly all, ns since 1970.
    pub begin_ns: i64,
    pub end_ns: i64,
    /// Records beside it, and the instant of one of them.
    pub records: u64,
    pub at_ns: i64,
}

/// Records of another clock, if there are any.
pub fn other_clock(events: &Events) -> Option<OtherClock> {
    let stretches = events.seconds.in_order();
    let weight =
        |stretch: &Stretch| if stretch.requests > 0 { stretch.requests } else { stretch.samples + stretch.iterations };
    let all: u64 = stretches.iter().map(|(_, stretch)| weight(stretch)).sum();
    // Groups with less than the least distance between their members.
    let mut groups: Vec<(i64, i64, u64)> = Vec::new();
    for (_, stretch) in &stretches {
        let Some((from, to)) = stretch.reach_ns else { continue };
        match groups.last_mut().filter(|group| from.saturating_sub(group.1) < FARTHEST) {
            Some(group) => *group = (group.0.min(from), group.1.max(to), group.2 + weight(stretch)),
            None => groups.push((from, to, weight(stretch))),
        }
    }
    let main = groups.iter().position(|group| (all - group.2) as f64 <= MOST_SHARE * all as f64)?;
    let (begin_ns, end_ns, many) = groups[main];
    let reach = end_ns.saturating_sub(begin_ns).max(SECOND);
    let before =
        main.checked_sub(1).and_then(|at| groups.get(at)).map(|group| (group.1, begin_ns.saturating_sub(group.1)));
    let after = groups.get(main + 1).map(|group| (group.0, group.0.saturating_sub(end_ns)));
    let mut beside = before.into_iter().chain(after);
    let far = beside.clone().all(|(_, distance)| distance >= reach.saturating_mul(TIMES));
    let (at_ns, _) = beside.next().filter(|_| far)?;
    Some(OtherClock { begin_ns, end_ns, records: all - many, at_ns })
}

impl OtherClock {
    /// What is said of it; `line` is where one of them stands, if that is known.
    pub fn said(&self, line: Option<u64>) -> String {
        let (one, year) = (self.records == 1, 365.25 * 86_400.0 * SECOND as f64);
        let distance = if self.at_ns > self.end_ns {
            self.at_ns.abs_diff(self.end_ns)
        } else {
            self.begin_ns.abs_diff(self.at_ns)
        };
        let records = plural(usize::try_from(self.records).unwrap_or(usize::MAX), "record");
        let line = line.map_or(String::new(), |line| format!(", line {line}"));
        format!(
            "{} {records} {} far from all others ({}{line}: {:.1} years away), as of another clock: counted, but the span, \
             rates and lines over time are those of the others",
            self.records,
            if one { "is" } else { "are" },
            instants::written(self.at_ns),
            distance as f64 / year
        )
    }

    /// Whether an instant, ns since 1970, is of the clock of nearly all.
    pub fn holds(&self, ns: i64) -> bool {
        (self.begin_ns..=self.end_ns).contains(&ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::stream::events::Request;

    const DAY: i64 = 86_400;

    fn found(instants: impl Iterator<Item = i64>) -> Option<(u64, i64, i64)> {
        let mut events = Events::default();
        for s in instants {
            let (end_ns, duration_ns) = (s * SECOND, SECOND as u64 / 2);
            events.request(&Request { end_ns, duration_ns, endpoint: b"x", status: 200, failure: None });
        }
        other_clock(&events).map(|clock| (clock.records, clock.begin_ns, clock.end_ns))
    }

    #[test]
    fn a_few_records_years_away_are_of_another_clock() {
        let test = || (0..600).map(|s| 20_000 * DAY + s);
        let expected = |records| Some((records, 20_000 * DAY * SECOND - SECOND / 2, (20_000 * DAY + 599) * SECOND));
        assert_eq!(found(test().chain([27_000 * DAY, 27_000 * DAY + 1])), expected(2));
        assert_eq!(found(test().chain([0])), expected(1), "a clock that was not set");
        assert_eq!(found(test().chain([0, 27_000 * DAY])), expected(2), "on both sides");
    }

    /// Tests and logs have pauses.
    #[test]
    fn pauses_are_no_other_clock() {
        let test = |from: i64, many: i64| (0..many).map(move |s| from + s);
        assert_eq!(found(test(0, 600)), None);
        assert_eq!(found(test(0, 600).chain([3600])), None, "a straggler");
        assert_eq!(found(test(0, 600).chain([10 * DAY])), None, "a week later");
        assert_eq!(found(test(0, 600).chain(test(40 * DAY, 600))), None, "again after a month");
        assert_eq!(found(test(0, 50).chain([4000 * DAY])), None, "one of fifty");
        assert_eq!(found((0..2000).map(|s| s * DAY / 2).chain([1100 * DAY])), None, "a log of years with a pause");
        assert_eq!(found(std::iter::empty()), None);
    }
}
