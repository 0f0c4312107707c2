//! Alarms as they are written: with the names that CloudWatch gives their settings.

use super::keys::{keys, words};
use super::number::{Count, Duration, Plain};
use super::reader::{At, Named};
use crate::model::{Comparison, EvaluationWindow, MissingData};

keys! {
    /// An alarm of Amazon CloudWatch: `plimsoll alarms` says in which tests it sounds, and when.
    AlarmSpec "an alarm" {
        /// One line for people.
        about: Option<String>,
        /// The namespace, such as "AWS/RDS".
        namespace: At<String>,
        /// The metric, as written where the alarm is deployed; one that its namespace does not have never sounds.
        metric: At<String>,
        /// Dimensions by name. DBInstanceIdentifier names a database of the model, CacheClusterId a cache,
        /// AutoScalingGroupName, InstanceId and TargetGroup a tier; others may be anything.
        dimensions: Named<At<String>>,
        /// "Average", "Sum", "Maximum", "Minimum", "SampleCount" or a percentile such as "p95".
        statistic: At<String>,
        /// What one data point covers: "10s", "20s", "30s" or whole minutes.
        period: At<Duration>,
        /// How many of the most recent data points are looked at ("N").
        evaluation_periods: At<Count>,
        /// How many of these must breach ("M"); all if left out.
        datapoints_to_alarm: Option<At<Count>>,
        /// What a data point is compared with, in the metric's own unit.
        threshold: At<Plain>,
        /// How: CloudWatch's words or a sign; ">" if left out.
        comparison: Option<Comparison>,
        /// What stands in for missing data points; "missing" if left out.
        treat_missing_data: Option<MissingData>,
        /// "sliding" (the default): periods end at each evaluation; "wall-clock": at multiples of the period.
        evaluation_window: Option<EvaluationWindow>,
    }
}

words! { Comparison, "a comparison" {
    "GreaterThanThreshold" => Greater,
    "GreaterThanOrEqualToThreshold" => GreaterOrEqual,
    "LessThanThreshold" => Less,
    "LessThanOrEqualToThreshold" => LessOrEqual,
    ">" => Greater,
    ">=" => GreaterOrEqual,
    "<" => Less,
    "<=" => LessOrEqual,
} }

words! { MissingData, "a treatment of missing data" {
    "missing" => Missing,
    "ignore" => Ignore,
    "breaching" => Breaching,
    "notBreaching" => NotBreaching,
} }

words! { EvaluationWindow, "an evaluation window" { "sliding" => Sliding, "wall-clock" => WallClock, } }
