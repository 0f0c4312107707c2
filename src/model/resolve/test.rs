//! Tests: their loads, what is expected of them, and what was recorded.

use super::iteration::flow_names;
use super::names::{Resolver, all};
use super::scenario::{load_keys, too_many_users};
use crate::model::{
    Cause, HttpStatus, Iteration, Metric, Objective, RecordingRef, Rows, Scenario, SpansRef, Test, TestSpan,
};
use crate::problem::{quoted, suggest};
use crate::spec::file::FileSpec;
use crate::spec::node::Span;
use crate::spec::reader::{List, NamedEntry};
use crate::spec::test::{ExecutorWord, RowsSpec, ScenarioSpec, SpansSpec, TestSpec, ThresholdSpec, ThresholdsSpec};
use crate::spec::threshold::{metric_names, parse_threshold, scope_kinds};

/// k6's name for the scenario of a test that names none.
const DEFAULT_SCENARIO: &str = "default";

impl Resolver<'_> {
    pub fn tests(&mut self, mut iterations: Option<&mut Vec<Iteration>>) -> Option<Vec<Test>> {
        let entries = &self.file.test.entries;
        all(entries, |entry| self.test(entry, iterations.as_deref_mut()))
    }

    fn test(&mut self, entry: &NamedEntry<TestSpec>, iterations: Option<&mut Vec<Iteration>>) -> Option<Test> {
        self.check_name(entry, "a test");
        let spec = entry.value.as_ref()?;
        let scenarios = self.scenarios(&entry.name.value, spec, iterations);
        if let Some(many) = &scenarios
            && too_many_users(many)
        {
            self.problem(entry.name.span, "all scenarios together have more than 5000000 users");
        }
        let objectives = all(&spec.thresholds.entries, |threshold| self.objectives(threshold, spec));
        if let Some(objectives) = &objectives {
            self.check_spans(entry, &spec.thresholds.entries, objectives);
        }
        let recordings = spec.recording.iter().chain(spec.recordings.iter().flat_map(|list| &list.items));
        let recordings = recordings
            .map(|recording| RecordingRef { path: self.dir.join(&recording.file.value), role: recording.role })
            .collect();
        let spans = spec.spans.as_ref().map_or(Some(Vec::new()), |list| all(&list.items, |spans| self.spans(spans)));
        let events = self.events(spec.events.as_ref());
        let (unscored, differs) = (self.rows(spec.unscored.as_ref()), self.rows(spec.differs.as_ref()));
        Some(Test {
            name: entry.name.value.clone(),
            about: spec.about.clone().unwrap_or_default(),
            scenarios: scenarios?,
            objectives: objectives?.into_iter().flatten().collect(),
            recordings,
            spans: spans?,
            unscored: unscored?,
            differs: differs?,
            taken_from_test: spec.taken_from_test.as_ref().map(|list| list.items.clone()).unwrap_or_default(),
            changes: spec.set.as_ref().map(|set| set.changes.clone()).unwrap_or_default(),
            events: events?,
        })
    }

    fn spans(&mut self, spec: &SpansSpec) -> Option<SpansRef> {
        let pairs = all(spec.map.iter().flat_map(|list| &list.items), |written| {
            let pair = written.value.split_once('=').map(|(from, to)| (from.trim().to_owned(), to.trim().to_owned()));
            if pair.is_none() {
                self.problem_with_hint(written.span, "has no '='", "write recorded=model: \"items db_q=items item\"");
            }
            pair
        });
        Some(SpansRef { path: self.dir.join(&spec.file.value), map: pairs? })
    }

    fn scenarios(
        &mut self,
        test: &str,
        spec: &TestSpec,
        mut iterations: Option<&mut Vec<Iteration>>,
    ) -> Option<Vec<Scenario>> {
        let Some(scenarios) = &spec.scenarios else {
            return self.load(&spec.load, DEFAULT_SCENARIO, &format!("test {test}"), iterations);
        };
        for (key, span) in load_keys(&spec.load).into_iter().chain(other_keys(spec)) {
            let what = format!("{} has no place beside scenarios", quoted(key));
            self.problem_with_hint(span, what, "write it into each scenario");
        }
        if scenarios.entries.is_empty() {
            self.problem(spec.span, "there is no load: scenarios is empty");
            return None;
        }
        let loads = all(&scenarios.entries, |entry| {
            self.check_name(entry, "a scenario");
            let name = &entry.name.value;
            let path = format!("test {test} scenario {name}");
            self.load(entry.value.as_ref()?, name, &path, iterations.as_deref_mut())
        });
        loads.map(|loads| loads.into_iter().flatten().collect())
    }

    /// The scenario of a load; of a log that is replayed, one per endpoint.
    fn load(
        &mut self,
        spec: &ScenarioSpec,
        name: &str,
        path: &str,
        iterations: Option<&mut Vec<Iteration>>,
    ) -> Option<Vec<Scenario>> {
        let replays = spec.executor.as_ref().map_or(spec.replay.is_some(), |word| word.value == ExecutorWord::Replay);
        if replays {
            return self.replay(spec, name, path, iterations);
        }
        self.scenario(spec, name, path, iterations).map(|scenario| vec![scenario])
    }

    /// The objectives of one metric, for this test.
    pub fn objectives(&mut self, entry: &NamedEntry<ThresholdsSpec>, test: &TestSpec) -> Option<Vec<Objective>> {
        let thresholds = entry.value.as_ref()?;
        if thresholds.0.items.is_empty() && thresholds.0.complete {
            let hint = "write { http_req_duration = [\"p(95)<400\"] }";
            self.problem_with_hint(entry.name.span, "this metric has no threshold", hint);
        }
        all(&thresholds.0.items, |threshold| self.objective(&entry.name.value, entry.name.span, threshold, test))
    }

    fn objective(
        &mut self,
        key: &str,
        key_span: Span,
        threshold: &ThresholdSpec,
        test: &TestSpec,
    ) -> Option<Objective> {
        match parse_threshold(key, &threshold.expression.value) {
            Ok(objective) => {
                self.check_scope(&objective.metric, key_span, test)?;
                let metric = of_only_scenario(objective.metric, test);
                Some(Objective { severity: threshold.severity, metric, ..objective })
            }
            Err(error) => {
                self.problem(threshold.expression.span, error.to_string());
                None
            }
        }
    }

    /// Rows as written, of any scope if they name none.
    fn rows(&mut self, list: Option<&List<RowsSpec>>) -> Option<Vec<Rows>> {
        let Some(list) = list else { return Some(Vec::new()) };
        all(&list.items, |rows| {
            let metric = rows.metric.value.as_str();
            if metric_names().all(|name| name != metric) {
                let hint = suggest(metric, "metric", metric_names());
                self.problem_with_hint(rows.metric.span, format!("no metric {}", quoted(metric)), hint);
                return None;
            }
            let scope = rows.scope.clone().unwrap_or_else(|| "*".to_owned());
            Some(Rows { metric: metric.to_owned(), scope, reason: rows.reason.clone() })
        })
    }

    /// A scope is a name of the model, of a kind that the metric is of. Without one it is of the whole test, where the
    /// metric can be.
    fn check_scope(&mut self, metric: &Metric, span: Span, test: &TestSpec) -> Option<()> {
        let kinds: Vec<&str> = scope_kinds(&metric.name).iter().copied().filter(|&kind| kind != "name").collect();
        let scope = metric.scope.as_str();
        let of_the_whole_test = |kind: &&str| matches!(*kind, "endpoint" | "scenario" | "cause" | "event");
        if scope.is_empty() {
            if kinds.is_empty() || kinds.iter().any(of_the_whole_test) {
                return Some(());
            }
            let known = |kind: &&str| names_of(self.file, kind, test).is_some_and(|names| !names.is_empty());
            let kind = kinds.iter().copied().find(known).unwrap_or(kinds[0]);
            let names = names_of(self.file, kind, test).unwrap_or_default();
            let text = format!("this must say which {} it means: {}{{{kind}:…}}", kinds.join(" or "), metric.name);
            self.problem_with_hint(span, text, suggest("", kind, names));
            return None;
        }
        let mut all = Vec::new();
        for kind in &kinds {
            // Nobody has a list of some: what they name may be there.
            let Some(names) = names_of(self.file, kind, test) else { return Some(()) };
            all.extend(names);
        }
        let name = match scope.rsplit_once(' ') {
            // Errors are told by cause, or by endpoint and cause.
            Some((endpoint, cause)) if metric.name == "errors" && !all.contains(&scope) => {
                if !all.contains(&endpoint) {
                    let hint = suggest(endpoint, "endpoint", self.file.endpoint.names());
                    self.problem_with_hint(span, format!("no endpoint {}", quoted(endpoint)), hint);
                    return None;
                }
                cause
            }
            _ => scope,
        };
        if all.contains(&name) {
            return Some(());
        }
        let what = if metric.name == "errors" { "cause".to_owned() } else { kinds.join(" or ") };
        self.problem_with_hint(span, format!("no {what} {}", quoted(name)), suggest(name, &what, all));
        None
    }
}

