//! What target tracking of Amazon EC2 Auto Scaling does: a pure function of the datapoints that CloudWatch has.
//!
//! Each policy has two alarms: three datapoints in a row above the target ask for more, fifteen below 90 % of it
//! for less. The group grows as soon as one policy asks for it, and shrinks when all do
//! (docs.aws.amazon.com/autoscaling/ec2/userguide/as-scaling-target-tracking.html). AWS tells that it scales in when usage is
//! "usually more than 10% lower" than the target, and rounds so that there is rather too much; the numbers of
//! datapoints are those of the alarms that it makes.

/// Datapoints in a row that ask for more, and for less.
pub const HIGH: usize = 3;
pub const LOW: usize = 15;
/// The share of the target below which less is asked for.
pub const LOW_SHARE: f64 = 0.9;

/// How a group is set up.
#[derive(Clone, Debug, PartialEq)]
pub struct TargetTracking {
    /// What each policy keeps its metric at, above 0.
    pub targets: Vec<f64>,
    /// Whether it ever takes instances away.
    pub scales_in: bool,
    pub least: u32,
    pub most: u32,
}

/// The group as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    pub desired: u32,
    /// Instances that serve and are no longer warming up.
    pub warm: u32,
    /// Whether an instance has not begun to serve or is warming up.
    pub warming: bool,
    /// Instances that are being taken away, but are still there.
    pub terminating: u32,
}

impl TargetTracking {
    /// Instances from now on. `points`: of each policy the datapoints so far, the newest last; `None`: without data.
    #[must_use]
    pub fn decide(&self, points: &[Vec<Option<f64>>], group: Capacity) -> u32 {
        let policies = || self.targets.iter().zip(points);
        let out = policies().filter_map(|(&target, points)| {
            let metric = breaching(points, HIGH, |value| value > target)?;
            Some(proportional(group.warm, metric, target))
        });
        if let Some(wanted) = out.max() {
            return wanted.max(group.desired).clamp(self.least, self.most);
        }
        if !self.scales_in || group.warming {
            return group.desired.clamp(self.least, self.most);
        }
        // Those that are going still count, so that no more go than need to.
        let there = group.warm + group.terminating;
        let mut less = policies().map(|(&target, points)| {
            let metric = breaching(points, LOW, |value| value < LOW_SHARE * target)?;
            Some(proportional(there, metric, target))
        });
        let wanted = less.try_fold(0, |most, one| one.map(|wanted| wanted.max(most)));
        wanted.unwrap_or(group.desired).min(group.desired).clamp(self.least, self.most)
    }
}

/// The newest datapoint if the last `count` are all there and breach.
fn breaching(points: &[Option<f64>], count: usize, breaches: impl Fn(f64) -> bool) -> Option<f64> {
    let last = points.len().checked_sub(count).map(|first| &points[first..])?;
    last.iter().all(|point| point.is_some_and(&breaches)).then(|| last.last().copied().flatten()).flatten()
}

fn proportional(instances: u32, metric: f64, target: f64) -> u32 {
    (f64::from(instances) * metric / target).ceil() as u32
}
