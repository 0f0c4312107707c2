//! Alarms: what of the model they watch, or why they can watch nothing.
//!
//! CloudWatch accepts an alarm on a metric that nobody reports, and it stays silent for ever. So such
//! an alarm is no problem of the file: why it never sounds is kept, and told.

use std::collections::BTreeSet;

use super::names::{Resolver, all};
use crate::catalogue::cloudwatch::{CloudMetric, MetricKind, cloud_metrics};
use crate::model::{Alarm, Answer, Comparison, EvaluationWindow, MissingData, Remote, Signal, Statistic};
use crate::problem::{nearest, quoted, suggest};
use crate::spec::alarm::AlarmSpec;
use crate::spec::number::Duration;
use crate::spec::reader::{At, Named, NamedEntry};

/// Most data points that are looked at here; CloudWatch allows a day of them.
const MOST_PERIODS: u32 = 100;
/// Evaluation periods times their length, seconds.
const LONGEST_RANGE: u32 = 86_400;
const MINUTE: u32 = 60;

/// What an alarm gets to see.
#[derive(Default)]
struct Watched {
    signal: Option<Signal>,
    never: Vec<String>,
    unsimulated: String,
    nonzero: bool,
    unit: String,
}

impl Resolver<'_> {
    pub fn alarms(&mut self) -> Option<Vec<Alarm>> {
        let metrics = cloud_metrics();
        all(&self.file.alarm.entries, |entry| self.alarm(entry, &metrics))
    }

    fn alarm(&mut self, entry: &NamedEntry<AlarmSpec>, metrics: &[CloudMetric]) -> Option<Alarm> {
        self.check_name(entry, "an alarm");
        let spec = entry.value.as_ref()?;
        let statistic = self.statistic(&spec.statistic);
        let period = self.period(&spec.period);
        let why = "an alarm looks at one data point at least";
        let periods = self.count(Some(&spec.evaluation_periods), 1, MOST_PERIODS, why);
        if let (Some(period), Some(periods)) = (period, periods)
            && period.saturating_mul(periods) > LONGEST_RANGE
        {
            self.problem(spec.evaluation_periods.span, format!("{periods} periods of {period} s are more than a day"));
        }
        let to_alarm = match &spec.datapoints_to_alarm {
            Some(written) => {
                let to_alarm = self.count(Some(written), 1, MOST_PERIODS, "at least one data point must breach");
                if let (Some(many), Some(periods)) = (to_alarm, periods)
                    && many > periods
                {
                    let what = format!("{many} data points of {periods} evaluation periods cannot breach");
                    self.problem(written.span, what);
                }
                to_alarm
            }
            None => periods,
        };
        let watched = self.watched(spec, metrics, statistic, period);
        let watched = watched?;
        Some(Alarm {
            name: entry.name.value.clone(),
            about: spec.about.clone().unwrap_or_default(),
            namespace: spec.namespace.value.clone(),
            metric: spec.metric.value.clone(),
            statistic: statistic?,
            period: period?,
            evaluation_periods: periods?,
            datapoints_to_alarm: to_alarm?,
            threshold: spec.threshold.value.0,
            comparison: spec.comparison.unwrap_or(Comparison::Greater),
            missing: spec.treat_missing_data.unwrap_or(MissingData::Missing),
            windows: spec.evaluation_window.unwrap_or(EvaluationWindow::Sliding),
            signal: watched.signal,
            never: watched.never,
            unsimulated: watched.unsimulated,
            nonzero: watched.nonzero,
            unit: watched.unit,
        })
    }

    fn statistic(&mut self, written: &At<String>) -> Option<Statistic> {
        const WORDS: [(&str, Statistic); 5] = [
            ("Average", Statistic::Average),
            ("Sum", Statistic::Sum),
            ("Maximum", Statistic::Maximum),
            ("Minimum", Statistic::Minimum),
            ("SampleCount", Statistic::SampleCount),
        ];
        let text = written.value.as_str();
        let plain = |digits: &&str| digits.starts_with(|c: char| c.is_ascii_digit());
        let percent = text.strip_prefix('p').filter(plain).and_then(|digits| digits.parse::<f64>().ok());
        if let Some(percent) = percent.filter(|percent| *percent > 0.0 && *percent < 100.0) {
            return Some(Statistic::Percentile(percent));
        }
        let found = WORDS.iter().find(|(word, _)| *word == text).map(|(_, statistic)| *statistic);
        if found.is_none() {
            let words = WORDS.iter().map(|(word, _)| *word).chain(["p95"]);
            let hint = suggest(text, "statistic", words);
            self.problem_with_hint(written.span, format!("there is no statistic {}", quoted(text)), hint);
        }
        found
    }

    fn period(&mut self, written: &At<Duration>) -> Option<u32> {
        let seconds = written.value.0;
        let minutes = seconds >= f64::from(MINUTE) && seconds % f64::from(MINUTE) == 0.0;
        let short = [10.0, 20.0, 30.0].contains(&seconds);
        if (minutes || short) && seconds <= f64::from(LONGEST_RANGE) {
            return Some(seconds as u32);
        }
        let hint = "CloudWatch takes \"10s\", \"20s\", \"30s\" and whole minutes up to a day";
        self.problem_with_hint(written.span, format!("an alarm cannot have a period of {seconds} s"), hint);
        None
    }

    /// What the alarm sees; `None` if a dimension names nothing of the model.
    fn watched(
        &mut self,
        spec: &AlarmSpec,
        metrics: &[CloudMetric],
        statistic: Option<Statistic>,
        period: Option<u32>,
    ) -> Option<Watched> {
        let (namespace, name) = (spec.namespace.value.as_str(), spec.metric.value.as_str());
        let places = self.places(&spec.dimensions);
        let mut watched = Watched::default();
        let Some(metric) = metrics.iter().find(|metric| metric.namespace == namespace && metric.name == name) else {
            watched.never.push(no_metric(namespace, name, metrics));
            if spec.dimensions.entries.is_empty() {
                watched.never.push(format!("it names no dimensions, and {namespace} publishes nothing without"));
            }
            return places.map(|_| watched);
        };
        (watched.nonzero, watched.unit) = (metric.nonzero, metric.unit.clone());
        watched.never.extend(dimensions_apart(metric, &spec.dimensions));
        watched.never.extend(statistic.and_then(|statistic| senseless(metric, statistic, spec)));
        if let Some(period) = period.filter(|&period| period < MINUTE) {
            watched.never.push(format!("{namespace} reports once a minute, and a period of {period} s sees nothing"));
        }
        let place = places?;
        match self.signal(metric, place, statistic) {
            Ok(signal) => watched.signal = Some(signal),
            Err(why) => watched.unsimulated = why,
        }
        Some(watched)
    }

    /// The thing of the model that dimensions name, if one does.
    fn places(&mut self, dimensions: &Named<At<String>>) -> Option<Option<u32>> {
        let file = self.file;
        let mut place = None;
        let mut known = true;
        for entry in &dimensions.entries {
            let Some(value) = &entry.value else {
                known = false;
                continue;
            };
            let found = match entry.name.value.as_str() {
                "DBInstanceIdentifier" => self.reference("database", &file.database, value),
                "CacheClusterId" => self.reference("cache", &file.cache, value),
                "AutoScalingGroupName" | "InstanceId" | "TargetGroup" => self.reference("tier", &file.tier, value),
                _ => continue,
            };
            known &= found.is_some();
            place = place.or(found);
        }
        known.then_some(place)
    }

    /// What of the model a metric is.
    fn signal(&self, metric: &CloudMetric, place: Option<u32>, statistic: Option<Statistic>) -> Result<Signal, String> {
        let file = self.file;
        let the = |what: &str, count: usize| match (place, count) {
            (Some(place), _) => Ok(place),
            (None, 1) => Ok(0),
            (None, 0) => Err(format!("the model has no {what}")),
            (None, _) => Err(format!("the model has several of the kind {what}, and no dimension says which is meant")),
        };
        let (tiers, databases, caches) =
            (file.tier.entries.len(), file.database.entries.len(), file.cache.entries.len());
        let by_sample = matches!(statistic, Some(Statistic::Maximum | Statistic::Minimum));
        let signal = match (metric.namespace.as_str(), metric.name.as_str()) {
            ("AWS/ApplicationELB", "RequestCount") => Signal::Requests,
            ("AWS/ApplicationELB", "RequestCountPerTarget") => Signal::RequestsPerInstance(the("tier", tiers)?),
            ("AWS/ApplicationELB", "HTTPCode_Target_2XX_Count") => Signal::Answers(Answer::TargetWell),
            ("AWS/ApplicationELB", "HTTPCode_Target_4XX_Count") => Signal::Answers(Answer::Target4xx),
            ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count") => Signal::Answers(Answer::Target5xx),
            ("AWS/ApplicationELB", "HTTPCode_ELB_4XX_Count") => Signal::Answers(Answer::Balancer4xx),
            ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count") => Signal::Answers(Answer::Balancer5xx),
            ("AWS/ApplicationELB", "TargetResponseTime") if by_sample => {
                return Err("the fastest and slowest request are not kept by the second".to_owned());
            }
            ("AWS/ApplicationELB", "TargetResponseTime") => Signal::ResponseTime,
            ("AWS/EC2", "CPUUtilization") => Signal::TierCpu(the("tier", tiers)?),
            ("AWS/RDS", "CPUUtilization") => Signal::DatabaseCpu(the("database", databases)?),
            ("AWS/RDS", "DatabaseConnections") => Signal::Connections(Remote::Database(the("database", databases)?)),
            ("AWS/RDS", "BurstBalance") => Signal::BurstBalance(the("database", databases)?),
            ("AWS/ElastiCache", name) => {
                let cache = the("cache", caches)?;
                return of_cache(name, cache).ok_or_else(|| not_simulated(metric));
            }
            _ => return Err(not_simulated(metric)),
        };
        Ok(signal)
    }
}

