//! Formats of figures: what tools print or write at the end, and what monitors say.

use plimsoll::recording::Format;

use super::{assert_values, has_note, points, recording};

const LATENCY: &str = "http_req_duration";

#[test]
fn what_wrk_hey_oha_and_vegeta_print() {
    let wrk = recording("wrk.txt", Format::Wrk);
    // 3 + 12 + 5 of 20,000 failed; 20 MB are 20 x 1024 x 1024 bytes.
    assert_values(
        &wrk,
        &[
            ("http_reqs", "", "count", 20_000.0),
            ("http_reqs", "", "rate", 2000.15),
            (LATENCY, "", "avg", 6.5),
            (LATENCY, "", "max", 1200.0),
            (LATENCY, "", "p90", 0.9),
            (LATENCY, "", "p99", 12.0),
            ("errors", "client_timeout", "count", 12.0),
            ("http_req_failed", "", "rate", 0.1),
            ("data_received", "", "count", 20.971_52),
            ("vus", "", "max", 100.0),
        ],
    );
    let hey = recording("hey.txt", Format::Hey);
    // Two of six: a 503 and a refused connection.
    assert_values(
        &hey,
        &[
            ("http_reqs", "", "count", 6.0),
            (LATENCY, "", "p95", 90.0),
            (LATENCY, "", "min", 10.0),
            ("errors", "", "count", 2.0),
            ("errors", "connection_refused", "count", 1.0),
        ],
    );
    let oha = recording("oha.json", Format::Oha);
    assert_values(
        &oha,
        &[
            ("http_reqs", "", "count", 10.0),
            ("http_req_failed", "", "rate", 40.0),
            ("errors", "rate_limited", "count", 2.0),
            (LATENCY, "", "p95", 90.0),
            (LATENCY, "", "p99.9", 100.0),
        ],
    );
    assert!(oha.find(LATENCY, "", "p99").is_none(), "it was null");
    has_note(&oha, "4 requests that the end of the test cut off");
    for name in ["vegeta_report.json", "vegeta.txt"] {
        let report = recording(name, Format::VegetaReport);
        let expected = [
            ("http_reqs", "", "rate", 1.25),
            (LATENCY, "", "p50", 30.0),
            (LATENCY, "", "p95", 90.0),
            (LATENCY, "", "max", 100.0),
            ("errors", "", "count", 1.0),
        ];
        assert_values(&report, &expected);
    }
    let autocannon = recording("autocannon.json", Format::Autocannon);
    let expected =
        [("http_reqs", "", "count", 1000.0), (LATENCY, "", "p97.5", 40.0), ("http_req_failed", "", "rate", 1.0)];
    assert_values(&autocannon, &expected);
}

#[test]
fn artillery_in_both_versions() {
    let second = recording("artillery.json", Format::Artillery);
    assert_values(
        &second,
        &[
            ("http_reqs", "", "count", 200.0),
            ("http_reqs", "", "rate", 10.0),
            (LATENCY, "", "p95", 40.9),
            ("http_req_failed", "", "rate", 5.0),
            ("errors", "client_timeout", "count", 4.0),
            ("errors", "rate_limited", "count", 6.0),
            ("dropped_iterations", "", "count", 2.0),
        ],
    );
    assert_eq!(points(&second, "http_reqs", "", "rate"), [(0.0, 9.0), (10.0, 11.0)]);
    let first = recording("artillery_v1.json", Format::Artillery);
    let expected =
        [("http_reqs", "", "rate", 2.0), (LATENCY, "", "p50", 100.5), ("errors", "connection_refused", "count", 3.0)];
    assert_values(&first, &expected);
}

#[test]
fn reports_of_jmeter_and_gatling() {
    let jmeter = recording("statistics.json", Format::JmeterStatistics);
    assert_values(
        &jmeter,
        &[
            ("http_reqs", "", "count", 40_000.0),
            ("http_req_failed", "", "rate", 1.0),
            (LATENCY, "items", "p95", 40.0),
            (LATENCY, "", "p99", 55.0),
            ("data_received", "", "rate", 1.024),
        ],
    );
    has_note(&jmeter, "last 20,000 samples");
    let gatling = recording("gatling_stats.json", Format::GatlingStats);
    assert_values(
        &gatling,
        &[
            ("http_reqs", "", "count", 5.0),
            ("http_req_failed", "", "rate", 20.0),
            (LATENCY, "", "p95", 90.0),
            ("http_req_duration{ok}", "", "p95", 39.0),
            (LATENCY, "items", "p50", 25.0),
        ],
    );
}

