//! Permits of a host that comes and goes.

use super::super::calendar::NEVER;
use super::super::permits::Permit;
use super::super::requests::{NONE, RequestId, Requests};
use super::{Ceiling, Slots};

impl Slots {
    /// From `now` on permits are opened: `min` of them at once, as far as the ceiling allows.
    pub fn wake(&mut self, ceilings: &mut [Ceiling], now: u64) {
        self.retry_at = 0;
        for _ in self.open..self.spec.min {
            if !self.reserve(ceilings, now) {
                break;
            }
            self.rest(now);
            if let Some(tracks) = &mut self.tracks {
                tracks.rest(Permit::new(now), self.spec.life);
            }
        }
    }

    /// Closes all idle permits and stops opening those for nobody in particular; nobody may hold one or wait.
    /// Returns those that were idle, where they are told apart.
    pub fn shut(&mut self, ceilings: &mut [Ceiling], now: u64) -> Vec<Permit> {
        self.retry_at = NEVER;
        while self.opening.pop().is_some() {
            self.close(ceilings, now);
        }
        // Who opens them works on, for nobody.
        if let Some(connecting) = &mut self.connecting {
            connecting.forget_all();
        }
        self.idle_since.clear();
        for _ in 0..std::mem::take(&mut self.idle) {
            self.close(ceilings, now);
        }
        self.tracks.as_mut().map_or(Vec::new(), |tracks| tracks.close_all_idle())
    }

    /// Takes all of these out of the line, and closes what is being opened for them. Returns who they are.
    pub fn take_out(
        &mut self,
        requests: &mut Requests,
        ceilings: &mut [Ceiling],
        gone: impl Fn(RequestId) -> bool,
        now: u64,
    ) -> Vec<RequestId> {
        let (mut at, mut out) = (self.line.head, Vec::new());
        while let Some(next) = requests.get(at).map(|request| request.next) {
            if gone(at) {
                self.leave(requests, at, now);
                out.push(at);
            }
            at = next;
        }
        for (_, id) in self.opening.take_out(|id| id != NONE && gone(id)) {
            self.close(ceilings, now);
            if let Some(connecting) = &mut self.connecting {
                connecting.forget(id);
            }
            out.push(id);
        }
        out
    }
}
