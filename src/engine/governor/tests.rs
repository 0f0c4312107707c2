//! By hand, and against the slow twin: time in small steps.

use proptest::prelude::*;

use super::*;
use crate::engine::processor::Processor;
use crate::engine::program::{CREDIT, CreditSpec, Discipline, Rates};

const MS: u64 = 1_000_000;

fn rates(cores: f64) -> Rates {
    Rates { cores, sigma: 0.0, kappa: 0.0 }
}

fn governor(cores: f64, limits: &[f64], credits: Option<CreditSpec>) -> Governor {
    let quotas = limits.iter().map(|cores| cores * PERIOD as f64).collect();
    Governor::new(&GovernorSpec { rates: rates(cores), quotas, credits, gauge: 0 }, 0)
}

/// Lets it act until nothing is due: who was done when, in ms.
fn run(governor: &mut Governor) -> Vec<(RequestId, f64)> {
    let mut done = Vec::new();
    while governor.due() != NEVER {
        let now = governor.due();
        let ms = now as f64 / MS as f64;
        match governor.act(now) {
            Acted::Nothing => {}
            Acted::Done(id) => done.push((id, ms)),
            Acted::Resumed(ids) => done.extend(ids.into_iter().map(|id| (id, ms))),
        }
    }
    done
}

#[test]
fn a_quota_is_used_up_and_whole_again_in_the_next_period() {
    // Half a core: 50 ms in each 100.
    let mut one = governor(2.0, &[0.5], None);
    one.start(0, 1, 200 * MS, 0);
    assert_eq!(run(&mut one), [(1, 350.0)]);
    // Two jobs use it twice as fast; less than the quota is not held up at all.
    let mut two = governor(2.0, &[0.5], None);
    two.start(0, 1, 30 * MS, 0);
    two.start(0, 2, 20 * MS, 0);
    assert_eq!(run(&mut two), [(2, 20.0), (1, 30.0)]);
    let mut spent = governor(2.0, &[0.5], None);
    spent.start(0, 1, 30 * MS, 0);
    spent.start(0, 2, 30 * MS, 0);
    assert_eq!(run(&mut spent), [(1, 105.0), (2, 105.0)]);
}

#[test]
fn a_member_without_quota_left_leaves_the_cores_to_others() {
    let mut two = governor(1.0, &[0.2, f64::INFINITY], None);
    two.start(0, 1, 30 * MS, 0);
    two.start(1, 2, 100 * MS, 0);
    // Both at half speed until member 0 has had 20 ms, at 40; then the other alone, from 100 on both again.
    // Member 1 has 20 by 40 ms and 80 by 100; the 10 left of member 0 take 20 ms.
    assert_eq!(run(&mut two), [(1, 120.0), (2, 130.0)]);
}

#[test]
fn credits_last_as_long_as_the_arithmetic_says() {
    let credits = CreditSpec { baseline: 0.6, start: CREDIT, launch: 0.0, most: 100.0 * CREDIT, unlimited: false };
    let mut one = governor(2.0, &[f64::INFINITY], Some(credits));
    one.start(0, 1, 100_000 * MS, 0);
    one.start(0, 2, 100_000 * MS, 0);
    let dry = 60_000.0 / 1.4;
    assert!((one.due() as f64 / MS as f64 - dry).abs() < 1e-3, "{}", one.due());
    // The rest at 0.3 cores each.
    let end = dry + (100_000.0 - dry) / 0.3;
    let done = run(&mut one);
    assert!((done[0].1 - end).abs() < 0.01 && (done[1].1 - end).abs() < 0.01, "{done:?} for {end}");

    let mut endless = governor(2.0, &[f64::INFINITY], Some(CreditSpec { unlimited: true, ..credits }));
    endless.start(0, 1, 100_000 * MS, 0);
    endless.start(0, 2, 100_000 * MS, 0);
    assert_eq!(run(&mut endless), [(1, 100_000.0), (2, 100_000.0)]);
    // 140 core-seconds more than were earned, less one credit.
    let reading = endless.read();
    assert!((reading.owed - (140.0 / 60.0 - 1.0)).abs() < 1e-9 && reading.credits == 0.0, "{reading:?}");
}

#[test]
fn a_stop_holds_the_jobs_of_its_member_and_needs_a_core() {
    let mut two = governor(1.0, &[f64::INFINITY; 2], None);
    two.start(0, 1, 10 * MS, 0);
    two.start(1, 2, 30 * MS, 0);
    two.stop(0, 9, 5 * MS, 0);
    // The stop shares the core with member 1 until 10 ms; then two jobs, until 30; then the last one.
    assert_eq!(run(&mut two), [(9, 10.0), (1, 30.0), (2, 45.0)]);
}

#[test]
fn without_limits_it_is_a_shared_processor() {
    let mut governed = governor(2.0, &[f64::INFINITY], None);
    let mut plain = Processor::new(&Discipline::Shared(rates(2.0)));
    for id in 0..40u32 {
        let demand = u64::from(id * 7919 % 23 + 1) * MS;
        governed.start(0, id, demand, 0);
        plain.start(id, demand, false, 0);
    }
    for (id, ms) in run(&mut governed) {
        let now = plain.due();
        assert_eq!(plain.complete(now).0, Some(id));
        assert!((now as f64 / MS as f64 - ms).abs() < 1e-3, "{now} for {ms}");
    }
    assert_eq!(plain.due(), NEVER);
}

