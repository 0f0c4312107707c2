//! Made-up results for the tests of this folder, shaped like those of a peak test of 500 users.

use std::f64::consts::TAU;

use crate::model::Role;
use crate::recording::{Observation, Recording, SeriesPoint};
use crate::study::check_result::{Alternative, CheckReport, CheckRow, CheckTest, CheckVerdict, ErrorUnit};
use crate::study::prediction::{
    Bottleneck, Estimate, Key, PlannedEvent, Prediction, Resource, ResourceKind, Row, Series, Status, TimePart,
    TimeShare, Verdict, Warning,
};
use crate::study::score::{Misses, Score, ScoreMetric};

type Figure = (&'static str, &'static str, &'static str, f64, &'static str);

/// Metric, scope, statistic, predicted value, unit; whole test.
const FIGURES: &[Figure] = &[
    ("http_reqs", "", "count", 170_112.0, "1"),
    ("http_reqs", "", "rate", 405.0, "1/s"),
    ("http_req_duration", "", "avg", 131.0, "ms"),
    ("http_req_duration", "", "p50", 118.0, "ms"),
    ("http_req_duration", "", "p95", 415.0, "ms"),
    ("http_req_duration", "", "p99", 690.0, "ms"),
    ("http_req_duration", "", "max", 30_012.0, "ms"),
    ("http_req_duration{ok}", "", "p50", 117.0, "ms"),
    ("http_req_duration{failed}", "", "p50", 30_000.0, "ms"),
    ("http_req_failed", "", "rate", 1.7, "%"),
    ("errors", "", "count", 1490.0, "1"),
    ("errors", "acquire_timeout", "count", 1310.0, "1"),
    ("errors", "connection_refused", "count", 180.0, "1"),
    ("http_reqs", "GET /api/messages", "count", 68_044.0, "1"),
    ("http_req_duration", "GET /api/messages", "p95", 402.0, "ms"),
    ("http_reqs", "POST /api/bookings", "count", 34_022.0, "1"),
    ("http_req_duration", "POST /api/bookings", "p95", 561.0, "ms"),
    ("cpu", "app", "avg", 66.0, "%"),
    ("cpu", "main", "avg", 61.0, "%"),
    ("connections_active", "main", "avg", 19.6, "1"),
    ("connections_waiting", "main", "avg", 41.0, "1"),
    ("connections_waiting", "main", "max", 118.0, "1"),
    ("connection_wait", "main", "p95", 288.0, "ms"),
];

const STAGES: [(f64, f64, f64); 3] = [(0.0, 60.0, 0.5), (60.0, 360.0, 1.0), (360.0, 420.0, 0.4)];

fn key(figure: &Figure, window: Option<(f64, f64)>) -> Key {
    let owned = str::to_owned;
    let (from_s, to_s) = (window.map(|w| w.0), window.map(|w| w.1));
    Key { metric: owned(figure.0), scope: owned(figure.1), stat: owned(figure.2), from_s, to_s }
}

fn estimate(value: f64) -> Estimate {
    Estimate { value, low: value * 0.7, high: value * 1.4, mean_low: value * 0.95, mean_high: value * 1.06 }
}

/// A prediction whose series rise, hold and fall like the users.
pub fn prediction(test: &str) -> Prediction {
    let row = |figure: &Figure, window, value| Row {
        key: key(figure, window),
        estimate: estimate(value),
        unit: figure.4,
        values: Vec::new(),
    };
    let mut metrics: Vec<Row> = FIGURES.iter().map(|figure| row(figure, None, figure.3)).collect();
    for (from, to, load) in STAGES {
        for figure in FIGURES.iter().filter(|figure| figure.1.is_empty() || figure.1 == "main") {
            metrics.push(row(figure, Some((from, to)), figure.3 * load));
        }
    }
    Prediction {
        model: "WhatsApp platform".into(),
        variant: String::new(),
        test: test.into(),
        seed: 42,
        replications: 40,
        stopped: "p95 known to 2 %".into(),
        metrics,
        verdicts: verdicts(),
        bottleneck: bottleneck(),
        time_of_endpoints: time_of_endpoints(),
        where_time_goes: [("p50", 118.0, 0.22), ("p95", 415.0, 0.61), ("p99", 690.0, 0.74)].map(time_share).into(),
        warnings: vec![Warning { kind: "assumed", text: "the acquire time-out of 30 s is assumed".into() }],
        cost: None,
        events: Vec::new(),
        interrupted: false,
        series: series(),
    }
}

/// Something planned.
pub fn event(what: &str, at_s: f64, lasts_s: f64) -> PlannedEvent {
    let scope = format!("{what} at {at_s} s");
    PlannedEvent { at_s, lasts_s, what: what.into(), about: "as planned".into(), scope }
}