fn not_simulated(metric: &CloudMetric) -> String {
    format!("{} of {} is not simulated", metric.name, metric.namespace)
}

fn of_cache(metric: &str, cache: u32) -> Option<Signal> {
    Some(match metric {
        "CPUUtilization" => Signal::CacheCpu(cache),
        "EngineCPUUtilization" => Signal::CacheThread(cache),
        "CacheHits" => Signal::CacheHits(cache),
        "CacheMisses" => Signal::CacheMisses(cache),
        "CacheHitRate" => Signal::HitRate(cache),
        "Evictions" => Signal::Evictions(cache),
        "Reclaimed" => Signal::Expirations(cache),
        "CurrItems" => Signal::Items(cache),
        "BytesUsedForCache" => Signal::CacheMemory(cache),
        "DatabaseMemoryUsagePercentage" => Signal::CacheMemoryShare(cache),
        "CurrConnections" => Signal::Connections(Remote::Cache(cache)),
        _ => return None,
    })
}

/// That a namespace does not have a metric, who has it, and what is nearest to it.
fn no_metric(namespace: &str, name: &str, metrics: &[CloudMetric]) -> String {
    let namespaces: BTreeSet<&str> = metrics.iter().map(|metric| metric.namespace.as_str()).collect();
    if !namespaces.contains(namespace) {
        let known = suggest(namespace, "namespace", namespaces.iter().copied());
        return format!("no service reports to the namespace {} ({known})", quoted(namespace));
    }
    let ours: Vec<&str> =
        metrics.iter().filter(|metric| metric.namespace == namespace).map(|metric| metric.name.as_str()).collect();
    let others = metrics.iter().find(|metric| metric.name == name).map(|metric| metric.namespace.as_str());
    let elsewhere = others.map_or(String::new(), |other| format!(", which is a metric of {other}"));
    // "5XXError" is near to no name by its letters, but has a part of two.
    let part = |known: &&&str| name.len() >= 3 && name.get(..3).is_some_and(|part| known.contains(part));
    let near: Vec<&str> = match nearest(name, ours.iter().copied()) {
        Some(near) => vec![near],
        None => ours.iter().filter(part).copied().collect(),
    };
    let near = match near.as_slice() {
        [] => String::new(),
        some => format!("; nearest: {}", some.join(", ")),
    };
    format!("{namespace} has no metric {name}{elsewhere}{near}")
}

