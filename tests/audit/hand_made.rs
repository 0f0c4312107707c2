//! Each law on a contradiction made by hand, with the size worked out by hand: every figure rounded in its favour, that is
//! by half a unit of its last digit.

use std::path::Path;

use plimsoll::model::Role;
use plimsoll::model::resolve::load_model_text;
use plimsoll::recording::{Recording, read_text};
use plimsoll::study::audit::{AuditReport, Case, Sureness, audit};

use Sureness::{Contradiction, Doubtful, Unjudged};

/// Twenty users for a minute, each a request and a second of sleep at a time; who does not answer within 30 s is late.
pub(super) const MODEL: &str = r#"
[tier.app]
cores = 4

[database.main]
cores = 2
max_connections = 50

[pool.main]
max = 20
acquire_timeout = "30s"

[cache.redis]
maxmemory = "3GB"
command = "1ms"

[cache.redis.keyspace.carts]
keys = 1000
size = "1kB"

[cache.redis.keyspace.users]
keys = 1000
size = "1kB"

[endpoint.a]
steps = [ { query = "q", pool = "main", time = "5ms" }, { cache = "carts" } ]

[endpoint.b]
steps = [ { query = "r", pool = "main", time = "5ms" }, { cache = "users" } ]

[iteration.visit]
pick = [ { weight = 1, request = "a" }, { weight = 1, request = "b" } ]

[test.load]
iteration = "visit"
vus = 20
duration = "60s"
think = "1s"
"#;

/// "metric,scope,stat,from_s,to_s,value,unit" as a recording.
pub(super) fn recording(rows: &[&str]) -> Recording {
    let text = format!("metric,scope,stat,from_s,to_s,value,unit,source,low,high\n{}\n", with_columns(rows).join("\n"));
    read_text("made.csv", &text).unwrap_or_else(|error| panic!("{error:?}\n{text}"))
}

fn with_columns(rows: &[&str]) -> Vec<String> {
    rows.iter().map(|row| format!("{row},made up,,")).collect()
}

fn series(rows: &str) -> Recording {
    let text = format!("t_s,metric,scope,stat,value,unit\n{rows}");
    read_text("series.csv", &text).unwrap_or_else(|error| panic!("{error:?}"))
}

pub(super) fn planned(recording: &Recording) -> AuditReport {
    let model = load_model_text(MODEL, "model", Path::new(""), None, &[]).unwrap_or_else(|p| panic!("{p}"));
    let planned = Some((&model, &model.tests[0], Role::Validate));
    audit(None, &[], &[Case { recording, planned, system: None }])
}

pub(super) fn alone(recording: &Recording) -> AuditReport {
    audit(None, &[], &[Case { recording, planned: None, system: None }])
}

/// A finding of this law, so sure and so large.
#[track_caller]
pub(super) fn finds(report: &AuditReport, law: &str, severity: Sureness, size: f64) {
    let found = report.findings.iter().find(|finding| finding.law == law);
    let found = found.unwrap_or_else(|| panic!("no {law} in {:#?}", report.findings));
    assert_eq!(found.severity, severity, "{}", found.numbers);
    let told = found.size.unwrap_or(0.0);
    assert!((told / size - 1.0).abs() < 1e-3, "{law}: {told} instead of {size}; {}", found.numbers);
    assert_eq!(report.findings.iter().filter(|finding| finding.law == law).count(), 1, "{:#?}", report.findings);
}

#[track_caller]
pub(super) fn silent(report: &AuditReport) {
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
}

#[test]
fn one_test_has_one_duration() {
    let rows = |rate: &'static str| {
        recording(&["http_reqs,,count,,,12345,1", "http_reqs,,rate,,,41.15,1/s", "iterations,,count,,,12345,1", rate])
    };
    // 12,344.5 / 41.155 s against 12,345.5 / 51.225 s.
    finds(&alone(&rows("iterations,,rate,,,51.23,1/s")), "one test, one duration", Contradiction, 299.951 / 241.005);
    silent(&alone(&rows("iterations,,rate,,,41.15,1/s")));
}

