//! Balancers with weights.

use super::names::Resolver;
use crate::model::Balancer;
use crate::spec::station::TierSpec;

/// nginx takes no larger ones either.
const MOST_WEIGHT: u32 = 65_535;

impl Resolver<'_> {
    /// A weight for each of `hosts` at first; none if the balancer needs none.
    pub fn weights(&mut self, spec: &TierSpec, hosts: Option<u32>) -> Option<Vec<u32>> {
        let weighted = spec.balancer == Some(Balancer::Weighted);
        match &spec.weights {
            None if weighted => {
                let hint = "add weights = [2, 1], one for each host";
                self.problem_with_hint(spec.span, "a weighted balancer needs the key \"weights\"", hint);
                None
            }
            None => Some(Vec::new()),
            Some(list) if !weighted => {
                self.problem_with_hint(
                    list.span,
                    "only a weighted balancer has weights",
                    "add balancer = \"weighted\"",
                );
                None
            }
            Some(list) => {
                let why = "a host of weight 0 gets nothing: leave it out of count";
                let weights = super::names::all(&list.items, |weight| self.count(Some(weight), 1, MOST_WEIGHT, why))?;
                let hosts = hosts?;
                if list.complete && weights.len() != hosts as usize {
                    self.problem(list.span, format!("{} weights for {hosts} hosts", weights.len()));
                    return None;
                }
                Some(weights)
            }
        }
    }
}
