//! Each law fires on a small hand-made contradiction and is silent on its consistent neighbour.

use super::*;
use crate::recording::Observation;

/// "metric,scope,stat,window,value,unit", the window as "from-to" or empty, the value perhaps a
/// range "low..high".
pub fn recording(rows: &[&str]) -> Recording {
    let observation = |row: &&str| {
        let cells: Vec<&str> = row.split(',').collect();
        let number = |text: &str| text.parse::<f64>().unwrap();
        let range = cells[4].split_once("..").map(|(low, high)| (number(low), number(high)));
        Observation {
            metric: cells[0].into(),
            scope: cells[1].into(),
            stat: cells[2].into(),
            window: cells[3].split_once('-').map(|(from, to)| (number(from), number(to))),
            value: range.is_none().then(|| number(cells[4])),
            range,
            unit: ["1", "1/s", "ms", "%", "MB", "MB/s", "ratio"].into_iter().find(|unit| *unit == cells[5]).unwrap(),
            rounding: 0.0,
            source: String::new(),
            line: 0,
        }
    };
    Recording { name: "test".into(), observations: rows.iter().map(observation).collect(), ..Recording::default() }
}

/// 100 users for 600 s.
pub const STEADY: Load = Load {
    duration_s: 600.0,
    grace_s: 0.0,
    users: Some(Users { seconds: 60_000.0, peak: 100.0, think_s: 0.0, most_think_s: None }),
    peak_rate: None,
    level: None,
    requests_per_iteration: (0.0, f64::INFINITY),
};

pub fn system() -> System {
    System {
        processors: vec![Processor { name: "app".into(), cores: 4.0 }],
        pools: vec![Pool {
            name: "main".into(),
            max: 20.0,
            acquire_timeout_s: Some(30.0),
            fifo: true,
            grants_per_request: Some(1.0),
        }],
        memories: vec![Memory { name: "redis".into(), limit_bytes: 3e9 }],
        endpoints: vec!["a".into(), "b".into()],
        ..System::default()
    }
}

fn judge(rows: &[&str], calibration: &[&str]) -> Vec<Contradiction> {
    let (recorded, calibrated) = (recording(rows), recording(calibration));
    let calibrations = [Calibration { recording: &calibrated, load: STEADY }];
    let facts = Facts { recording: &recorded, load: STEADY, system: &system(), calibrations: &calibrations };
    contradictions(&facts)
}

/// The one contradiction there is: its law, severity, and how often it is off.
fn only(rows: &[&str]) -> (&'static str, Severity, f64, Vec<usize>) {
    let found = judge(rows, &[]);
    assert_eq!(found.len(), 1, "{found:#?}");
    (found[0].law, found[0].severity, found[0].size, found[0].rows.clone())
}

