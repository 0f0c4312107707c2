//! Resources held while others are waited for: connections inside connections, threads, event loops.

use plimsoll::model::{Balancer, Model, Runtime, Step};
use plimsoll::theory::queues::{Mmc, mg1_mean_wait};

use crate::seen::{agrees, off_by, watch, watch_all};
use crate::system::{
    Build, constant, cpu, deadline, even, exponential, poisson, query, request, retry, scenario, system, transaction,
    users, wait,
};

const WARM: f64 = 1.0;

/// A transaction holds its connection while a statement inside it waits for another pool. The outer
/// pool never fills, so requests reach the inner one as a Poisson process: its wait is that of M/M/c.
#[test]
fn an_outer_connection_is_held_while_an_inner_one_is_waited_for() {
    let (rate, outer, inner, servers) = (900.0, 0.002, 0.002, 2);
    let steps = vec![transaction(0, vec![query(0, exponential(outer)), query(1, exponential(inner))])];
    let end = WARM + 60_000.0 / rate;
    let model = system().pool(2_000, |_| ()).pool(servers, |_| ()).open(steps, poisson(rate, end));
    let seen = watch(&model, WARM, end, 30);
    let inner_wait = Mmc::new(servers, rate, inner).expect("stable").mean_wait();
    agrees("wait", &seen.wait_for("pool1", "avg"), inner_wait, &off_by(0.1, inner_wait));
    // Little's law: in use = rate x hold.
    let held = rate * (outer + inner_wait + inner);
    let mistakes = [
        ("given back before the inner wait", rate * outer),
        ("given back during the inner service", rate * (outer + inner_wait)),
        ("not held while waiting", rate * (outer + inner)),
    ];
    agrees("outer", &seen.values("connections_active", "pool0", "avg"), held, &mistakes);
    let threads = seen.values("threads_active", "app", "avg");
    agrees("threads", &threads, held, &off_by(0.07, held));
}

/// An outer pool of one connection is a single server whose service is all that happens inside.
#[test]
fn a_transaction_is_one_service() {
    let (rate, part) = (350.0, 0.001);
    let own = transaction(0, vec![query(0, exponential(part)), query(0, exponential(part))]);
    let other = transaction(0, vec![query(1, exponential(part)), wait(exponential(part))]);
    let branches =
        Step::Parallel { branches: vec![vec![query(0, exponential(part))], vec![query(0, exponential(part))]] };
    // Branches that share a connection take turns on it.
    let shared = transaction(0, vec![branches]);
    for steps in [own, other, shared] {
        let end = WARM + 60_000.0 / rate;
        let model = system().pool(1, |_| ()).pool(500, |_| ()).open(vec![steps], poisson(rate, end));
        let seen = watch(&model, WARM, end, 30);
        // Two exponential parts: cv of 1 / sqrt(2).
        let exact = |part: f64| mg1_mean_wait(rate, 2.0 * part, 0.5f64.sqrt()).expect("stable");
        let mistakes = [
            ("exponential service", mg1_mean_wait(rate, 2.0 * part, 1.0).expect("stable")),
            ("service 3 % shorter", exact(part * 0.97)),
            ("service 3 % longer", exact(part * 1.03)),
        ];
        agrees("wait", &seen.wait_for("pool0", "avg"), exact(part), &mistakes);
    }
}

/// Burke: what leaves M/M/c is Poisson again, so queues in a row are independent.
#[test]
fn queues_in_a_row() {
    let (rate, service) = (1_500.0, 0.001);
    let steps = vec![query(0, exponential(service)), query(1, exponential(service))];
    let end = WARM + 60_000.0 / rate;
    let model = system().pool(2, |_| ()).pool(4, |_| ()).open(steps, poisson(rate, end));
    let seen = watch(&model, WARM, end, 30);
    for (pool, servers) in [("pool0", 2), ("pool1", 4)] {
        let exact = |service| Mmc::new(servers, rate, service).expect("stable").mean_wait();
        let mistakes = [("service 3 % shorter", exact(service * 0.97)), ("service 3 % longer", exact(service * 1.03))];
        agrees(pool, &seen.wait_for(pool, "avg"), exact(service), &mistakes);
    }
}

fn event_loops(model: Model, processes: u32, cores: f64) -> Model {
    model.app(|app| (app.runtime, app.processes, app.cores) = (Runtime::EventLoop, processes, cores))
}

