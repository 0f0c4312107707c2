//! Memory and garbage collection of tiers.

use super::names::Resolver;
use crate::model::{Collector, Memory, Quantity};
use crate::spec::memory::{GcSpec, MemoryKeys};
use crate::spec::number::Size;
use crate::spec::reader::At;
use crate::units::Kind;

/// Seconds until a killed process serves again, if nothing is said: assumed, a container of a small service.
const RESTART: f64 = 10.0;

impl Resolver<'_> {
    /// `None`: nothing is said of what its processes keep. `of_machine`: bytes of the instance type.
    pub fn memory(&mut self, keys: &MemoryKeys, of_machine: Option<f64>) -> Option<Memory> {
        let bytes = |size: &Option<At<Size>>| size.as_ref().map_or(0.0, |size| size.value.0);
        let memory = Memory {
            limit: keys.memory.as_ref().map(|size| size.value.0).or(of_machine),
            base: bytes(&keys.memory_base),
            per_request: bytes(&keys.memory_per_request),
            per_connection: bytes(&keys.memory_per_connection),
            per_thread: bytes(&keys.memory_per_thread),
            leak: bytes(&keys.leak),
            restart: keys.restart.as_ref().map_or(RESTART, |time| time.value.0),
        };
        if let Some(limit) = keys.memory.as_ref().filter(|limit| limit.value.0 <= 0.0) {
            self.problem_with_hint(limit.span, "memory must be above 0", "leave it out for as much as is needed");
        }
        let parts = [memory.base, memory.per_request, memory.per_connection, memory.per_thread, memory.leak];
        let kept = parts.iter().any(|&bytes| bytes > 0.0);
        if let (Some(limit), Some(base)) = (&keys.memory, &keys.memory_base)
            && base.value.0 >= limit.value.0
        {
            self.problem(base.span, "a process that has nothing to do needs less than all memory");
        }
        kept.then_some(memory)
    }

    /// `Some(None)`: without pauses.
    pub fn collector(&mut self, spec: Option<&GcSpec>) -> Option<Option<Collector>> {
        let Some(spec) = spec else { return Some(None) };
        for (size, what) in [(&spec.allocation, "allocation"), (&spec.young, "young")] {
            if size.value.0 <= 0.0 {
                self.problem(size.span, format!("{what} must be above 0"));
            }
        }
        let minor = self.law(&spec.minor);
        let survivors = match &spec.survivors {
            Some(share) => self.quantity(Kind::Share, &share.value.0, share.span),
            None => Some(Quantity::Known(0.0)),
        };
        let major = match (&spec.old, &spec.major) {
            (None, None) => Some(None),
            (Some(old), Some(major)) => self.law(major).map(|law| Some((old.value.0, law))),
            (old, major) => {
                let span = old.as_ref().map(|old| old.span).or(major.as_ref().map(|law| law.span()));
                let hint = "a major collection has a size at which it comes, and a pause";
                self.problem_with_hint(span.unwrap_or(spec.span), "old and major go together", hint);
                None
            }
        };
        let (allocation, young) = (spec.allocation.value.0, spec.young.value.0);
        if allocation <= 0.0 || young <= 0.0 {
            return None;
        }
        Some(Some(Collector { allocation, young, minor: minor?, survivors: survivors?, major: major? }))
    }
}
