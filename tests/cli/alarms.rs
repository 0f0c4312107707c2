//! Alarms: which sound, which never can, and why.

use serde_json::Value;

use super::{Folder, MODEL};

/// Five users make some 100 requests per second: in each of the three seconds of the test.
const ALARMS: &str = r#"
[alarm.busy]
namespace = "AWS/ApplicationELB"
metric = "RequestCount"
dimensions = { LoadBalancer = "app/short" }
statistic = "Sum"
period = "1m"
evaluation_periods = 1
threshold = 50

[alarm.connections]
namespace = "AWS/RDS"
metric = "DatabaseConnections"
dimensions = { DBInstanceIdentifier = "main" }
statistic = "Maximum"
period = "1m"
evaluation_periods = 1
threshold = 40

[alarm.errors]
namespace = "AWS/ApplicationELB"
metric = "5XXError"
statistic = "Sum"
period = "1m"
evaluation_periods = 1
threshold = 0

[alarm.disk]
namespace = "AWS/RDS"
metric = "FreeStorageSpace"
dimensions = { DBInstanceIdentifier = "main" }
statistic = "Average"
period = "1m"
evaluation_periods = 1
threshold = 1
comparison = "<"
"#;

fn folder() -> Folder {
    Folder::with_model(&format!("{MODEL}{ALARMS}"))
}

const COMMAND: &str = "alarms model.toml --replications 2 --quiet";

#[test]
fn each_alarm_is_told_with_what_it_does() {
    let ran = folder().plimsoll(&format!("{COMMAND} --format json"));
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let result: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(result["schema"], "plimsoll/1");
    let alarm = |name: &str| {
        let alarms = result["alarms"].as_array().expect("alarms");
        alarms.iter().find(|alarm| alarm["alarm"] == name).expect("the alarm").clone()
    };
    let busy = alarm("busy");
    // Whenever the minute begins, one ends within a minute of the test's begin, or within one of its end.
    assert_eq!((busy["never"].as_array().map(Vec::len), busy["tests"][0]["sounds"].as_f64()), (Some(0), Some(1.0)));
    let last = busy["tests"][0]["last_s"].as_f64().expect("a time");
    assert!((1.0..=63.0).contains(&last), "{last}");
    let why = |name: &str| alarm(name)["never"][0].as_str().unwrap_or_default().to_owned();
    assert!(why("connections").contains("cannot be above 2, and 40 is asked for: pool main opens 2 at most"));
    assert!(why("errors").contains("AWS/ApplicationELB has no metric 5XXError"));
    assert_eq!(alarm("errors")["tests"][0]["sounds"].as_f64(), Some(0.0));
    assert_eq!(alarm("disk")["unsimulated"], "FreeStorageSpace of AWS/RDS is not simulated");
    assert!(alarm("disk")["tests"][0]["sounds"].is_null());
}

#[test]
fn every_form_names_every_alarm_and_fits() {
    for format in ["text", "csv", "markdown"] {
        let ran = folder().plimsoll(&format!("{COMMAND} --format {format}"));
        for name in ["busy", "connections", "errors", "disk"] {
            assert!(ran.out.contains(name), "{format} has no {name}:\n{}", ran.out);
        }
        assert!(format != "text" || ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
    }
}

#[test]
fn the_result_does_not_depend_on_threads() {
    let one = folder().plimsoll(&format!("{COMMAND} --threads 1 --format json"));
    assert_eq!(one.out, folder().plimsoll(&format!("{COMMAND} --threads 2 --format json")).out);
}

#[test]
fn an_alarm_that_hears_what_it_should_is_no_failure() {
    let (busy, _) = ALARMS.split_once("[alarm.connections]").expect("the second");
    let ran = Folder::with_model(&format!("{MODEL}{busy}")).plimsoll(COMMAND);
    assert_eq!(ran.code, 0, "{}", ran.out);
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let none = Folder::with_model(MODEL).plimsoll(COMMAND);
    assert!(none.code == 2 && none.err.contains("has no alarms"), "{}", none.err);
    let plot = folder().plimsoll(&format!("{COMMAND} --plot a.svg"));
    assert!(plot.code == 2 && plot.err.contains("draws no figure"), "{}", plot.err);
    let test = folder().plimsoll(&format!("{COMMAND} --silent-in shrot"));
    assert!(test.code == 2 && test.err.contains("did you mean \"short\"?"), "{}", test.err);
    let time = folder().plimsoll(&format!("{COMMAND} --ahead 5"));
    assert!(time.code == 2 && time.err.contains("--ahead"), "{}", time.err);
}
