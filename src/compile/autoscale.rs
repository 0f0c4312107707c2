//! Autoscalers of tiers as controllers of groups.

use super::law::law;
use super::{Builder, ScalerLabel, ns};
use crate::engine::program::{Controller as Control, MeterSpec, NodesSpec, ScalerSites, ScalerSpec, Signal};
use crate::engine::scaling::behavior::{self, Policy, Rules, Select};
use crate::engine::scaling::hpa::{self, Metric};
use crate::engine::scaling::target_tracking;
use crate::model::autoscale::{Autoscale, Change, Controller, Hpa, ScalingRules, SelectPolicy, TargetTracking};
use crate::model::{Law, Tier};

/// Seconds between two datapoints of CloudWatch, and how many of them basic monitoring makes one of.
const MINUTE: f64 = 60.0;
const BASIC: u64 = 5;

/// What a controller measures and how often, how often it decides, and how.
type Controls = (Vec<MeterSpec>, f64, f64, Control);

impl Builder<'_> {
    /// The controller of a tier, if it has one: its index.
    pub(super) fn scaler(&mut self, tier: &Tier, group: u32, processors: u32) -> Option<u32> {
        let scale = tier.autoscale.as_ref()?;
        let (meters, measures, decides, controller) = match &scale.controller {
            Controller::Hpa(hpa) => pods(hpa, scale),
            Controller::TargetTracking(tracking) => instances(tracking, scale),
        };
        let start_up = self.time(&scale.start_up);
        let nodes = scale.nodes.as_ref().map(|nodes| NodesSpec {
            count: nodes.count,
            hosts: nodes.hosts,
            most: nodes.most,
            start_up: self.time(&nodes.start_up),
        });
        let sites = ScalerSites {
            instants: self.site(&["autoscaler", &tier.name]),
            start_up: self.site(&["start up", &tier.name]),
            node: self.site(&["node", &tier.name]),
        };
        self.labels.scalers.push(ScalerLabel { name: tier.name.clone() });
        self.program.scalers.push(ScalerSpec {
            group,
            processors,
            cores: tier.cores,
            meters,
            measures: ns(measures),
            decides: ns(decides),
            controller,
            start_up,
            grace: ns(scale.grace),
            nodes,
            sites,
        });
        Some((self.program.scalers.len() - 1) as u32)
    }

    fn time(&mut self, written: &Law) -> u32 {
        let law = law(written, self.inputs, 1.0);
        self.law(law)
    }
}

fn thousandths(number: f64) -> u64 {
    ((number * 1000.0).round() as u64).max(1)
}

fn pods(hpa: &Hpa, scale: &Autoscale) -> Controls {
    let cpu = hpa.cpu.map(|cpu| {
        let metric = Metric::Cpu { request: thousandths(cpu.request), percent: u64::from(cpu.percent) };
        (Signal::Cpu, metric)
    });
    let per_pod =
        |signal, target: Option<f64>| target.map(|target| (signal, Metric::PerPod { target: thousandths(target) }));
    let all = [cpu, per_pod(Signal::Requests, hpa.requests), per_pod(Signal::InFlight, hpa.in_flight)];
    let (signals, metrics): (Vec<Signal>, Vec<Metric>) = all.into_iter().flatten().unzip();
    let meters = signals.into_iter().map(|signal| MeterSpec { signal, every: 1 }).collect();
    let control = Control::Pods(hpa::Hpa {
        metrics,
        tolerance: hpa.tolerance,
        initial_readiness: ns(hpa.initial_readiness),
        cpu_initialization: ns(hpa.cpu_initialization),
        up: rules(&hpa.up),
        down: rules(&hpa.down),
        least: scale.least,
        most: scale.most,
    });
    (meters, hpa.metrics_every, hpa.sync, control)
}

fn rules(rules: &ScalingRules) -> Rules {
    let select = match rules.select {
        SelectPolicy::Max => Select::Max,
        SelectPolicy::Min => Select::Min,
        SelectPolicy::Disabled => Select::Disabled,
    };
    let change = |change| match change {
        Change::Pods(pods) => behavior::Change::Pods(pods),
        Change::Percent(percent) => behavior::Change::Percent(percent),
    };
    let policies = rules.policies.iter().map(|one| Policy { change: change(one.change), period: ns(one.every) });
    Rules { window: ns(rules.window), select, policies: policies.collect() }
}

fn instances(tracking: &TargetTracking, scale: &Autoscale) -> Controls {
    let cpu = tracking.cpu.map(|target| {
        let every = if tracking.detailed { 1 } else { BASIC };
        (MeterSpec { signal: Signal::Cpu, every }, target)
    });
    let requests = tracking.requests.map(|target| (MeterSpec { signal: Signal::Requests, every: 1 }, target));
    let (meters, targets) = cpu.into_iter().chain(requests).unzip();
    let rule = target_tracking::TargetTracking {
        targets,
        scales_in: tracking.scales_in,
        least: scale.least,
        most: scale.most,
    };
    let control = Control::Instances { rule, warm_up: ns(tracking.warm_up), delay: ns(tracking.delay) };
    (meters, MINUTE, MINUTE, control)
}
