//! An alarm for tests.

use crate::model::{Alarm, Comparison, EvaluationWindow, MissingData, Signal, Statistic};

/// Sounds when the sum of requests of five minutes is above 10, twice.
pub fn alarm() -> Alarm {
    Alarm {
        name: "busy".to_owned(),
        about: String::new(),
        namespace: "AWS/ApplicationELB".to_owned(),
        metric: "RequestCount".to_owned(),
        statistic: Statistic::Sum,
        period: 300,
        evaluation_periods: 2,
        datapoints_to_alarm: 2,
        threshold: 10.0,
        comparison: Comparison::Greater,
        missing: MissingData::Missing,
        windows: EvaluationWindow::Sliding,
        signal: Some(Signal::Requests),
        never: Vec::new(),
        unsimulated: String::new(),
        nonzero: true,
        unit: "Count".to_owned(),
    }
}