#[test]
fn parts_are_no_more_than_the_whole() {
    let rows = |rate: &'static str| recording(&["data_received,,count,,,2.1,GB", rate]);
    // 17.5 MB/s for 480 s against 2.15 GB.
    finds(
        &alone(&rows("data_received,,rate,120,600,18,MB/s")),
        "parts are no more than the whole",
        Contradiction,
        8400.0 / 2150.0,
    );
    silent(&alone(&rows("data_received,,rate,120,600,4.2,MB/s")));
}

#[test]
fn the_whole_lies_between_its_parts() {
    let rows = |whole: &'static str| {
        recording(&["http_req_failed,,rate,0,30,1.25,%", "http_req_failed,,rate,30,60,2.35,%", whole])
    };
    finds(
        &planned(&rows("http_req_failed,,rate,,,3.15,%")),
        "the whole lies between its parts",
        Contradiction,
        3.145 / 2.355,
    );
    silent(&planned(&rows("http_req_failed,,rate,,,1.95,%")));
    // Half of the test is not recorded.
    silent(&planned(&recording(&["http_req_failed,,rate,0,30,1.25,%", "http_req_failed,,rate,,,3.15,%"])));
}

#[test]
fn a_level_is_the_mean_of_its_parts() {
    let rows = |whole: &'static str| recording(&["cpu,app,avg,0,30,40.5,%", "cpu,app,avg,30,60,60.5,%", whole]);
    // Both parts take the half of 60 s; the test may last 90.
    let most = 50.55 * 1.5;
    finds(&planned(&rows("cpu,app,avg,,,81.5,%")), "the whole is the mean of its parts", Contradiction, 81.45 / most);
    let least = 50.45 / 1.5;
    finds(&planned(&rows("cpu,app,avg,,,20.5,%")), "the whole is the mean of its parts", Contradiction, least / 20.55);
    silent(&planned(&rows("cpu,app,avg,,,50.5,%")));
    let most = recording(&["cpu,app,max,0,30,91.5,%", "cpu,app,max,,,71.5,%"]);
    finds(&alone(&most), "no part above the maximum", Contradiction, 91.45 / 71.55);
}

const ENDPOINTS: [&str; 3] = ["http_reqs,,count,,,4444,1", "http_reqs,a,count,,,1111,1", "http_reqs,b,count,,,3333,1"];

#[test]
fn the_mean_is_that_of_the_endpoints() {
    let means = ["http_req_duration,a,avg,,,100.5,ms", "http_req_duration,b,avg,,,200.5,ms"];
    let rows = |whole: &'static str| recording(&[&ENDPOINTS[..], &means[..], &[whole][..]].concat());
    let most = (1111.5 * 100.55 + 3333.5 * 200.55) / 4443.5;
    finds(
        &alone(&rows("http_req_duration,,avg,,,251.5,ms")),
        "the mean is that of the parts",
        Contradiction,
        251.45 / most,
    );
    silent(&alone(&rows("http_req_duration,,avg,,,175.5,ms")));
}

#[test]
fn a_percentile_lies_between_those_of_the_endpoints() {
    let parts = ["http_req_duration,a,p95,,,301.5,ms", "http_req_duration,b,p95,,,401.5,ms"];
    let rows = |whole: &'static str| recording(&[&ENDPOINTS[..], &parts[..], &[whole][..]].concat());
    let law = "the whole lies between its parts";
    finds(&alone(&rows("http_req_duration,,p95,,,501.5,ms")), law, Contradiction, 501.45 / 401.55);
    silent(&alone(&rows("http_req_duration,,p95,,,389.5,ms")));
}

#[test]
fn failures_and_successes_make_the_whole() {
    let rows = |failed: &'static str| {
        recording(&[
            "http_req_failed,,rate,,,10.25,%",
            "http_req_duration,,avg,,,123.5,ms",
            "http_req_duration{ok},,avg,,,100.5,ms",
            failed,
        ])
    };
    // 89.745 % of 100.45 and 10.245 % of 901.45 ms at least.
    let least = 0.89745 * 100.45 + 0.10245 * 901.45;
    let law = "the mean is that of the parts";
    finds(&alone(&rows("http_req_duration{failed},,avg,,,901.5,ms")), law, Contradiction, least / 123.55);
    silent(&alone(&rows("http_req_duration{failed},,avg,,,324.5,ms")));
}

