//! What happens at permits of itself: they open, waiters give up, idle and old ones close.

use super::super::calendar::NEVER;
use super::super::permits::Permit;
use super::super::requests::{NONE, RequestId, Requests};
use super::{Ceiling, Happened, Slots, TOO_SLOW};
use crate::distribution::Law;

impl Slots {
    /// Lets the thing that is due at `now` happen.
    pub fn happen(&mut self, requests: &mut Requests, ceilings: &mut [Ceiling], laws: &[Law], now: u64) -> Happened {
        let happened = self.happen_one(requests, ceilings, now);
        self.open_more(requests, ceilings, laws, now);
        happened
    }

    /// An agent has opened a permit at `now`.
    pub fn connected(
        &mut self,
        requests: &mut Requests,
        ceilings: &mut [Ceiling],
        laws: &[Law],
        (agent, now): (RequestId, u64),
    ) -> Happened {
        let Some(whom) = self.connecting.as_mut().and_then(|connecting| connecting.done(agent)) else {
            return Happened::Nothing;
        };
        self.opening.remove(whom);
        if whom != NONE {
            requests[whom].place = 0;
        }
        let happened = self.is_open(requests, ceilings, whom, now);
        self.open_more(requests, ceilings, laws, now);
        happened
    }

    fn happen_one(&mut self, requests: &mut Requests, ceilings: &mut [Ceiling], now: u64) -> Happened {
        if self.opening.first_due() <= now
            && let Some(id) = self.opening.pop()
        {
            return self.is_open(requests, ceilings, id, now);
        }
        let (gives_up, id) = self.patience_ends(requests);
        if gives_up <= now {
            self.leave(requests, id, now);
            return Happened::GaveUp(id, self.spec.causes.timeout);
        }
        if self.idle_ends() <= now {
            self.idle -= 1;
            self.idle_since.pop_front();
            self.close(ceilings, now);
            return Happened::Closed(self.tracks.as_mut().map_or(Permit::new(0), |tracks| tracks.close_oldest_idle()));
        }
        let life = self.spec.life.unwrap_or(NEVER);
        if let Some((place, permit)) = self.tracks.as_mut().and_then(|tracks| tracks.expire(now, life)) {
            self.idle -= 1;
            self.idle_since.remove(place);
            self.close(ceilings, now);
            return Happened::Closed(permit);
        }
        Happened::Nothing
    }

    /// A permit has been opened, for `id` or for whoever is next.
    fn is_open(&mut self, requests: &mut Requests, ceilings: &mut [Ceiling], id: RequestId, now: u64) -> Happened {
        if id == NONE && self.line.len == 0 {
            self.rest(now);
            if let Some(tracks) = &mut self.tracks {
                tracks.rest(Permit::new(now), self.spec.life);
            }
            return Happened::Nothing;
        }
        if id != NONE && requests[id].place == TOO_SLOW {
            self.close(ceilings, now);
            if let Some(connecting) = &mut self.connecting {
                connecting.forget(id);
            }
            return Happened::GaveUp(id, self.spec.causes.slow_open);
        }
        let id = if id == NONE { self.next_in_line(requests, now) } else { id };
        self.in_use.up(now);
        self.begin(id, now);
        Happened::Granted(id)
    }
}
