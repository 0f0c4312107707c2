//! Random autoscalers, faster than anybody would set one up, so that hosts come and go all the time.

use plimsoll::model::autoscale::*;
use proptest::prelude::*;
use proptest::sample::select;

use crate::system::{constant, exponential};

fn rules() -> BoxedStrategy<ScalingRules> {
    let change = prop_oneof![(1u32..4).prop_map(Change::Pods), (10u32..200).prop_map(Change::Percent)];
    let policy = (change, 0.1..2.0f64).prop_map(|(change, every)| ScalingPolicy { change, every });
    let select = select(vec![SelectPolicy::Max, SelectPolicy::Max, SelectPolicy::Min, SelectPolicy::Disabled]);
    (prop_oneof![Just(0.0), Just(0.3)], select, proptest::collection::vec(policy, 1..3))
        .prop_map(|(window, select, policies)| ScalingRules { window, select, policies })
        .boxed()
}

fn hpa() -> BoxedStrategy<Controller> {
    let cpu = proptest::option::of((5u32..90, 0.1..2.0f64));
    let others = (proptest::option::of(1.0..40.0f64), 0.2..4.0f64);
    let paces = (0.05..0.5f64, 0.05..0.5f64, 0.0..0.3f64, 0.0..1.0f64);
    (cpu, others, paces, rules(), rules())
        .prop_map(|(cpu, (requests, in_flight), (sync, metrics_every, tolerance, fresh), up, down)| {
            Controller::Hpa(Hpa {
                cpu: cpu.map(|(percent, request)| CpuTarget { percent, request }),
                requests,
                in_flight: (cpu.is_none() && requests.is_none()).then_some(in_flight),
                sync,
                metrics_every,
                tolerance,
                initial_readiness: fresh / 2.0,
                cpu_initialization: fresh,
                up,
                down,
            })
        })
        .boxed()
}

/// An autoscaler for a tier of so many hosts.
pub fn any_autoscale(count: u32) -> BoxedStrategy<Autoscale> {
    let nodes = proptest::option::of((0u32..3, 1u32..4, 0.0..0.5f64));
    let times = (select(vec![0.0, 0.02, 0.3]), select(vec![0.0, 0.05, 2.0]));
    (hpa(), nodes, times, (1..=count, 0u32..5))
        .prop_map(move |(controller, nodes, (start_up, grace), (least, more))| Autoscale {
            least,
            most: count + more,
            start_up: if start_up > 0.1 { exponential(start_up) } else { constant(start_up) },
            grace,
            nodes: nodes.map(|(more, hosts, start_up)| {
                let count = count.div_ceil(hosts);
                Nodes { count, most: count + more, hosts, start_up: constant(start_up) }
            }),
            controller,
        })
        .boxed()
}