#[test]
fn causes_and_endpoints_add_up() {
    let causes = ["errors,a api_error,count,,,111,1", "errors,a deadlock,count,,,61,1", "errors,a,count,,,211,1"];
    finds(&alone(&recording(&causes)), "causes add up to errors", Doubtful, 210.5 / 173.0);
    let over = [&ENDPOINTS[..], &["errors,deadlock,count,,,33,1", "errors,a deadlock,count,,,61,1"][..]].concat();
    finds(&alone(&recording(&over)), "endpoints add up", Contradiction, 60.5 / 33.5);
    let statuses = ["http_reqs,,count,,,4555,1", "http_status,2xx,count,,,4111,1", "http_status,5xx,count,,,222,1"];
    finds(&alone(&recording(&statuses)), "answers by status add up", Doubtful, 4554.5 / 4334.0);
}

#[test]
fn flows_fail_or_succeed() {
    let rows =
        |failed: &'static str| recording(&["flow_started,f,count,,,511,1", "flow_success,f,count,,,444,1", failed]);
    // 511.5 - 443.5 at most.
    finds(&alone(&rows("errors,f,count,,,99,1")), "failed = started - succeeded", Contradiction, 98.5 / 68.0);
    // 510.5 - 444.5 less 2 % that may be under way.
    finds(
        &alone(&rows("errors,f,count,,,33,1")),
        "failed = started - succeeded",
        Doubtful,
        (66.0 - 0.02 * 511.5) / 33.5,
    );
    silent(&alone(&rows("errors,f,count,,,67,1")));
    let step =
        ["flow_started,f,count,,,2847,1", "step_success,f pay,rate,,,99.1,%", "errors,f pay deadlock,count,,,12,1"];
    // 0.85 % of 2,846.5 have failed at least.
    finds(&alone(&recording(&step)), "failures by cause add up", Doubtful, 0.0085 * 2846.5 / 12.5);
}

#[test]
fn iterations_send_requests() {
    // Each sends one, and 20 users may have sent another.
    let rows = recording(&["iterations,,count,,,1111,1", "http_reqs,,count,,,1555,1"]);
    finds(&planned(&rows), "iterations x requests", Contradiction, 1554.5 / 1131.5);
}

#[test]
fn keyspaces_make_the_cache() {
    let rows = ["evictions,carts,count,,,234,1", "evictions,users,count,,,111,1", "evictions,redis,count,,,511,1"];
    finds(&planned(&recording(&rows)), "keyspaces add up to the cache", Contradiction, 510.5 / (346.0 * 1.02 + 1.0));
    let ratios = ["hit_ratio,carts,avg,,,61.5,%", "hit_ratio,users,avg,,,71.5,%", "hit_ratio,redis,avg,,,91.5,%"];
    finds(&planned(&recording(&ratios)), "the whole lies between its parts", Contradiction, 91.45 / (71.55 * 1.02));
}

#[test]
fn connections_are_in_use_or_idle() {
    let rows = |open: &'static str| {
        recording(&["connections_active,main,avg,,,12.5,1", "connections_idle,main,avg,,,4.5,1", open])
    };
    finds(&alone(&rows("connections_open,main,avg,,,14.5,1")), "open = in use + idle", Contradiction, 16.9 / 14.55);
    finds(&alone(&rows("connections_open,main,avg,,,19.5,1")), "open = in use + idle", Doubtful, 19.45 / 17.1);
    silent(&alone(&rows("connections_open,main,avg,,,17.0,1")));
    let over = recording(&["connections_active,main,avg,,,18.5,1", "connections_idle,main,avg,,,4.5,1"]);
    finds(&planned(&over), "no more than there is", Contradiction, 22.9 / 20.0);
}

