//! What the alarms of a model do in its tests, over replications and alignments.

use serde::Serialize;

use super::thresholds::{Advice, advice};
use super::track::connections;
use super::{Demands, Seen, Watched};
use crate::model::{Alarm, Comparison, Model, Signal, Statistic};
use crate::study::predict::Effort;

/// All alarms of a model in some of its tests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlarmReport {
    pub model: String,
    /// Empty: the model as it is.
    pub variant: String,
    pub seed: u64,
    pub replications: usize,
    /// Tests in which a useful threshold stays silent.
    pub silent_in: Vec<String>,
    /// How long before the first failing minute a warning has to come, seconds.
    pub ahead_s: f64,
    pub alarms: Vec<AlarmRow>,
}

/// One alarm.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AlarmRow {
    pub alarm: String,
    pub about: String,
    pub namespace: String,
    pub metric: String,
    pub statistic: String,
    pub period_s: u32,
    pub evaluation_periods: u32,
    pub datapoints_to_alarm: u32,
    /// ">", ">=", "<" or "<=".
    pub comparison: &'static str,
    pub threshold: f64,
    pub unit: String,
    /// Why it never can sound; empty if it can.
    pub never: Vec<String>,
    /// Why nothing is known of what it watches; empty if something is.
    pub unsimulated: String,
    /// By test, in the order of the file.
    pub tests: Vec<Sounding>,
    /// By test in which an objective fails.
    pub advice: Vec<Advice>,
}

/// An alarm in a test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sounding {
    pub test: String,
    /// Share of replications and alignments in which it sounds; `None`: what it watches is not simulated.
    pub sounds: Option<f64>,
    /// When it first does, seconds after the begin: earliest, middle and latest.
    pub first_s: Option<f64>,
    pub median_s: Option<f64>,
    pub last_s: Option<f64>,
    /// Share of replications in which a required objective fails.
    pub failing: f64,
    /// The end of the first minute in which it does, seconds, the middle of those replications.
    pub failing_from_s: Option<f64>,
    /// Of the replications and alignments in which it is known when an objective first fails, the
    /// share in which the alarm had sounded early enough before.
    pub in_time: Option<f64>,
}

impl AlarmRow {
    /// It sounds nowhere, whatever happens.
    #[must_use]
    pub fn never_sounds(&self) -> bool {
        !self.never.is_empty()
    }
}

/// Joins what was seen.
pub fn report(tests: &[Watched], variant: &str, effort: &Effort, demands: &Demands, seen: &[Vec<Seen>]) -> AlarmReport {
    let alarms = tests.first().map_or(&[][..], |first| &first.model.alarms);
    let row = |number: usize| row(number, tests, demands, seen);
    AlarmReport {
        model: tests.first().map(|first| first.model.name.clone()).unwrap_or_default(),
        variant: variant.to_owned(),
        seed: effort.seed,
        replications: effort.replications,
        silent_in: demands.silent_in.clone(),
        ahead_s: demands.ahead_s,
        alarms: (0..alarms.len()).map(row).collect(),
    }
}

fn row(number: usize, tests: &[Watched], demands: &Demands, seen: &[Vec<Seen>]) -> AlarmRow {
    let alarm = &tests[0].model.alarms[number];
    let mut never = alarm.never.clone();
    // A test's own changes may raise a limit: a threshold out of reach in all of them is meant.
    let beyond: Vec<String> = tests.iter().filter_map(|t| out_of_reach(&t.model.alarms[number], t.model)).collect();
    if beyond.len() == tests.len() {
        never.extend(beyond.into_iter().next());
    }
    let mut soundings = Vec::new();
    for (watched, seen) in tests.iter().zip(seen) {
        let silent = !alarm.never.is_empty();
        soundings.push(sounding(&watched.model.alarms[number], number, &watched.test.name, silent, demands, seen));
    }
    AlarmRow {
        alarm: alarm.name.clone(),
        about: alarm.about.clone(),
        namespace: alarm.namespace.clone(),
        metric: alarm.metric.clone(),
        statistic: statistic_word(alarm.statistic),
        period_s: alarm.period,
        evaluation_periods: alarm.evaluation_periods,
        datapoints_to_alarm: alarm.datapoints_to_alarm,
        comparison: comparison_sign(alarm.comparison),
        threshold: alarm.threshold,
        unit: alarm.unit.clone(),
        advice: advice(alarm, number, tests, demands, seen),
        never,
        unsimulated: alarm.unsimulated.clone(),
        tests: soundings,
    }
}

