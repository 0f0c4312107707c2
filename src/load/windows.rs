//! Names and spans of stages, and the span in which a test asks most.
//!
//! A recorded test is compared stage by stage, and resources are judged while they are busiest.
//! Users and iterations per second cannot be added up; where a test has both, each kind counts in
//! shares of its own peak.

use crate::model::{Executor, Replay, Scenario, Test};

use super::curve::{Counted, Leg, counted, legs};

/// Where a test has no level stretch at its peak, the busy span is where the planned load is at
/// least this share of it.
const BUSY_SHARE: f64 = 0.9;

/// A stage of a test, in seconds since the test began.
#[derive(Clone, Debug, PartialEq)]
pub struct StageWindow {
    /// For people: "stage 1: 0 to 500 in 1m"; with several scenarios the scenario's name first.
    pub name: String,
    pub from_s: f64,
    pub to_s: f64,
}

/// The stages of all scenarios in order; those of no duration are jumps and have no window.
#[must_use]
pub fn stage_windows(test: &Test) -> Vec<StageWindow> {
    let mut windows = Vec::new();
    for scenario in &test.scenarios {
        let prefix = if test.scenarios.len() > 1 { format!("{}, ", scenario.name) } else { String::new() };
        if let Executor::Replay(replay) = &scenario.executor {
            replayed(scenario, replay, &mut windows);
            continue;
        }
        for (index, leg) in legs(&scenario.executor, scenario.start).iter().enumerate() {
            if leg.from_s < leg.to_s {
                let name = format!("{prefix}{}", leg_name(&scenario.executor, index, leg));
                windows.push(StageWindow { name, from_s: leg.from_s, to_s: leg.to_s });
            }
        }
    }
    windows
}

/// One window for all of it, and one for all that is replayed at the same time: a log has a scenario per endpoint.
fn replayed(scenario: &Scenario, replay: &Replay, windows: &mut Vec<StageWindow>) {
    let (from_s, to_s) = (scenario.start, scenario.start + replay.duration());
    let name = format!("replay for {}", duration_words(to_s - from_s));
    let window = StageWindow { name, from_s, to_s };
    if !windows.contains(&window) {
        windows.push(window);
    }
}

fn leg_name(executor: &Executor, index: usize, leg: &Leg) -> String {
    let duration = duration_words(leg.to_s - leg.from_s);
    let unit = match counted(executor) {
        Counted::Users => "",
        Counted::Rate => "/s",
    };
    let (from, to) = (number(leg.from), number(leg.to));
    match executor {
        Executor::ConstantVus { .. } => format!("{to} users for {duration}"),
        Executor::ConstantArrivalRate { .. } | Executor::Replay(_) => format!("{to}/s for {duration}"),
        Executor::RampingVus { .. } | Executor::RampingArrivalRate { .. } if leg.from == leg.to => {
            format!("stage {}: {to}{unit} for {duration}", index + 1)
        }
        Executor::RampingVus { .. } | Executor::RampingArrivalRate { .. } => {
            format!("stage {}: {from} to {to}{unit} in {duration}", index + 1)
        }
    }
}

/// At most three decimals, none that are 0.
fn number(value: f64) -> String {
    ((value * 1e3).round() / 1e3).to_string()
}

/// k6's way: "1m30s", "2h", "0.5s".
fn duration_words(seconds: f64) -> String {
    // The difference of two instants may fall short of a whole minute by its rounding.
    let seconds = (seconds * 1e3).round() / 1e3;
    let whole_minutes = (seconds / 60.0).floor();
    let rest = seconds - whole_minutes * 60.0;
    let (hours, minutes) = ((whole_minutes / 60.0).floor(), whole_minutes % 60.0);
    let mut words = String::new();
    for (amount, unit) in [(hours, "h"), (minutes, "m"), (rest, "s")] {
        if amount > 0.0 {
            words += &format!("{}{unit}", number(amount));
        }
    }
    if words.is_empty() { "0s".to_owned() } else { words }
}

