//! Single requests as a recording: figures of the whole test and of each endpoint, and what happened over time.

use super::blocks::Lines;
use super::durations::Durations;
use super::events::{Endpoint, Events};
use super::instants::SECOND;
use super::names::as_scope;
use super::other_clock::{OtherClock, other_clock};
use super::seconds::Stretch;
use super::traced::Traces;
use crate::problem::plural;
use crate::recording::figures::Figures;
use crate::recording::units::Unit;
use crate::recording::{FileFacts, Format, ReadProblem, Recording};

/// What lies before is no date but a time since the test began, ns.
const YEAR_2001: i64 = 978_307_200 * SECOND;
/// Most names that a note lists.
const MOST_NAMED: usize = 8;
/// Statuses that the contract counts by themselves.
const OWN_STATUSES: [u16; 6] = [429, 460, 500, 502, 503, 504];
const PERCENTILES: [(&str, f64); 5] = [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)];

/// A format's own words on what it leaves out.
pub type Notes = Vec<String>;

/// The recording, or why there is nothing in it.
pub fn recording(name: &str, format: Format, lines: Lines, mut notes: Notes) -> Result<Recording, Vec<ReadProblem>> {
    if lines.events.is_empty() {
        return Err(nothing(format, &lines));
    }
    let clock = other_clock(&lines.events);
    notes.extend(doubts(&lines, clock.as_ref()));
    let Lines { events, lines: count, broken, .. } = lines;
    notes.extend(left_out(&events));
    let ends = clock.map_or((events.begin_ns, events.end_ns), |clock| (Some(clock.begin_ns), Some(clock.end_ns)));
    let span_s = match ends {
        (Some(begin), Some(end)) if end > begin => Some(end.abs_diff(begin) as f64 / 1e9),
        _ => None,
    };
    let mut counted = Counted { figures: Figures::new(name, format), span_s };
    counted.of_events(&events);
    let absolute = ends.0.is_some_and(|begin| begin >= YEAR_2001);
    let width_s = events.seconds.width_s();
    let origin_s = ends.0.filter(|_| absolute).map_or(0, |begin| begin.div_euclid(SECOND * width_s) * width_s);
    let mut figures = counted.figures;
    figures.facts = FileFacts {
        begin_ns: absolute.then_some(origin_s.saturating_mul(SECOND)),
        span_s,
        lines: count,
        broken,
        width_s: width_s as f64,
        failures: events.reasons.iter().map(|(why, count)| (as_scope(why), *count)).collect(),
        ..figures.facts
    };
    figures.notes = notes;
    series(&events, origin_s, clock.as_ref(), &mut figures);
    figures.recording()
}

/// What of a file cannot be trusted, one sentence each: lines that could not be read, an end that came early, another
/// clock, and what had to be decided.
pub fn doubts(lines: &Lines, clock: Option<&OtherClock>) -> Vec<String> {
    let Lines { events, lines: count, broken, told, ended, earliest, latest } = lines;
    let mut doubts = Vec::new();
    if *broken > 0 {
        let first: Vec<String> = told.iter().map(|(line, why)| format!("line {line}: {why}")).collect();
        let more = if *broken > told.len() as u64 { ", …" } else { "" };
        doubts.push(format!("{} ({}{more})", unreadable(*broken, Some(*count)), first.join("; ")));
    }
    let early = |why| format!("the file ends early, after line {count}: {why}; what came before is used");
    doubts.extend(ended.as_ref().map(early));
    doubts.extend(clock.map(|clock| {
        let line = if clock.at_ns > clock.end_ns { *latest } else { *earliest };
        clock.said((line > 0).then_some(line))
    }));
    doubts.extend(events.remarks.iter().map(|(remark, many)| remark.said(*many)));
    doubts.extend(events.traces.as_ref().and_then(Traces::note));
    doubts
}

/// "1 of 7 lines could not be read and is left out".
pub fn unreadable(broken: u64, of: Option<u64>) -> String {
    let what = of
        .map_or_else(|| format!("{broken} {}", lines_of(broken)), |all| format!("{broken} of {all} {}", lines_of(all)));
    format!("{what} could not be read and {} left out", if broken == 1 { "is" } else { "are" })
}

fn lines_of(count: u64) -> String {
    plural(usize::try_from(count).unwrap_or(usize::MAX), "line")
}

