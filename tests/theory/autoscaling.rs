//! Autoscalers: their decisions against the published rules, and what follows from them against arithmetic.

use plimsoll::engine::scaling::behavior::{Change, History, Policy, Rules, Select};
use plimsoll::engine::scaling::hpa::{Hpa, Metric, Pod, Reading};
use plimsoll::engine::scaling::target_tracking::{Capacity, TargetTracking};
use plimsoll::model::autoscale::{self as scale, Autoscale, Controller, CpuTarget, Nodes, SelectPolicy};
use plimsoll::model::{Model, Runtime, Tier};

use crate::seen::{Seen, watch_all};
use crate::system::{Build, constant, cpu, even, system, users, wait};

const SECOND: u64 = 1_000_000_000;
const HOUR: u64 = 3600 * SECOND;

fn ns(seconds: &str) -> u64 {
    seconds.parse::<u64>().expect("seconds") * SECOND
}

/// The lines of a table behind its header, by cells.
fn table(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().filter(|line| !line.starts_with('#')).skip(1).map(|line| line.split(',').collect())
}

/// "300 max percent:100/15 pods:4/15"
fn rules(text: &str) -> Rules {
    let mut words = text.split(' ');
    let window = ns(words.next().expect("a window"));
    let select = match words.next() {
        Some("max") => Select::Max,
        Some("min") => Select::Min,
        _ => Select::Disabled,
    };
    let policy = |word: &str| {
        let (kind, rest) = word.split_once(':').expect("a kind");
        let (value, period) = rest.split_once('/').expect("a period");
        let value = value.parse().expect("a value");
        let change = if kind == "pods" { Change::Pods(value) } else { Change::Percent(value) };
        Policy { change, period: ns(period) }
    };
    Rules { window, select, policies: words.map(policy).collect() }
}

/// "300*4 ? P U0 W900*2 R260"
fn pods(text: &str, now: u64) -> Vec<Pod> {
    let pod = |word: &str| {
        let value = word.trim_start_matches(|c: char| c.is_ascii_uppercase());
        let reading = value.parse().ok().map(|value| Reading { value, at: now - 5 * SECOND, window: 15 * SECOND });
        let (minute, just) = (now - 60 * SECOND, now - 10 * SECOND);
        let (started, ready, changed) = match word.as_bytes()[0] {
            b'P' => return Pod::Pending,
            b'U' => (minute, false, minute),
            b'W' => (minute, true, just),
            b'R' => (now - HOUR, false, just),
            _ => (now - HOUR, true, now - HOUR + SECOND),
        };
        Pod::Running { started, ready, changed, reading }
    };
    let words = text.split(' ').filter(|word| !word.is_empty());
    let several = words.map(|word| word.split_once('*').unwrap_or((word, "1")));
    several.flat_map(|(word, count)| vec![pod(word); count.parse().expect("a count")]).collect()
}

/// Eleven series of metrics, each decision from the one before.
#[test]
fn decisions_of_the_pod_autoscaler_are_those_of_the_published_rules() {
    let mut decisions = 0;
    for cells in table(include_str!("../theory_tables/hpa_settings.csv")) {
        let [name, metric, request, target, target2, tolerance, min, max, start, up, down] = cells[..11] else {
            panic!("{cells:?}");
        };
        let number = |text: &str| text.parse::<u64>().expect("a number");
        let mut metrics = vec![match metric {
            "cpu" => Metric::Cpu { request: number(request), percent: number(target) },
            _ => Metric::PerPod { target: number(target) },
        }];
        metrics.extend(target2.parse().ok().map(|target| Metric::PerPod { target }));
        let hpa = Hpa {
            metrics,
            tolerance: tolerance.parse().expect("a share"),
            initial_readiness: 30 * SECOND,
            cpu_initialization: 300 * SECOND,
            up: rules(up),
            down: rules(down),
            least: number(min) as u32,
            most: number(max) as u32,
        };
        let (mut current, mut history) = (number(start) as u32, History::default());
        for row in table(include_str!("../theory_tables/hpa_series.csv")).filter(|row| row[0] == name) {
            let now = 2 * HOUR + ns(row[1]);
            let seen = [pods(row[2], now), pods(row[3], now)];
            current = hpa.decide(&seen, current, &mut history, now);
            assert_eq!(current, number(row[4]) as u32, "{row:?}");
            decisions += 1;
        }
    }
    assert!(decisions > 80, "{decisions}");
}