/// A stretch of time in which no leg begins or ends: planned load at its two ends.
struct Slice {
    from_s: f64,
    to_s: f64,
    /// In shares of the peak, summed over the kinds.
    from: f64,
    to: f64,
}

/// The span `(from_s, to_s)` in which the planned load is highest: the longest level stretch at the
/// peak, or, where the peak is only touched, the longest stretch above nine tenths of it.
/// `(0, 0)` for a test that plans nothing.
#[must_use]
pub fn busiest_window(test: &Test) -> (f64, f64) {
    let slices = slices(test);
    let peak = slices.iter().flat_map(|slice| [slice.from, slice.to]).fold(0.0, f64::max);
    if peak <= 0.0 {
        return (0.0, 0.0);
    }
    let at_peak = |load: f64| load >= peak * (1.0 - 1e-9);
    let level = slices.iter().filter(|slice| at_peak(slice.from) && at_peak(slice.to));
    longest(level.map(|slice| (slice.from_s, slice.to_s)))
        .or_else(|| longest(slices.iter().filter_map(|slice| slice.above(peak * BUSY_SHARE))))
        .unwrap_or((0.0, 0.0))
}

impl Slice {
    /// The part in which the load is at least `level`.
    fn above(&self, level: f64) -> Option<(f64, f64)> {
        let crossing = self.from_s + (self.to_s - self.from_s) * (level - self.from) / (self.to - self.from);
        match (self.from >= level, self.to >= level) {
            (true, true) => Some((self.from_s, self.to_s)),
            (false, true) => Some((crossing, self.to_s)),
            (true, false) => Some((self.from_s, crossing)),
            (false, false) => None,
        }
    }
}

fn slices(test: &Test) -> Vec<Slice> {
    let legs_of = |kind: Counted| -> Vec<Leg> {
        let same = test.scenarios.iter().filter(|scenario| counted(&scenario.executor) == kind);
        let legs = same.flat_map(|scenario| legs(&scenario.executor, scenario.start));
        legs.filter(|leg| leg.from_s < leg.to_s).collect()
    };
    let kinds = [legs_of(Counted::Users), legs_of(Counted::Rate)];
    let mut bounds: Vec<f64> = kinds.iter().flatten().flat_map(|leg| [leg.from_s, leg.to_s]).collect();
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();

    let mut slices: Vec<Slice> = bounds
        .windows(2)
        .filter_map(|pair| match pair {
            &[from_s, to_s] => Some(Slice { from_s, to_s, from: 0.0, to: 0.0 }),
            _ => None,
        })
        .collect();
    for legs in &kinds {
        let at = |slice: &Slice, t_s: f64| -> f64 {
            let covering = legs.iter().filter(|leg| leg.from_s <= slice.from_s && slice.to_s <= leg.to_s);
            covering.map(|leg| leg.at(t_s)).sum()
        };
        let loads: Vec<(f64, f64)> = slices.iter().map(|s| (at(s, s.from_s), at(s, s.to_s))).collect();
        let peak = loads.iter().flat_map(|&(from, to)| [from, to]).fold(0.0, f64::max);
        if peak > 0.0 {
            for (slice, (from, to)) in slices.iter_mut().zip(loads) {
                slice.from += from / peak;
                slice.to += to / peak;
            }
        }
    }
    slices
}