/// A file of which so much cannot be read that nothing may be made of the rest: half of its lines, and more than one.
pub fn mostly_broken(lines: &Lines) -> Option<ReadProblem> {
    let (broken, count) = (lines.broken, lines.lines);
    let mostly = broken > 1 && broken.saturating_mul(2) >= count;
    let first = lines.told.first().map_or(String::new(), |(line, why)| format!("; line {line}: {why}"));
    let what = format!("{broken} of its {count} {} cannot be read, too many to use the others{first}", lines_of(count));
    mostly.then(|| ReadProblem::whole(what).with_hint("plimsoll inspect shows which; unpack, convert or cut the file"))
}

/// Why there is no recording: at least one reason.
fn nothing(format: Format, lines: &Lines) -> Vec<ReadProblem> {
    let mut problems: Vec<ReadProblem> =
        lines.told.iter().map(|(line, why)| ReadProblem::at(*line, 0, why.to_string())).collect();
    let what = match lines.broken {
        0 => format!("this is {}, but no request is in it", format.word()),
        broken => format!(
            "this looks like {}, but none of its {} {} could be used, {broken} {} broken",
            format.word(),
            lines.lines,
            lines_of(lines.lines),
            if broken == 1 { "is" } else { "are" }
        ),
    };
    problems.insert(0, ReadProblem::whole(what));
    problems.extend(lines.ended.as_ref().map(|why| ReadProblem::whole(format!("the file ends early: {why}"))));
    problems
}

fn left_out(events: &Events) -> Option<String> {
    let names: Vec<String> =
        events.left_out.iter().take(MOST_NAMED).map(|(name, count)| format!("{} ({count})", as_scope(name))).collect();
    let more = if events.left_out.len() > MOST_NAMED { ", …" } else { "" };
    (!names.is_empty()).then(|| format!("not in the contract, left out: {}{more}", names.join(", ")))
}

/// Figures of single requests being collected.
struct Counted {
    figures: Figures,
    span_s: Option<f64>,
}

impl Counted {
    fn add(&mut self, metric: &str, scope: &str, stat: &str, value: f64, unit: Unit) {
        self.figures.add(metric, scope, stat, value, unit);
    }

    fn counter(&mut self, metric: &str, scope: &str, count: u64) {
        self.figures.counter(metric, scope, Some(count as f64), self.span_s.map(|span| count as f64 / span));
    }

    fn of_events(&mut self, events: &Events) {
        let mut endpoints: Vec<(String, &Endpoint)> =
            events.endpoints.iter().map(|(name, endpoint)| (as_scope(name), endpoint)).collect();
        endpoints.sort_by(|a, b| a.0.cmp(&b.0));
        let mut whole = Endpoint::default();
        for (_, endpoint) in &endpoints {
            whole.ok.merge(&endpoint.ok);
            whole.failed.merge(&endpoint.failed);
            whole.waiting.merge(&endpoint.waiting);
            endpoint.causes.iter().for_each(|(cause, count)| *whole.causes.entry(cause).or_default() += count);
        }
        self.endpoint("", &whole);
        for (status, count, of) in statuses(events) {
            self.add("http_status", &status, "count", count as f64, Unit::One);
            self.add("http_status", &status, "share", 100.0 * count as f64 / of as f64, Unit::Percent);
        }
        for (metric, count) in [("iterations", events.iterations), ("dropped_iterations", events.dropped_iterations)] {
            count.into_iter().for_each(|count| self.counter(metric, "", count));
        }
        if let Some((passed, all)) = events.checks {
            self.add("checks", "", "count", all as f64, Unit::One);
            self.add("checks", "", "rate", 100.0 * passed as f64 / all.max(1) as f64, Unit::Percent);
        }
        self.users(events);
        for (metric, bytes) in [("data_received", events.received_bytes), ("data_sent", events.sent_bytes)] {
            let Some(megabytes) = bytes.map(|bytes| bytes as f64 / 1e6) else { continue };
            self.add(metric, "", "count", megabytes, Unit::Megabytes);
            if let Some(span) = self.span_s {
                self.add(metric, "", "rate", megabytes / span, Unit::MegabytesPerSecond);
            }
        }
        endpoints.iter().for_each(|(name, endpoint)| self.endpoint(name, endpoint));
    }

