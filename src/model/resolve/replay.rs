//! Recorded arrivals that come again: which endpoint each is of, which part of them, how fast and how many.
//!
//! A file of single requests becomes a scenario per endpoint, whose iterations are that one request: then every
//! instant is kept, and the engine needs to know nothing of it. A line of rates becomes one scenario.

use std::sync::Arc;

use super::names::{Resolver, all, index};
use super::scenario::MOST_RATE;
use crate::model::{ArrivalProcess, Executor, Instants, Iteration, Move, Recorded, Replay, Scenario, Stretch};
use crate::problem::{quoted, suggest};
use crate::recording::{Arrivals, Arrived, arrivals};
use crate::spec::reader::{At, Finding};
use crate::spec::test::ScenarioSpec;

const SECOND: f64 = 1e9;
/// Names told in a problem.
const MOST_TOLD: usize = 5;
/// Stretches of a planned load, and requests in each: of fewer the busiest would be so by chance.
const MOST_STRETCHES: usize = 60;
const FEWEST_REQUESTS: usize = 1000;
/// Requests that may come again, with `scale`.
const MOST_REQUESTS: f64 = 5e6;

/// What is to be replayed.
struct Asked<'a> {
    spec: &'a ScenarioSpec,
    file: &'a At<String>,
    /// Of the scenario.
    name: &'a str,
    path: &'a str,
    part: Part,
}

/// A part of a recording, and how it is played.
struct Part {
    from: f64,
    /// Seconds of the recording; `None`: to its end.
    duration: Option<f64>,
    speed: f64,
    scale: f64,
}

