//! Machines whose cores are not always to be had, and processes that keep and collect.

use plimsoll::model::*;
use proptest::option::of;
use proptest::prelude::*;

use crate::system::{constant, known};

fn credits() -> BoxedStrategy<Credits> {
    (0.1..1.0f64, 0.0..0.05f64, any::<bool>())
        .prop_map(|(baseline, start, unlimited)| Credits {
            baseline,
            start,
            launch: start / 2.0,
            most: 0.1,
            unlimited,
            surplus_price: 0.05,
        })
        .boxed()
}

fn bandwidth() -> BoxedStrategy<Bandwidth> {
    (1e6..1e7f64, 1.0..3.0f64, 0.1..1.0f64)
        .prop_map(|(base, burst, burst_for)| Bandwidth { base, burst: base * burst, burst_for })
        .boxed()
}

fn memory() -> BoxedStrategy<Memory> {
    (of(150e6..400e6f64), 0.0..5e6f64, 0.0..2e6f64, 0.0..1.0f64)
        .prop_map(|(limit, per_request, leak, restart)| {
            let (base, per_connection, per_thread) = (50e6, 1e6, 1e5);
            Memory { limit, base, per_request, per_connection, per_thread, leak, restart }
        })
        .boxed()
}

fn collector() -> BoxedStrategy<Collector> {
    (1e5..4e6f64, 0.0..0.02f64, 0.0..0.5f64, of((5e6..2e7f64, 0.0..0.05f64)))
        .prop_map(|(allocation, pause, survivors, major)| Collector {
            allocation,
            young: 2e6,
            minor: constant(pause),
            survivors: known(survivors),
            major: major.map(|(old, pause)| (old, constant(pause))),
        })
        .boxed()
}

/// A host with some of what limits one.
pub fn host() -> BoxedStrategy<Host> {
    (of(credits()), of(bandwidth()))
        .prop_map(|(credits, bandwidth)| Host { credits, bandwidth, ..Host::default() })
        .boxed()
}

/// The tier, on machines that limit it in some way or in none.
pub fn limited(tier: Tier) -> BoxedStrategy<Tier> {
    (host(), of(0.2..2.0f64), of(memory()), of(collector()))
        .prop_map(move |(host, cpu_limit, memory, collector)| Tier {
            host,
            cpu_limit,
            memory,
            collector,
            ..tier.clone()
        })
        .boxed()
}

/// Requests and answers have sizes, answers of the first endpoint none.
pub fn give_sizes(model: &mut Model) {
    for (i, endpoint) in model.endpoints.iter_mut().enumerate() {
        (endpoint.request_bytes, endpoint.response_bytes) = (500.0, 1e4 * i as f64);
    }
}
