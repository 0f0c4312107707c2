//! How many pods the Horizontal Pod Autoscaler of Kubernetes asks for: a pure function of what it sees.
//!
//! The rules are those of the controller (kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale,
//! "Algorithm details"; `pkg/controller/podautoscaler` of Kubernetes 1.34). It counts in whole percent of requests and
//! in thousandths of other metrics, cutting off what is left, and so does this.

use super::behavior::{History, Rules};

/// What is asked of one metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// CPU: of the cores that each pod requests, in thousandths, so many percent. Above 0.
    Cpu { request: u64, percent: u64 },
    /// So many thousandths of something of each pod. Above 0.
    PerPod { target: u64 },
}

/// A pod as the controller sees it. Instants and spans in ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pod {
    /// It has no node, or its containers have not begun.
    Pending,
    Running {
        started: u64,
        ready: bool,
        /// When it became ready, or ceased to be; its start if neither ever happened.
        changed: u64,
        /// The last reading of the metric, if there is one.
        reading: Option<Reading>,
    },
}

/// What was measured over the `window` up to the instant `at`, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub value: u64,
    pub at: u64,
    pub window: u64,
}

/// How a controller is set up. Spans in ns.
#[derive(Clone, Debug, PartialEq)]
pub struct Hpa {
    pub metrics: Vec<Metric>,
    /// Nothing changes while usage is within this share of the target.
    pub tolerance: f64,
    /// For how long after its start a pod that has become unready counts as never ready.
    pub initial_readiness: u64,
    /// For how long after its start a pod's readings are passed over that were begun before it was ready.
    pub cpu_initialization: u64,
    pub up: Rules,
    pub down: Rules,
    pub least: u32,
    pub most: u32,
}

impl Hpa {
    /// Pods from now on, of `current` that are asked for now. `pods`: for each metric, all of them.
    pub fn decide(&self, pods: &[Vec<Pod>], current: u32, history: &mut History, now: u64) -> u32 {
        history.begin(current, now);
        let wanted = if current > self.most || current < self.least {
            current.clamp(self.least, self.most)
        } else {
            match self.proposal(pods, current, now) {
                Some(proposed) => history.limit(self, current, proposed, now),
                None => current,
            }
        };
        history.changed(current, wanted, now);
        wanted
    }

    /// The highest of what the metrics ask for. Without one of them nothing is taken away.
    fn proposal(&self, pods: &[Vec<Pod>], current: u32, now: u64) -> Option<u32> {
        let all = self.metrics.iter().zip(pods).map(|(metric, pods)| self.for_metric(*metric, pods, current, now));
        let (mut highest, mut missing) = (None, false);
        for one in all {
            missing |= one.is_none();
            highest = highest.max(one);
        }
        highest.filter(|&proposed| !missing || proposed >= current)
    }

    /// What one metric asks for; `None` if nothing is known of it.
    fn for_metric(&self, metric: Metric, pods: &[Pod], current: u32, now: u64) -> Option<u32> {
        let (mut values, mut missing, mut unready) = (Vec::new(), 0, 0);
        for pod in pods {
            match *pod {
                Pod::Pending => unready += 1,
                Pod::Running { reading: None, .. } => missing += 1,
                Pod::Running { reading: Some(reading), .. } if self.passes_over(metric, pod, reading, now) => {
                    unready += 1;
                }
                Pod::Running { reading: Some(reading), .. } => values.push(reading.value),
            }
        }
        if values.is_empty() {
            return None;
        }
        let ratio = metric.ratio(&values);
        let with_unready = unready > 0 && ratio > 1.0;
        if !with_unready && missing == 0 {
            return Some(if self.tolerates(ratio) { current } else { times(ratio, values.len()) });
        }
        // Who is not known of slows every change down.
        if ratio < 1.0 {
            values.extend((0..missing).map(|_| metric.assumed()));
        } else if ratio > 1.0 {
            values.extend((0..missing).map(|_| 0));
        }
        if with_unready {
            values.extend((0..unready).map(|_| 0));
        }
        let corrected = metric.ratio(&values);
        let turned = (ratio < 1.0 && corrected > 1.0) || (ratio > 1.0 && corrected < 1.0);
        let wanted = times(corrected, values.len());
        let against = (corrected < 1.0 && wanted > current) || (corrected > 1.0 && wanted < current);
        Some(if self.tolerates(corrected) || turned || against { current } else { wanted })
    }

    /// Whether the CPU of a pod says nothing yet.
    fn passes_over(&self, metric: Metric, pod: &Pod, reading: Reading, now: u64) -> bool {
        let (Metric::Cpu { .. }, &Pod::Running { started, ready, changed, .. }) = (metric, pod) else { return false };
        if started.saturating_add(self.cpu_initialization) > now {
            return !ready || reading.at < changed.saturating_add(reading.window);
        }
        !ready && started.saturating_add(self.initial_readiness) > changed
    }

    fn tolerates(&self, ratio: f64) -> bool {
        (1.0 - self.tolerance..=1.0 + self.tolerance).contains(&ratio)
    }
}

impl Metric {
    /// Usage by its target. There is at least one value.
    fn ratio(self, values: &[u64]) -> f64 {
        let (total, pods) = (values.iter().sum::<u64>(), values.len() as u64);
        match self {
            Metric::Cpu { request, percent } => (total * 100 / (request * pods)) as f64 / percent as f64,
            Metric::PerPod { target } => (total / pods) as f64 / target as f64,
        }
    }

    /// What a pod without a reading counts for before pods are taken away.
    fn assumed(self) -> u64 {
        match self {
            Metric::Cpu { request, percent } => request * percent.max(100) / 100,
            Metric::PerPod { target } => target,
        }
    }
}

fn times(ratio: f64, pods: usize) -> u32 {
    (ratio * pods as f64).ceil() as u32
}