    /// Figures of an endpoint, or of all of them.
    fn endpoint(&mut self, scope: &str, endpoint: &Endpoint) {
        let failed = endpoint.failed.count();
        let mut all = endpoint.ok.clone();
        all.merge(&endpoint.failed);
        if all.count() > 0 {
            self.counter("http_reqs", scope, all.count());
            self.durations("http_req_duration", scope, &all);
            if failed > 0 && endpoint.ok.count() > 0 {
                self.durations("http_req_duration{ok}", scope, &endpoint.ok);
            }
            if failed > 0 {
                self.durations("http_req_duration{failed}", scope, &endpoint.failed);
            }
            self.add("http_req_failed", scope, "rate", 100.0 * failed as f64 / all.count() as f64, Unit::Percent);
            self.counter("errors", scope, failed);
        }
        for (cause, count) in &endpoint.causes {
            let scope = if scope.is_empty() { (*cause).to_owned() } else { format!("{scope} {cause}") };
            self.counter("errors", &scope, *count);
        }
        self.durations("http_req_waiting", scope, &endpoint.waiting);
        for (step, durations) in &endpoint.steps {
            let scope = format!("{scope} {}", as_scope(step));
            self.add("step_duration", &scope, "count", durations.count() as f64, Unit::One);
            self.durations("step_duration", &scope, durations);
        }
    }

    fn durations(&mut self, metric: &str, scope: &str, durations: &Durations) {
        let Some([mean, min, max]) = durations.mean_min_max_ms() else { return };
        let values = durations.percentiles_ms(PERCENTILES.map(|(_, share)| share));
        let percentiles = PERCENTILES.iter().zip(values).map(|((stat, _), value)| (*stat, value));
        for (stat, value) in [("avg", mean), ("min", min)].into_iter().chain(percentiles).chain([("max", max)]) {
            self.add(metric, scope, stat, value, Unit::Milliseconds);
        }
    }

    /// The mean over the stretches, and the most at any of them.
    fn users(&mut self, events: &Events) {
        let stretches = events.seconds.in_order();
        let seen: Vec<_> = stretches.iter().filter(|(_, stretch)| stretch.samples > 0).collect();
        if let Some(most) = seen.iter().map(|(_, stretch)| stretch.most_users).max() {
            let mean: f64 =
                seen.iter().map(|(_, s)| s.users as f64 / s.samples as f64).sum::<f64>() / seen.len() as f64;
            self.add("vus", "", "avg", mean, Unit::One);
            self.add("vus", "", "max", most as f64, Unit::One);
        }
    }
}

/// Answers by class of status, and those that the contract counts by themselves; each with the number of all answers.
fn statuses(events: &Events) -> Vec<(String, u64, u64)> {
    let all: u64 = events.statuses.values().sum();
    let mut found = Vec::new();
    for class in 1..=5u16 {
        let count: u64 = events.statuses.range(class * 100..(class + 1) * 100).map(|(_, count)| count).sum();
        if count > 0 && class != 1 && class != 3 {
            found.push((format!("{class}xx"), count, all));
        }
    }
    let own = OWN_STATUSES.iter().filter_map(|status| Some((status.to_string(), *events.statuses.get(status)?, all)));
    found.extend(own);
    found
}

fn series(events: &Events, origin_s: i64, clock: Option<&OtherClock>, figures: &mut Figures) {
    let width = events.seconds.width_s() as f64;
    let ours = |stretch: &Stretch| clock.is_none_or(|clock| stretch.reach_ns.is_none_or(|(_, to)| clock.holds(to)));
    for (begin, stretch) in events.seconds.in_order().into_iter().filter(|(_, stretch)| ours(stretch)) {
        let t_s = (begin - origin_s) as f64;
        if stretch.requests > 0 {
            let requests = stretch.requests as f64;
            let mean = stretch.duration_ns as f64 / requests / 1e6;
            figures.point(t_s, ("http_reqs", "", "rate"), Some(requests / width), Unit::PerSecond);
            figures.point(t_s, ("http_req_duration", "", "avg"), Some(mean), Unit::Milliseconds);
            let failed = 100.0 * stretch.failed as f64 / requests;
            figures.point(t_s, ("http_req_failed", "", "rate"), Some(failed), Unit::Percent);
        }
        if stretch.samples > 0 {
            let users = stretch.users as f64 / stretch.samples as f64;
            figures.point(t_s, ("vus", "", "avg"), Some(users), Unit::One);
        }
        if stretch.iterations > 0 {
            let rate = stretch.iterations as f64 / width;
            figures.point(t_s, ("iterations", "", "rate"), Some(rate), Unit::PerSecond);
        }
    }
}
