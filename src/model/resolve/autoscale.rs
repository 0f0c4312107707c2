//! Autoscalers of tiers.

use super::names::Resolver;
use crate::model::autoscale::{
    Autoscale, Change, Controller, CpuTarget, Hpa, Nodes, ScalingPolicy, ScalingRules, SelectPolicy, TargetTracking,
};
use crate::model::{SharedHost, Tier};
use crate::problem::quoted;
use crate::spec::autoscale::{HpaSpec, NodesSpec, ScalingPolicySpec, ScalingRulesSpec, TargetTrackingSpec};
use crate::spec::event::EventSpec;
use crate::spec::node::Span;
use crate::spec::number::{Count, Duration, Positive};
use crate::spec::reader::At;
use crate::spec::station::TierSpec;

/// What a simulation still holds in memory.
const MOST_HOSTS: u32 = 10_000;
const MOST_PERCENT: u32 = 100_000;
/// Shortest and longest times between two decisions, seconds.
const SHORTEST: f64 = 1.0;
/// Longest period of a policy, and longest window, that Kubernetes takes, seconds.
const LONGEST_PERIOD: f64 = 1800.0;
const LONGEST_WINDOW: f64 = 3600.0;
/// Kubernetes' flags, seconds: <https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/>.
const SYNC: f64 = 15.0;
const TOLERANCE: f64 = 0.1;
const INITIAL_READINESS: f64 = 30.0;
const CPU_INITIALIZATION: f64 = 300.0;
/// The resolution of the metrics server, seconds.
const METRICS_EVERY: f64 = 15.0;
/// `terminationGracePeriodSeconds`.
const GRACE: f64 = 30.0;
/// The default cooldown of a group, which is the warm-up of its policies if they say nothing, seconds.
const WARM_UP: f64 = 300.0;
/// The default deregistration delay of a target group, seconds.
const DRAIN: f64 = 300.0;

/// Rules that Kubernetes has if nothing is written: "Default behavior" of its documentation.
fn usual_up() -> ScalingRules {
    let policy = |change| ScalingPolicy { change, every: 15.0 };
    let policies = vec![policy(Change::Percent(100)), policy(Change::Pods(4))];
    ScalingRules { window: 0.0, select: SelectPolicy::Max, policies }
}

fn usual_down() -> ScalingRules {
    let policies = vec![ScalingPolicy { change: Change::Percent(100), every: 15.0 }];
    ScalingRules { window: 300.0, select: SelectPolicy::Max, policies }
}