fn verdicts() -> Vec<Verdict> {
    let verdict = |slo: &str, status, value, bound, unit, probability| Verdict {
        slo: slo.into(),
        status,
        value,
        low: value * 0.8,
        high: value * 1.2,
        probability,
        bound,
        unit,
        wished: false,
    };
    vec![
        verdict("http_req_duration p(95)<400", Status::Marginal, 415.0, 400.0, "ms", 0.41),
        verdict("http_req_failed rate<0.01", Status::Fail, 1.7, 1.0, "%", 0.0),
        verdict("cpu{app} avg<70", Status::Pass, 66.0, 70.0, "%", 0.93),
    ]
}

fn bottleneck() -> Bottleneck {
    let resource = |name: &str, used: f64, demand_s: f64, servers: f64| Resource {
        kind: ResourceKind::Servers,
        name: name.into(),
        utilisation: Estimate { value: used, low: used - 0.05, high: used + 0.02, mean_low: used, mean_high: used },
        demand_s,
        servers,
        bound_per_s: Some(servers / demand_s),
    };
    Bottleneck {
        resource: "pool main".into(),
        explanation: "Pool main limits: 20 connections held 43 ms each pass at most 465 requests per second.".into(),
        from_s: 60.0,
        to_s: 360.0,
        resources: vec![
            resource("pool main", 0.98, 0.043, 20.0),
            resource("app cpu", 0.66, 0.0062, 4.0),
            resource("main cpu", 0.61, 0.0026, 2.0),
        ],
    }
}

fn time_of_endpoints() -> Vec<TimeShare> {
    let bands = [("all", 160.0, 0.3), ("p50", 118.0, 0.22), ("p95", 415.0, 0.61), ("p99", 690.0, 0.74)];
    let of = |scope: &str| bands.map(|band| TimeShare { scope: scope.into(), ..time_share(band) });
    ["", "GET /api/messages", "POST /api/bookings"].into_iter().flat_map(of).collect()
}

fn time_share((percentile, duration_ms, waiting): (&str, f64, f64)) -> TimeShare {
    let part = |what: &str, share: f64| TimePart { what: what.into(), share, ms: share * duration_ms };
    TimeShare {
        scope: String::new(),
        percentile: percentile.into(),
        duration_ms,
        parts: vec![
            part("waiting for pool main", waiting),
            part("query messages", 0.95 - waiting),
            part("work on app cpu", 0.045),
            part("network", 0.005),
        ],
    }
}

/// Share of the full load at second `t` of 420, with a slow swing.
fn load(t: f64) -> f64 {
    let ramp = (t / 60.0).min((420.0 - t) / 60.0).clamp(0.0, 1.0);
    ramp * (1.0 + 0.03 * (t / 45.0 * TAU).sin())
}

fn series() -> Vec<Series> {
    let one = |metric: &str, scope: &str, stat: &str, unit, full: f64, power: f64| {
        let mean: Vec<f64> = (0..420_u32).map(|second| full * load(f64::from(second) + 0.5).powf(power)).collect();
        let times = |factor: f64| mean.iter().map(|value| value * factor).collect();
        let (low, high) = (times(0.75), times(1.3));
        Series { metric: metric.into(), scope: scope.into(), stat: stat.into(), unit, mean, low, high }
    };
    let mut all = vec![
        one("vus", "", "avg", "1", 500.0, 1.0),
        one("http_reqs", "", "rate", "1/s", 468.0, 0.7),
        one("http_req_duration", "", "p50", "ms", 150.0, 2.0),
        one("http_req_duration", "", "p95", "ms", 430.0, 2.0),
        one("http_req_duration", "", "p99", "ms", 720.0, 2.0),
        one("errors", "", "rate", "1/s", 7.1, 4.0),
        one("errors", "acquire_timeout", "rate", "1/s", 6.0, 4.0),
        one("errors", "connection_refused", "rate", "1/s", 1.1, 4.0),
        one("connections_active", "main", "avg", "1", 19.6, 0.5),
        one("connections_waiting", "main", "avg", "1", 48.0, 3.0),
        one("cpu", "app", "avg", "%", 72.0, 0.9),
        one("cpu", "main", "avg", "%", 61.0, 0.9),
    ];
    for line in all.iter_mut().filter(|line| line.metric == "http_req_duration") {
        line.mean[..3].fill(f64::NAN);
    }
    all
}

/// Recorded values that go with [`prediction`].
pub fn recording(name: &str) -> Recording {
    let observation = |metric: &str, scope: &str, stat: &str, window, value, range, unit| Observation {
        metric: metric.into(),
        scope: scope.into(),
        stat: stat.into(),
        window,
        value,
        range,
        unit,
        rounding: 0.0,
        source: String::new(),
        line: 0,
    };
    let minute = |m: f64| Some((m * 60.0, m * 60.0 + 60.0));
    let counts = [12.0, 89.0, 456.0, 523.0, 412.0, 50.0];
    let mut observations: Vec<Observation> = (0_u32..)
        .zip(counts)
        .map(|(m, count)| observation("errors", "", "count", minute(f64::from(m)), Some(count), None, "1"))
        .collect();
    let held = Some((60.0, 360.0));
    observations.push(observation("connections_waiting", "main", "avg", held, None, Some((35.0, 60.0)), "1"));
    let point = |t_s: f64, metric: &str, scope: &str, value: f64, unit| SeriesPoint {
        t_s,
        metric: metric.into(),
        scope: scope.into(),
        stat: "avg".into(),
        value,
        unit,
    };
    let mut series = Vec::new();
    for t in (15..420).step_by(30).map(f64::from) {
        series.push(point(t, "connections_active", "main", 19.0 * load(t).powf(0.6), "1"));
        series.push(point(t, "cpu", "app", 78.0 * load(t), "%"));
        series.push(point(t, "vus", "", 500.0 * load(t), "1"));
    }
    Recording { name: name.into(), observations, series, ..Recording::default() }
}

