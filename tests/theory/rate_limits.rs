//! Rate limits: what they let through, what they make wait.

use plimsoll::model::{Limit, Model, RateLimit, RateRule, Scope};
use plimsoll::theory::queues::mg1_mean_wait;
use plimsoll::theory::rate_limits::{bucket_refused, window_refused};

use crate::seen::{Seen, agrees, off_by, watch};
use crate::system::{Build, constant, even, poisson, system, wait};

fn limited(rule: RateRule, longest: f64, build: impl FnOnce(Model) -> Model) -> Model {
    let mut model = build(system());
    let (rate, cpu) = (RateLimit { rule, wait: longest }, constant(0.0));
    model.limits.push(Limit { name: "limit".into(), rate, scope: Scope::Total, cpu });
    model.endpoints[0].limit = Some(0);
    model
}

fn refused(seen: &Seen) -> Vec<f64> {
    let failed = seen.values("http_req_failed", "", "rate");
    let refused = seen.values("rate_limit_refused", "limit", "rate");
    for ((failed, refused), rate) in failed.iter().zip(refused).zip(seen.rate()) {
        assert!((failed / 100.0 * rate - refused).abs() < 1e-6, "all that fail are refused");
    }
    failed.into_iter().map(|percent| percent / 100.0).collect()
}

/// Poisson arrivals at a token bucket: M/D/1/K.
#[test]
fn a_token_bucket() {
    for (arrivals, burst, span) in [(40.0, 1, 200.0), (40.0, 4, 200.0), (60.0, 10, 100.0)] {
        let rule = RateRule::Bucket { rate: 40.0, burst };
        let model = limited(rule, 0.0, |model| model.open(vec![], poisson(arrivals, span)));
        let seen = watch(&model, 5.0, span, 40);
        let exact = bucket_refused(arrivals, 40.0, burst).expect("possible");
        let one_more = bucket_refused(arrivals, 40.0, burst + 1).expect("possible");
        let mut mistakes = off_by(0.05, exact).to_vec();
        if burst < 10 {
            mistakes.push(("a token more in the bucket", one_more));
        }
        agrees("refused", &refused(&seen), exact, &mistakes);
        let used = 100.0 * arrivals * (1.0 - exact) / 40.0;
        agrees("used", &seen.values("rate_limit", "limit", "avg"), used, &off_by(0.02, used));
    }
}

/// Even arrivals at one and a half times the rate. A bucket of one token loses what comes while it is
/// full, and every second request finds it full; a larger one loses nothing: two of three pass.
#[test]
fn even_arrivals_at_a_bucket() {
    let passed = |rate: f64, burst: u32| {
        let rule = RateRule::Bucket { rate, burst };
        let seen = watch(&limited(rule, 0.0, |model| model.open(vec![], even(60.0, 30.0, 1, 1))), 0.0, 30.0, 2);
        1_800.0 * (1.0 - seen.same("http_req_failed", "", "rate") / 100.0)
    };
    assert!((passed(40.0, 1) - 900.0).abs() < 1e-6);
    assert!((1_200.0 - 1e-6..1_203.0 + 1e-6).contains(&passed(40.0, 3)));
    assert!((passed(60.1, 1) - 1_800.0).abs() < 1e-6);
}

/// Poisson arrivals at windows of half a second.
#[test]
fn a_fixed_window() {
    let rule = RateRule::Window { limit: 20, length: 0.5 };
    let seen = watch(&limited(rule, 0.0, |model| model.open(vec![], poisson(50.0, 200.0))), 0.0, 200.0, 20);
    let exact = window_refused(25.0, 20).expect("possible");
    let bucket = bucket_refused(50.0, 40.0, 20).expect("possible");
    agrees("refused", &refused(&seen), exact, &[("a token bucket", bucket)]);
}

/// Who may wait for tokens waits as in M/D/1, since a bucket of one token is a constant service.
#[test]
fn waiting_for_tokens() {
    let rule = RateRule::Bucket { rate: 40.0, burst: 1 };
    let model = limited(rule, 1e6, |model| model.open(vec![wait(constant(0.001))], poisson(24.0, 220.0)));
    let seen = watch(&model, 20.0, 220.0, 40);
    let mean = 0.001 + mg1_mean_wait(24.0, 0.025, 0.0).expect("stable");
    agrees("duration", &seen.duration("avg"), mean, &off_by(0.08, mean));
    assert_eq!(seen.same("http_req_failed", "", "rate"), 0.0);
}

/// One limit for each process is as many as there are processes.
#[test]
fn a_limit_for_each_process() {
    // 20 tokens a second for each of 6 processes, 2 hosts, or one system.
    for (scope, share) in [(Scope::Process, 0.0), (Scope::Instance, 2.0 / 3.0), (Scope::Total, 5.0 / 6.0)] {
        let rule = RateRule::Window { limit: 20, length: 1.0 };
        let mut model = limited(rule, 0.0, |model| model.open(vec![], even(120.0, 20.0, 1, 1)));
        model.limits[0].scope = scope;
        model = model.app(|app| (app.count, app.processes) = (2, 3));
        let failed = watch(&model, 0.0, 20.0, 2).same("http_req_failed", "", "rate") / 100.0;
        assert!((failed - share).abs() < 1e-3, "{scope:?}: {failed}");
    }
}