impl Resolver<'_> {
    /// The autoscaler of a tier of hosts with so many cores; `Some(None)` if it has none.
    pub fn autoscale(&mut self, spec: &TierSpec, cores: Option<f64>) -> Option<Option<Autoscale>> {
        match (&spec.hpa, &spec.target_tracking) {
            (Some(_), Some(other)) => {
                self.problem_with_hint(other.span, "a tier has one autoscaler", "leave hpa or target_tracking out");
                None
            }
            (Some(hpa), None) => self.hpa(hpa, spec.count.as_ref(), cores).map(Some),
            (None, Some(tracking)) => self.target_tracking(tracking).map(Some),
            (None, None) => Some(None),
        }
    }

    /// Hosts at first: as many as an autoscaler has at least, unless it is written.
    pub fn hosts_at_first(&mut self, spec: &TierSpec, autoscale: Option<&Autoscale>, most: u32) -> Option<u32> {
        let Some(scale) = autoscale else {
            return self.count(spec.count.as_ref(), 1, most, "a tier needs a host");
        };
        let Some(count) = &spec.count else { return Some(scale.least) };
        if !(scale.least..=scale.most).contains(&count.value.0) {
            let what = format!("{} is not within {} and {}", count.value.0, scale.least, scale.most);
            self.problem_with_hint(count.span, what, "an autoscaler keeps the number of hosts within its min and max");
            return None;
        }
        Some(count.value.0)
    }

    fn hpa(&mut self, spec: &HpaSpec, count: Option<&At<Count>>, cores: Option<f64>) -> Option<Autoscale> {
        let bounds = self.bounds_of_hosts(spec.min.as_ref(), &spec.max);
        if spec.cpu.is_none() && spec.requests.is_none() && spec.in_flight.is_none() {
            self.problem_with_hint(spec.span, "an autoscaler needs a metric", "add cpu = 70, requests or in_flight");
            return None;
        }
        if let (None, Some(request)) = (&spec.cpu, &spec.cpu_request) {
            self.problem_with_hint(request.span, "cpu_request means nothing without cpu", "add cpu = 70");
        }
        let percent = spec.cpu.as_ref().map(|cpu| self.count(Some(cpu), 1, MOST_PERCENT, "a target is above 0"));
        let request = spec.cpu_request.as_ref().map(|request| request.value.0).or(cores);
        let sync = self.pace(spec.sync.as_ref(), SYNC);
        let metrics_every = self.pace(spec.metrics_every.as_ref(), METRICS_EVERY);
        let tolerance = spec.tolerance.as_ref().map_or(TOLERANCE, |share| share.value.0);
        if let Some(written) = spec.tolerance.as_ref().filter(|_| tolerance >= 1.0) {
            self.problem_with_hint(written.span, "a tolerance is below 1", "that of Kubernetes is 0.1");
        }
        let (up, down) = (self.rules(spec.up.as_ref(), usual_up()), self.rules(spec.down.as_ref(), usual_down()));
        let start_up = self.law_or_zero(spec.start_up.as_ref());
        let nodes = spec.nodes.as_ref().map(|nodes| self.nodes(nodes, count.or(spec.min.as_ref())));
        let cpu = match percent {
            Some(percent) => Some(CpuTarget { percent: percent?, request: request? }),
            None => None,
        };
        let (least, most) = bounds?;
        Some(Autoscale {
            least,
            most,
            start_up: start_up?,
            grace: seconds(spec.grace.as_ref(), GRACE),
            nodes: match nodes {
                Some(nodes) => Some(nodes?),
                None => None,
            },
            controller: Controller::Hpa(Hpa {
                cpu,
                requests: spec.requests.as_ref().map(|rate| rate.value.0),
                in_flight: spec.in_flight.as_ref().map(|number| number.value.0),
                sync: sync?,
                metrics_every: metrics_every?,
                tolerance,
                initial_readiness: seconds(spec.initial_readiness.as_ref(), INITIAL_READINESS),
                cpu_initialization: seconds(spec.cpu_initialization.as_ref(), CPU_INITIALIZATION),
                up: up?,
                down: down?,
            }),
        })
    }

    fn target_tracking(&mut self, spec: &TargetTrackingSpec) -> Option<Autoscale> {
        let bounds = self.bounds_of_hosts(spec.min.as_ref(), &spec.max);
        if spec.cpu.is_none() && spec.requests.is_none() {
            self.problem_with_hint(spec.span, "target tracking needs a target", "add cpu = 50 or requests = 1000");
            return None;
        }
        let start_up = self.law_or_zero(spec.start_up.as_ref());
        let target = |written: &At<Positive>| written.value.0;
        let (least, most) = bounds?;
        Some(Autoscale {
            least,
            most,
            start_up: start_up?,
            grace: seconds(spec.drain.as_ref(), DRAIN),
            nodes: None,
            controller: Controller::TargetTracking(TargetTracking {
                cpu: spec.cpu.as_ref().map(target),
                requests: spec.requests.as_ref().map(target),
                detailed: spec.detailed_monitoring.as_ref().is_some_and(|detailed| detailed.value),
                delay: seconds(spec.metric_delay.as_ref(), 0.0),
                warm_up: seconds(spec.warm_up.as_ref(), WARM_UP),
                scales_in: spec.scale_in.as_ref().is_none_or(|scales| scales.value),
            }),
        })
    }

    /// Refuses autoscalers of tiers of which it is not known how they would come and go, and events that
    /// they would undo.
    pub fn refuse_autoscaling(&mut self, tiers: &[Tier], hosts: &[SharedHost]) {
        let file = self.file;
        for (tier, entry) in tiers.iter().zip(&file.tier.entries) {
            if tier.autoscale.is_none() {
                continue;
            }
            if let Some(host) = tier.host.on.and_then(|host| hosts.get(host as usize)) {
                let what = format!(
                    "{} is on the host {}, which is one machine: there is none for another instance",
                    quoted(&tier.name),
                    quoted(&host.name)
                );
                self.problem(entry.name.span, what);
            }
            let tests = file.test.entries.iter().filter_map(|entry| entry.value.as_ref());
            for event in tests.filter_map(|test| test.events.as_ref()).flat_map(|list| &list.items) {
                if let EventSpec::Add(add) = event
                    && add.add.value == tier.name
                {
                    let hint = "its autoscaler decides how many instances there are";
                    self.problem_with_hint(add.add.span, "an autoscaled tier gets no instances by events", hint);
                }
            }
        }
    }

    fn bounds_of_hosts(&mut self, min: Option<&At<Count>>, max: &At<Count>) -> Option<(u32, u32)> {
        let least = self.count(min, 1, MOST_HOSTS, "an autoscaler keeps a host at least");
        let most = self.count(Some(max), 1, MOST_HOSTS, "an autoscaler keeps a host at least");
        let (least, most) = (least?, most?);
        if most < least {
            self.problem(max.span, format!("max is below min, {least}"));
            return None;
        }
        Some((least, most))
    }

    /// How often something happens, seconds.
    fn pace(&mut self, written: Option<&At<Duration>>, usual: f64) -> Option<f64> {
        let Some(written) = written else { return Some(usual) };
        if written.value.0 < SHORTEST {
            self.problem(written.span, "a controller acts every second at most");
            return None;
        }
        Some(written.value.0)
    }

    fn rules(&mut self, spec: Option<&ScalingRulesSpec>, usual: ScalingRules) -> Option<ScalingRules> {
        let Some(spec) = spec else { return Some(usual) };
        let window = seconds(spec.window.as_ref(), usual.window);
        if let Some(written) = spec.window.as_ref().filter(|_| window > LONGEST_WINDOW) {
            self.problem(written.span, "a window is an hour at most");
        }
        let policies = match &spec.policies {
            None => Some(usual.policies),
            Some(list) if list.items.is_empty() && list.complete => {
                self.problem_with_hint(spec.span, "there is no policy", "leave policies out, or select = \"disabled\"");
                None
            }
            Some(list) => super::names::all(&list.items, |policy| self.policy(policy)).filter(|_| list.complete),
        };
        Some(ScalingRules { window, select: spec.select.unwrap_or(usual.select), policies: policies? })
    }

    fn policy(&mut self, spec: &ScalingPolicySpec) -> Option<ScalingPolicy> {
        let (written, every, change): (_, _, fn(u32) -> Change) = match spec {
            ScalingPolicySpec::Pods(one) => (&one.pods, &one.every, Change::Pods),
            ScalingPolicySpec::Percent(one) => (&one.percent, &one.every, Change::Percent),
        };
        let value = self.count(Some(written), 1, MOST_PERCENT, "a policy allows some change");
        if !(SHORTEST..=LONGEST_PERIOD).contains(&every.value.0) {
            self.problem(every.span, "the period of a policy is from 1 s to 30 min");
            return None;
        }
        Some(ScalingPolicy { change: change(value?), every: every.value.0 })
    }

    /// `hosts`: what is written of those that are there at first.
    fn nodes(&mut self, spec: &NodesSpec, hosts: Option<&At<Count>>) -> Option<Nodes> {
        let count = self.count(Some(&spec.count), 1, MOST_HOSTS, "pods need a node");
        let pods = self.count(Some(&spec.pods), 1, MOST_HOSTS, "a node takes a pod at least");
        let most = spec.max.as_ref().map(|max| self.count(Some(max), 1, MOST_HOSTS, "pods need a node"));
        let start_up = self.law_or_zero(spec.start_up.as_ref());
        let (count, pods) = (count?, pods?);
        let most = most.unwrap_or(Some(count))?;
        if let Some(written) = spec.max.as_ref().filter(|_| most < count) {
            self.problem(written.span, format!("max is below the {count} nodes that there are at first"));
        }
        let first = hosts.map_or(1, |hosts| hosts.value.0);
        if first > count.saturating_mul(pods) {
            let span = span_of(hosts, spec.span);
            self.problem(span, format!("{first} pods have no room on {count} x {pods} places"));
        }
        Some(Nodes { count, most: most.max(count), hosts: pods, start_up: start_up? })
    }
}

fn span_of(hosts: Option<&At<Count>>, nodes: Span) -> Span {
    hosts.map_or(nodes, |hosts| super::names::latest(hosts.span, nodes))
}

fn seconds(time: Option<&At<Duration>>, usual: f64) -> f64 {
    time.map_or(usual, |time| time.value.0)
}
