//! Chance belongs to what it is for: the same seed gives the same bytes, whatever else is there and
//! however many threads run.

use std::path::Path;

use plimsoll::compile::compile;
use plimsoll::engine::run;
use plimsoll::measure::{Histogram, Measurements};
use plimsoll::model::resolve::load_model_text;
use plimsoll::model::{Balancer, Law, Model, Pool, Runtime, Scope, Shape, Step, WaiterOrder};
use plimsoll::study::observe::Wanted;
use plimsoll::study::predict::{Effort, Unwatched, predict};
use plimsoll::study::prediction::Prediction;
use plimsoll::study::same_run::runs_alike;
use proptest::prelude::*;

use crate::system::{
    Build, constant, cpu, deadline, exponential, known, lognormal, poisson, query, request, retry, scenario, system,
    think, transaction, users, wait,
};
use crate::systems::any_system;

fn measured(model: &Model, seed: u64) -> Option<Measurements> {
    let compiled = compile(model, &model.tests[0], &[], &[]).expect("compiles");
    run(&compiled.program, seed, || true).ok()
}

fn bytes(model: &Model, seed: u64) -> String {
    format!("{:?}", measured(model, seed))
}

fn predicted(model: &Model, variant: &str, seed: u64, threads: usize) -> Prediction {
    let effort = Effort { seed, first: 0, replications: 5, precision: Some(0.05), max_replications: 15, threads };
    predict(model, &model.tests[0], variant, &Wanted::default(), &effort, &Unwatched).expect("simulates")
}

/// Everything in a prediction; figures of nothing are NaN, which equals nothing.
fn text(prediction: &Prediction) -> String {
    format!("{prediction:?}")
}

/// Some of everything, with chance everywhere.
fn busy_system() -> Model {
    let flow = vec![
        cpu(exponential(0.003)),
        retry(3, vec![query(0, lognormal(0.02, 0.8)), crate::system::fail(0.1)]),
        transaction(1, vec![query(1, exponential(0.004)), wait(exponential(0.01))]),
    ];
    system()
        .app(|app| (app.runtime, app.cores, app.count, app.processes) = (Runtime::EventLoop, 2.0, 2, 2))
        .app(|app| app.balancer = Balancer::Random)
        .pool(4, |pool| pool.acquire_timeout = Some(constant(0.05)))
        .pool(2, |pool| pool.scope = Scope::Process)
        .closed(flow, exponential(0.1), users(30, 8.0))
        .open(vec![query(0, exponential(0.005))], poisson(40.0, 8.0))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_seed_gives_the_same_run(model in any_system(0.0), seed in 0u64..1000) {
        prop_assert_eq!(bytes(&model, seed), bytes(&model, seed));
    }
}

#[test]
fn another_seed_gives_another_run() {
    let model = busy_system();
    assert_eq!(bytes(&model, 7), bytes(&model, 7));
    assert_ne!(bytes(&model, 7), bytes(&model, 8));
    let rates = predicted(&model, "", 1, 1);
    let values = &rates.row("http_req_duration", "", "avg", None).expect("always there").values;
    assert!(values.windows(2).all(|pair| pair[0] != pair[1]), "replications differ: {values:?}");
}

#[test]
fn threads_do_not_matter() {
    let model = busy_system();
    let one = predicted(&model, "", 3, 1);
    assert!(one.replications > 5, "the precision takes some steps");
    for threads in [2, 3] {
        assert_eq!(text(&one), text(&predicted(&model, "", 3, threads)));
    }
}

/// Every row of `less` is in `more` with the same values in every replication.
#[track_caller]
fn contained(less: &Prediction, more: &Prediction) {
    for row in &less.metrics {
        let window = row.key.from_s.zip(row.key.to_s);
        let key = &row.key;
        let other = more.row(&key.metric, &key.scope, &key.stat, window).unwrap_or_else(|| panic!("no {key:?}"));
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&row.values), bits(&other.values), "{key:?}");
    }
}

/// What nobody uses changes nothing, bit for bit.
#[test]
fn what_is_not_used_does_not_matter() {
    let model = busy_system();
    let base = predicted(&model, "", 11, 2);
    let and = |change: &dyn Fn(&mut Model)| {
        let mut more = model.clone();
        change(&mut more);
        contained(&base, &predicted(&more, "", 11, 2));
    };
    and(&|more| {
        more.pools.push({
            let mut pool = more.pools[1].clone();
            (pool.name, pool.max, pool.min) = ("unused".into(), 3, 2);
            pool
        })
    });
    and(&|more| {
        more.databases.insert(1, {
            let mut database = more.databases[0].clone();
            database.name = "unused".into();
            database
        })
    });
    and(&|more| {
        more.endpoints.push({
            let mut endpoint = more.endpoints[0].clone();
            endpoint.name = "unused".into();
            endpoint
        })
    });
    and(&|more| {
        more.iterations.push({
            let mut iteration = more.iterations[0].clone();
            iteration.name = "unused".into();
            iteration
        })
    });
    // With a second tier the number in flight is no longer told, as it belongs to neither.
    let with_tier = |mut more: Model| {
        let mut tier = more.tiers[0].clone();
        tier.name = "unused".into();
        more.tiers.push(tier);
        more
    };
    let mut base = base;
    base.metrics.retain(|row| row.key.metric != "requests_in_flight");
    contained(&base, &predicted(&with_tier(model), "", 11, 2));
}