/// Out of its bounds it comes back at once, whatever was allowed.
#[test]
fn bounds_hold_at_once() {
    let rules = || rules("300 disabled percent:1/15");
    let hpa = Hpa {
        metrics: vec![Metric::PerPod { target: 1000 }],
        tolerance: 0.1,
        initial_readiness: 0,
        cpu_initialization: 0,
        up: rules(),
        down: rules(),
        least: 3,
        most: 5,
    };
    let decide = |current| hpa.decide(&[Vec::new()], current, &mut History::default(), HOUR);
    assert_eq!([decide(2), decide(4), decide(9)], [3, 4, 5]);
}

/// Three datapoints above the target ask for more, fifteen below 90 % of it for less; the last one says how much.
#[test]
fn target_tracking_asks_for_what_keeps_the_target() {
    let rule = |targets: &[f64], scales_in| TargetTracking { targets: targets.to_vec(), scales_in, least: 1, most: 9 };
    let group = |warm, warming, terminating| Capacity { desired: 4, warm, warming, terminating };
    let one = |points: &[f64], group| {
        rule(&[50.0], true).decide(&[points.iter().copied().map(Some).collect::<Vec<_>>()], group)
    };
    let low = |last: f64| [vec![10.0; 14], vec![last]].concat();
    let steady = group(4, false, 0);
    assert_eq!(one(&[80.0, 80.0], steady), 4, "two are too few");
    assert_eq!(one(&[50.0, 80.0, 80.0], steady), 4, "at the target is not above it");
    assert_eq!(one(&[51.0, 90.0, 60.0], steady), 5, "4 x 60 / 50 = 4.8");
    assert_eq!(one(&[80.0, 80.0, 200.0], steady), 9, "16, but 9 at most");
    assert_eq!(one(&[80.0, 80.0, 80.0], group(2, true, 0)), 4, "of the 2 that are warm 4, which there will be");
    assert_eq!(one(&[80.0, 80.0, 130.0], group(2, true, 0)), 6, "2 x 130 / 50 = 5.2");
    assert_eq!(one(&low(20.0), steady), 2, "4 x 20 / 50 = 1.6");
    assert_eq!(one(&low(20.0)[1..], steady), 4, "fourteen are too few");
    assert_eq!(one(&low(45.0), steady), 4, "90 % is not below 90 %");
    assert_eq!(one(&low(44.0), steady), 4, "3.52: rather too many");
    assert_eq!(one(&low(20.0), group(3, true, 0)), 4, "not while one is warming up");
    assert_eq!(one(&low(20.0), group(4, false, 8)), 4, "12 x 20 / 50 = 4.8: those that go still count");
    let mut gap: Vec<Option<f64>> = low(20.0).into_iter().map(Some).collect();
    gap[7] = None;
    assert_eq!(rule(&[50.0], true).decide(&[gap], steady), 4, "without data nothing is known");
    let points = |value: f64| vec![Some(value); 15];
    assert_eq!(rule(&[50.0], false).decide(&[points(10.0)], steady), 4, "it is told not to");
    let both = rule(&[50.0, 100.0], true);
    assert_eq!(both.decide(&[points(10.0), points(95.0)], steady), 4, "one does not agree");
    assert_eq!(both.decide(&[points(10.0), points(60.0)], steady), 3, "4 x 60 / 100 = 2.4");
    assert_eq!(both.decide(&[points(10.0), points(120.0)], steady), 5, "one is enough");
}

fn usual(cpu: Option<u32>, in_flight: Option<f64>) -> scale::Hpa {
    let policy = |change| scale::ScalingPolicy { change, every: 15.0 };
    let half = scale::ScalingRules {
        window: 0.0,
        select: SelectPolicy::Max,
        policies: vec![policy(scale::Change::Percent(100)), policy(scale::Change::Pods(4))],
    };
    scale::Hpa {
        cpu: cpu.map(|percent| CpuTarget { percent, request: 1.0 }),
        requests: None,
        in_flight,
        sync: 15.0,
        metrics_every: 15.0,
        tolerance: 0.1,
        initial_readiness: 30.0,
        cpu_initialization: 300.0,
        down: half.clone(),
        up: half,
    }
}

fn autoscale(most: u32, controller: Controller) -> Autoscale {
    Autoscale { least: 1, most, start_up: constant(0.0), grace: 30.0, nodes: None, controller }
}

/// Requests of `demand` s at an even rate on one core per host.
fn busy(count: u32, rate: f64, demand: f64, duration: f64, autoscale: Autoscale) -> Model {
    let app = |app: &mut Tier| {
        (app.count, app.cores, app.runtime) = (count, 1.0, Runtime::EventLoop);
        app.autoscale = Some(autoscale);
    };
    system().app(app).open(vec![cpu(constant(demand))], even(rate, duration, 100, 100))
}

