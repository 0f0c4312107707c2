//! Service of any law: first come first served by Pollaczek and Khinchine, shared cores whatever the
//! law.

use plimsoll::model::{Law, Model, Runtime, Shape};
use plimsoll::theory::finite_queues::limited_sharing_sojourn;
use plimsoll::theory::queues::{mg1_mean_wait, mg1_ps_mean_sojourn, mg1_ps_sojourn_of};

use crate::seen::{agrees, watch};
use crate::system::{
    Build, constant, cpu, exponential, hyperexponential, known, lognormal, poisson, query, request, scenario, system,
};

const SERVICE: f64 = 0.001;
const WARM: f64 = 1.0;

/// Bounded Pareto from `low` to `high`: mean and coefficient of variation by its moments,
/// `E[X^n] = a l^a / (1 - (l/h)^a) * (h^(n-a) - l^(n-a)) / (n - a)`.
fn pareto_moments(low: f64, high: f64, alpha: f64) -> (f64, f64) {
    let scale = alpha * low.powf(alpha) / (1.0 - (low / high).powf(alpha));
    let moment = |n: f64| scale * (high.powf(n - alpha) - low.powf(n - alpha)) / (n - alpha);
    (moment(1.0), (moment(2.0) / moment(1.0).powi(2) - 1.0).sqrt())
}

/// Laws of service with their means and coefficients of variation.
fn laws() -> Vec<(&'static str, Law, f64, f64)> {
    let (mean, cv) = (known(SERVICE), known);
    let (low, high, alpha) = (0.0004, 0.04, 1.6);
    let (pareto_mean, pareto_cv) = pareto_moments(low, high, alpha);
    let pareto = Shape::Pareto { low: known(low), high: known(high), alpha: known(alpha) };
    let uniform = Shape::Uniform { low: known(0.0), high: known(2.0 * SERVICE) };
    vec![
        ("constant", constant(SERVICE), SERVICE, 0.0),
        ("uniform", Law::of(uniform), SERVICE, 1.0 / 3f64.sqrt()),
        ("lognormal 0.5", lognormal(SERVICE, 0.5), SERVICE, 0.5),
        ("lognormal 1.5", lognormal(SERVICE, 1.5), SERVICE, 1.5),
        ("gamma", Law::of(Shape::Gamma { mean, cv: cv(0.7) }), SERVICE, 0.7),
        ("weibull", Law::of(Shape::Weibull { mean, cv: cv(1.4) }), SERVICE, 1.4),
        ("hyperexponential", hyperexponential(SERVICE, 2.0), SERVICE, 2.0),
        ("pareto", Law::of(pareto), pareto_mean, pareto_cv),
    ]
}

fn event_loop(model: Model, processes: u32, cores: f64) -> Model {
    model.app(|app| (app.runtime, app.processes, app.cores) = (Runtime::EventLoop, processes, cores))
}

fn requests(cv: f64) -> f64 {
    // The spread of a mean wait grows with the spread of service.
    if cv > 1.0 { 150_000.0 } else { 50_000.0 }
}

/// One event loop works off its requests in the order they came.
#[test]
fn an_event_loop_is_first_come_first_served() {
    for (name, law, mean, cv) in laws() {
        let rate = 0.6 / mean;
        let end = WARM + requests(cv) / rate;
        let model = event_loop(system(), 1, 1.0).open(vec![cpu(law)], poisson(rate, end));
        let seen = watch(&model, WARM, end, 30);
        let sojourn = |mean: f64, cv: f64| mg1_mean_wait(rate, mean, cv).expect("stable") + mean;
        let mistakes = [
            ("service 3 % shorter", sojourn(mean * 0.97, cv)),
            ("service 3 % longer", sojourn(mean * 1.03, cv)),
            ("a law 0.15 more variable", sojourn(mean, cv + 0.3 / (1.0 + cv))),
        ];
        agrees(name, &seen.duration("avg"), sojourn(mean, cv), &mistakes);
        agrees(name, &seen.values("cpu", "app", "avg"), 60.0, &[("a percent more", 61.0), ("a percent less", 59.0)]);
    }
}

/// So does a pool of one connection.
#[test]
fn a_pool_is_first_come_first_served() {
    for (name, law, mean, cv) in laws() {
        let rate = 0.7 / mean;
        let end = WARM + requests(cv) / rate;
        let model = system().pool(1, |_| ()).open(vec![query(0, law)], poisson(rate, end));
        let seen = watch(&model, WARM, end, 30);
        let wait = |mean: f64, cv: f64| mg1_mean_wait(rate, mean, cv).expect("stable");
        let mistakes = [
            ("service 3 % shorter", wait(mean * 0.97, cv)),
            ("service 3 % longer", wait(mean * 1.03, cv)),
            ("exponential service", if cv == 1.0 { 0.0 } else { wait(mean, 1.0) }),
        ];
        agrees(name, &seen.wait_for("pool0", "avg"), wait(mean, cv), &mistakes);
    }
}