/// The names that the model has of a kind of thing; `None` where it has no list of them.
fn names_of<'t>(file: &'t FileSpec, kind: &str, test: &'t TestSpec) -> Option<Vec<&'t str>> {
    Some(match kind {
        "endpoint" => file.endpoint.names().collect(),
        "scenario" => match &test.scenarios {
            Some(scenarios) => scenarios.names().collect(),
            None => vec![DEFAULT_SCENARIO],
        },
        "tier" => file.tier.names().collect(),
        "database" => file.database.names().collect(),
        "cache" => file.cache.names().collect(),
        "pool" => file.pool.names().collect(),
        "pooler" => file.pooler.names().collect(),
        "api" => file.api.names().collect(),
        "limit" => file.limit.names().collect(),
        "queue" => file.queue.names().collect(),
        "lock" => file.lock.names().collect(),
        "flow" => flow_names(file),
        "status" => HttpStatus::words().collect(),
        "cause" => Cause::ALL.iter().map(|cause| cause.word()).collect(),
        _ => return None,
    })
}

impl Resolver<'_> {
    /// Refuses stages that thresholds name and that their test does not have.
    pub fn check_spans(
        &mut self,
        test: &NamedEntry<TestSpec>,
        thresholds: &[NamedEntry<ThresholdsSpec>],
        objectives: &[Vec<Objective>],
    ) {
        let Some(spec) = &test.value else { return };
        let many = spec.scenarios.iter().flat_map(|many| &many.entries).filter_map(|entry| entry.value.as_ref());
        let single = std::iter::once(&spec.load).filter(|_| spec.scenarios.is_none());
        let stages: usize = many.chain(single).map(stages).sum();
        for (threshold, objectives) in thresholds.iter().zip(objectives) {
            for span in objectives.iter().flat_map(Objective::spans) {
                if let TestSpan::Stage(number) = span
                    && number >= stages
                {
                    let what = format!("there is no stage {}: test {} has {stages}", number + 1, test.name.value);
                    self.problem(threshold.name.span, what);
                }
            }
        }
    }
}