/// In every run: when the only change came, if `before` hosts became `after`, each from then on paid for.
fn instants(seen: &Seen, (before, after): (f64, f64), duration: f64) -> Vec<f64> {
    let paid = seen.values("replica_time", "app", "sum");
    paid.into_iter().map(|paid| duration - (paid - before * duration) / (after - before)).collect()
}

fn within(values: &[f64], low: f64, high: f64) {
    assert!(values.iter().all(|value| (low - 0.01..high + 0.01).contains(value)), "{low}..{high}: {values:?}");
}

/// One core of work on two pods of which 20 % are wanted: five. Metrics are known after two readings, 15 to 30 s
/// from the begin, and looked at within the next 15 s; 30 s later the pods are ready.
#[test]
fn pods_come_until_the_target_is_met() {
    let more = Autoscale { start_up: constant(30.0), ..autoscale(10, Controller::Hpa(usual(Some(20), None))) };
    let seen = watch_all(&busy(2, 100.0, 0.01, 120.0, more), 40);
    assert_eq!((seen.same("replicas", "app", "max"), seen.same("replicas", "app", "min")), (5.0, 2.0));
    assert_eq!(seen.same("replicas_desired", "app", "max"), 5.0);
    assert_eq!(seen.same("replicas_pending", "app", "max"), 3.0);
    let asked = instants(&seen, (2.0, 5.0), 120.0);
    within(&asked, 15.0, 45.0);
    let spread = asked.iter().copied().fold(f64::NEG_INFINITY, f64::max) - asked.iter().copied().fold(90.0, f64::min);
    assert!(spread > 15.0, "instants of its own: {asked:?}");
    let waited: Vec<f64> = seen.values("replicas_pending", "app", "avg").iter().map(|avg| avg * 120.0).collect();
    within(&waited, 90.0, 90.0);
}

/// 16 requests per second of which each pod is to get 4: four pods. Twelve in flight, of which each is to have 2: six.
#[test]
fn pods_come_by_requests() {
    let by = |requests: Option<f64>, in_flight: Option<f64>| {
        let with = scale::Hpa { requests, ..usual(None, in_flight) };
        watch_all(&busy(2, 16.0, 0.01, 120.0, autoscale(10, Controller::Hpa(with))), 10)
    };
    assert_eq!(by(Some(4.0), None).same("replicas", "app", "max"), 4.0);
    // Within a tenth of the target nothing changes.
    assert_eq!(by(Some(7.4), None).same("replicas", "app", "max"), 2.0);
    let app = |app: &mut Tier| {
        let with = usual(None, Some(2.0));
        (app.count, app.autoscale) = (2, Some(autoscale(10, Controller::Hpa(with))));
    };
    // Twelve users always wait, so twelve are in flight.
    let waiting = system().app(app).closed(vec![wait(constant(500.0))], constant(0.0), users(12, 100.0));
    assert_eq!(watch_all(&waiting, 10).same("replicas", "app", "max"), 6.0);
}

/// A host of weight 3 gets three of four requests.
#[test]
fn weights_are_shares() {
    let app = |app: &mut Tier| {
        (app.count, app.cores, app.runtime) = (2, 1.0, Runtime::EventLoop);
        (app.balancer, app.weights) = (plimsoll::model::Balancer::Weighted, vec![3, 1]);
    };
    let model = system().app(app).open(vec![cpu(constant(0.1))], even(12.0, 60.0, 100, 100));
    let seen = watch_all(&model, 2);
    // Nine per second are fewer than the ten that a core can do, so nobody waits for more than one other.
    assert!(seen.same("http_req_duration", "", "max") < 200.0);
    let uneven = system()
        .app(app)
        .app(|app| app.weights = vec![11, 1])
        .open(vec![cpu(constant(0.1))], even(12.0, 60.0, 100, 100));
    let late = watch_all(&uneven, 2);
    // Eleven per second are one too many: after a minute six seconds of work are left.
    assert!((late.same("http_req_duration", "", "max") - 6_000.0).abs() < 500.0);
}

/// Four pods with one long request each, of which one is enough. The other three are let finish, or not.
#[test]
fn pods_that_go_answer_what_they_have_if_they_are_given_time() {
    let with = |grace: f64| {
        let fewer = Autoscale { grace, ..autoscale(4, Controller::Hpa(usual(None, Some(10.0)))) };
        let app = |app: &mut Tier| (app.count, app.autoscale) = (4, Some(fewer));
        watch_all(&system().app(app).closed(vec![wait(constant(20.0))], constant(0.1), users(4, 90.0)), 30)
    };
    let patient = with(30.0);
    assert_eq!(patient.same("errors", "", "count"), 0.0);
    assert_eq!((patient.same("replicas", "app", "min"), patient.same("replicas_desired", "app", "max")), (1.0, 4.0));
    let failed = with(5.0).values("errors", "instance_down", "count");
    // What ends within 5 s of the decision is answered: it comes in the first 30 s of requests of 20 s.
    assert!(failed.iter().all(|&count| count == 3.0 || count == 0.0), "{failed:?}");
    let lost = failed.iter().filter(|&&count| count == 3.0).count();
    assert!((15..=29).contains(&lost), "{failed:?}");
}