fn silent(rows: &[&str]) {
    let found = judge(rows, &[]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn errors_are_share_times_requests() {
    let rows = |errors: &'static str| ["http_reqs,,count,,50000,1", "http_req_failed,,rate,,2.1,%", errors];
    let (law, severity, size, rows_named) = only(&rows("errors,,count,,400,1"));
    assert_eq!((law, severity), ("errors = share x requests", Severity::Impossible));
    // 50,000 may stand for 49,500, and 2.1 % for 2.05 %; 400 for 405.
    assert!((size - 49_500.0 * 0.0205 / 405.0).abs() < 1e-6);
    assert_eq!(rows_named, [2, 1, 0]);
    silent(&rows("errors,,count,,1063,1"));
    // Causes may be incomplete, but not more than all.
    assert_eq!(only(&rows("errors,acquire_timeout,count,,400,1")).1, Severity::Unexplained);
    assert_eq!(only(&rows("errors,acquire_timeout,count,,4100,1")).1, Severity::Impossible);
    silent(&rows("errors,a acquire_timeout,count,,3,1"));
}

#[test]
fn causes_are_no_more_than_errors() {
    let rows = ["errors,,count,,150,1", "errors,api_error,count,,101,1", "errors,deadlock,count,,88,1"];
    assert_eq!(only(&rows).0, "causes add up to errors");
    silent(&["errors,,count,,189,1", rows[1], rows[2]]);
}

#[test]
fn windows_give_the_test() {
    let half = |total| {
        [
            total,
            "errors,,count,0-300,151,1",
            "http_req_failed,,rate,0-300,1.01,%",
            "errors,,count,300-600,299,1",
            "http_req_failed,,rate,300-600,2.01,%",
        ]
    };
    // 151 / 1.01 % + 299 / 2.01 % = 29,826.
    assert_eq!(only(&half("http_reqs,,count,,59777,1")).0, "windows add up to the test");
    assert_eq!(only(&half("http_reqs,,count,,14777,1")).0, "windows add up to the test");
    silent(&half("http_reqs,,count,,29777,1"));
    // Windows that leave half of the test open leave half of the requests open.
    silent(&["http_reqs,,count,,29777,1", "errors,,count,0-300,151,1", "http_req_failed,,rate,0-300,1.01,%"]);
}

#[test]
fn a_count_is_rate_times_time() {
    assert_eq!(only(&["http_reqs,,count,,132011,1", "http_reqs,,rate,,242,1/s"]).0, "count = rate x time");
    silent(&["http_reqs,,count,,145234,1", "http_reqs,,rate,,242,1/s"]);
    silent(&["http_reqs,,count,60-120,14521,1", "http_reqs,,rate,60-120,242,1/s"]);
    let (law, _, size, _) = only(&["data_received,,count,,2100,MB", "data_received,,rate,,18,MB/s"]);
    assert_eq!(law, "volume = rate x time");
    assert!((size - 17.5 * 600.0 / 2150.0).abs() < 1e-6);
    silent(&["data_received,,count,,10900,MB", "data_received,,rate,,18,MB/s"]);
}

#[test]
fn endpoints_give_the_test() {
    let rows = |b: &'static str| ["http_reqs,,count,,30111,1", "http_reqs,a,count,,10111,1", b];
    assert_eq!(only(&rows("http_reqs,b,count,,26111,1")).0, "endpoints add up");
    assert_eq!(only(&rows("http_reqs,b,count,,14111,1")).0, "endpoints add up");
    silent(&rows("http_reqs,b,count,,20001,1"));
    // One of two endpoints: the other may have the rest, but it cannot have more than all.
    silent(&["http_reqs,,count,,30111,1", "http_reqs,a,count,,10111,1"]);
    assert_eq!(only(&["http_reqs,,count,,30111,1", "http_reqs,a,count,,40111,1"]).0, "endpoints add up");
    let failed = |share: &'static str| {
        let [total, a, b] = rows("http_reqs,b,count,,20001,1");
        [total, a, b, "http_req_failed,a,rate,,1.52,%", "http_req_failed,b,rate,,3.01,%", share]
    };
    // (10,111 x 1.52 % + 20,001 x 3.01 %) / 30,111 = 2.51 %.
    silent(&failed("http_req_failed,,rate,,2.51,%"));
    assert_eq!(only(&failed("http_req_failed,,rate,,3.11,%")).0, "endpoints add up");
}

#[test]
fn cpu_per_request_is_that_of_the_calibration() {
    let calibration = ["http_reqs,,count,,150111,1", "cpu,app,avg,,35..42,%"];
    let at_half_the_rate = |cpu| judge(&["http_reqs,,count,,75055,1", cpu], &calibration);
    let found = at_half_the_rate("cpu,app,avg,,28..30,%");
    assert_eq!(found[0].law, "utilisation law");
    assert_eq!(found[0].rows, [1, 0]);
    // 27.5 % x 4 / 125.1 per second against 42.5 % x 4 / 250.2 per second.
    assert!((found[0].size - 27.5 / 125.1 / (42.5 / 250.2)).abs() < 0.01, "{found:?}");
    assert_eq!(at_half_the_rate("cpu,app,avg,,11..12,%").len(), 1);
    assert_eq!(at_half_the_rate("cpu,app,avg,,17..21,%"), []);
    // A third of the requests failed: what succeeded is another mix.
    let rows = ["http_reqs,,count,,75055,1", "cpu,app,avg,,11..12,%", "http_req_failed,,rate,,33,%"];
    assert_eq!(judge(&rows, &calibration), []);
}

#[test]
fn windows_without_a_count_have_their_throughput_from_errors() {
    let calibration = ["http_reqs,,count,,150111,1", "cpu,app,avg,,35..42,%"];
    let rows = |cpu| judge(&["errors,,count,60-180,142,1", "http_req_failed,,rate,60-180,0.6,%", cpu], &calibration);
    assert_eq!(rows("cpu,app,avg,60-180,68..72,%")[0].law, "utilisation law");
    assert_eq!(rows("cpu,app,avg,60-180,28..32,%"), []);
}

#[test]
fn a_hold_may_only_grow_with_load() {
    let calibration = ["http_reqs,,count,,60111,1", "connections_active,main,avg,,4..5,1"];
    let judge = |count, connections| judge(&[count, connections], &calibration);
    // 40 to 50 ms with 4 to 5 in use. Longer with fewer, or shorter with more: no.
    assert_eq!(
        judge("http_reqs,,count,,20111,1", "connections_active,main,avg,,3.2..3.8,1")[0].law,
        "Little's law of a pool"
    );
    assert_eq!(judge("http_reqs,,count,,240111,1", "connections_active,main,avg,,10..11,1").len(), 1);
    // Longer with more: the database queues. It may even serve fewer then.
    assert_eq!(judge("http_reqs,,count,,120111,1", "connections_active,main,avg,,18..19,1"), []);
    assert_eq!(judge("http_reqs,,count,,50111,1", "connections_active,main,avg,,18..19,1"), []);
    assert_eq!(judge("http_reqs,,count,,30111,1", "connections_active,main,avg,,2..3,1"), []);
}

#[test]
fn whoever_times_out_has_waited() {
    let rows = |timeouts, waiting| judge(&["http_reqs,,count,,240011,1", timeouts, waiting], &[]);
    // 1,245 x 30 s / 600 s = 62 waiting; and 45 waiters at 400/s are through in 0.1 s.
    let found = rows("errors,acquire_timeout,count,,1245,1", "connections_waiting,main,avg,,35..45,1");
    let laws: Vec<&str> = found.iter().map(|contradiction| contradiction.law).collect();
    assert_eq!(laws, ["time-outs have waited", "first come, first served"]);
    assert!((found[0].size - 1244.0 * 30.0 / 600.0 / 45.5).abs() < 0.01);
    // A queue as long as the time-out needs.
    assert_eq!(rows("errors,acquire_timeout,count,,1245,1", "connections_waiting,main,avg,,12000..13000,1"), []);
    // A stall of a minute explains a few.
    assert_eq!(rows("errors,acquire_timeout,count,,60,1", "connections_waiting,main,max,,60,1"), []);
}

#[test]
fn percentiles_do_not_fall() {
    let rows = |p95| ["http_req_duration,,p50,,82,ms", p95, "http_req_duration,,max,,901,ms"];
    assert_eq!(only(&rows("http_req_duration,,p95,,71,ms")).0, "percentiles are in order");
    assert_eq!(only(&rows("http_req_duration,,p95,,1201,ms")).0, "percentiles are in order");
    silent(&rows("http_req_duration,,p95,,82,ms"));
}

#[test]
fn percentiles_fit_their_histogram() {
    let rows = |percentile| {
        [
            percentile,
            "latency_share,0..50 ms,share,,40.2,%",
            "latency_share,50..200 ms,share,,58.1,%",
            "latency_share,200..inf ms,share,,1.7,%",
        ]
    };
    for wrong in ["http_req_duration,,p99,,187,ms", "http_req_duration,,p25,,58,ms"] {
        assert_eq!(only(&rows(wrong)).0, "percentiles fit the histogram");
    }
    for right in ["http_req_duration,,p99,,213,ms", "http_req_duration,,p25,,38,ms", "http_req_duration,,p95,,187,ms"] {
        silent(&rows(right));
    }
    // The mean is at least 0.58 x 50 + 0.017 x 200 = 32 ms.
    assert_eq!(only(&rows("http_req_duration,,avg,,28,ms")).0, "mean fits the histogram");
    silent(&rows("http_req_duration,,avg,,88,ms"));
    assert_eq!(
        only(&["latency_share,0..50 ms,share,,60.2,%", "latency_share,50..200 ms,share,,58.1,%"]).0,
        "shares add up to one"
    );
}

#[test]
fn means_fit_their_percentiles() {
    let rows = |mean| [mean, "http_req_duration,,p50,,82,ms", "http_req_duration,,p95,,145,ms"];
    // At least 0.45 x 82 + 0.05 x 145 = 44 ms.
    assert_eq!(only(&rows("http_req_duration,,avg,,38,ms")).0, "mean lies between percentiles");
    silent(&rows("http_req_duration,,avg,,48,ms"));
}

#[test]
fn endpoints_make_up_the_percentiles_of_the_whole() {
    let rows = |p95| {
        [
            p95,
            "http_reqs,,count,,20002,1",
            "http_reqs,a,count,,10001,1",
            "http_reqs,b,count,,10001,1",
            "http_req_duration,a,p90,,151,ms",
            "http_req_duration,b,p50,,52,ms",
        ]
    };
    // A tenth of a half lies above 151 ms: p95 is no less. Half of b below 52 ms: p20 is no more.
    assert_eq!(only(&rows("http_req_duration,,p96,,111,ms")).0, "endpoints make up the whole");
    assert_eq!(only(&rows("http_req_duration,,p20,,61,ms")).0, "endpoints make up the whole");
    silent(&rows("http_req_duration,,p94,,111,ms"));
}

#[test]
fn users_have_only_so_much_time() {
    let rows = |count| [count, "http_req_duration,,avg,,412,ms"];
    assert_eq!(only(&rows("http_reqs,,count,,155011,1")).0, "users have only so much time");
    silent(&rows("http_reqs,,count,,145011,1"));
    // Percentiles alone bound the mean: half of all take 900 ms.
    assert_eq!(
        only(&["http_reqs,,count,,145011,1", "http_req_duration,,p50,,912,ms"]).0,
        "users have only so much time"
    );
    silent(&["http_reqs,,count,,145011,1", "http_req_duration,,p50,,512,ms"]);
}

#[test]
fn one_figure_has_one_value() {
    let law = |a, b| only(&[a, b]).0;
    assert_eq!(
        law("connections_active,main,avg,,12..15,1", "connections_active,main,avg,,15..18,1"),
        "one figure, one value"
    );
    assert_eq!(law("memory,app,growth,,0,MB", "memory,app,growth,,100,MB"), "one figure, one value");
    silent(&["connections_active,main,avg,,12..15,1", "connections_active,main,avg,,14..18,1"]);
    silent(&["memory,app,start,,2048,MB", "memory,app,start,,2000,MB"]);
    silent(&["cpu,app,avg,0-60,12,%", "cpu,app,avg,60-120,52,%"]);
    assert_eq!(law("cpu,app,avg,0-60,72..75,%", "cpu,app,max,,68,%"), "no average above the maximum");
    silent(&["cpu,app,avg,,52,%", "cpu,app,max,0-60,31,%"]);
    let grown = |growth| [growth, "memory,app,start,,2048,MB", "memory,app,end,,2387,MB"];
    assert_eq!(only(&grown("memory,app,growth,,12,MB")).0, "growth = end - start");
    silent(&grown("memory,app,growth,,339,MB"));
}

#[test]
fn flows_are_their_steps() {
    let rates = |flow| [flow, "step_success,f x,rate,,98.2,%", "step_success,f y,rate,,97.8,%"];
    assert_eq!(only(&rates("flow_success,f,rate,,97.2,%")).0, "steps multiply to the flow");
    silent(&rates("flow_success,f,rate,,96.0,%"));
    let times = |flow| [flow, "step_duration,f x,avg,,487,ms", "step_duration,f y,avg,,562,ms"];
    assert_eq!(only(&times("flow_duration,f,avg,,813,ms")).1, Severity::Impossible);
    assert_eq!(only(&times("flow_duration,f,avg,,2340,ms")).1, Severity::Unexplained);
    silent(&times("flow_duration,f,avg,,1052,ms"));
    let done = |rate| [rate, "flow_success,f,count,,2739,1", "flow_started,f,count,,2847,1"];
    assert_eq!(only(&done("flow_success,f,rate,,99.1,%")).0, "success = completed / started");
    silent(&done("flow_success,f,rate,,96.2,%"));
}

#[test]
fn nothing_exceeds_what_there_is() {
    assert_eq!(only(&["connections_active,main,max,,31,1"]).0, "no more than there is");
    assert_eq!(only(&["cpu,app,avg,,118,%"]).0, "no more than there is");
    silent(&["connections_active,main,avg,,20,1", "cpu,app,avg,,99.7,%"]);
    let evicted = |memory| ["evictions,redis,count,,347,1", memory];
    assert_eq!(only(&evicted("memory,redis,max,,1211,MB")).0, "evictions need full memory");
    assert_eq!(only(&evicted("memory,redis,avg,,1211,MB")).0, "evictions need full memory");
    silent(&evicted("memory,redis,max,,2971,MB"));
    silent(&evicted("memory,redis,avg,,2311,MB"));
    silent(&["evictions,redis,count,,0,1", "memory,redis,max,,1211,MB"]);
}

#[test]
fn rubbish_is_left_out() {
    let mut recorded = recording(&["http_reqs,,count,,100,1", "http_req_failed,,rate,,50,%", "errors,,count,,3,1"]);
    recorded.observations[0].value = Some(f64::NAN);
    recorded.observations[2].unit = "furlongs";
    let facts = Facts { recording: &recorded, load: STEADY, system: &System::default(), calibrations: &[] };
    assert_eq!(contradictions(&facts), []);
}