impl Resolver<'_> {
    /// The scenarios of a load that is replayed.
    pub fn replay(
        &mut self,
        spec: &ScenarioSpec,
        name: &str,
        path: &str,
        iterations: Option<&mut Vec<Iteration>>,
    ) -> Option<Vec<Scenario>> {
        self.refuse_foreign_keys(spec, crate::spec::test::ExecutorWord::Replay);
        let Some(file) = &spec.replay else {
            let hint = "add replay = \"access.log\"";
            self.problem_with_hint(spec.span, "replay needs the key \"replay\"", hint);
            return None;
        };
        let duration = self.above_zero_seconds(spec.duration.as_ref(), "duration");
        let number = |key: &Option<At<crate::spec::number::Positive>>| key.as_ref().map_or(1.0, |key| key.value.0);
        let from = spec.from.as_ref().map_or(0.0, |from| from.value.0);
        let part = Part { from, duration: duration?, speed: number(&spec.speed), scale: number(&spec.scale) };
        let asked = Asked { spec, file, name, path, part };
        match arrivals(&self.dir.join(&file.value)) {
            Ok(Arrivals { arrived, notes }) => {
                let warning = |note| Finding { span: file.span, what: format!("{}: {note}", file.value), hint: None };
                self.warnings.extend(notes.into_iter().map(warning));
                match arrived {
                    Arrived::Rates(rates) => self.replay_of_rates(&asked, &rates, iterations),
                    Arrived::Requests { endpoints, whole_seconds } => {
                        self.replay_of_requests(&asked, endpoints, whole_seconds, iterations)
                    }
                }
            }
            Err(error) => {
                for problem in error.problems {
                    let at = if problem.line > 0 { format!(":{}", problem.line) } else { String::new() };
                    self.refuse_file(file, None, format!("{}{at}: {}", file.value, problem.what), problem.hint);
                }
                None
            }
        }
    }

    fn replay_of_rates(
        &mut self,
        asked: &Asked,
        rates: &[(f64, f64)],
        iterations: Option<&mut Vec<Iteration>>,
    ) -> Option<Vec<Scenario>> {
        let Asked { spec, file, name, path, part } = asked;
        if let Some(entry) = spec.map.entries.first() {
            let what = "map has no place here: the recording knows no single requests";
            self.problem_with_hint(entry.name.span, what, "iteration says what is requested");
        }
        let rates = part.of_rates(rates);
        let total: f64 = rates.iter().map(|stretch| stretch.duration * stretch.rate).sum();
        if total <= 0.0 {
            self.problem(file.span, format!("{}: no request comes in this part of it", file.value));
            return None;
        }
        self.refuse_too_much(file, total, rates.iter().map(|stretch| stretch.rate).fold(0.0, f64::max));
        let arrivals = spec.arrivals.as_ref().map_or(ArrivalProcess::Poisson, |arrivals| arrivals.value);
        let profile = coarse(&rates, total);
        let recorded = Recorded::Rates { rates: rates.into(), arrivals };
        let executor = Executor::Replay(Replay { recorded, profile, times: 1.0 });
        Some(vec![self.scenario_of(spec, name, path, executor, iterations)?])
    }

    fn replay_of_requests(
        &mut self,
        asked: &Asked,
        endpoints: Vec<(String, Vec<u64>)>,
        whole_seconds: bool,
        iterations: Option<&mut Vec<Iteration>>,
    ) -> Option<Vec<Scenario>> {
        let Asked { spec, file, name, path, part } = asked;
        let says_itself = [
            ("iteration", spec.iteration.as_ref().map(|at| at.span)),
            ("exec", spec.exec.as_ref().map(|at| at.span)),
            ("think", spec.think.as_ref().map(|law| law.span())),
            ("pacing", spec.pacing.as_ref().map(|at| at.span)),
            ("arrivals", spec.arrivals.as_ref().map(|at| at.span)),
        ];
        for (key, span) in says_itself.into_iter().filter_map(|(key, span)| Some((key, span?))) {
            let what = format!("{} has no place here: the recording says which requests come, and when", quoted(key));
            self.problem(span, what);
        }
        let endpoints = self.mapped(spec, file, endpoints);
        let endpoints = part.of_requests(endpoints?, whole_seconds);
        let many: usize = endpoints.iter().map(|(_, at_ns)| at_ns.len()).sum();
        if many == 0 {
            self.problem(file.span, format!("{}: no request comes in this part of it", file.value));
            return None;
        }
        let last = endpoints.iter().filter_map(|(_, at_ns)| at_ns.last()).max().copied().unwrap_or(0) as f64 / SECOND;
        let resolution = if whole_seconds { 1.0 / part.speed } else { 0.0 };
        // Without an end of its own: as long after the last request as requests lie apart.
        let own = last + resolution + if many > 1 { last / (many - 1) as f64 } else { 1.0 };
        let duration = part.duration.map_or(own, |duration| duration / part.speed);
        self.refuse_too_much(file, many as f64 * part.scale, 0.0);
        let mut none = Vec::new();
        let iterations = iterations.unwrap_or(&mut none);
        let stretches = (many / FEWEST_REQUESTS).min(duration as usize).clamp(1, MOST_STRETCHES);
        all(endpoints, |(endpoint, at_ns)| {
            let called = self.file.endpoint.entries.get(endpoint as usize)?.name.value.as_str();
            let name = format!("{name} {called}");
            let profile = profile(&at_ns, resolution / 2.0, duration, stretches);
            let key = hash(&format!("{path} {called}"));
            let resolution_ns = (resolution * SECOND) as u64;
            let recorded = Recorded::Instants(Arc::new(Instants { at_ns, resolution_ns, key }));
            let executor = Executor::Replay(Replay { recorded, profile, times: part.scale });
            let request = Move::Request { endpoint, checks: Vec::new(), step: None };
            iterations.push(Iteration { name: format!("{called} in {path}"), moves: vec![request] });
            let mut scenario = self.scenario_without_iteration(spec, &name, executor)?;
            scenario.iteration = index(iterations.len() - 1);
            Some(scenario)
        })
    }

    /// Requests by the model's endpoints; those of one endpoint together, in order.
    fn mapped(
        &mut self,
        spec: &ScenarioSpec,
        file: &At<String>,
        recorded: Vec<(String, Vec<u64>)>,
    ) -> Option<Vec<(u32, Vec<u64>)>> {
        let mut fine = true;
        for entry in &spec.map.entries {
            if recorded.iter().all(|(name, _)| *name != entry.name.value) {
                let hint = suggest(&entry.name.value, "name", recorded.iter().map(|(name, _)| name.as_str()));
                let what = format!("{} has no requests to {}", file.value, quoted(&entry.name.value));
                self.problem_with_hint(entry.name.span, what, hint);
                fine = false;
            }
        }
        let mut endpoints: Vec<(u32, Vec<u64>)> = Vec::new();
        let mut unknown = Vec::new();
        for (name, at_ns) in recorded {
            let entry = spec.map.entries.iter().find(|entry| entry.name.value == name);
            let endpoint = match entry.and_then(|entry| entry.value.as_ref()) {
                Some(leave_out) if leave_out.value.is_empty() => continue,
                Some(target) => match self.reference("endpoint", &self.file.endpoint, target) {
                    Some(endpoint) => endpoint,
                    None => {
                        fine = false;
                        continue;
                    }
                },
                None => match self.file.endpoint.position(&name) {
                    Some(position) => index(position),
                    None => {
                        unknown.push(format!("{} ({})", quoted(&name), at_ns.len()));
                        continue;
                    }
                },
            };
            match endpoints.iter_mut().find(|(known, _)| *known == endpoint) {
                Some((_, known)) => known.extend(at_ns),
                None => endpoints.push((endpoint, at_ns)),
            }
        }
        if !unknown.is_empty() {
            let more = unknown.len().saturating_sub(MOST_TOLD);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            let told = unknown.iter().take(MOST_TOLD).map(String::as_str).collect::<Vec<_>>().join(", ");
            let what = format!("the model has no endpoint {told}{more}, which {} requests", file.value);
            let hint = "say which they are: map = { \"GET /items/{id}\" = \"GET /items/:id\", \"GET /health\" = \"\" }; \
                        \"\" leaves them out";
            self.problem_with_hint(file.span, what, hint);
            return None;
        }
        endpoints.iter_mut().for_each(|(_, at_ns)| at_ns.sort_unstable());
        fine.then_some(endpoints)
    }

    fn refuse_too_much(&mut self, file: &At<String>, requests: f64, rate: f64) {
        if requests > MOST_REQUESTS && rate == 0.0 {
            let what = format!("{requests:.0} requests would come; more than {MOST_REQUESTS:.0} are too many");
            self.problem_with_hint(file.span, what, "replay a part: from = \"1h\", duration = \"10m\"");
        }
        if rate > MOST_RATE {
            self.problem(file.span, format!("{rate} per second is more than {MOST_RATE}"));
        }
    }
}

