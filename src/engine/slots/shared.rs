//! Permits that are opened one at a time, for whoever is first in line when they are open.

use super::super::calendar::NEVER;
use super::super::connecting::Begun;
use super::super::program::Opening;
use super::super::requests::{NONE, Requests};
use super::{Ceiling, Slots};
use crate::distribution::Law;
use crate::random::Draw;

impl Slots {
    /// Where permits are opened one at a time: opens the next if one is wanted and allowed.
    #[inline(always)]
    pub fn open_more(&mut self, requests: &Requests, ceilings: &mut [Ceiling], laws: &[Law], now: u64) {
        if let Opening::Shared { retry } = self.spec.opening {
            self.open_next(retry, requests, ceilings, (laws, now));
        }
    }

    #[inline(never)]
    fn open_next(&mut self, retry: u64, requests: &Requests, ceilings: &mut [Ceiling], (laws, now): (&[Law], u64)) {
        if self.more_at(requests) > now {
            return;
        }
        if !self.reserve(ceilings, now) {
            self.retry_at = now + retry;
            return;
        }
        self.shared_openings += 1;
        if let Some(connecting) = &mut self.connecting {
            let (key, salt) = match self.line.head {
                NONE => (!self.key, self.shared_openings),
                first => (requests[first].key, requests[first].salt.wrapping_add(u64::from(self.spec.site))),
            };
            connecting.begun.push(Begun { key, salt, whom: NONE });
            return self.opening.push(NEVER, NONE);
        }
        let takes = self.spec.open.map_or(0, |law| {
            let law = &laws[law as usize];
            match self.line.head {
                NONE => law.sample(&mut Draw::new(!self.key, self.shared_openings)),
                first => law.sample(&mut requests[first].draw(self.spec.site)),
            }
        });
        self.opening.push(now.saturating_add(takes), NONE);
    }

    /// When another permit may be opened for those in line, or to have `min` of them.
    pub(super) fn more_at(&self, requests: &Requests) -> u64 {
        let waited_for = self.line.len > 0 || self.open < self.spec.min;
        if self.spec.opening == Opening::Own || !self.opening.is_empty() || !waited_for {
            return NEVER;
        }
        if self.open < self.spec.max {
            return self.retry_at;
        }
        match self.spec.reserve {
            Some(more) if self.open < self.spec.max + more.size => {
                (requests[self.line.head].since + more.after).max(self.retry_at)
            }
            _ => NEVER,
        }
    }

    /// Whether a newcomer is given a new permit without waiting.
    pub(super) fn opens_at_once(&self, ceilings: &[Ceiling], now: u64) -> bool {
        let ceiling = self.spec.ceiling.and_then(|index| ceilings.get(index as usize));
        let refused = now < self.retry_at || ceiling.is_some_and(|ceiling| ceiling.used >= ceiling.most);
        let at_once = self.spec.open.is_none() && self.spec.connect.is_none();
        at_once && self.line.len == 0 && !refused
    }
}
