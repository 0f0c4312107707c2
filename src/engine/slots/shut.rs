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
        self.close_idle(ceilings, now)
    }

    /// All permits are of no more use. Returns those that were idle, where they are told apart, and those for whom
    /// one was being opened. Who holds one gives it back as usual.
    pub fn break_all(&mut self, ceilings: &mut [Ceiling], now: u64) -> (Vec<Permit>, Vec<RequestId>) {
        let mut ceiling = self.spec.ceiling.and_then(|index| ceilings.get_mut(index as usize));
        for permit in self.tracks.iter_mut().flat_map(|tracks| tracks.held()) {
            if !std::mem::replace(&mut permit.lost, true)
                && let Some(ceiling) = &mut ceiling
            {
                ceiling.used -= 1;
            }
        }
        let mut refused = Vec::new();
        while let Some(id) = self.opening.pop() {
            self.close(ceilings, now);
            refused.extend((id != NONE).then_some(id));
        }
        if let Some(connecting) = &mut self.connecting {
            connecting.forget_all();
        }
        (self.close_idle(ceilings, now), refused)
    }

    /// All that nobody uses close. Returns them, where they are told apart.
    pub fn close_idle(&mut self, ceilings: &mut [Ceiling], now: u64) -> Vec<Permit> {
        self.idle_since.clear();
        for _ in 0..std::mem::take(&mut self.idle) {
            self.close(ceilings, now);
        }
        self.tracks.as_mut().map_or(Vec::new(), |tracks| tracks.close_all_idle())
    }

    /// Closes one idle permit that has another behind it, and returns it.
    pub fn close_linked(&mut self, ceilings: &mut [Ceiling], now: u64) -> Option<Permit> {
        let (place, permit) = self.tracks.as_mut()?.take_linked()?;
        self.idle -= 1;
        self.idle_since.remove(place);
        self.close(ceilings, now);
        Some(permit)
    }

    /// A permit in use whose far side is no more is gone.
    pub fn close_lost(&mut self, now: u64) {
        self.in_use.down(now);
        self.open -= 1;
        self.opened.down(now);
    }

    /// So many may be open from now on; of those that nobody uses no more stay.
    pub fn allow(&mut self, most: u32, ceilings: &mut [Ceiling], now: u64) {
        self.spec.max = most;
        while self.idle > 0 && self.open > most {
            self.idle -= 1;
            self.idle_since.pop_front();
            if let Some(tracks) = &mut self.tracks {
                tracks.close_oldest_idle();
            }
            self.close(ceilings, now);
        }
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