/// When each job is done, ms: recomputed every 5 us, on two cores. Jobs are (begin ms, member, demand ms); the first
/// member has a quota of `limit` cores; `credits` are a balance, ns, and a baseline. Demands are this times as large.
fn small_steps(jobs: &[(u64, usize, u64)], limit: f64, credits: (f64, f64), times: f64) -> Vec<f64> {
    const STEP: u64 = 5_000;
    let mut left: Vec<f64> = jobs.iter().map(|job| (job.2 * MS) as f64 * times).collect();
    let mut done = vec![0.0; left.len()];
    let ((mut balance, baseline), mut budget, mut now) = (credits, 0.0f64, 0u64);
    while left.iter().any(|&left| left > 0.0) {
        if now % PERIOD == 0 {
            budget = limit * PERIOD as f64;
        }
        let runs: Vec<usize> = (0..left.len())
            .filter(|&i| left[i] > 0.0 && jobs[i].0 * MS <= now && (jobs[i].1 == 1 || budget > 0.0))
            .collect();
        let wanted = (runs.len() as f64).min(2.0);
        // What rounding leaves of an empty balance is nothing.
        let cores = if balance < 1.0 && wanted > baseline { baseline } else { wanted };
        let share = STEP as f64 * cores / runs.len() as f64;
        let limited = runs.iter().filter(|&&i| jobs[i].1 == 0).count() as f64;
        // What is left of a quota is all that a step can use of it.
        let allowed = share.min(budget / limited.max(1.0));
        let mut used = 0.0;
        for &i in &runs {
            let work = if jobs[i].1 == 0 { allowed } else { share };
            left[i] -= work;
            used += work;
            if left[i] <= 0.0 {
                done[i] = (now + STEP) as f64 / MS as f64;
            }
        }
        budget -= limited * allowed;
        balance = (balance + STEP as f64 * baseline - used).clamp(0.0, 1e9);
        now += STEP;
    }
    done
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn small_steps_come_to_the_same(
        limit in 0.1f64..1.5, baseline in 0.1f64..1.0, start in 0.0f64..0.5,
        jobs in proptest::collection::vec((0u64..300, 0usize..2, 1u64..80), 1..12),
    ) {
        let credits = CreditSpec { baseline, start: start * 1e9, launch: 0.0, most: 1e9, unlimited: false };
        let mut fast = governor(2.0, &[limit, f64::INFINITY], Some(credits));
        let mut sorted = jobs;
        sorted.sort_unstable();
        let mut fast_done = Vec::new();
        for (id, &(at, member, demand)) in (0u32..).zip(&sorted) {
            while fast.due() <= at * MS {
                let now = fast.due();
                if let Acted::Done(id) = fast.act(now) {
                    fast_done.push((id, now as f64 / MS as f64));
                }
            }
            fast.start(member, id, demand * MS, at * MS);
        }
        fast_done.extend(run(&mut fast));
        fast_done.sort_unstable_by_key(|job| job.0);

        // A job may end just before or just after the quota of a period does, so the twin is given a little less work
        // and a little more, which makes nothing later and nothing earlier.
        let credits = (start * 1e9, baseline);
        let (early, late) = (small_steps(&sorted, limit, credits, 0.999), small_steps(&sorted, limit, credits, 1.001));
        for (id, ms) in &fast_done {
            let (early, late) = (early[*id as usize] - 0.5, late[*id as usize] + 0.5);
            prop_assert!((early..=late).contains(ms), "job {id}: {ms}, not within {early}..{late}");
        }
        prop_assert_eq!(fast_done.len(), sorted.len());
    }
}

proptest! {
    /// The slow twin of a member that is alone: the same machine, which takes nothing for granted. To the bit.
    #[test]
    fn alone_it_is_as_in_company(
        (sigma, kappa) in (0.0f64..0.1, 0.0f64..0.01), start in -1.0f64..1.0, credited: bool,
        steps in proptest::collection::vec((0u8..16, 0u64..40 * MS, 1u64..80 * MS), 1..120),
    ) {
        let spec = CreditSpec { baseline: 0.6, start: start * CREDIT, launch: 0.0, most: CREDIT, unlimited: true };
        let rates = Rates { cores: 2.0, sigma, kappa };
        let spec = GovernorSpec { rates, quotas: vec![f64::INFINITY], credits: credited.then_some(spec), gauge: 0 };
        let (mut fast, mut slow) = (Governor::new(&spec, 0), Governor::new(&spec, 0));
        prop_assert!(fast.plain);
        slow.plain = false;
        let mut at = 0;
        for (id, (what, gap, demand)) in (0u32..).zip(steps) {
            at += gap;
            while fast.due() <= at {
                let now = fast.due();
                prop_assert_eq!(fast.act(now), slow.act(now));
                prop_assert_eq!(fast.due(), slow.due());
            }
            match what {
                0 => [&mut fast, &mut slow].map(|one| one.stop(0, id, demand, at)),
                1 => [&mut fast, &mut slow].map(|one| one.set_speed(0, (demand % 4) as f64 / 3.0, at)),
                2 => {
                    prop_assert_eq!(fast.remove(0, id.saturating_sub(3), at), slow.remove(0, id.saturating_sub(3), at));
                    [(), ()]
                }
                3 => {
                    prop_assert_eq!(fast.read_member(0, at), slow.read_member(0, at));
                    prop_assert_eq!(fast.read(), slow.read());
                    [(), ()]
                }
                4 => [&mut fast, &mut slow].map(|one| if demand % 2 == 0 { one.goes(at) } else { one.comes(at) }),
                _ => [&mut fast, &mut slow].map(|one| one.start(0, id, demand, at)),
            };
            prop_assert_eq!(fast.due(), slow.due());
        }
    }
}
