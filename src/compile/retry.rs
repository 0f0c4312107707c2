//! Steps that are tried again, and the pauses before another attempt.

use super::CompileError;
use super::flow::Writer;
use crate::engine::program::{By, Op, WaitSpec};
use crate::model::{Backoff, CauseSet, Step};

/// Retry loops that a request can count at once.
pub(super) const REGISTERS: usize = 4;

impl Writer<'_, '_> {
    pub(super) fn retry(
        &mut self,
        attempts: u32,
        backoff: &Backoff,
        on: CauseSet,
        steps: &[Step],
    ) -> Result<(), CompileError> {
        if self.loops == REGISTERS {
            let endpoint = self.endpoint;
            return Err(CompileError(format!(
                "'{endpoint}' nests more than {REGISTERS} retries (that of a queue counts)"
            )));
        }
        let register = self.loops as u8;
        let wait = self.backoff(backoff);
        self.b.emit(Op::Enter { register });
        let again = self.b.here();
        self.turn();
        let outside = std::mem::take(&mut self.failing);
        self.loops += 1;
        self.steps(steps)?;
        self.loops -= 1;
        self.b.emit(Op::Leave { register });
        let over = self.b.emit(Op::Jump { to: 0 });
        self.land();
        self.failing = outside;
        let attempts = attempts.min(255) as u8;
        let retry = self.b.emit(Op::Again { register, attempts, wait, on: on.bits(), again, failed: 0 });
        self.failing.push(retry);
        self.land_at(&[over]);
        Ok(())
    }

    pub(super) fn backoff(&mut self, backoff: &Backoff) -> u32 {
        // One name, whether it is over or given up.
        let words = "waiting before another attempt";
        let part = self.b.parts(words, words);
        let site = self.site("backoff", "");
        self.b.program.waits.push(WaitSpec {
            first: backoff.first * 1e9,
            factor: backoff.factor,
            max: backoff.max * 1e9,
            certain: backoff.jitter.certain(),
            processor: self.stations.delay.base,
            part,
            site,
        });
        debug_assert_eq!(self.stations.delay.by, By::One);
        (self.b.program.waits.len() - 1) as u32
    }
}