/// That a metric is not published under the dimensions that an alarm names.
fn dimensions_apart(metric: &CloudMetric, written: &Named<At<String>>) -> Option<String> {
    let named: BTreeSet<&str> = written.names().collect();
    let published = |set: &&Vec<String>| set.iter().map(String::as_str).collect::<BTreeSet<_>>() == named;
    if metric.dimensions.iter().any(|set| published(&set)) {
        return None;
    }
    let sets: Vec<String> = metric.dimensions.iter().map(|set| set.join(" + ")).collect();
    let named: Vec<&str> = named.into_iter().collect();
    let has = if named.is_empty() { "no dimensions".to_owned() } else { named.join(" + ") };
    Some(format!("it names {has}, but {} is published only by {}", metric.name, sets.join("; or ")))
}

/// That a statistic of a metric can never pass the threshold.
fn senseless(metric: &CloudMetric, statistic: Statistic, spec: &AlarmSpec) -> Option<String> {
    let threshold = spec.threshold.value.0;
    let one = !matches!(statistic, Statistic::Sum | Statistic::SampleCount);
    let comparison = spec.comparison.unwrap_or(Comparison::Greater);
    if metric.kind == MetricKind::Ones && one && !comparison.holds(1.0, threshold) {
        let name = &metric.name;
        return Some(format!("each event is a sample of 1: this statistic of {name} is always 1; Sum counts them"));
    }
    let below = matches!(comparison, Comparison::Less | Comparison::LessOrEqual);
    if below && !comparison.holds(0.0, threshold) {
        return Some("no value is below 0".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_of_another_namespace_is_known_for_what_it_is() {
        let metrics = cloud_metrics();
        let told = no_metric("AWS/ApplicationELB", "5XXError", &metrics);
        assert!(told.contains("which is a metric of AWS/ApiGateway"), "{told}");
        assert!(told.ends_with("nearest: HTTPCode_ELB_5XX_Count, HTTPCode_Target_5XX_Count"), "{told}");
        let told = no_metric("AWS/RDS", "DatabaseConnection", &metrics);
        assert!(told.ends_with("nearest: DatabaseConnections"), "{told}");
        assert!(no_metric("AWS/Rds", "x", &metrics).contains("did you mean \"AWS/RDS\"?"));
    }
}
