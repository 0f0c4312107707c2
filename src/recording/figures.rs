//! Figures and points being collected by a reader, in the units of their metrics.

use serde_json::Value;

use super::metrics::{canonical_stat, canonical_unit};
use super::units::Unit;
use super::{FileFacts, Format, Observation, ReadProblem, Recording, SeriesPoint};

/// What a reader of figures has found so far.
#[derive(Debug)]
pub(super) struct Figures {
    /// Where the figures stand, for people.
    pub source: String,
    pub observations: Vec<Observation>,
    pub series: Vec<SeriesPoint>,
    pub notes: Vec<String>,
    pub facts: FileFacts,
}

impl Figures {
    pub fn new(name: &str, format: Format) -> Figures {
        Figures {
            source: format.word().to_owned(),
            observations: Vec::new(),
            series: Vec::new(),
            notes: Vec::new(),
            facts: FileFacts::plain(name, format),
        }
    }

    /// A figure of the whole test; what is no number is none.
    pub fn add(&mut self, metric: &str, scope: &str, stat: &str, value: impl Into<Option<f64>>, unit: Unit) {
        let Some(value) = value.into().filter(|value| value.is_finite()) else { return };
        let Some(stat) = self.statistic(metric, stat, unit) else { return };
        self.observations.push(Observation {
            metric: metric.to_owned(),
            scope: scope.to_owned(),
            stat,
            window: None,
            // The sum of nothing is -0.
            value: Some(value + 0.0),
            range: None,
            unit: unit.word(),
            rounding: 0.0,
            source: self.source.clone(),
            line: 0,
        });
    }

    /// The contract's spelling of a statistic; a damaged or foreign one is left out, and that is said.
    fn statistic(&mut self, metric: &str, stat: &str, unit: Unit) -> Option<String> {
        let canonical = canonical_stat(stat);
        if canonical_unit(metric, &canonical) == Some(unit.word()) {
            return Some(canonical);
        }
        let note = format!("left out: {metric} has no statistic \"{}\"", stat.escape_debug());
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
        None
    }

    /// A count and its rate.
    pub fn counter(&mut self, metric: &str, scope: &str, count: Option<f64>, rate: Option<f64>) {
        self.add(metric, scope, "count", count, Unit::One);
        self.add(metric, scope, "rate", rate, Unit::PerSecond);
    }

    /// Statistics of a duration, ms.
    pub fn durations<'s>(
        &mut self,
        metric: &str,
        scope: &str,
        stats: impl IntoIterator<Item = (&'s str, Option<f64>)>,
    ) {
        stats.into_iter().for_each(|(stat, value)| self.add(metric, scope, stat, value, Unit::Milliseconds));
    }

    /// A point over time, `t_s` seconds since the file's zero.
    pub fn point(&mut self, t_s: f64, (metric, scope, stat): (&str, &str, &str), value: Option<f64>, unit: Unit) {
        let Some(value) = value.filter(|value| value.is_finite() && t_s.is_finite()) else { return };
        let Some(stat) = self.statistic(metric, stat, unit) else { return };
        let (metric, scope) = (metric.to_owned(), scope.to_owned());
        self.series.push(SeriesPoint { t_s, metric, scope, stat, value, unit: unit.word() });
    }

    /// The recording, or that nothing of it could be used.
    pub fn recording(mut self) -> Result<Recording, Vec<ReadProblem>> {
        if self.observations.is_empty() && self.series.is_empty() {
            let what = format!("this is {}, but no figure of the contract is in it", self.source);
            let notes = self.notes.into_iter().map(ReadProblem::whole);
            return Err(std::iter::once(ReadProblem::whole(what)).chain(notes).collect());
        }
        let key = |p: &SeriesPoint| (p.metric.clone(), p.scope.clone(), p.stat.clone());
        self.series.sort_by(|a, b| key(a).cmp(&key(b)).then(a.t_s.total_cmp(&b.t_s)));
        let Figures { observations, series, notes, facts, .. } = self;
        Ok(Recording { name: facts.name.clone(), observations, series, notes, files: vec![facts] })
    }
}

/// A number at a path such as `latencies/mean`, also if it is written as text.
pub(super) fn number(value: &Value, path: &str) -> Option<f64> {
    let found = path.split('/').try_fold(value, |value, key| value.get(key))?;
    match found {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}