#[test]
fn waits_and_waiters_agree() {
    let rows = |waiting: &'static str| {
        recording(&["http_reqs,,rate,,,31.5,1/s", "connection_wait,main,avg,,,101.5,ms", waiting])
    };
    // Each request is granted one connection: 31.45 x 101.45 ms, less 5 % and a tenth for samples.
    let least = 31.45 * 0.10145;
    let law = "waiting = rate x wait";
    finds(&planned(&rows("connections_waiting,main,avg,,,1.2,1")), law, Contradiction, (least * 0.95 - 0.1) / 1.25);
    silent(&planned(&rows("connections_waiting,main,avg,,,3.2,1")));
    let late = recording(&["connection_wait,main,p95,,,41.5,s"]);
    finds(&planned(&late), "nobody waits past the time-out", Contradiction, 41.45 / 30.0);
    let statements =
        ["query_count,q,count,,,4444,1", "query_duration,q,avg,,,101.5,ms", "connections_active,main,avg,,,2.5,1"];
    // 4,443.5 x 101.45 ms within 90 s.
    finds(&planned(&recording(&statements)), "statements hold connections", Doubtful, 4443.5 * 0.10145 / 90.0 / 2.55);
}

#[test]
fn time_outs_are_slow_answers() {
    let rows =
        |mean: &'static str| recording(&["http_reqs,,count,,,2222,1", "errors,acquire_timeout,count,,,222,1", mean]);
    let least = 30.0 * 221.5 / 2222.5;
    finds(
        &planned(&rows("http_req_duration,,avg,,,1115,ms")),
        "time-outs are slow answers",
        Contradiction,
        least / 1.1155,
    );
    let beyond = recording(&["http_req_duration,,p99,,,75.5,s"]);
    finds(&planned(&beyond), "no longer than the client waits", Contradiction, 75.45 / 60.0);
}

#[test]
fn users_are_those_of_the_plan() {
    finds(&planned(&recording(&["vus,,max,,,51,1"])), "no more users than planned", Contradiction, 50.5 / 20.0);
    // 1,200 user-seconds over at most 90 s.
    finds(&planned(&recording(&["vus,,avg,,,10.5,1"])), "users as planned", Doubtful, 1200.0 / 90.0 / 10.55);
    // 1,200 user-seconds, and a second of sleep for each.
    let asleep = recording(&["http_reqs,,count,,,2555,1"]);
    finds(&planned(&asleep), "users have only so much time", Contradiction, 2554.5 / (1200.0 * 1.02 + 20.0));
    // A cycle of 1.101 s, 10 % slower at most; 40 requests at the ends.
    let idle = recording(&["http_reqs,,count,,,511,1", "http_req_duration,,avg,,,100.5,ms"]);
    let least = 1200.0 / (1.10055 * 1.1) - 40.0;
    finds(&planned(&idle), "users are never idle", Contradiction, least / 511.5);
    silent(&planned(&recording(&["http_reqs,,count,,,1089,1", "http_req_duration,,avg,,,100.5,ms"])));
    // Without a plan: 31.45/s x 2.1145 s are under way, of 12.5 users.
    let inside = ["http_reqs,,rate,,,31.5,1/s", "http_req_duration,,avg,,,2115,ms", "vus,,max,,,12,1"];
    finds(&alone(&recording(&inside)), "users have only so much time", Contradiction, 31.45 * 2.1145 / 12.5);
}

#[test]
fn a_request_needs_the_same_in_every_test() {
    let first = recording(&["http_reqs,,rate,,,101.5,1/s", "cpu,app,avg,,,20.5,%"]);
    let second = recording(&["http_reqs,,rate,,,203.5,1/s", "cpu,app,avg,,,80.5,%"]);
    let case = |recording| Case { recording, planned: None, system: None };
    // 80.45 / 203.55 against 20.55 / 101.45.
    let size = (80.45 / 203.55) / (20.55 / 101.45);
    finds(&audit(None, &[], &[case(&first), case(&second)]), "one request, one need", Doubtful, size);
    let third = recording(&["http_reqs,,rate,,,203.5,1/s", "cpu,app,avg,,,41.5,%"]);
    silent(&audit(None, &[], &[case(&first), case(&third)]));
}

