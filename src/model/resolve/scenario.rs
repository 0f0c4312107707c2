//! One load in k6's words: which executor it is, which keys it takes, and what k6 itself would refuse.

use super::names::{Resolver, all, latest};
use crate::model::{ArrivalProcess, Executor, Iteration, Scenario, Stage};
use crate::problem::quoted;
use crate::spec::node::Span;
use crate::spec::number::{Count, Duration, Rate};
use crate::spec::reader::{At, List};
use crate::spec::test::{ExecutorWord, ScenarioSpec, StageSpec};

/// k6's defaults.
const GRACEFUL_STOP: f64 = 30.0;
const GRACEFUL_RAMP_DOWN: f64 = 30.0;
const REQUEST_TIMEOUT: f64 = 60.0;
const DEFAULT_VUS: u32 = 1;

/// What a simulation still holds in memory: users, iterations per second, seconds of series, stages.
const MOST_VUS: u32 = 5_000_000;
pub const MOST_RATE: f64 = 1e7;
const LONGEST_TEST: f64 = 31.0 * 86_400.0;
const MOST_STAGES: usize = 10_000;

impl Resolver<'_> {
    /// `path` leads to the scenario; an iteration that `think` or `pacing` makes is added to `iterations`.
    pub fn scenario(
        &mut self,
        spec: &ScenarioSpec,
        name: &str,
        path: &str,
        iterations: Option<&mut Vec<Iteration>>,
    ) -> Option<Scenario> {
        let executor = self.executor_word(spec).and_then(|word| {
            self.refuse_foreign_keys(spec, word);
            self.executor(spec, word)
        });
        match executor {
            Some(executor) => self.scenario_of(spec, name, path, executor, iterations),
            None => {
                self.scenario_iteration(spec, path, iterations);
                self.above_zero_seconds(spec.timeout.as_ref(), "timeout");
                None
            }
        }
    }

    /// The scenario with an executor that is known already.
    pub fn scenario_of(
        &mut self,
        spec: &ScenarioSpec,
        name: &str,
        path: &str,
        executor: Executor,
        iterations: Option<&mut Vec<Iteration>>,
    ) -> Option<Scenario> {
        let scenario = self.scenario_without_iteration(spec, name, executor);
        let iteration = self.scenario_iteration(spec, path, iterations);
        Some(Scenario { iteration: iteration?, ..scenario? })
    }

    /// The same, with the first iteration.
    pub fn scenario_without_iteration(
        &mut self,
        spec: &ScenarioSpec,
        name: &str,
        executor: Executor,
    ) -> Option<Scenario> {
        let start = spec.start_time.as_ref().map_or(0.0, |time| time.value.0);
        let graceful_stop = spec.graceful_stop.as_ref().map_or(GRACEFUL_STOP, |time| time.value.0);
        if start + length(&executor) + graceful_stop > LONGEST_TEST {
            self.problem(spec.span, "this takes longer than 31 days");
        }
        let request_timeout = self.above_zero_seconds(spec.timeout.as_ref(), "timeout")?.unwrap_or(REQUEST_TIMEOUT);
        Some(Scenario { name: name.to_owned(), executor, start, graceful_stop, iteration: 0, request_timeout })
    }

    fn scenario_iteration(
        &mut self,
        spec: &ScenarioSpec,
        path: &str,
        iterations: Option<&mut Vec<Iteration>>,
    ) -> Option<u32> {
        if let (Some(_), Some(exec)) = (&spec.iteration, &spec.exec) {
            self.problem(exec.span, "exec is k6's word for iteration: write one of them");
        }
        let think = self.optional_law(spec.think.as_ref());
        let pacing = spec.pacing.as_ref().map_or(Some(None), |pacing| self.time(pacing).map(Some));
        let written = spec.iteration.as_ref().or(spec.exec.as_ref());
        let of = if written.is_none() && self.has_default_iteration() {
            Some(0)
        } else {
            self.reference_or_only("iteration", &self.file.iteration, written, spec.span)
        };
        let (think, pacing, of) = (think?, pacing?, of?);
        match iterations {
            Some(iterations) if think.is_some() || pacing.is_some() => {
                Some(Self::paced(iterations, of, path, think, pacing))
            }
            _ => Some(of),
        }
    }

    /// The executor as written, or as k6 finds it from the other keys.
    fn executor_word(&mut self, spec: &ScenarioSpec) -> Option<ExecutorWord> {
        if let Some(word) = &spec.executor {
            return Some(word.value);
        }
        let of_rates = spec.start_rate.is_some() || spec.time_unit.is_some() || spec.pre_allocated_vus.is_some();
        if let Some(stages) = &spec.stages {
            if of_rates || spec.max_vus.is_some() {
                let hint = "add executor = \"ramping-arrival-rate\"";
                self.problem_with_hint(stages.span, "these stages may be of users or of a rate", hint);
                return None;
            }
            return Some(ExecutorWord::RampingVus);
        }
        if spec.replay.is_some() {
            return Some(ExecutorWord::Replay);
        }
        if spec.rate.is_some() {
            return Some(ExecutorWord::ConstantArrivalRate);
        }
        if spec.vus.is_some() || spec.duration.is_some() {
            return Some(ExecutorWord::ConstantVus);
        }
        let hint = "add vus and duration, or stages, or rate with duration and preAllocatedVUs";
        self.problem_with_hint(spec.span, "there is no load", hint);
        None
    }

    pub fn refuse_foreign_keys(&mut self, spec: &ScenarioSpec, word: ExecutorWord) {
        let own: &[&str] = match word {
            ExecutorWord::ConstantVus => &["vus", "duration"],
            // k6: `vus` beside `stages` is where the stages start.
            ExecutorWord::RampingVus if spec.executor.is_none() && spec.start_vus.is_none() => {
                &["vus", "stages", "gracefulRampDown"]
            }
            ExecutorWord::RampingVus => &["startVUs", "stages", "gracefulRampDown"],
            ExecutorWord::ConstantArrivalRate => {
                &["rate", "timeUnit", "duration", "preAllocatedVUs", "maxVUs", "arrivals"]
            }
            ExecutorWord::RampingArrivalRate => {
                &["startRate", "timeUnit", "stages", "preAllocatedVUs", "maxVUs", "arrivals"]
            }
            ExecutorWord::Replay => &["replay", "from", "duration", "speed", "scale", "map", "arrivals"],
        };
        for (key, span) in load_keys(spec) {
            if !own.contains(&key) {
                let what = format!("{} has no place in {}", quoted(key), executor_name(word));
                self.problem_with_hint(span, what, format!("its keys are {}", own.join(", ")));
            }
        }
    }

    fn executor(&mut self, spec: &ScenarioSpec, word: ExecutorWord) -> Option<Executor> {
        match word {
            // Whoever asks for one has made its scenarios already.
            ExecutorWord::Replay => None,
            ExecutorWord::ConstantVus => {
                let duration = self.needed_duration(spec, word);
                let vus = self.count(spec.vus.as_ref(), DEFAULT_VUS, MOST_VUS, "a load needs a user");
                Some(Executor::ConstantVus { vus: vus?, duration: duration? })
            }
            ExecutorWord::RampingVus => self.ramping_vus(spec),
            ExecutorWord::ConstantArrivalRate => {
                let duration = self.needed_duration(spec, word);
                let rate = match &spec.rate {
                    Some(rate) => self.per_second(rate, spec.time_unit.as_ref()),
                    None => self.missing(spec.span, word, "rate"),
                };
                if let (Some(0.0), Some(written)) = (rate, &spec.rate) {
                    self.problem(written.span, "a rate of 0 is no load");
                }
                let (pre_allocated_vus, max_vus) = self.users_for_rates(spec, word)?;
                let arrivals = arrivals(spec);
                let (rate, duration) = (rate?, duration?);
                Some(Executor::ConstantArrivalRate { rate, duration, pre_allocated_vus, max_vus, arrivals })
            }
            ExecutorWord::RampingArrivalRate => {
                let start_rate =
                    spec.start_rate.as_ref().map_or(Some(0.0), |rate| self.per_second(rate, spec.time_unit.as_ref()));
                let stages = self
                    .stages(spec, word, |resolver, stage| resolver.per_second(&stage.target, spec.time_unit.as_ref()));
                let users = self.users_for_rates(spec, word);
                let (start_rate, stages, (pre_allocated_vus, max_vus)) = (start_rate?, stages?, users?);
                self.refuse_no_load(start_rate, &stages, spec);
                let arrivals = arrivals(spec);
                Some(Executor::RampingArrivalRate { start_rate, stages, pre_allocated_vus, max_vus, arrivals })
            }
        }
    }

    fn ramping_vus(&mut self, spec: &ScenarioSpec) -> Option<Executor> {
        let word = ExecutorWord::RampingVus;
        let start = spec.start_vus.as_ref().or(spec.vus.as_ref());
        let start_vus = start.map_or(Some(DEFAULT_VUS), |start| self.users(start));
        let stages = self.stages(spec, word, |resolver, stage| match stage.target.value {
            Rate::PerUnit(users) if users.fract() != 0.0 => {
                resolver.problem(stage.target.span, format!("{users} users: a whole number is needed"));
                None
            }
            Rate::PerUnit(users) if users > f64::from(MOST_VUS) => {
                resolver.problem(stage.target.span, format!("{users} users are more than {MOST_VUS}"));
                None
            }
            Rate::PerUnit(users) => Some(users),
            Rate::PerSecond(_) => {
                let hint = "for a rate, set executor = \"ramping-arrival-rate\"";
                resolver.problem_with_hint(stage.target.span, "the target of these stages is users", hint);
                None
            }
        });
        let (start_vus, stages) = (start_vus?, stages?);
        self.refuse_no_load(f64::from(start_vus), &stages, spec);
        let graceful_ramp_down = spec.graceful_ramp_down.as_ref().map_or(GRACEFUL_RAMP_DOWN, |time| time.value.0);
        Some(Executor::RampingVus { start_vus, stages, graceful_ramp_down })
    }

    fn stages(
        &mut self,
        spec: &ScenarioSpec,
        word: ExecutorWord,
        mut target: impl FnMut(&mut Self, &StageSpec) -> Option<f64>,
    ) -> Option<Vec<Stage>> {
        let Some(List { items, span, complete }) = &spec.stages else {
            return self.missing(spec.span, word, "stages");
        };
        if items.len() > MOST_STAGES {
            self.problem(*span, format!("{} stages are more than {MOST_STAGES}", items.len()));
            return None;
        }
        let stages = all(items, |stage| {
            let target = target(self, stage)?;
            Some(Stage { duration: stage.duration.value.0, target })
        })?;
        if *complete && stages.iter().map(|stage| stage.duration).sum::<f64>() <= 0.0 {
            self.problem_with_hint(*span, "these stages take no time", "write { duration = \"1m\", target = 50 }");
            return None;
        }
        Some(stages)
    }

    fn refuse_no_load(&mut self, start: f64, stages: &[Stage], spec: &ScenarioSpec) {
        if start == 0.0 && stages.iter().all(|stage| stage.target == 0.0) {
            let span = spec.stages.as_ref().map_or(spec.span, |stages| stages.span);
            self.problem(span, "there is no load: all targets are 0");
        }
    }

    /// Users ready at the begin, and at most.
    fn users_for_rates(&mut self, spec: &ScenarioSpec, word: ExecutorWord) -> Option<(u32, u32)> {
        let Some(written) = &spec.pre_allocated_vus else {
            return self.missing(spec.span, word, "preAllocatedVUs");
        };
        let ready = self.users(written);
        let most = spec.max_vus.as_ref().map_or(ready, |most| self.users(most));
        let (ready, most) = (ready?, most?);
        let span = spec.max_vus.as_ref().map_or(written.span, |max| latest(written.span, max.span));
        if most < ready {
            self.problem(span, format!("maxVUs ({most}) is below preAllocatedVUs ({ready})"));
        }
        if most == 0 {
            self.problem(span, "without users no iteration starts");
        }
        Some((ready, most))
    }

    fn users(&mut self, users: &At<Count>) -> Option<u32> {
        if users.value.0 > MOST_VUS {
            self.problem(users.span, format!("{} users are more than {MOST_VUS}", users.value.0));
            return None;
        }
        Some(users.value.0)
    }

    fn per_second(&mut self, rate: &At<Rate>, unit: Option<&At<Duration>>) -> Option<f64> {
        let per_second = match (rate.value, unit) {
            (Rate::PerSecond(_), Some(unit)) => {
                let what = "a rate such as \"40/s\" has its unit, and timeUnit gives another";
                self.problem_with_hint(latest(rate.span, unit.span), what, "leave timeUnit out");
                return None;
            }
            (Rate::PerSecond(rate), None) | (Rate::PerUnit(rate), None) => rate,
            (Rate::PerUnit(rate), Some(unit)) => {
                if unit.value.0 == 0.0 {
                    self.problem(unit.span, "timeUnit must be above 0");
                    return None;
                }
                rate / unit.value.0
            }
        };
        if per_second > MOST_RATE {
            self.problem(rate.span, format!("{per_second} per second is more than {MOST_RATE}"));
            return None;
        }
        Some(per_second)
    }

    fn needed_duration(&mut self, spec: &ScenarioSpec, word: ExecutorWord) -> Option<f64> {
        match &spec.duration {
            Some(duration) if duration.value.0 == 0.0 => {
                self.problem(duration.span, "a load of no time is no load");
                None
            }
            Some(duration) => Some(duration.value.0),
            None => self.missing(spec.span, word, "duration"),
        }
    }

    fn missing<T>(&mut self, span: Span, word: ExecutorWord, key: &str) -> Option<T> {
        self.problem(span, format!("{} needs the key {}", executor_name(word), quoted(key)));
        None
    }
}

