//! What processes let in.

use super::names::Resolver;
use super::station::MOST_CONNECTIONS;
use crate::model::{Adaptive, Admission, Quantity};
use crate::spec::admission::{AdaptiveSpec, AdmissionSpec};
use crate::spec::number::Count;
use crate::spec::reader::At;

/// Defaults of Netflix's `AIMDLimit`: the limit at first and at least, at most, and after a slow answer.
const LEAST: u32 = 20;
const MOST: u32 = 200;
const BACKOFF: f64 = 0.9;

impl Resolver<'_> {
    /// `Some(None)`: all are let in.
    pub fn admission(&mut self, spec: Option<&AdmissionSpec>) -> Option<Option<Admission>> {
        let Some(spec) = spec else { return Some(None) };
        let wait = self.above_zero_seconds(spec.wait.as_ref(), "wait");
        let backlog = spec.backlog.as_ref().map_or(0, |backlog| backlog.value.0);
        if let (Some(wait), 0) = (&spec.wait, backlog) {
            self.problem_with_hint(wait.span, "nobody waits where there is no backlog", "add backlog = 100");
        }
        let limits = match (&spec.in_flight, &spec.adaptive) {
            (Some(in_flight), None) => self.one_at_least(in_flight).map(|most| (most, None)),
            (None, Some(adaptive)) => self.adaptive(adaptive).map(|(initial, adaptive)| (initial, Some(adaptive))),
            (Some(in_flight), Some(_)) => {
                self.problem(in_flight.span, "an admission has in_flight or an adaptive limit, not both");
                None
            }
            (None, None) => {
                self.problem_with_hint(
                    spec.span,
                    "an admission needs the key \"in_flight\"",
                    "or adaptive = { latency = \"200ms\" }",
                );
                None
            }
        };
        let (in_flight, adaptive) = limits?;
        Some(Some(Admission { in_flight, adaptive, backlog, wait: wait? }))
    }

    fn adaptive(&mut self, spec: &AdaptiveSpec) -> Option<(u32, Adaptive)> {
        let latency = self.above_zero_seconds(Some(&spec.latency), "latency");
        let mut limit = |written: Option<&At<Count>>, otherwise: u32| match written {
            Some(written) => self.one_at_least(written),
            None => Some(otherwise),
        };
        let (min, max) = (limit(spec.min.as_ref(), LEAST), limit(spec.max.as_ref(), MOST));
        let initial = limit(spec.initial.as_ref(), LEAST);
        let backoff = match &spec.backoff {
            Some(share) => self.share(share),
            None => Some(Quantity::Known(BACKOFF)),
        };
        let (min, max, initial) = (min?, max?, initial?);
        if !(min..=max).contains(&initial) {
            let span = [&spec.initial, &spec.min, &spec.max].into_iter().flatten().map(|at| at.span).next();
            let what = format!("the limit begins with {initial}, which is not between {min} and {max}");
            self.problem(span.unwrap_or(spec.span), what);
            return None;
        }
        Some((initial, Adaptive { latency: latency??, min, max, backoff: backoff? }))
    }

    fn one_at_least(&mut self, count: &At<Count>) -> Option<u32> {
        self.count(Some(count), 1, MOST_CONNECTIONS, "a process lets one request in at least")
    }
}
