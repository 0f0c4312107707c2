//! Counted permits that open lazily, with waiters who lose patience.
//!
//! Connection pools, thread limits and `max_connections` are all this. Where all waiters have the same
//! patience, the one who came first leaves first: one line in order of arrival serves every order of
//! service, and no timer per request is needed. Where each draws its own, a heap knows the next.
//!
//! Where permits grow old or keep others behind them, [`Tracks`] knows which is whose.

mod happen;
mod shared;
mod shut;

use std::collections::VecDeque;

use super::calendar::NEVER;
use super::connecting::{Begun, Connecting};
use super::expiries::Expiries;
use super::heap::Heap;
use super::level::Tide;
use super::permits::{Permit, Tracks};
use super::program::{AcquireSites, Opening, Order, Patience, SlotsSpec};
use super::requests::{Line, NONE, RequestId, Requests};
use crate::distribution::Law;
use crate::random::Draw;

/// Permits of one kind.
#[derive(Debug)]
pub struct Slots {
    pub spec: SlotsSpec,
    /// Key of the draws that choose a random waiter, and how many were made.
    key: u64,
    grants: u64,
    line: Line,
    /// Waiters again, in any order, where a random one is served.
    any: Vec<RequestId>,
    /// Waiters again, by when they give up, where each has patience of its own.
    expiries: Expiries,
    /// Open permits that nobody uses.
    idle: u32,
    /// Since when each of them is idle, the most recently used at the back; empty where they are
    /// never closed.
    idle_since: VecDeque<u64>,
    /// Permits being opened, each for the request that asked.
    opening: Heap,
    open: u32,
    pub in_use: Tide,
    pub waiting: Tide,
    pub opened: Tide,
    /// Its row of the calendar, if anything ever happens here of itself.
    pub row: Option<u32>,
    /// Which permit is whose, where that matters.
    pub tracks: Option<Box<Tracks>>,
    /// Who opens permits, where that is work.
    pub connecting: Option<Box<Connecting>>,
    /// The ceiling has refused: no further attempt before this instant.
    retry_at: u64,
    /// Permits that were opened for nobody in particular.
    shared_openings: u64,
}

/// What came of asking for a permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Granted,
    Waits,
    /// Refused with this cause.
    Refused(u8),
}

/// What happened at an instant that the permits themselves had named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// The request has its permit.
    Granted(RequestId),
    /// The request gives up with this cause.
    GaveUp(RequestId, u8),
    /// A permit that nobody used was closed.
    Closed(Permit),
    /// Nothing that concerns a request.
    Nothing,
}

/// Mark in [`super::requests::Request::place`]: the permit being opened comes after patience ends.
const TOO_SLOW: u32 = 1;

impl Slots {
    /// Permits of which none is open; see [`Self::wake`].
    #[must_use]
    pub fn new(spec: &SlotsSpec, key: u64) -> Slots {
        Slots {
            spec: spec.clone(),
            key,
            grants: 0,
            line: Line::EMPTY,
            any: Vec::new(),
            expiries: Expiries::default(),
            idle: 0,
            idle_since: VecDeque::new(),
            opening: Heap::default(),
            open: 0,
            in_use: Tide::default(),
            waiting: Tide::default(),
            opened: Tide::default(),
            row: None,
            tracks: spec.tells_apart().then(Box::default),
            connecting: spec.connect.map(|_| Box::default()),
            retry_at: NEVER,
            shared_openings: 0,
        }
    }

    /// Whether anything ever happens here of itself.
    #[must_use]
    pub fn acts(&self) -> bool {
        let spec = &self.spec;
        let shared = spec.opening != Opening::Own;
        let patience = spec.patience != Patience::Endless;
        let takes = spec.open.is_some() || spec.connect.is_some();
        patience || spec.idle.is_some() || takes || spec.life.is_some() || shared
    }