/// Seconds from its start to its regular end.
fn length(executor: &Executor) -> f64 {
    match executor {
        Executor::ConstantVus { duration, .. } | Executor::ConstantArrivalRate { duration, .. } => *duration,
        Executor::RampingVus { stages, .. } | Executor::RampingArrivalRate { stages, .. } => {
            stages.iter().map(|stage| stage.duration).sum()
        }
        Executor::Replay(replay) => replay.duration(),
    }
}

fn arrivals(spec: &ScenarioSpec) -> ArrivalProcess {
    spec.arrivals.as_ref().map_or(ArrivalProcess::Even, |arrivals| arrivals.value)
}

/// The most users that run at once.
pub fn most_users(executor: &Executor) -> u32 {
    match executor {
        Executor::ConstantVus { vus, .. } => *vus,
        Executor::RampingVus { start_vus, stages, .. } => {
            // Targets are whole and below the limit, as was checked.
            stages.iter().fold(*start_vus, |most, stage| most.max(stage.target as u32))
        }
        Executor::ConstantArrivalRate { max_vus, .. } | Executor::RampingArrivalRate { max_vus, .. } => *max_vus,
        // As many as it takes.
        Executor::Replay(_) => 0,
    }
}

/// All users of a test are below the limit together.
pub fn too_many_users(scenarios: &[Scenario]) -> bool {
    scenarios.iter().map(|scenario| u64::from(most_users(&scenario.executor))).sum::<u64>() > u64::from(MOST_VUS)
}

