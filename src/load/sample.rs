//! Tests made up for unit tests: nothing but their load.

use crate::model::{Executor, Scenario, Test};

/// A test of scenarios that begin after so many seconds.
pub(crate) fn test(executors: Vec<(f64, Executor)>) -> Test {
    let scenario = |(start, executor)| Scenario {
        name: String::new(),
        executor,
        start,
        graceful_stop: 30.0,
        iteration: 0,
        request_timeout: 60.0,
    };
    Test {
        name: String::new(),
        about: String::new(),
        scenarios: executors.into_iter().map(scenario).collect(),
        objectives: Vec::new(),
        recordings: Vec::new(),
        spans: Vec::new(),
        differs: Vec::new(),
        unscored: Vec::new(),
        taken_from_test: Vec::new(),
        changes: Vec::new(),
        events: Vec::new(),
    }
}