    /// Asks for a permit.
    #[inline(always)]
    pub fn acquire(
        &mut self,
        requests: &mut Requests,
        id: RequestId,
        ceilings: &mut [Ceiling],
        now: u64,
        (laws, sites): (&[Law], AcquireSites),
    ) -> Asked {
        if self.idle > 0 {
            self.idle -= 1;
            let oldest_first = self.spec.oldest_first;
            if oldest_first {
                self.idle_since.pop_front()
            } else {
                self.idle_since.pop_back()
            };
            self.in_use.up(now);
            if let Some(tracks) = &mut self.tracks {
                tracks.take(id, oldest_first);
            }
            return Asked::Granted;
        }
        if let Patience::Drawn(law) = self.spec.patience {
            let request = &mut requests[id];
            request.gives_up = now.saturating_add(request.sample(&laws[law as usize], sites.patience));
        }
        let own = self.spec.opening == Opening::Own;
        if self.open < self.spec.max && (own || self.opens_at_once(ceilings, now)) {
            return self.open_one(requests, id, ceilings, now, (laws, sites));
        }
        self.stand_in_line(requests, id, now)
    }

    #[inline(always)]
    fn stand_in_line(&mut self, requests: &mut Requests, id: RequestId, now: u64) -> Asked {
        if self.spec.max_waiters.is_some_and(|most| self.line.len >= most) {
            return Asked::Refused(self.spec.causes.full);
        }
        if self.gives_up(requests, id) <= now {
            return Asked::Refused(self.spec.causes.timeout);
        }
        self.line.push_back(requests, id);
        if let Patience::Drawn(_) = self.spec.patience {
            self.expiries.push(requests, id);
        }
        if self.spec.order == Order::Random {
            requests[id].place = self.any.len() as u32;
            self.any.push(id);
        }
        self.waiting.up(now);
        Asked::Waits
    }

    /// Opens a permit for `id`, at once or after a while, at most until the patience ends that began
    /// when `id` first asked.
    pub fn open_one(
        &mut self,
        requests: &mut Requests,
        id: RequestId,
        ceilings: &mut [Ceiling],
        now: u64,
        (laws, sites): (&[Law], AcquireSites),
    ) -> Asked {
        if !self.reserve(ceilings, now) {
            return Asked::Refused(self.spec.causes.refused);
        }
        if let Some(connecting) = &mut self.connecting {
            let request = &mut requests[id];
            let salt = request.salt.wrapping_add(u64::from(sites.open));
            connecting.begun.push(Begun { key: request.key, salt, whom: id });
            // Open before its patience ends, or too slow.
            request.place = TOO_SLOW;
            self.opening.push(self.gives_up(requests, id), id);
            return Asked::Waits;
        }
        let takes = self.spec.open.map_or(0, |law| requests[id].sample(&laws[law as usize], sites.open));
        if takes == 0 {
            self.in_use.up(now);
            self.begin(id, now);
            return Asked::Granted;
        }
        let patience = self.gives_up(requests, id).saturating_sub(now);
        requests[id].place = if takes > patience { TOO_SLOW } else { 0 };
        self.opening.push(now.saturating_add(takes.min(patience)), id);
        Asked::Waits
    }

    /// Counts one more open permit, if the ceiling has room.
    fn reserve(&mut self, ceilings: &mut [Ceiling], now: u64) -> bool {
        if let Some(ceiling) = self.spec.ceiling.and_then(|index| ceilings.get_mut(index as usize)) {
            if ceiling.used >= ceiling.most {
                return false;
            }
            ceiling.used += 1;
        }
        self.open += 1;
        self.opened.up(now);
        true
    }

    /// Closes one open permit.
    fn close(&mut self, ceilings: &mut [Ceiling], now: u64) {
        if let Some(ceiling) = self.spec.ceiling.and_then(|index| ceilings.get_mut(index as usize)) {
            ceiling.used -= 1;
        }
        self.open -= 1;
        self.opened.down(now);
    }

    /// Gives a permit back. Returns the waiter who has it now.
    #[inline(always)]
    pub fn release(&mut self, requests: &mut Requests, now: u64) -> Option<RequestId> {
        if self.line.len == 0 {
            self.in_use.down(now);
            self.rest(now);
            return None;
        }
        Some(self.next_in_line(requests, now))
    }

    /// The waiter who comes next in the order of service, taken out of the line, in which there is one.
    #[inline(always)]
    fn next_in_line(&mut self, requests: &mut Requests, now: u64) -> RequestId {
        let id = match self.spec.order {
            Order::Fifo => self.line.head,
            Order::Lifo => self.line.tail,
            Order::Random => {
                self.grants += 1;
                self.any[Draw::new(self.key, self.grants).below(self.any.len() as u64) as usize]
            }
        };
        self.leave(requests, id, now);
        id
    }