/// Two pods fit on the one node that there is; a second node comes after a minute, or never.
#[test]
fn pods_wait_for_a_node() {
    let on = |most: u32| {
        let nodes = Some(Nodes { count: 1, most, hosts: 2, start_up: constant(60.0) });
        let more = Autoscale { nodes, ..autoscale(10, Controller::Hpa(usual(Some(20), None))) };
        watch_all(&busy(2, 100.0, 0.01, 150.0, more), 20)
    };
    let full = on(1);
    assert_eq!((full.same("replicas", "app", "max"), full.same("replicas_desired", "app", "max")), (2.0, 5.0));
    let two = on(2);
    assert_eq!((two.same("replicas", "app", "max"), two.same("replicas_pending", "app", "max")), (4.0, 3.0));
    within(&instants(&two, (2.0, 4.0), 150.0), 75.0, 105.0);
}

/// A pod that dies is replaced.
#[test]
fn what_dies_is_replaced() {
    use plimsoll::model::{Event, What};
    let steady = Autoscale { least: 3, ..autoscale(3, Controller::Hpa(usual(Some(50), None))) };
    let mut model = busy(3, 100.0, 0.01, 120.0, steady);
    let kill = What::Kill { tier: 0, instances: 2, restart: None };
    model.tests[0].events.push(Event { at: 60.0, what: kill, words: "kill app".into() });
    let seen = watch_all(&model, 20);
    assert_eq!((seen.same("replicas", "app", "min"), seen.same("replicas_desired", "app", "max")), (1.0, 3.0));
    let missing: Vec<f64> = seen.values("replicas", "app", "avg").iter().map(|avg| (3.0 - avg) * 120.0 / 2.0).collect();
    within(&missing, 0.0, 15.0);
}

fn tracking(cpu: Option<f64>, requests: Option<f64>) -> scale::TargetTracking {
    scale::TargetTracking { cpu, requests, detailed: true, delay: 0.0, warm_up: 60.0, scales_in: true }
}

/// 80 % of two instances, of which 50 % are wanted: four, when the third minute is over. Then 40 % ask for no less:
/// 3.2 instances are four.
#[test]
fn instances_come_after_three_minutes() {
    let seen = |with: scale::TargetTracking, duration: f64| {
        let more = autoscale(10, Controller::TargetTracking(with));
        watch_all(&busy(2, 16.0, 0.1, duration, more), 10)
    };
    let detailed = seen(tracking(Some(50.0), None), 1500.0);
    assert_eq!((detailed.same("replicas", "app", "max"), detailed.same("replicas", "app", "min")), (4.0, 2.0));
    within(&instants(&detailed, (2.0, 4.0), 1500.0), 180.0, 240.0);
    // Until a host has been warm for as long as datapoints take, those of before ask for no more.
    let late = seen(scale::TargetTracking { delay: 90.0, warm_up: 300.0, ..tracking(Some(50.0), None) }, 600.0);
    within(&instants(&late, (2.0, 4.0), 600.0), 270.0, 330.0);
    // With a datapoint every five minutes.
    let basic = seen(scale::TargetTracking { detailed: false, ..tracking(Some(50.0), None) }, 1500.0);
    within(&instants(&basic, (2.0, 4.0), 1500.0), 900.0, 960.0);
    // 960 requests a minute by 200 for each.
    let requests = seen(tracking(None, Some(200.0)), 600.0);
    assert_eq!(requests.same("replicas", "app", "max"), 5.0);
}

/// 20 % of four instances, of which 50 % are wanted: two, when the fifteenth minute is over.
#[test]
fn instances_go_after_fifteen_minutes() {
    let seen = |with: scale::TargetTracking| {
        let fewer = autoscale(10, Controller::TargetTracking(with));
        watch_all(&busy(4, 8.0, 0.1, 1500.0, fewer), 10)
    };
    let with = seen(tracking(Some(50.0), None));
    assert_eq!((with.same("replicas", "app", "min"), with.same("errors", "", "count")), (2.0, 0.0));
    within(&instants(&with, (4.0, 2.0), 1500.0), 900.0, 961.0);
    let without = seen(scale::TargetTracking { scales_in: false, ..tracking(Some(50.0), None) });
    assert_eq!(without.same("replicas", "app", "min"), 4.0);
}
