//! Instances that die, come and are replaced, and stations that slow down, against arithmetic.

use plimsoll::model::{Balancer, Event, Health, Model, Runtime, Station, What};

use crate::seen::{agrees, off_by, watch, watch_all};
use crate::system::{Build, constant, even, exponential, query, system, users, wait};

fn at(model: Model, at: f64, what: What) -> Model {
    let mut model = model;
    model.tests[0].events.push(Event { at, what, words: "event".into() });
    model
}

fn kill(instances: u32, restart: Option<f64>) -> What {
    What::Kill { tier: 0, instances, restart }
}

/// Ten users whose requests take 10 s, five of them on each of two hosts: one dies after 5 s.
#[test]
fn what_is_in_flight_on_a_dead_instance_fails_and_nothing_else() {
    for balancer in [Balancer::RoundRobin, Balancer::LeastOutstanding] {
        let model = system().app(|app| (app.count, app.balancer) = (2, balancer)).closed(
            vec![wait(constant(10.0))],
            constant(1000.0),
            users(10, 30.0),
        );
        let seen = watch_all(&at(model, 5.0, kill(1, None)), 2);
        assert_eq!(seen.same("errors", "instance_down", "count"), 5.0);
        assert_eq!(seen.same("http_reqs", "", "count"), 10.0);
        assert_eq!(seen.same("http_req_duration{failed}", "", "max"), 5_000.0);
        assert_eq!(seen.same("http_req_duration{ok}", "", "max"), 10_000.0);
        assert_eq!(seen.same("replicas", "app", "min"), 1.0);
    }
}

/// One core of each of two hosts is what limits forty users; of one host, half of that.
#[test]
fn the_plateau_is_that_of_the_instances_that_are_up() {
    let demand = 0.01;
    let busy = |count: u32| {
        let model = system().app(|app| {
            (app.count, app.cores, app.runtime) = (count, 1.0, Runtime::EventLoop);
            app.balancer = Balancer::LeastOutstanding;
        });
        model.closed(vec![crate::system::cpu(exponential(demand))], exponential(0.1), users(60, 90.0))
    };
    let before = watch(&at(busy(2), 45.0, kill(1, None)), 5.0, 45.0, 40);
    let after = watch(&at(busy(2), 45.0, kill(1, None)), 50.0, 90.0, 40);
    let (two, one) = (2.0 / demand, 1.0 / demand);
    agrees("two", &before.values("http_reqs", "", "rate"), two, &off_by(0.02, two));
    agrees("one", &after.values("http_reqs", "", "rate"), one, &off_by(0.02, one));
    assert!((after.mean("cpu", "app", "avg") - 100.0).abs() < 0.1, "of the cores that are left");
    let added = What::Add { tier: 0, instances: 1, start_up: 10.0 };
    let more = watch(&at(busy(1), 30.0, added), 50.0, 90.0, 40);
    agrees("one more", &more.values("http_reqs", "", "rate"), two, &off_by(0.02, two));
}

/// Until the second failed check every other request goes to the dead instance. With checks every 10 s at
/// instants of chance that takes 10 to 20 s.
#[test]
fn a_dead_instance_gets_requests_until_its_checks_have_failed() {
    let health = Some(Health { interval: 10.0, unhealthy: 2, healthy: 1 });
    let model = system().app(|app| (app.count, app.health) = (2, health)).open(vec![], even(100.0, 60.0, 10, 10));
    let seen = watch_all(&at(model.clone(), 20.0, kill(1, None)), 200);
    let failed: Vec<f64> = seen.values("errors", "instance_down", "count").iter().map(|n| n / 50.0).collect();
    assert!(failed.iter().all(|seconds| (10.0 - 0.03..=20.03).contains(seconds)), "{failed:?}");
    agrees("seconds undetected", &failed, 15.0, &off_by(0.1, 15.0));
    // Back before the second check, it is never missed for longer.
    let back = watch_all(&at(model, 20.0, kill(1, Some(5.0))), 4);
    assert_eq!(back.same("errors", "instance_down", "count"), 250.0);
}