/// The longest of these spans, touching ones taken together; the first of equally long ones.
fn longest(spans: impl Iterator<Item = (f64, f64)>) -> Option<(f64, f64)> {
    let mut joined: Vec<(f64, f64)> = Vec::new();
    for (from, to) in spans {
        match joined.last_mut() {
            Some(last) if last.1 == from => last.1 = to,
            _ => joined.push((from, to)),
        }
    }
    let longer = |a: (f64, f64), b: (f64, f64)| if b.1 - b.0 > a.1 - a.0 { b } else { a };
    joined.into_iter().reduce(longer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ArrivalProcess, Scenario, Stage};

    fn ramping(start_vus: u32, stages: &[(f64, f64)]) -> Executor {
        let stages = stages.iter().map(|&(duration, target)| Stage { duration, target }).collect();
        Executor::RampingVus { start_vus, stages, graceful_ramp_down: 30.0 }
    }

    fn rate(rate: f64, duration: f64) -> Executor {
        let arrivals = ArrivalProcess::Even;
        Executor::ConstantArrivalRate { rate, duration, pre_allocated_vus: 1, max_vus: 1, arrivals }
    }

    fn test_of(scenarios: Vec<(&str, f64, Executor)>) -> Test {
        let scenario = |(name, start, executor): (&str, f64, Executor)| Scenario {
            name: name.to_owned(),
            executor,
            start,
            graceful_stop: 30.0,
            iteration: 0,
            request_timeout: 60.0,
        };
        Test {
            name: "test".into(),
            about: String::new(),
            scenarios: scenarios.into_iter().map(scenario).collect(),
            objectives: Vec::new(),
            recordings: Vec::new(),
            spans: Vec::new(),
            unscored: Vec::new(),
            differs: Vec::new(),
            taken_from_test: Vec::new(),
            changes: Vec::new(),
            events: Vec::new(),
        }
    }

    #[test]
    fn stages_are_named_by_what_they_ask() {
        let executor = ramping(0, &[(60.0, 500.0), (300.0, 500.0), (0.0, 100.0), (90.5, 0.0)]);
        let windows = stage_windows(&test_of(vec![("main", 5.1, executor)]));
        let shown: Vec<_> = windows.iter().map(|w| (w.name.as_str(), w.from_s, w.to_s)).collect();
        let expected = [
            ("stage 1: 0 to 500 in 1m", 5.1, 65.1),
            ("stage 2: 500 for 5m", 65.1, 365.1),
            ("stage 4: 100 to 0 in 1m30.5s", 365.1, 455.6),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn several_scenarios_are_told_apart() {
        let vus = Executor::ConstantVus { vus: 20, duration: 7200.0 };
        let windows = stage_windows(&test_of(vec![("browse", 0.0, vus), ("buy", 0.0, rate(5.0 / 3.0, 60.0))]));
        let names: Vec<_> = windows.iter().map(|w| w.name.as_str()).collect();
        assert_eq!(names, ["browse, 20 users for 2h", "buy, 1.667/s for 1m"]);
    }

    #[test]
    fn the_busiest_window_is_the_longest_stretch_at_the_peak() {
        let spike = ramping(0, &[(60.0, 50.0), (10.0, 50.0), (30.0, 20.0), (30.0, 50.0), (40.0, 50.0), (50.0, 50.0)]);
        assert_eq!(busiest_window(&test_of(vec![("main", 0.0, spike)])), (130.0, 220.0));
    }

    #[test]
    fn a_peak_that_is_only_touched_counts_from_nine_tenths() {
        let triangle = ramping(0, &[(100.0, 50.0), (50.0, 0.0)]);
        assert_eq!(busiest_window(&test_of(vec![("main", 10.0, triangle)])), (100.0, 115.0));
    }

    #[test]
    fn scenarios_add_up_each_kind_in_shares_of_its_peak() {
        let users = |vus, duration| Executor::ConstantVus { vus, duration };
        // 10 users all along, 100 more from 50 s to 80 s: the sum is highest there.
        let test = test_of(vec![("a", 0.0, users(10, 200.0)), ("b", 50.0, users(100, 30.0))]);
        assert_eq!(busiest_window(&test), (50.0, 80.0));
        // A rate beside them counts by its share: it matters where the users are at their peak too.
        let test = test_of(vec![("a", 0.0, users(10, 200.0)), ("b", 150.0, rate(0.5, 30.0))]);
        assert_eq!(busiest_window(&test), (150.0, 180.0));
        assert_eq!(busiest_window(&test_of(vec![])), (0.0, 0.0));
    }
}