/// A request that waits for something goes to the back of the line for its next slice: a queue that
/// is visited twice, with the product form of Jackson's networks.
#[test]
fn slices_of_a_request_queue_one_by_one() {
    let (rate, slice, pause) = (400.0, 0.001, 0.003);
    let steps = vec![cpu(exponential(slice)), wait(exponential(pause)), cpu(exponential(slice))];
    let end = WARM + 60_000.0 / rate;
    let model = event_loops(system(), 1, 1.0).open(steps, poisson(rate, end));
    let seen = watch(&model, WARM, end, 30);
    let exact = |slice| 2.0 * Mmc::new(1, 2.0 * rate, slice).expect("stable").mean_sojourn() + pause;
    let mistakes = [
        ("both slices at once", Mmc::new(1, rate, slice).expect("stable").mean_sojourn() * 2.0 + pause),
        ("slices 2 % shorter", exact(slice * 0.98)),
        ("slices 2 % longer", exact(slice * 1.02)),
    ];
    agrees("sojourn", &seen.duration("avg"), exact(slice), &mistakes);
    // Without a pause the two are one slice: two exponential parts.
    let model =
        event_loops(system(), 1, 1.0).open(vec![cpu(exponential(slice)), cpu(exponential(slice))], poisson(rate, end));
    let seen = watch(&model, WARM, end, 30);
    let exact = |slice| mg1_mean_wait(rate, 2.0 * slice, 0.5f64.sqrt()).expect("stable") + 2.0 * slice;
    let mistakes = [("slices 2 % shorter", exact(slice * 0.98)), ("slices 2 % longer", exact(slice * 1.02))];
    agrees("sojourn", &seen.duration("avg"), exact(slice), &mistakes);
}

/// Several loops on one core work whenever any of them has work, so for exponential slices the mean
/// is that of M/M/1, however requests are spread.
#[test]
fn loops_that_share_a_core_are_one_server() {
    let (rate, slice) = (700.0, 0.001);
    for processes in [2, 5] {
        let end = WARM + 60_000.0 / rate;
        let model = event_loops(system(), processes, 1.0).open(vec![cpu(exponential(slice))], poisson(rate, end));
        let seen = watch(&model, WARM, end, 30);
        let exact = |slice| Mmc::new(1, rate, slice).expect("stable").mean_sojourn();
        let mistakes = [
            ("a core for each", slice / (1.0 - rate * slice / f64::from(processes))),
            ("slices 2 % shorter", exact(slice * 0.98)),
            ("slices 2 % longer", exact(slice * 1.02)),
        ];
        agrees("sojourn", &seen.duration("avg"), exact(slice), &mistakes);
    }
}

/// Mean sojourn of a queue that gets every `k`-th arrival of a Poisson process of `rate`: E_k/M/1.
/// The root `s` in (0, 1) of `s = (rate / (rate + mu (1 - s)))^k` by iteration from 0, which grows to
/// the smallest root (Kleinrock I, section 6.4).
fn every_kth(k: i32, rate: f64, service: f64) -> f64 {
    let root = (0..10_000).fold(0.0, |s, _| (rate / (rate + (1.0 - s) / service)).powi(k));
    service / (1.0 - root)
}

/// Processes take turns, and so do hosts unless the balancer throws dice.
#[test]
fn requests_are_spread_over_loops_and_hosts() {
    let (rate, slice) = (2_400.0, 0.001);
    let end = WARM + 120_000.0 / rate;
    let with = |processes, hosts, balancer| {
        let model = event_loops(system(), processes, 8.0);
        model
            .app(|app| (app.count, app.balancer) = (hosts, balancer))
            .open(vec![cpu(exponential(slice))], poisson(rate, end))
    };
    let random = slice / (1.0 - rate * slice / 3.0);
    let turns = every_kth(3, rate, slice);
    let mistakes = |exact: f64, other: f64| {
        [("the other policy", other), ("3.5 % less", exact * 0.965), ("3.5 % more", exact * 1.035)]
    };
    for (processes, hosts) in [(3, 1), (1, 3)] {
        let seen = watch(&with(processes, hosts, Balancer::RoundRobin), WARM, end, 30);
        agrees("in turn", &seen.duration("avg"), turns, &mistakes(turns, random));
    }
    let seen = watch(&with(1, 3, Balancer::Random), WARM, end, 30);
    agrees("at random", &seen.duration("avg"), random, &mistakes(random, turns));
    // Better policies are better, and none is better than one queue for all.
    let mean = |balancer| watch(&with(1, 3, balancer), WARM, end, 10).mean("http_req_duration", "", "avg") / 1e3;
    let (two, least) = (mean(Balancer::PowerOfTwo), mean(Balancer::LeastOutstanding));
    let shared = Mmc::new(3, rate, slice).expect("stable").mean_sojourn();
    assert!(shared < least && least < two * 0.95 && two < random * 0.95, "{shared} {least} {two} {random}");
}

/// Loops that are always busy: as many slices at once as there are loops, and no more than cores.
#[test]
fn busy_loops_use_what_cores_there_are() {
    // Two loops with constant slices take exact turns; with others one of them may run dry.
    let slice = 0.002;
    let (turns, any) = (constant(slice), exponential(slice));
    for (processes, cores, at_once, law) in [(2, 4.0, 2.0, &turns), (8, 2.0, 2.0, &any), (3, 0.5, 0.5, &any)] {
        let exact = at_once / slice;
        let end = WARM + 20_000.0 / exact;
        let load = users(40, end);
        let model = event_loops(system(), processes, cores).closed(vec![cpu(law.clone())], constant(0.0), load);
        let seen = watch(&model, WARM, end, 20);
        agrees("throughput", &seen.rate(), exact, &off_by(0.015, exact));
        let busy = 100.0 * at_once / cores;
        agrees("cpu", &seen.values("cpu", "app", "avg"), busy, &off_by(1e-4, busy));
    }
}

