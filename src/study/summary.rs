//! What the replications of one test say together.

use crate::compile::Labels;
use crate::load::regular_end_s;
use crate::model::{Model, Test};
use crate::problem::plural;
use crate::statistics::estimate_within;

use super::bottleneck::{bottleneck, unstable};
use super::contradictory::beyond_any_system;
use super::cost::{Cost, cost};
use super::judge::{judge, unjudged};
use super::kept::Kept;
use super::observe::Wanted;
use super::over_time::{OverTime, series};
use super::planned::planned;
use super::predict::Effort;
use super::prediction::{Prediction, Row, Status, Warning};
use super::time::Time;

/// The question that the replications answer.
pub(super) struct Summary<'a> {
    pub model: &'a Model,
    pub test: &'a Test,
    pub variant: &'a str,
    pub effort: &'a Effort,
    pub labels: &'a Labels,
    pub wanted: &'a Wanted,
    pub busiest: (f64, f64),
    pub stopped: String,
    pub interrupted: bool,
}

impl Summary<'_> {
    /// The prediction; at least one replication is needed.
    pub fn of(self, kept: &Kept) -> Prediction {
        let rows = self.rows(kept);
        let time = Time { endpoints: &kept.attribution, jobs: &kept.job_time, labels: self.labels };
        let lines: Vec<&OverTime> = kept.over_time.iter().collect();
        let mut prediction = Prediction {
            model: self.model.name.clone(),
            variant: self.variant.to_owned(),
            test: self.test.name.clone(),
            seed: self.effort.seed,
            replications: kept.len(),
            verdicts: Vec::new(),
            bottleneck: bottleneck(&rows, self.labels, self.busiest),
            where_time_goes: time.shares(),
            time_of_endpoints: time.of_endpoints(),
            warnings: self.warnings(kept),
            cost: self.cost(&rows),
            events: planned(self.test, self.labels, self.model),
            series: series(&lines, self.labels),
            metrics: rows,
            stopped: self.stopped,
            interrupted: self.interrupted,
        };
        prediction.verdicts = judge(&self.test.objectives, self.test, &prediction);
        prediction.warnings.extend(out_of_memory(&prediction));
        prediction.warnings.extend(out_of_credits(&prediction, kept.len()));
        prediction.warnings.extend(unjudged(&self.test.objectives, self.test, &prediction));
        if prediction.warnings.iter().any(|warning| warning.kind == "cut") {
            // What happened before the cut says nothing for the whole test, and gives no bound to
            // hold the offered load against.
            prediction.verdicts.iter_mut().for_each(|verdict| verdict.status = Status::Fail);
        } else {
            prediction.warnings.extend(unstable(self.test, &prediction.bottleneck));
        }
        prediction
    }

    fn rows(&self, kept: &Kept) -> Vec<Row> {
        let mut rows = Vec::with_capacity(kept.keys.len());
        for (i, (key, unit)) in kept.keys.iter().enumerate() {
            let values: Vec<f64> = kept.values.iter().map(|values| values[i]).collect();
            // Causes that never came and never could say nothing.
            let by_cause = matches!(key.metric.as_str(), "errors" | "api_errors" | "http_status" | "requests_refused")
                && !key.scope.is_empty();
            if by_cause && values.iter().all(|&value| value == 0.0 || value.is_nan()) && !self.asked_for(&key.scope) {
                continue;
            }
            rows.push(Row { key: key.clone(), estimate: estimate_within(&values, most(unit)), unit, values });
        }
        rows
    }

    /// Whether a cause may happen though it did not: pools can always time out.
    fn asked_for(&self, scope: &str) -> bool {
        !self.labels.permits.is_empty() && scope == "acquire_timeout" || self.wanted.scopes.iter().any(|s| s == scope)
    }

    /// What the system costs, with what the test owes for CPU credits.
    fn cost(&self, rows: &[Row]) -> Option<Cost> {
        let mut cost = cost(self.model);
        cost.add_surplus(self.model, rows, self.ends());
        (!cost.is_unknown()).then_some(cost)
    }

    /// Seconds that the test is planned to take.
    fn ends(&self) -> f64 {
        regular_end_s(self.test)
    }

    fn warnings(&self, kept: &Kept) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let cuts = &kept.cuts;
        if let Some(earliest) = cuts.iter().map(|&ns| ns as f64 / 1e9).reduce(f64::min) {
            warnings.push(Warning {
                kind: "cut",
                text: format!(
                    "overload: {} of {} {} had more requests in flight than fit in memory and were cut, \
                     the earliest {earliest:.1} s into the test; figures cover the time before, and no objective holds",
                    cuts.len(),
                    kept.len(),
                    plural(kept.len(), "replication")
                ),
            });
        }
        for text in beyond_any_system(self.model, self.test) {
            warnings.push(Warning { kind: "objectives", text });
        }
        let ends = self.ends();
        for event in self.test.events.iter().filter(|event| event.at >= ends) {
            let text =
                format!("{} at {:.0} s never happens: the test is over after {ends:.0} s", event.words, event.at);
            warnings.push(Warning { kind: "event", text });
        }
        for text in &self.model.warnings {
            warnings.push(Warning { kind: "model", text: text.clone() });
        }
        for text in &self.model.presets {
            warnings.push(Warning { kind: "preset", text: text.clone() });
        }
        for text in &self.test.taken_from_test {
            warnings.push(Warning { kind: "taken_from_test", text: text.clone() });
        }
        warnings
    }
}

/// The most that a figure in this unit can be: no share of a whole is above 100 %.
pub(super) fn most(unit: &str) -> f64 {
    if unit == "%" { 100.0 } else { f64::INFINITY }
}

/// Machines whose CPU credits run out.
fn out_of_credits(prediction: &Prediction, replications: usize) -> Vec<Warning> {
    let whole = |row: &&Row| row.key.metric == "credits" && row.key.from_s.is_none() && row.key.stat == "dry";
    let dry = prediction.metrics.iter().filter(whole).filter(|row| row.estimate.value.is_finite());
    dry.map(|row| {
        let (scope, count) = (&row.key.scope, row.values.iter().filter(|value| value.is_finite()).count());
        let text = format!(
            "{scope} has no CPU credits from {:.0} s on (in {count} of {replications} {many}) and is held at its \
             baseline from then on: what it could do at most is said of all its cores",
            row.estimate.value,
            many = plural(replications, "replication"),
        );
        Warning { kind: "out_of_credits", text }
    })
    .collect()
}

/// Tiers whose processes are killed for want of memory.
fn out_of_memory(prediction: &Prediction) -> Vec<Warning> {
    let whole = |row: &&Row| row.key.metric == "out_of_memory" && row.key.from_s.is_none() && row.key.stat == "first";
    let killed = prediction.metrics.iter().filter(whole).filter(|row| row.estimate.value.is_finite());
    killed
        .map(|row| {
            let text = format!("{} runs out of memory at {:.0} s", row.key.scope, row.estimate.value);
            Warning { kind: "out_of_memory", text }
        })
        .collect()
}