/// `silent`: it gets no data, whatever it would see.
fn sounding(alarm: &Alarm, number: usize, test: &str, silent: bool, demands: &Demands, seen: &[Seen]) -> Sounding {
    let mut firsts: Vec<f64> = Vec::new();
    let (mut all, mut judged, mut early) = (0usize, 0usize, 0usize);
    for one in seen {
        for points in &one.points[number] {
            all += 1;
            let at = points.sounds(alarm, alarm.threshold).filter(|_| !silent).map(|second| second as f64);
            firsts.extend(at);
            if let Some(failed_at) = one.failed_at {
                judged += 1;
                early += usize::from(at.is_some_and(|at| at <= failed_at - demands.ahead_s));
            }
        }
    }
    firsts.sort_by(f64::total_cmp);
    let mut failing: Vec<f64> = seen.iter().filter_map(|one| one.failed_at).collect();
    failing.sort_by(f64::total_cmp);
    let share = |part: usize, of: usize| (of > 0).then(|| part as f64 / of as f64);
    Sounding {
        test: test.to_owned(),
        sounds: if silent { Some(0.0) } else { share(firsts.len(), all) },
        first_s: firsts.first().copied(),
        median_s: firsts.get(firsts.len() / 2).copied(),
        last_s: firsts.last().copied(),
        failing: share(seen.iter().filter(|one| one.failed).count(), seen.len()).unwrap_or(0.0),
        failing_from_s: failing.get(failing.len() / 2).copied(),
        in_time: if silent && seen.iter().any(|one| one.failed_at.is_some()) {
            Some(0.0)
        } else {
            share(early, judged)
        },
    }
}

/// Why no run can reach the threshold, if none can.
#[must_use]
pub fn out_of_reach(alarm: &Alarm, model: &Model) -> Option<String> {
    if alarm.comparison.holds(f64::INFINITY, alarm.threshold) == alarm.comparison.holds(0.0, alarm.threshold)
        || !matches!(alarm.comparison, Comparison::Greater | Comparison::GreaterOrEqual)
        || matches!(alarm.statistic, Statistic::Sum | Statistic::SampleCount)
    {
        return None;
    }
    let (most, what) = match alarm.signal? {
        Signal::Connections(remote) => most_connections(remote, model)?,
        Signal::TierCpu(_)
        | Signal::DatabaseCpu(_)
        | Signal::CacheCpu(_)
        | Signal::CacheThread(_)
        | Signal::BurstBalance(_)
        | Signal::HitRate(_)
        | Signal::CacheMemoryShare(_) => (100.0, "it is a share of the whole".to_owned()),
        Signal::Requests
        | Signal::RequestsPerInstance(_)
        | Signal::Answers(_)
        | Signal::ResponseTime
        | Signal::CacheHits(_)
        | Signal::CacheMisses(_)
        | Signal::Evictions(_)
        | Signal::Expirations(_)
        | Signal::Items(_)
        | Signal::CacheMemory(_) => return None,
    };
    let within = !alarm.comparison.holds(most, alarm.threshold);
    within.then(|| format!("{} cannot be above {most}, and {} is asked for: {what}", alarm.metric, alarm.threshold))
}

/// Most connections that can be open to a database or cache, and why.
fn most_connections(remote: crate::model::Remote, model: &Model) -> Option<(f64, String)> {
    let test = model.tests.first()?;
    let labels = crate::compile::compile(model, test, &vec![0.5; model.inputs.len()], &[]).ok()?.labels;
    let first = labels.processors.len();
    let pools: Vec<(String, f64)> = connections(remote, model, &labels)
        .filter_map(|(gauge, most)| Some((labels.permits.get(gauge - first)?.name.clone(), most)))
        .collect();
    if pools.is_empty() {
        return None;
    }
    let names: Vec<String> = pools.iter().map(|(name, most)| format!("{name} opens {most} at most")).collect();
    Some((pools.iter().map(|(_, most)| most).sum(), format!("pool {}", names.join(", pool "))))
}

/// CloudWatch's word.
#[must_use]
pub fn statistic_word(statistic: Statistic) -> String {
    match statistic {
        Statistic::Average => "Average".to_owned(),
        Statistic::Sum => "Sum".to_owned(),
        Statistic::Maximum => "Maximum".to_owned(),
        Statistic::Minimum => "Minimum".to_owned(),
        Statistic::SampleCount => "SampleCount".to_owned(),
        Statistic::Percentile(percent) => format!("p{percent}"),
    }
}

fn comparison_sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Equal => "==",
        Comparison::NotEqual => "!=",
    }
}