fn executor_name(word: ExecutorWord) -> &'static str {
    match word {
        ExecutorWord::ConstantVus => "constant-vus",
        ExecutorWord::RampingVus => "ramping-vus",
        ExecutorWord::ConstantArrivalRate => "constant-arrival-rate",
        ExecutorWord::RampingArrivalRate => "ramping-arrival-rate",
        ExecutorWord::Replay => "replay",
    }
}

/// The keys that are there, of those that make the load.
pub fn load_keys(spec: &ScenarioSpec) -> Vec<(&'static str, Span)> {
    let keys = [
        ("vus", spec.vus.as_ref().map(|at| at.span)),
        ("duration", spec.duration.as_ref().map(|at| at.span)),
        ("startVUs", spec.start_vus.as_ref().map(|at| at.span)),
        ("stages", spec.stages.as_ref().map(|at| at.span)),
        ("gracefulRampDown", spec.graceful_ramp_down.as_ref().map(|at| at.span)),
        ("rate", spec.rate.as_ref().map(|at| at.span)),
        ("startRate", spec.start_rate.as_ref().map(|at| at.span)),
        ("timeUnit", spec.time_unit.as_ref().map(|at| at.span)),
        ("preAllocatedVUs", spec.pre_allocated_vus.as_ref().map(|at| at.span)),
        ("maxVUs", spec.max_vus.as_ref().map(|at| at.span)),
        ("arrivals", spec.arrivals.as_ref().map(|at| at.span)),
        ("replay", spec.replay.as_ref().map(|at| at.span)),
        ("scale", spec.scale.as_ref().map(|at| at.span)),
        ("speed", spec.speed.as_ref().map(|at| at.span)),
        ("from", spec.from.as_ref().map(|at| at.span)),
        ("map", spec.map.entries.first().map(|entry| entry.name.span)),
    ];
    keys.into_iter().filter_map(|(key, span)| Some((key, span?))).collect()
}