/// A tier that asks nothing of a pool opens none of its connections, and has no part in its size.
#[test]
fn a_tier_has_only_the_pools_it_uses() {
    let mut model = busy_system();
    model.pools[1].min = 2;
    let mut tier = model.tiers[0].clone();
    tier.name = "unused".into();
    model.tiers.push(tier);
    let prediction = predicted(&model, "", 11, 2);
    let open = prediction.row("connections_open", "pool1", "max", None).expect("a row");
    let processes = 4.0;
    assert_eq!(open.estimate.value, 2.0 * processes);
    let pool = prediction.bottleneck.resources.iter().find(|resource| resource.name == "pool pool1");
    assert_eq!(pool.map(|pool| pool.servers), Some(2.0 * processes));
}

/// A pool more in the file, in front of others: even where waiters are served at random.
#[test]
fn the_order_in_the_file_does_not_matter() {
    let random = SHOP.replace("scope = \"total\"", "scope = \"instance\"\norder = \"random\"");
    let unused = random.replace("[pool.main]", "[pool.unused]\nmax = 3\ndatabase = \"main\"\n\n[pool.main]");
    let named = |text: String| text.replace("query = \"list\",", "query = \"list\", pool = \"main\",");
    let of = |text: String| {
        let model = load_model_text(&named(text), "shop.toml", Path::new(""), None, &[]).expect("a model");
        predicted(&model, "", 1, 2)
    };
    let (one, two) = (of(random), of(unused));
    let waits = one.row("connection_wait", "main", "p95", None).expect("a row");
    assert!(waits.estimate.value > 10.0, "waiters are chosen from");
    contained(&one, &two);
}

/// Steps that wrap others and never come into play change nothing.
#[test]
fn wrappers_that_never_strike_do_not_matter() {
    let inner = || vec![query(0, lognormal(0.01, 1.0)), cpu(exponential(0.002))];
    let flow = |steps| {
        let endless = system().app(|app| app.cores = 2.0).pool(3, |_| ());
        let mut all = vec![wait(exponential(0.003))];
        all.extend(steps);
        all.push(wait(exponential(0.003)));
        let model = endless.closed(all, exponential(0.05), users(12, 20.0));
        let m = measured(&model, 5).expect("runs");
        (format!("{:?}", m.durations), m.started)
    };
    let plain = flow(inner());
    assert!(plain.1 > 1000);
    assert_eq!(plain, flow(vec![retry(3, inner())]), "a retry");
    assert_eq!(plain, flow(vec![Step::Either { branches: vec![(known(2.0), inner())] }]), "a single way");
    assert_eq!(plain, flow(vec![deadline(1e6, inner())]), "a deadline");
    assert_eq!(plain, flow(vec![Step::Parallel { branches: vec![inner()] }]), "a single branch");
    let mut reshaped = inner();
    reshaped[0] = transaction(0, vec![reshaped[0].clone()]);
    assert_eq!(plain, flow(reshaped), "a transaction of one statement");
}

/// A step more here leaves the luck of all requests elsewhere as it was, where nobody waits.
#[test]
fn one_endpoint_does_not_disturb_the_luck_of_another() {
    let with = |more: bool| {
        let mut first = vec![query(0, exponential(0.01))];
        if more {
            first.insert(0, wait(exponential(0.02)));
            first.push(query(0, exponential(0.02)));
        }
        let mut model = system()
            .pool(1000, |_| ())
            .endpoint(first)
            .endpoint(vec![query(0, lognormal(0.01, 1.0)), wait(exponential(0.01))])
            .iteration(vec![request(0)])
            .iteration(vec![request(1), think(exponential(0.1))])
            .scenario(scenario("a", 0, poisson(50.0, 10.0)))
            .scenario(scenario("b", 1, users(10, 10.0)));
        model.tests[0].scenarios[0].graceful_stop = 10.0;
        let m = measured(&model, 2).expect("runs");
        format!("{:?}", m.durations.iter().skip(2).step_by(4).collect::<Vec<&Histogram>>())
    };
    assert_eq!(with(false), with(true));
}

/// The seconds that two tests of different lengths have in common are the same.
#[test]
fn the_future_does_not_change_the_past() {
    let of = |seconds: f64| {
        let steps = vec![query(0, exponential(0.05))];
        let model = system().pool(3, |_| ()).closed(steps, exponential(0.1), users(10, seconds));
        measured(&model, 9).expect("runs").series.seconds
    };
    // The users of the short test leave in its last second.
    assert_eq!(format!("{:?}", &of(6.0)[..5]), format!("{:?}", &of(12.0)[..5]));
}

