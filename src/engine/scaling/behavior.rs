//! How fast the Horizontal Pod Autoscaler follows what its metrics ask for: stabilization windows, and policies
//! that bound the change of a period.

use std::collections::VecDeque;

use super::hpa::Hpa;

/// What holds in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The most cautious recommendation of this time counts, ns.
    pub window: u64,
    pub select: Select,
    pub policies: Vec<Policy>,
}

/// Which policy counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Select {
    /// That of the largest change.
    Max,
    /// That of the smallest.
    Min,
    /// None: nothing changes in this direction.
    Disabled,
}

/// A change that is allowed within `period` ns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    pub change: Change,
    pub period: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Pods(u32),
    Percent(u32),
}

/// What a controller remembers.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// When, and how many pods the metrics asked for.
    recommendations: VecDeque<(u64, u32)>,
    /// When, and how many pods came; below 0: went.
    changes: VecDeque<(u64, i64)>,
    begun: bool,
}

impl History {
    /// A controller takes what it finds at first for a recommendation.
    pub fn begin(&mut self, current: u32, now: u64) {
        if !std::mem::replace(&mut self.begun, true) {
            self.recommendations.push_back((now, current));
        }
    }

    /// Pods from now on if the metrics ask for `proposed`.
    pub fn limit(&mut self, hpa: &Hpa, current: u32, proposed: u32, now: u64) -> u32 {
        let within = |window: u64| {
            let young = move |&&(at, _): &&(u64, u32)| at.saturating_add(window) > now;
            self.recommendations.iter().filter(young).map(|&(_, pods)| pods)
        };
        let lowest = within(hpa.up.window).fold(proposed, u32::min);
        let highest = within(hpa.down.window).fold(proposed, u32::max);
        let stable = current.max(lowest).min(highest);
        let longest = hpa.up.window.max(hpa.down.window);
        self.recommendations.retain(|&(at, _)| at.saturating_add(longest) > now);
        self.recommendations.push_back((now, proposed));
        if stable > current {
            let bound = self.bound(&hpa.up, current, now, 1);
            return i64::from(stable).min(bound.max(i64::from(current)).min(i64::from(hpa.most))) as u32;
        }
        if stable < current {
            let bound = self.bound(&hpa.down, current, now, -1);
            return i64::from(stable).max(bound.min(i64::from(current)).max(i64::from(hpa.least))) as u32;
        }
        stable
    }

    /// The pods that the policies of one direction allow; `sign`: 1 for up, -1 for down.
    fn bound(&self, rules: &Rules, current: u32, now: u64, sign: i64) -> i64 {
        let current = i64::from(current);
        let allowed = rules.policies.iter().map(|policy| {
            let recent = self.changes.iter().filter(|&&(at, _)| at.saturating_add(policy.period) > now);
            let first = current - recent.map(|&(_, change)| change).sum::<i64>();
            match policy.change {
                Change::Pods(pods) => first + sign * i64::from(pods),
                Change::Percent(percent) => {
                    let scaled = first as f64 * (1.0 + sign as f64 * f64::from(percent) / 100.0);
                    if sign > 0 { scaled.ceil() as i64 } else { scaled as i64 }
                }
            }
        });
        let chosen = match (rules.select, sign > 0) {
            (Select::Disabled, _) => None,
            (Select::Max, true) | (Select::Min, false) => allowed.max(),
            (Select::Min, true) | (Select::Max, false) => allowed.min(),
        };
        chosen.unwrap_or(current)
    }

    /// Remembers a change, for as long as a policy may ask for it.
    pub fn changed(&mut self, before: u32, after: u32, now: u64) {
        /// Kubernetes allows no longer period.
        const LONGEST: u64 = 1800 * 1_000_000_000;
        if before != after {
            self.changes.retain(|&(at, _)| at.saturating_add(LONGEST) > now);
            self.changes.push_back((now, i64::from(after) - i64::from(before)));
        }
    }
}