/// On an event loop a connection is given back only when the continuation gets its turn. Seconds:
///
/// ```text
///   ask 1   0.000 takes the connection, its statement is over at 0.010
///   burn    0.005 has the loop until 0.105
///   ask 2   0.006 waits for the loop until 0.105; the connection is still out, so it waits for that
///   ask 1   0.105 gives the connection back and is done; ask 2 has it until 0.115
/// ```
#[test]
fn a_connection_waits_for_its_continuation() {
    let once = |name: &str, iteration, start| {
        let mut once = scenario(name, iteration, even(1.0, 1.0, 1, 1));
        once.start = start;
        once
    };
    let base = || {
        system()
            .pool(1, |_| ())
            .endpoint(vec![query(0, constant(0.01))])
            .endpoint(vec![query(0, constant(0.01))])
            .endpoint(vec![cpu(constant(0.1))])
            .iteration(vec![request(0)])
            .iteration(vec![request(1)])
            .iteration(vec![request(2)])
            .scenario(once("ask 1", 0, 0.0))
            .scenario(once("ask 2", 1, 0.006))
            .scenario(once("burn", 2, 0.005))
    };
    let durations = |model: &Model| {
        let seen = watch(model, 0.0, 2.0, 2);
        ["r0", "r1", "r2"].map(|endpoint| seen.same("http_req_duration", endpoint, "avg"))
    };
    assert_eq!(durations(&event_loops(base(), 1, 1.0)), [105.0, 109.0, 100.0]);
    // With threads ask 2 has the connection as soon as the statement of ask 1 is over.
    assert_eq!(durations(&base().app(|app| app.cores = 1.0)), [10.0, 14.0, 100.0]);
}

/// A connection runs one statement at a time: branches of a transaction take turns on it, first come
/// first served, while all else goes on at once.
#[test]
fn statements_of_one_transaction_take_turns() {
    let parallel = |branches: &[&[(u32, f64)]]| Step::Parallel {
        branches: branches
            .iter()
            .map(|b| b.iter().map(|&(pool, time)| query(pool, constant(time))).collect())
            .collect(),
    };
    let three = || parallel(&[&[(0, 0.1)], &[(0, 0.2)], &[(0, 0.3)]]);
    let crossed = || parallel(&[&[(0, 0.1), (1, 0.2)], &[(1, 0.1), (0, 0.2)]]);
    let mixed = Step::Parallel {
        branches: vec![vec![wait(constant(0.2)), query(0, constant(0.1))], vec![query(0, constant(0.3))]],
    };
    let given_up = retry(2, vec![deadline(0.05, vec![query(0, constant(0.2))])]);
    let cases = [
        // Without a transaction each has a connection of its own.
        (vec![three()], 0.3),
        (vec![transaction(0, vec![three()])], 0.6),
        (vec![transaction(0, vec![query(0, constant(0.1)), three(), query(0, constant(0.1))])], 0.8),
        (vec![transaction(0, vec![mixed])], 0.4),
        // Two transactions, each on a connection of its own, one inside the other.
        (vec![transaction(0, vec![transaction(1, vec![crossed()])])], 0.3),
        (vec![transaction(1, vec![transaction(0, vec![parallel(&[&[(0, 0.1)], &[(0, 0.1)]])])])], 0.2),
        // A statement that was given up still has to end before the transaction can; so has the one behind it.
        (vec![transaction(0, vec![given_up])], 0.4),
    ];
    for (steps, took) in cases {
        for loops in [false, true] {
            let model = system().pool(5, |_| ()).pool(5, |_| ()).open(steps.clone(), even(1.0, 5.0, 2, 2));
            let model = if loops { event_loops(model, 1, 1.0) } else { model };
            let seen = watch_all(&model, 2);
            let ms = seen.same("http_req_duration", "", "max");
            assert!((ms - took * 1e3).abs() < 1e-3, "{ms} ms for {took} s: {steps:?}");
            assert_eq!(ms, seen.same("http_req_duration", "", "min"));
        }
    }
}

/// Waiting for the connection is nobody's work: a statement takes as long as it takes alone.
#[test]
fn waiting_for_a_turn_is_no_part_of_the_statement() {
    let branch = || vec![query(0, constant(0.1))];
    let steps = vec![transaction(0, vec![Step::Parallel { branches: vec![branch(), branch()] }])];
    let model = system().pool(5, |_| ()).open(steps, even(1.0, 5.0, 1, 1));
    let seen = watch_all(&model, 2);
    assert!((seen.same("query_duration", "q0", "max") - 100.0).abs() < 1e-3);
    let words = "waiting for other statements on a connection of pool0";
    let ms = seen.part(words);
    // The time of a parallel is that of its last branch.
    assert!((ms - 100.0).abs() < 1e-3, "{ms}");
}