impl Part {
    /// The rates of this part, as they are played.
    fn of_rates(&self, rates: &[(f64, f64)]) -> Vec<Stretch> {
        let to = self.duration.map_or(f64::INFINITY, |duration| self.from + duration);
        let mut begin = 0.0;
        let mut part = Vec::new();
        for (span, rate) in rates {
            let end = begin + span;
            let inside = end.min(to) - f64::max(begin, self.from);
            if inside > 0.0 {
                part.push(Stretch { duration: inside / self.speed, rate: rate * self.speed * self.scale });
            }
            begin = end;
        }
        part
    }

    /// The instants of this part, as they are played.
    fn of_requests(&self, endpoints: Vec<(u32, Vec<u64>)>, whole_seconds: bool) -> Vec<(u32, Vec<u64>)> {
        let ns = |seconds: f64| (seconds * SECOND) as u64;
        let from = ns(self.from);
        // What may lie a second later must not lie behind the end.
        let margin = if whole_seconds { SECOND as u64 - 1 } else { 0 };
        let to = self.duration.map_or(u64::MAX, |duration| from.saturating_add(ns(duration)).saturating_sub(margin));
        let within = |at_ns: Vec<u64>| -> Vec<u64> {
            let inside = at_ns.into_iter().filter(|at| (from..to).contains(at));
            inside.map(|at| ((at - from) as f64 / self.speed) as u64).collect()
        };
        let parts = endpoints.into_iter().map(|(endpoint, at_ns)| (endpoint, within(at_ns)));
        parts.filter(|(_, at_ns)| !at_ns.is_empty()).collect()
    }
}

/// Requests per second in equal stretches; each comes `late` seconds after its instant on average.
fn profile(at_ns: &[u64], late: f64, duration: f64, stretches: usize) -> Vec<Stretch> {
    let width = duration / stretches as f64;
    let mut counts = vec![0u32; stretches];
    for at in at_ns {
        let place = ((*at as f64 / SECOND + late) / width) as usize;
        counts[place.min(stretches - 1)] += 1;
    }
    counts.into_iter().map(|count| Stretch { duration: width, rate: f64::from(count) / width }).collect()
}

/// Rates of no more stretches than charts need.
fn coarse(rates: &[Stretch], total: f64) -> Vec<Stretch> {
    if rates.len() <= MOST_STRETCHES {
        return rates.to_vec();
    }
    let duration: f64 = rates.iter().map(|stretch| stretch.duration).sum();
    let stretches = (total / FEWEST_REQUESTS as f64).clamp(1.0, MOST_STRETCHES as f64) as usize;
    let width = duration / stretches as f64;
    let mut counts = vec![0.0; stretches];
    let mut begin = 0.0;
    for stretch in rates {
        // Each counts where its middle lies: it is far shorter than the stretches here.
        let place = ((begin + stretch.duration / 2.0) / width) as usize;
        counts[place.min(stretches - 1)] += stretch.duration * stretch.rate;
        begin += stretch.duration;
    }
    counts.into_iter().map(|count| Stretch { duration: width, rate: count / width }).collect()
}

/// FNV-1a: what chance draws from depends on names, and on no order.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