    /// An open permit has nothing to do.
    #[inline(always)]
    fn rest(&mut self, now: u64) {
        self.idle += 1;
        if self.spec.idle.is_some() {
            self.idle_since.push_back(now);
        }
    }

    /// When the patience of a request ends that began when it first asked.
    #[inline(always)]
    fn gives_up(&self, requests: &Requests, id: RequestId) -> u64 {
        match self.spec.patience {
            Patience::Endless => NEVER,
            Patience::Constant(ns) => requests[id].since.saturating_add(ns),
            Patience::Drawn(_) => requests[id].gives_up,
        }
    }

    /// Takes a waiter out of the line.
    #[inline(always)]
    fn leave(&mut self, requests: &mut Requests, id: RequestId, now: u64) {
        self.line.unlink(requests, id);
        self.waiting.down(now);
        if let Patience::Drawn(_) = self.spec.patience {
            self.expiries.remove(requests, id);
        }
        if self.spec.order == Order::Random {
            let place = requests[id].place as usize;
            self.any.swap_remove(place);
            if let Some(&moved) = self.any.get(place) {
                requests[moved].place = place as u32;
            }
        }
    }

    /// When something happens here of itself: patience ends, a permit is open, an idle one closes.
    #[inline(always)]
    #[must_use]
    pub fn due(&self, requests: &Requests) -> u64 {
        let soon = self.patience_ends(requests).0.min(self.opening.first_due()).min(self.idle_ends());
        if self.tracks.is_none() && self.spec.opening == Opening::Own {
            return soon;
        }
        let expires = self.tracks.as_ref().map_or(NEVER, |tracks| tracks.expires());
        soon.min(expires).min(self.more_at(requests))
    }

    /// When the next waiter gives up, and who it is.
    #[inline(always)]
    fn patience_ends(&self, requests: &Requests) -> (u64, RequestId) {
        match self.spec.patience {
            Patience::Drawn(_) => self.expiries.first(),
            Patience::Constant(ns) if self.line.len > 0 => {
                (requests[self.line.head].since.saturating_add(ns), self.line.head)
            }
            Patience::Constant(_) | Patience::Endless => (NEVER, NONE),
        }
    }

    #[inline(always)]
    fn idle_ends(&self) -> u64 {
        match (self.spec.idle, self.idle_since.front()) {
            (Some(idle), Some(since)) if self.open > self.spec.min => since + idle,
            _ => NEVER,
        }
    }

    /// A request holds a permit that was opened now.
    #[inline(always)]
    fn begin(&mut self, id: RequestId, now: u64) {
        if let Some(tracks) = &mut self.tracks {
            tracks.hold(id, Permit::new(now));
        }
    }

    /// Nobody waits, and no more permits may be idle than are.
    #[must_use]
    pub fn has_idle_enough(&self) -> bool {
        self.line.len == 0 && self.spec.max_idle.is_some_and(|most| self.idle >= most)
    }

    /// More are open than there may be: fewer are allowed than before.
    #[must_use]
    pub fn has_too_many(&self) -> bool {
        self.spec.fragile && self.spec.reserve.is_none() && self.open > self.spec.max
    }

    /// Closes a permit in use.
    pub fn close_used(&mut self, ceilings: &mut [Ceiling], now: u64) {
        self.in_use.down(now);
        self.close(ceilings, now);
    }

    /// A waiter for whom a permit could be opened now, taken out of the line: there is one only
    /// after an opening has failed or a permit was closed.
    pub fn unserved(&mut self, requests: &mut Requests, now: u64) -> Option<RequestId> {
        if self.line.len == 0 || self.open >= self.spec.max || self.spec.opening != Opening::Own {
            return None;
        }
        Some(self.next_in_line(requests, now))
    }

    /// Nobody holds, waits or opens: what an idle system must show.
    #[must_use]
    pub fn at_rest(&self) -> bool {
        let lent = self.tracks.as_ref().map_or(0, |tracks| tracks.lent);
        let opening_for_one = self.spec.opening == Opening::Own && !self.opening.is_empty();
        self.in_use.value() == lent && self.line.len == 0 && !opening_for_one
    }
}

/// A bound shared by several kinds of permits.
#[derive(Clone, Copy, Debug)]
pub struct Ceiling {
    pub most: u32,
    pub used: u32,
}