/// Threads on one core share it: the mean sojourn is the same for every law of demand.
#[test]
fn a_shared_core_does_not_care_for_the_law() {
    let cases = [(exponential(SERVICE), 1.0), (constant(SERVICE), 0.0), (hyperexponential(SERVICE, 2.0), 2.0)];
    for (law, cv) in cases {
        let rate = 700.0;
        let end = WARM + 80_000.0 / rate;
        let model = system().app(|app| app.cores = 1.0).open(vec![cpu(law)], poisson(rate, end));
        let seen = watch(&model, WARM, end, 40);
        let exact = |service| mg1_ps_mean_sojourn(rate, service).expect("stable");
        let in_order = mg1_mean_wait(rate, SERVICE, cv).expect("stable") + SERVICE;
        let mut mistakes = vec![("demand 2 % less", exact(SERVICE * 0.98)), ("demand 2 % more", exact(SERVICE * 1.02))];
        // For exponential demands first come first served has the same mean.
        if cv != 1.0 {
            mistakes.push(("first come first served", in_order));
        }
        agrees("sojourn", &seen.duration("avg"), exact(SERVICE), &mistakes);
    }
}

/// On a shared core a request takes as long as its own demand makes it: four times the demand, four
/// times the sojourn. First come first served would let both wait alike.
#[test]
fn a_shared_core_is_fair() {
    let (small, large) = (0.0005, 0.002);
    let rate = 280.0; // of each
    let end = WARM + 60_000.0 / rate;
    let one = |i: u32| scenario(&format!("s{i}"), i, poisson(rate, end));
    let model = system()
        .app(|app| app.cores = 1.0)
        .endpoint(vec![cpu(constant(small))])
        .endpoint(vec![cpu(constant(large))])
        .iteration(vec![request(0)])
        .iteration(vec![request(1)])
        .scenario(one(0))
        .scenario(one(1));
    let seen = watch(&model, WARM, end, 30);
    let mean = (small + large) / 2.0;
    let in_order = {
        let cv = ((small * small + large * large) / 2.0 / (mean * mean) - 1.0).sqrt();
        mg1_mean_wait(2.0 * rate, mean, cv).expect("stable")
    };
    for (endpoint, demand) in [("r0", small), ("r1", large)] {
        let durations: Vec<f64> = seen.values("http_req_duration", endpoint, "avg").iter().map(|ms| ms / 1e3).collect();
        let exact = |demand| mg1_ps_sojourn_of(2.0 * rate, mean, demand).expect("stable");
        let mistakes = [
            ("first come first served", in_order + demand),
            ("demand 2 % less", exact(demand * 0.98)),
            ("demand 2 % more", exact(demand * 1.02)),
        ];
        agrees(endpoint, &durations, exact(demand), &mistakes);
    }
}

/// Several cores: each of the first `c` jobs has one for itself, more jobs share.
#[test]
fn shared_cores_are_limited_sharing() {
    // The middle one is the case that Ciw's tests publish: 10 per second at 12 per second on 3 cores.
    for (cores, rate, mean) in [(2, 1_700.0, SERVICE), (3, 10_000.0, 1.0 / 12_000.0), (4, 3_600.0, SERVICE)] {
        for law in [exponential(mean), constant(mean), lognormal(mean, 1.5)] {
            let end = WARM + 50_000.0 / rate;
            let model = system().app(|app| app.cores = f64::from(cores)).open(vec![cpu(law)], poisson(rate, end));
            let seen = watch(&model, WARM, end, 30);
            let exact = |cores, mean| limited_sharing_sojourn(cores, rate, mean).expect("stable");
            let mut mistakes =
                vec![("demand 3 % less", exact(cores, mean * 0.97)), ("demand 3 % more", exact(cores, mean * 1.03))];
            mistakes.push(("a core more", exact(cores + 1, mean)));
            agrees("sojourn", &seen.duration("avg"), exact(cores, mean), &mistakes);
        }
    }
}

/// The published states of that system, through Little's law.
#[test]
fn shared_cores_agree_with_published_states() {
    let table = include_str!("../theory_tables/ps_limited_states_ciw.csv");
    let states: Vec<f64> = table
        .lines()
        .filter(|line| line.starts_with("limited_PS"))
        .map(|line| line.split(',').nth(2).and_then(|cell| cell.parse().ok()).expect("a probability"))
        .collect();
    let number: f64 = states.iter().enumerate().map(|(k, p)| k as f64 * p).sum();
    let (rate, mean) = (10_000.0, 1.0 / 12_000.0);
    let model = system().app(|app| app.cores = 3.0).open(vec![cpu(exponential(mean))], poisson(rate, 7.0));
    let seen = watch(&model, 1.0, 7.0, 30);
    let mistakes = [("a core more", rate * mean), ("1 % more", number * 1.01), ("1 % less", number * 0.99)];
    agrees("number inside", &seen.values("requests_in_flight", "app", "avg"), number, &mistakes);
}