/// One instance after the other: nothing fails, one is missing at a time, and each for its start-up.
#[test]
fn a_rolling_deployment_loses_nothing_that_is_answered_in_time() {
    let model = |time: f64| {
        let system = system().app(|app| app.count = 3);
        system.closed(vec![wait(constant(time))], constant(0.1), users(30, 60.0))
    };
    let deploy = |drain: f64| What::Deploy { tier: 0, start_up: 8.0, drain };
    let seen = watch_all(&at(model(0.2), 10.0, deploy(30.0)), 2);
    assert_eq!(seen.same("errors", "", "count"), 0.0);
    assert_eq!((seen.same("replicas", "app", "min"), seen.same("replicas", "app", "max")), (2.0, 3.0));
    let missing = 3.0 - seen.same("replicas", "app", "avg");
    assert!((missing - 3.0 * 8.0 / 60.0).abs() < 1e-4, "{missing}");
    // What takes longer than the drain is killed: ten requests of each instance are under way.
    let killed = watch_all(&at(model(1000.0), 10.0, deploy(2.0)), 2);
    // Ten on the first; its users go on to the other two in turn, five to each, so the second has fifteen. Of
    // these the first, which is back and in turn, gets eight and the third seven beside its ten and its five.
    assert_eq!(killed.same("errors", "instance_down", "count"), 10.0 + 15.0 + 22.0);
}

/// A statement of 100 ms, half done when its database becomes four times slower or stands still for 3 s.
#[test]
fn what_a_slow_station_has_left_takes_longer() {
    let model = system().pool(10, |_| ()).closed(vec![query(0, constant(0.1))], constant(0.1), users(1, 20.0));
    let slow = |times: Option<f64>, lasts: f64| What::Slow { of: Station::Database(0), times, lasts };
    // 50 ms are left, which take 200.
    let first = watch(&at(model.clone(), 10.05, slow(Some(4.0), 5.0)), 10.0, 10.3, 2);
    assert_eq!(first.same("http_req_duration", "", "max"), 250.0);
    let whole = watch_all(&at(model.clone(), 10.05, slow(Some(4.0), 5.0)), 2);
    assert_eq!(whole.same("http_req_duration", "", "max"), 400.0);
    let stopped = watch_all(&at(model.clone(), 10.05, slow(None, 3.0)), 2);
    assert_eq!(stopped.same("http_req_duration", "", "max"), 3_100.0);
    // A second slowdown on top of the first: 12 times.
    let twice = at(at(model, 5.0, slow(Some(4.0), 10.0)), 6.0, slow(Some(3.0), 5.0));
    assert_eq!(watch_all(&twice, 2).same("http_req_duration", "", "max"), 1_200.0);
}

/// A restarted instance: the system is back when it is.
#[test]
fn recovery_ends_with_the_restart() {
    let model = system().app(|app| (app.count, app.cores, app.runtime) = (2, 1.0, Runtime::EventLoop)).closed(
        vec![crate::system::cpu(constant(0.01))],
        exponential(0.2),
        users(30, 180.0),
    );
    let seen = watch_all(&at(model, 90.0, kill(1, Some(20.0))), 10);
    for time in seen.values("recovery_time", "", "value") {
        assert!((15.0..=30.0).contains(&time), "{time}");
    }
    assert_eq!(seen.same("recovery_time", "event at 90 s", "recovered"), 100.0);
}

/// A balancer gives up after 0.4 s what takes 1 s; the tier works on, so that 2.5 times as much is on its threads.
#[test]
fn a_balancer_gives_up_and_the_instance_works_on() {
    let model = system().app(|app| app.balancer_timeout = Some(0.4)).closed(
        vec![wait(constant(1.0))],
        constant(0.6),
        users(10, 60.0),
    );
    let seen = watch(&model, 10.0, 60.0, 2);
    assert_eq!(seen.same("http_req_failed", "", "rate"), 100.0);
    assert_eq!(seen.same("errors", "balancer_timeout", "count"), seen.same("http_reqs", "", "count"));
    assert_eq!(seen.same("http_req_duration", "", "max"), 400.0);
    assert!((seen.same("requests_in_flight", "app", "avg") - 4.0).abs() < 1e-3);
    assert!((seen.same("threads_active", "app", "avg") - 10.0).abs() < 1e-3);
}

/// A user who keeps its host needs a connection on that host only.
#[test]
fn a_sticky_user_stays_on_its_host() {
    let open = |balancer: Balancer| {
        let model = system().app(|app| (app.count, app.balancer) = (3, balancer));
        let model = model.pool(5, |pool| (pool.scope, pool.min) = (plimsoll::model::Scope::Instance, 0));
        let seen = watch_all(&model.closed(vec![query(0, constant(0.1))], constant(0.1), users(1, 10.0)), 2);
        seen.same("connections_open", "pool0", "max")
    };
    assert_eq!((open(Balancer::Sticky), open(Balancer::RoundRobin)), (1.0, 3.0));
}