/// Uncertain inputs are drawn by name: more of them, in another order, change none.
#[test]
fn inputs_are_drawn_by_name() {
    let model = |text: &str| load_model_text(text, "test", Path::new(""), None, &[]).expect("a model");
    let body = "
        [tier.app]\ncores = 2\n
        [endpoint.list]\nsteps = [ { wait = { mean = \"a\", cv = 0.5 } } ]\n
        [test.t]\nvus = 5\nduration = \"10s\"\n";
    let one = model(&format!("[inputs.a]\nvalue = \"10ms..30ms\"\n{body}"));
    let two = model(&format!("[inputs.b]\nvalue = \"1..3\"\n[inputs.a]\nvalue = \"10ms..30ms\"\n{body}"));
    let (one, two) = (predicted(&one, "", 4, 1), predicted(&two, "", 4, 1));
    contained(&one, &two);
    // And they are drawn anew in each replication: values differ by more than chance within a run.
    let values = &one.row("http_req_duration", "", "avg", None).expect("a row").values;
    let (low, high) = values.iter().fold((f64::MAX, 0f64), |(l, h), &v| (l.min(v), h.max(v)));
    assert!(low > 9.0 && high < 31.0 && high / low > 1.3, "{values:?}");
}

const SHOP: &str = "
[tier.app]
cores = 2
runtime = \"event-loop\"
processes = 2

[database.main]
cores = 4
max_connections = 50

[pool.main]
max = 8
acquire_timeout = \"200ms\"
scope = \"total\"

[endpoint.list]
steps = [
  { cpu = { mean = \"4ms\", cv = 0.5 } },
  { query = \"list\", time = { mean = \"30ms\", cv = 0.7 } },
]

[test.t]
vus = 40
duration = \"10s\"
think = \"100ms\"

[variant.same]
about = \"nothing changes\"
set = { \"pool.main.max\" = 8, \"tier.app.cores\" = 2 }

[variant.more]
about = \"two connections more\"
set = { \"pool.main.max\" = 10 }
";

/// A variant that changes nothing gives the same prediction but for its name.
#[test]
fn a_variant_that_changes_nothing_changes_nothing() {
    let of = |variant: Option<&str>, sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let model = load_model_text(SHOP, "shop.toml", Path::new(""), variant, &sets).expect("a model");
        text(&predicted(&model, "", 1, 2))
    };
    let base = of(None, &[]);
    assert_eq!(base, of(Some("same"), &[]));
    assert_eq!(base, of(None, &["pool.main.max=8"]));
    assert_eq!(of(Some("more"), &[]), of(None, &["pool.main.max=10"]));
    assert_ne!(base, of(Some("more"), &[]));
}

/// A law that does not vary is its constant, to the byte.
#[test]
fn laws_without_spread_are_constants() {
    let of = |law| bytes(&system().pool(2, |_| ()).closed(vec![query(0, law)], constant(0.01), users(5, 5.0)), 1);
    let uniform = Law::of(Shape::Uniform { low: known(0.01), high: known(0.01) });
    assert_eq!(of(constant(0.01)), of(lognormal(0.01, 0.0)));
    assert_eq!(of(constant(0.01)), of(uniform));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    /// The slow twin of equal time-outs: drawn for each wait, and always the same. A heap finds who gives
    /// up next where otherwise the first in line does.
    #[test]
    fn drawn_patience_without_spread_is_constant(model in any_system(0.0), seed in 0u64..1000, patience in 0.002..0.1f64) {
        let with = |law: Law| {
            let mut model = model.clone();
            model.pools.iter_mut().for_each(|pool| pool.acquire_timeout = Some(law.clone()));
            bytes(&model, seed)
        };
        let drawn = Law::of(Shape::Uniform { low: known(patience), high: known(patience) });
        prop_assert_eq!(with(drawn), with(constant(patience)));
    }
}

/// Where nobody waits, the order of waiters is no change at all, and is known to be none.
#[test]
fn the_order_of_waiters_matters_only_where_there_are_any() {
    let with = |connections: u32, order| {
        let pool = |pool: &mut Pool| (pool.min, pool.order) = (connections, order);
        system().pool(connections, pool).closed(vec![query(0, exponential(0.02))], exponential(0.1), users(20, 10.0))
    };
    for (connections, alike) in [(20, true), (2, false)] {
        let (fifo, lifo) = (with(connections, WaiterOrder::Fifo), with(connections, WaiterOrder::Lifo));
        let prediction = predicted(&fifo, "", 3, 1);
        assert_eq!(runs_alike(&fifo, &lifo, &prediction), alike);
        assert_eq!(text(&prediction) == text(&predicted(&lifo, "", 3, 1)), alike);
    }
    let more = with(21, WaiterOrder::Fifo);
    assert!(!runs_alike(&with(20, WaiterOrder::Fifo), &more, &predicted(&with(20, WaiterOrder::Fifo), "", 3, 1)));
}