/// Stages that last; a load without any is one.
fn stages(scenario: &ScenarioSpec) -> usize {
    match &scenario.stages {
        None => 1,
        Some(stages) => stages.items.iter().filter(|stage| stage.duration.value.0 > 0.0).count(),
    }
}

/// What is of a test's only scenario is of the whole test.
fn of_only_scenario(metric: Metric, test: &TestSpec) -> Metric {
    let by_scenario = ["iterations", "dropped_iterations", "vus", "checks"].contains(&metric.name.as_str());
    let only = test.scenarios.as_ref().is_none_or(|scenarios| scenarios.entries.len() == 1);
    if by_scenario && only { Metric { scope: String::new(), ..metric } } else { metric }
}

/// The keys of a scenario that are there, other than those that make the load.
fn other_keys(spec: &TestSpec) -> Vec<(&'static str, Span)> {
    let load = &spec.load;
    let keys = [
        ("executor", load.executor.as_ref().map(|at| at.span)),
        ("iteration", load.iteration.as_ref().map(|at| at.span)),
        ("exec", load.exec.as_ref().map(|at| at.span)),
        ("startTime", load.start_time.as_ref().map(|at| at.span)),
        ("gracefulStop", load.graceful_stop.as_ref().map(|at| at.span)),
        ("think", load.think.as_ref().map(|law| law.span())),
        ("pacing", load.pacing.as_ref().map(|at| at.span)),
        ("timeout", load.timeout.as_ref().map(|at| at.span)),
    ];
    keys.into_iter().filter_map(|(key, span)| Some((key, span?))).collect()
}
