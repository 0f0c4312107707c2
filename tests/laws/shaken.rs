//! Random systems to which things happen in the middle of a test.

use plimsoll::model::*;
use proptest::prelude::*;
use proptest::sample::select;

use crate::scaled::any_autoscale;
use crate::systems::any_system;

/// Something that may happen to every random system.
fn event() -> BoxedStrategy<Event> {
    let lasts = 0.05..2.0f64;
    let times = prop_oneof![(0.3..6.0f64).prop_map(Some), Just(None)];
    let stations = vec![Station::Tier(0), Station::Database(0), Station::Cache(0), Station::Api(0), Station::Api(1)];
    let cold = proptest::option::of((1.0..4.0f64, 0.05..1.0f64));
    let what = prop_oneof![
        4 => (1u32..4, proptest::option::of(0.0..1.0f64))
            .prop_map(|(instances, restart)| What::Kill { tier: 0, instances, restart }),
        2 => (1u32..3, 0.0..1.0f64).prop_map(|(instances, start_up)| What::Add { tier: 0, instances, start_up }),
        2 => (0.0..0.5f64, 0.0..2.0f64).prop_map(|(start_up, drain)| What::Deploy { tier: 0, start_up, drain }),
        1 => Just(What::Flush { cache: 0 }),
        2 => (select(stations), times, lasts.clone()).prop_map(|(of, times, lasts)| What::Slow { of, times, lasts }),
        2 => (select(vec![Station::Database(0), Station::Database(0), Station::Cache(0)]), lasts.clone(), cold)
            .prop_map(|(of, lasts, cold)| {
                let cold = cold.filter(|_| of == Station::Database(0));
                What::FailOver { of, lasts, cold }
            }),
        1 => (0u32..2, select(vec![1.0, 3.0]), 0.0..1.0f64, 0.0..1.0f64, lasts).prop_map(
            |(api, times, errors, left, lasts)| {
                let (errors, left) = (Quantity::Known(errors), Quantity::Known(left));
                What::BrownOut { api, times, errors, left, lasts }
            }
        ),
    ];
    (0.0..6.0f64, what).prop_map(|(at, what)| Event { at, what, words: "event".into() }).boxed()
}

/// A random system to which things happen.
pub fn any_shaken_system(graceful_stop: f64) -> BoxedStrategy<Model> {
    let health = (0.05..1.0f64, 1u32..4, 1u32..3).prop_map(|(interval, unhealthy, healthy)| Health {
        interval,
        unhealthy,
        healthy,
    });
    let timeout = proptest::option::of(0.02..0.5f64);
    let more = (proptest::collection::vec(event(), 1..6), proptest::option::of(health), timeout);
    (any_system(graceful_stop), more)
        .prop_map(|(mut model, (mut events, health, timeout))| {
            events.sort_by(|a, b| a.at.total_cmp(&b.at));
            model.tests[0].events = events;
            if health.is_none() && model.tiers[0].balancer == Balancer::Random {
                model.tiers[0].balancer = Balancer::Sticky;
            }
            (model.tiers[0].health, model.tiers[0].balancer_timeout) = (health, timeout);
            model
        })
        .prop_flat_map(|model| {
            let scale = proptest::option::of(any_autoscale(model.tiers[0].count));
            let weights = proptest::option::of(proptest::collection::vec(1u32..9, model.tiers[0].count as usize));
            (Just(model), scale, weights)
        })
        .prop_map(|(mut model, scale, weights)| {
            let tier = &mut model.tiers[0];
            // On a shared machine there is one host.
            tier.autoscale = scale.filter(|_| tier.host.on.is_none());
            if let Some(weights) = weights {
                (tier.balancer, tier.weights) = (Balancer::Weighted, weights);
            }
            if tier.autoscale.is_some() {
                // Its controller decides how many there are.
                model.tests[0].events.retain(|event| !matches!(event.what, What::Add { .. }));
            }
            model
        })
        .boxed()
}
