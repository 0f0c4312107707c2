//! What changes how many hosts a tier has, as it is written.

use super::keys::{keys, verbs, words};
use super::law::LawSpec;
use super::number::{Count, Duration, Plain, Positive};
use super::reader::{At, List};
use crate::model::autoscale::SelectPolicy;

keys! {
    /// The Horizontal Pod Autoscaler of Kubernetes: each host is a pod. What is left out is as Kubernetes has it.
    HpaSpec "a horizontal pod autoscaler" {
        /// Pods at least (`minReplicas`); 1 if left out.
        min: Option<At<Count>>,
        /// Pods at most (`maxReplicas`).
        max: At<Count>,
        /// CPU in percent of what pods request (`averageUtilization`).
        cpu: Option<At<Count>>,
        /// Cores that each pod requests; its `cores` if left out.
        cpu_request: Option<At<Positive>>,
        /// Requests per second and pod, as a metric of pods (`averageValue`).
        requests: Option<At<Positive>>,
        /// Requests in flight per pod, as a metric of pods (`averageValue`).
        in_flight: Option<At<Positive>>,
        /// It decides this often, at instants of its own; "15s" if left out.
        sync: Option<At<Duration>>,
        /// Metrics of pods are read this often, and are of the time since the last reading; "15s" if left out.
        metrics_every: Option<At<Duration>>,
        /// Nothing changes while usage is within this share of its target; 0.1 if left out.
        tolerance: Option<At<Plain>>,
        /// `--horizontal-pod-autoscaler-initial-readiness-delay`; "30s" if left out.
        initial_readiness: Option<At<Duration>>,
        /// `--horizontal-pod-autoscaler-cpu-initialization-period`; "5m" if left out.
        cpu_initialization: Option<At<Duration>>,
        /// How fast it adds pods; without a window and by the larger of 4 pods and 100 % in 15 s if left out.
        up: Option<ScalingRulesSpec>,
        /// How fast it takes pods away; with a window of 300 s and by 100 % in 15 s if left out.
        down: Option<ScalingRulesSpec>,
        /// Time from a pod's beginning on a node until it is ready; 0 if left out.
        start_up: Option<LawSpec>,
        /// A pod that goes has this long to answer what it has (`terminationGracePeriodSeconds`); "30s" if left out.
        grace: Option<At<Duration>>,
        /// Machines on which pods are placed; room for all if left out.
        nodes: Option<NodesSpec>,
    }
}

keys! {
    /// How fast an autoscaler follows its metrics in one direction.
    ScalingRulesSpec "scaling rules" {
        /// The most cautious recommendation of this time counts (`stabilizationWindowSeconds`).
        window: Option<At<Duration>>,
        /// The policy that counts: that of the "max" change (the default), of the "min" change, or "disabled".
        select: Option<SelectPolicy>,
        /// Changes that are allowed in a period.
        policies: Option<List<ScalingPolicySpec>>,
    }
}

verbs! {
    /// A change that is allowed in a period; its verb says of what.
    ScalingPolicySpec "a scaling policy" {
        "pods" => Pods(PodsPolicy),
        "percent" => Percent(PercentPolicy),
    }
}

keys! {
    /// So many pods.
    PodsPolicy "a policy of pods" {
        /// Pods.
        pods: At<Count>,
        /// The period, at most "30m".
        every: At<Duration>,
    }
}

keys! {
    /// A part of the pods that there are.
    PercentPolicy "a policy of percent" {
        /// Percent of the pods at the period's begin.
        percent: At<Count>,
        /// The period, at most "30m".
        every: At<Duration>,
    }
}

words! { SelectPolicy, "a choice of policies" {
    "max" => Max,
    "min" => Min,
    "disabled" => Disabled,
} }

keys! {
    /// Machines on which the pods of an autoscaler are placed. Pods beyond them wait for another one.
    NodesSpec "nodes" {
        /// Nodes at first.
        count: At<Count>,
        /// Pods of this tier that fit on each.
        pods: At<Count>,
        /// Nodes at most; `count` if left out, so that further pods wait for ever.
        max: Option<At<Count>>,
        /// Time from when a pod finds no room until another node takes it; 0 if left out.
        start_up: Option<LawSpec>,
    }
}

keys! {
    /// Target tracking of Amazon EC2 Auto Scaling: each host is an instance.
    TargetTrackingSpec "target tracking" {
        /// Instances at least; 1 if left out.
        min: Option<At<Count>>,
        /// Instances at most.
        max: At<Count>,
        /// Mean CPU in percent (`ASGAverageCPUUtilization`).
        cpu: Option<At<Positive>>,
        /// Requests per instance and minute (`ALBRequestCountPerTarget`).
        requests: Option<At<Positive>>,
        /// Whether CPU is measured each minute; every five minutes (basic monitoring) if left out.
        detailed_monitoring: Option<At<bool>>,
        /// Time until CloudWatch has a datapoint; 0 if left out.
        metric_delay: Option<At<Duration>>,
        /// For how long an instance that serves counts for no metric (`EstimatedInstanceWarmup`); "300s" if left out.
        warm_up: Option<At<Duration>>,
        /// Whether instances are taken away (not `DisableScaleIn`); they are if left out.
        scale_in: Option<At<bool>>,
        /// Time from the launch of an instance until it serves; 0 if left out.
        start_up: Option<LawSpec>,
        /// An instance that goes has this long to answer what it has (deregistration delay); "300s" if left out.
        drain: Option<At<Duration>>,
    }
}