/// One row of a check: recorded value `ratio` times the predicted one.
pub fn check_row(figure: &Figure, ratio: f64, verdict: Option<CheckVerdict>) -> CheckRow {
    let predicted = figure.3;
    let recorded = predicted * ratio;
    let points = figure.0 == "http_req_failed";
    CheckRow {
        key: key(figure, None),
        recorded: Some(recorded),
        recorded_low: None,
        recorded_high: None,
        predicted: Some(predicted),
        low: Some(predicted * 0.7),
        high: Some(predicted * 1.4),
        relative_error: Some(if points { predicted - recorded } else { 1.0 / ratio - 1.0 }),
        error_unit: if points { ErrorUnit::Points } else { ErrorUnit::Ratio },
        unit: figure.4,
        verdict,
        scored: verdict.is_some(),
        note: if verdict.is_none() { "not predicted by this model".into() } else { String::new() },
        law: None,
        zone: None,
        load: None,
        miss: None,
    }
}

fn check_test(test: &str, role: Role) -> CheckTest {
    let mut rows: Vec<CheckRow> = Vec::new();
    for (index, figure) in (0_u32..).zip(FIGURES) {
        let ratio = 1.0 + 0.5 * (f64::from(index) * 1.7).sin();
        let verdict =
            if (1.0 / 1.4..1.0 / 0.7).contains(&(1.0 / ratio)) { CheckVerdict::Agree } else { CheckVerdict::Disagree };
        let mut row = check_row(figure, ratio, Some(verdict));
        if figure.1 == "app" {
            row.verdict = Some(CheckVerdict::Impossible);
            row.law = Some("utilisation law".into());
            row.note = "25 % of 4 cores at 242 requests/s needs 4.1 ms per request; the baseline needs 6.2 ms".into();
        }
        if role == Role::Calibrate {
            row.scored = false;
            row.note = "calibration".into();
        }
        rows.push(row);
    }
    let alternative = |variant: &str, about: &str, factor: f64| Alternative {
        variant: variant.into(),
        about: about.into(),
        rows: FIGURES
            .iter()
            .map(|figure| check_row(&(figure.0, figure.1, figure.2, figure.3 * factor, figure.4), 1.0 / factor, None))
            .collect(),
    };
    CheckTest {
        test: test.into(),
        role: Some(role),
        recording: format!("{test}.csv"),
        verdicts: verdicts(),
        rows,
        taken_from_test: vec!["think time 0.67 to 0.98 s: users × time / requests less response time".into()],
        alternatives: vec![
            alternative("", "over 10 replications, as below", 1.0),
            alternative("lifo", "the newest waiter gets the connection", 0.6),
            alternative("random", "any waiter gets the connection", 1.2),
        ],
        warnings: vec![Warning { kind: "assumed", text: "the acquire time-out of 30 s is assumed".into() }],
    }
}

/// A report on one calibration test and held-out tests of these names.
pub fn report(tests: &[&str]) -> CheckReport {
    let mut all = vec![check_test("baseline", Role::Calibrate)];
    all.extend(tests.iter().map(|test| check_test(test, Role::Validate)));
    let scored = || all.iter().flat_map(|test| &test.rows).filter(|row| row.scored);
    let metric = |metric: &str, stat: &str, median_error, worst_error, error_unit| ScoreMetric {
        metric: metric.into(),
        stat: stat.into(),
        rows: 3,
        covered: 2,
        median_error: Some(median_error),
        worst_error,
        error_unit,
    };
    let score = Score {
        calibrated_on: vec!["baseline".into()],
        held_out: tests.iter().map(|test| (*test).to_owned()).collect(),
        misses: Misses::default(),
        zones: Vec::new(),
        endpoints: Vec::new(),
        rows: scored().count(),
        covered: scored().filter(|row| row.verdict == Some(CheckVerdict::Agree)).count(),
        metrics: vec![
            metric("http_req_duration", "p95", 0.12, Some(-0.34), ErrorUnit::Ratio),
            metric("http_req_failed", "rate", 0.4, None, ErrorUnit::Points),
        ],
    };
    CheckReport {
        model: "WhatsApp platform".into(),
        variant: String::new(),
        seed: 42,
        replications: 40,
        tests: all,
        score,
    }
}