#[test]
fn locust_at_the_end_and_over_time() {
    let stats = recording("locust_stats.csv", Format::LocustStats);
    assert_values(
        &stats,
        &[
            ("http_reqs", "", "count", 100.0),
            ("http_req_failed", "", "rate", 5.0),
            (LATENCY, "items", "p95", 60.0),
            (LATENCY, "items", "avg", 25.5),
            (LATENCY, "", "max", 900.5),
        ],
    );
    has_note(&stats, "1 line could not be read and is left out (line 3)");
    let history = recording("locust_history.csv", Format::LocustHistory);
    assert_eq!(points(&history, "vus", "", "avg"), [(0.0, 5.0), (1.0, 10.0)]);
    assert_eq!(points(&history, LATENCY, "", "p95"), [(1.0, 60.0)], "N/A is no number");
    assert_eq!(points(&history, "http_req_failed", "", "rate"), [(1.0, 25.0)]);
    has_note(&history, "(line 4)");
}

#[test]
fn sysbench_in_both_versions() {
    let new = recording("sysbench.txt", Format::Sysbench);
    assert_values(
        &new,
        &[
            ("transactions", "", "rate", 110.0),
            ("flow_duration", "", "avg", 72.5),
            ("flow_duration", "", "p95", 82.75),
            ("vus", "", "max", 8.0),
        ],
    );
    assert_eq!(points(&new, "iterations", "", "rate"), [(1.0, 100.0), (2.0, 120.0)]);
    let old = recording("sysbench05.txt", Format::Sysbench);
    assert_values(&old, &[("transactions", "", "count", 20_425.0), ("flow_duration", "", "p95", 3.5)]);
    assert_eq!(points(&old, "flow_duration", "", "p95"), [(10.0, 2.5)]);
}

/// In each interval 1 ms three times and 2 ms once, to two significant digits: a cell at 1 ms is 4096 ns wide, one at 2 ms
/// 8192, and a value stands for the middle of its cell.
#[test]
fn histograms_of_all_versions() {
    let log = recording("intervals.hlog", Format::Hlog);
    let (one, two) = (1_000_000 / 4096 * 4096 + 2048, 2_000_000 / 8192 * 8192 + 4096);
    let (one, two) = (f64::from(one) / 1e6, f64::from(two) / 1e6);
    assert_values(
        &log,
        &[
            ("http_reqs", "", "count", 8.0),
            (LATENCY, "", "p50", one),
            (LATENCY, "", "max", two),
            ("http_reqs", "db", "count", 4.0),
            (LATENCY, "db", "avg", 0.75 * one + 0.25 * two),
        ],
    );
    assert_eq!(points(&log, "http_reqs", "", "rate"), [(0.0, 4.0), (1.0, 4.0)]);
    has_note(&log, "2 lines could not be read and are left out (line 7: its histogram is no base64; line 8:");
    let text = recording("percentiles.txt", Format::HdrText);
    let expected = [(LATENCY, "", "p50", 2.5), (LATENCY, "", "p99", 8.0), ("http_reqs", "", "count", 100.0)];
    assert_values(&text, &expected);
}

#[test]
fn a_table_of_steps_has_their_times_and_tells_what_it_left_out() {
    let steps = recording("steps.csv", Format::StepTable);
    let find = |scope: &str, stat: &str| steps.find("step_duration", scope, stat).map(|o| o.middle());
    assert_eq!(find("items query", "count"), Some(40.0));
    assert_eq!((find("items query", "avg"), find("items query", "p95")), (Some(12.5), Some(21.3)));
    assert_eq!((find("items cpu", "p50"), find("items cpu", "cv")), (Some(0.05), None));
    has_note(&steps, "line 5 could not be read");
}

#[test]
fn monitors() {
    let postgres = recording("pg_stat_statements.csv", Format::PgStatStatements);
    assert_values(
        &postgres,
        &[
            ("query_count", "select * from items where id = $1", "count", 100.0),
            ("query_duration", "select * from items where id = $1", "avg", 2.5),
            ("query_duration", "insert into \"orders\" values ($1)", "max", 9.0),
        ],
    );
    has_note(&postgres, "(line 5)");
    let old = recording("pg_stat_statements_12.csv", Format::PgStatStatements);
    assert_values(&old, &[("query_duration", "select 1", "avg", 2.5)]);
    let prometheus = recording("prometheus.json", Format::Prometheus);
    assert_eq!(points(&prometheus, LATENCY, "", "p95"), [(0.0, 120.0), (5.0, 250.0)]);
    assert_eq!(points(&prometheus, "cpu", "app", "avg"), [(0.0, 50.0)]);
    has_note(&prometheus, "left out: go_goroutines");
    let aws = recording("cloudwatch.json", Format::CloudWatch);
    assert_eq!(points(&aws, "cpu", "main", "avg"), [(0.0, 30.0), (60.0, 40.0)]);
    assert_eq!(points(&aws, "http_reqs", "", "rate"), [(0.0, 10.0), (60.0, 20.0)]);
    assert_eq!(points(&aws, LATENCY, "", "p95"), [(0.0, 250.0)]);
    has_note(&aws, "left out: FreeableMemory");
}
