//! Books that balance when instances die, come back and are replaced in the middle of everything.

use plimsoll::measure::Measurements;
use plimsoll::model::{Cause, Executor, Model, What};
use proptest::prelude::*;

use crate::books::{
    all, capacity_holds, counts_balance, cuts, failures, littles_law_for_all, measured, stores_are_bounded,
    time_adds_up, tokens_are_conserved, work_is_conserved,
};
use crate::shaken::any_shaken_system;
use crate::systems::ENDLESS;

/// Hosts that are up are never more than there can be, and never fewer than none.
fn hosts_are_counted(m: &Measurements, model: &Model) {
    let (test, tier) = (&model.tests[0], &model.tiers[0]);
    let scale = tier.autoscale.as_ref();
    if scale.is_none() && !test.changes_instances_of(0) {
        return;
    }
    let most = f64::from(tier.count + test.added_to(0) + scale.map_or(0, |scale| scale.more_than(tier.count)));
    for row in m.series.gauges.chunks_exact(m.series.width) {
        let up = row[m.series.width - 1 - usize::from(scale.is_some())];
        if let Some(scale) = scale {
            let asked = row[m.series.width - 1];
            let (low, high) = (scale.least as f32 * (1.0 - 1e-5), scale.most as f32);
            assert!(asked.in_use >= low && asked.in_use_max <= high, "{asked:?}");
            assert!(asked.open >= up.in_use * (1.0 - 1e-5), "{asked:?} {up:?}");
            assert!(f64::from(asked.open_max) <= most, "{asked:?} of {most}");
        }
        assert!(up.waiting <= up.in_use * (1.0 + 1e-5) && up.in_use <= up.in_use_max * (1.0 + 1e-5), "{up:?}");
        assert!(f64::from(up.in_use_max) <= most, "{up:?} of {most}");
    }
}

/// What the engine does twice with one seed.
fn same_twice(model: &Model, seed: u64) {
    let (a, b) = (measured(model, seed, &[]), measured(model, seed, &[]));
    let shown =
        |m: &Option<(Measurements, _)>| m.as_ref().map(|(m, _)| format!("{:?}{:?}", m.series.seconds, m.failures));
    assert_eq!(shown(&a), shown(&b));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Every user may finish, so every request is answered, whatever dies.
    #[test]
    fn what_begins_ends(model in any_shaken_system(ENDLESS), seed in 0u64..1000) {
        if let Some((m, labels)) = measured(&model, seed, &[]) {
            prop_assert_eq!(m.started, all(&m.durations).count());
            counts_balance(&m);
            capacity_holds(&m, &labels, &model);
            tokens_are_conserved(&m, &labels, &model);
            time_adds_up(&m);
            stores_are_bounded(&m, &model);
            work_is_conserved(&m, true);
            hosts_are_counted(&m, &model);
            if failures(&m, Cause::ClientTimeout) == 0 {
                littles_law_for_all(&m);
            }
        }
    }

    /// Users are cut at the end of the test, so requests may be left over.
    #[test]
    fn what_is_cut_is_not_counted(model in any_shaken_system(0.0), seed in 0u64..1000) {
        if let Some((m, labels)) = measured(&model, seed, &[]) {
            counts_balance(&m);
            capacity_holds(&m, &labels, &model);
            time_adds_up(&m);
            work_is_conserved(&m, false);
            prop_assert!(m.started - all(&m.durations).count() <= cuts(&model));
        }
    }

    #[test]
    fn luck_does_not_depend_on_anything_but_the_seed(model in any_shaken_system(0.0), seed in 0u64..50) {
        same_twice(&model, seed);
    }

    /// An event that lies behind the end changes nothing but what is reported of hosts.
    #[test]
    fn what_never_happens_changes_nothing(model in any_shaken_system(0.0), seed in 0u64..50) {
        let mut calm = model.clone();
        calm.tests[0].events.clear();
        let mut late = model;
        // Where the pace may change delays pass on another kind of processor, which rounds otherwise.
        late.tests[0].events.retain(|event| match event.what {
            What::Slow { .. } | What::Add { .. } => false,
            What::FailOver { cold, .. } => cold.is_none(),
            What::BrownOut { times, .. } => times == 1.0,
            _ => true,
        });
        late.tests[0].events.iter_mut().for_each(|event| event.at += 1e6);
        let balances = late.tiers[0].count * late.tiers[0].processes > 1;
        if let (true, Some((a, _)), Some((b, _))) = (balances, measured(&calm, seed, &[]), measured(&late, seed, &[])) {
            prop_assert_eq!(a.series.seconds.len(), b.series.seconds.len());
            prop_assert_eq!(all(&a.durations).count(), all(&b.durations).count());
            prop_assert_eq!(all(&a.durations).sum(), all(&b.durations).sum());
            prop_assert_eq!(a.failures, b.failures);
        }
    }
}

/// The random systems do lose requests of every kind in every place.
#[test]
fn instances_die_in_the_middle_of_work() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut died, mut jobs, mut open, mut grew, mut shrank, mut waited) = (0, 0, 0, 0, 0, 0);
    for seed in 0..300 {
        let model = any_shaken_system(ENDLESS).new_tree(&mut runner).expect("a system").current();
        let Some((m, _)) = measured(&model, seed, &[]) else { continue };
        died += u64::from(failures(&m, Cause::InstanceDown) > 0);
        let of_jobs = m.work.jobs.failures(&(0..m.shape.segments()).collect::<Vec<_>>(), 0);
        jobs += u64::from(of_jobs[Cause::InstanceDown as usize] > 0);
        let first = model.tiers[0].count as f32;
        let scaled = model.tiers[0].autoscale.is_some();
        let asked = m.series.gauges.chunks_exact(m.series.width).filter(|_| scaled).map(|row| row[row.len() - 1]);
        grew += u64::from(asked.clone().any(|asked| asked.in_use > first));
        shrank += u64::from(asked.clone().any(|asked| asked.in_use < first));
        waited += u64::from(asked.clone().any(|asked| asked.waiting_max > 0.0));
        let arrivals = |e: &Executor| matches!(e, Executor::ConstantArrivalRate { .. });
        open += u64::from(model.tests[0].scenarios.iter().any(|s| arrivals(&s.executor)));
    }
    assert!(died >= 50 && jobs >= 5 && open >= 50, "{died} with deaths, {jobs} with dead jobs, {open} open");
    assert!(grew >= 30 && shrank >= 20 && waited >= 30, "{grew} grew, {shrank} shrank, {waited} waited for hosts");
}
