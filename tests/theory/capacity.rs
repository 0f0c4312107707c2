//! Capacities against closed forms: the load at which the mean response of M/M/c meets its bound.

use plimsoll::model::{Comparison, Metric, Model, Objective, Severity, TestSpan};
use plimsoll::study::capacity::{Capacity, Outcome, Question, capacity};
use plimsoll::study::observe::Wanted;
use plimsoll::study::predict::{Effort, Unwatched};
use plimsoll::theory::queues::Mmc;

use crate::system::{Build, exponential, poisson, query, system};

const SERVICE: f64 = 0.001;
const WARM: f64 = 0.5;
const END: f64 = 20.5;

/// The rate at which the mean response is this, in seconds.
fn exact(servers: u32, bound: f64) -> f64 {
    let (mut low, mut high) = (0.0, f64::from(servers) / SERVICE);
    for _ in 0..100 {
        let rate = f64::midpoint(low, high);
        let within = Mmc::new(servers, rate, SERVICE).is_some_and(|queue| queue.mean_sojourn() <= bound);
        (low, high) = if within { (rate, high) } else { (low, rate) };
    }
    low
}

fn found(servers: u32, stated: f64, bound: f64) -> Capacity {
    let mut model: Model =
        system().pool(servers, |_| ()).open(vec![query(0, exponential(SERVICE))], poisson(stated, END));
    let metric = Metric { name: "http_req_duration".into(), scope: String::new(), stat: "avg".into() };
    model.tests[0].objectives.push(Objective {
        text: "http_req_duration{span} avg".into(),
        metric,
        span: TestSpan::Seconds(WARM, END),
        comparison: Comparison::Less,
        bound: 1e3 * bound,
        relative: None,
        severity: Severity::Required,
    });
    let wanted = Wanted { windows: vec![(WARM, END)], ..Wanted::default() };
    let effort = Effort { seed: 4, replications: 16, precision: None, max_replications: 16, threads: 2 };
    let (test, variant) = (&model.tests[0], "");
    let question = Question { model: &model, test, variant, wanted: &wanted, probability: 0.5, up_to: 4.0, effort };
    capacity(&question, &Unwatched).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_interval_holds_the_load_at_which_the_mean_response_meets_its_bound() {
    for (servers, stated, bound) in [(1, 300.0, 0.0025), (1, 900.0, 0.0025), (4, 1_500.0, 0.0015)] {
        let capacity = found(servers, stated, bound);
        let exact = exact(servers, bound);
        assert_eq!(capacity.outcome, Outcome::Found);
        let rate = |load: Option<plimsoll::study::capacity::Load>| load.and_then(|load| load.rate).expect("a rate");
        let (low, high) = (rate(capacity.low), rate(capacity.high));
        let told = format!("{servers} servers, {stated}/s stated, {exact} exact, {low} to {high}");
        assert!(low < exact && exact < high, "{told}");
        // A server more or less, or a response twice as long, would lie far outside.
        assert!(high - low < 0.08 * exact, "{told}");
        let point = capacity.break_point.expect("known");
        assert!(
            point.mean_low * stated < exact * 1.005 && exact * 0.995 < point.mean_high * stated,
            "{told}, {point:?}"
        );
        assert_eq!(capacity.carried, exact > stated, "{told}");
        let headroom = capacity.headroom.expect("found");
        assert!((headroom - (exact - stated) / stated).abs() < 0.05 * exact / stated, "{told}, {headroom}");
        // All servers busy is what limits.
        let bound = capacity.bound.expect("a bound");
        assert!((bound.load.rate.expect("a rate") * SERVICE / f64::from(servers) - 1.0).abs() < 1e-3, "{bound:?}");
    }
}