#[test]
fn series_make_up_their_figures() {
    let line = |value: f64| (0..60).map(|t| format!("{t},http_reqs,,rate,{value},1/s\n")).collect::<String>();
    let with = |rows: &[&str], series: Recording| {
        let mut recording = recording(rows);
        recording.add(series);
        recording
    };
    // Points of 21.45 at least and 21.55 at most, 5 % allowed; 60 s of them.
    let count = with(&["http_reqs,,count,0,60,2555,1"], series(&line(21.5)));
    finds(&alone(&count), "series make up the figure", Contradiction, 2554.5 / (21.55 * 1.05 * 60.0));
    silent(&alone(&with(&["http_reqs,,count,0,60,1291,1"], series(&line(21.5)))));
    let most = with(&["cpu,app,max,,,71.5,%"], series("10,cpu,app,avg,91.5,%\n"));
    finds(&alone(&most), "no point above the maximum", Contradiction, 91.45 / 71.55);
    let open =
        "5,connections_active,main,avg,12.5,1\n5,connections_idle,main,avg,4.5,1\n5,connections_open,main,avg,14.5,1\n";
    finds(&alone(&with(&["vus,,max,,,5,1"], series(open))), "open = in use + idle", Contradiction, 16.9 / 14.55);
}

/// Of 58 seconds under load 12 are silent, and a p99 of 20 ms knows nothing of them.
#[test]
fn silence_is_not_measured() {
    let rate = |t: i32| if (20..32).contains(&t) { 0.0 } else { 51.5 };
    let line: String = (0..60).map(|t| format!("{t},http_reqs,,rate,{},1/s\n", rate(t))).collect();
    let mut recording = recording(&["http_req_duration,,p99,,,20.5,ms"]);
    recording.add(series(&line));
    finds(&planned(&recording), "silence is not measured", Doubtful, 12.0 / 59.0 / 0.01);
}

#[test]
fn few_samples_tell_no_percentile() {
    let rows = recording(&["http_reqs,,count,,,155,1", "http_req_duration,,p99,,,20.5,ms"]);
    finds(&alone(&rows), "percentiles need samples", Unjudged, 10.0 / (155.5 * 0.01));
}

#[test]
fn a_value_lies_in_its_range() {
    let text = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\ncpu,app,avg,,,15,18,22,%,made up\n";
    let recording = read_text("made.csv", text).unwrap_or_else(|error| panic!("{error:?}"));
    finds(&alone(&recording), "a value lies in its range", Contradiction, 18.0 / 15.0);
}

/// What a plan says of itself, found with the model that `model` makes of the one above.
fn of_plan(model: &str) -> Vec<(String, Sureness)> {
    let model = load_model_text(model, "model", Path::new(""), None, &[]).unwrap_or_else(|p| panic!("{p}"));
    let plan: Vec<_> = model.tests.iter().map(|test| (&model, test)).collect();
    let report = audit(Some(&model), &plan, &[]);
    report.findings.into_iter().map(|finding| (finding.law, finding.severity)).collect()
}

#[test]
fn plans_contradict_themselves() {
    let with = |line: &str| of_plan(&format!("{MODEL}{line}\n"));
    let found = |law: &str, severity| vec![(law.to_owned(), severity)];
    assert_eq!(with(""), []);
    assert_eq!(with("thresholds = { http_req_failed = [\"rate<=1\"] }"), found("objectives can be missed", Doubtful));
    assert_eq!(
        with("thresholds = { http_req_duration = [\"p(95)<200\", \"p(95)>300\"] }"),
        found("objectives can be met", Contradiction)
    );
    let twice =
        "thresholds = { http_req_failed = [\"rate<0.1\", { threshold = \"rate<0.001\", severity = \"wished\" }] }";
    assert_eq!(with(twice), found("a share is not a percentage", Doubtful));
    assert_eq!(with("about = \"20 users for 2 minutes\""), found("stages add up to the test", Doubtful));
    assert_eq!(with("about = \"20 users for a minute, 60 s\""), []);
    assert_eq!(with("about = \"20 users, 60 s; the repository gives 120 s for later runs\""), []);
    assert_eq!(with("about = \"20 users (by Little's law: 120 s)\""), []);
    let alarm = "\n[alarm.connections]\nnamespace = \"AWS/RDS\"\nmetric = \"DatabaseConnections\"\nstatistic = \"Maximum\"\n\
                 period = \"1m\"\nevaluation_periods = 1\nthreshold = 40\ndimensions = { DBInstanceIdentifier = \"main\" }";
    assert_eq!(with(alarm), found("alarms can sound", Contradiction));
    let patient = alarm.replace("40", "10").replace("evaluation_periods = 1", "evaluation_periods = 5");
    assert_eq!(with(&patient), found("alarms are tried", Doubtful));
}
