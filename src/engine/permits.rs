//! Which permit is whose, for permits that grow old or keep one of another kind behind them.
//!
//! Most permits are alike, and then they are only counted. A permit with a life must be closed when
//! its own time is over; one that keeps another behind it (a client's connection to a pooler, which
//! keeps a connection to the server) must be the same one when it is used again.

use std::collections::VecDeque;

use super::calendar::NEVER;
use super::kernel::World;
use super::program::{Opening, Pc, Target};
use super::requests::{ABANDONED, CHILD, RequestId};

/// An open permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// When it was opened, ns.
    pub born: u64,
    /// When the one behind it was opened, ns; [`NEVER`] if there is none.
    pub behind: u64,
    /// It is closed when it is given back.
    pub spoiled: bool,
    /// Its far side is no more, and counts it no more.
    pub lost: bool,
}

impl Permit {
    #[must_use]
    pub fn new(born: u64) -> Permit {
        Permit { born, behind: NEVER, spoiled: false, lost: false }
    }
}

/// The permits of one kind of slots.
#[derive(Debug)]
pub struct Tracks {
    held: Vec<(RequestId, Permit)>,
    /// The one given back last at the back.
    idle: VecDeque<Permit>,
    /// No idle permit expires earlier.
    expires: u64,
    /// Permits in use that stand behind those of other slots.
    pub lent: u32,
}

impl Default for Tracks {
    fn default() -> Tracks {
        Tracks { held: Vec::new(), idle: VecDeque::new(), expires: NEVER, lent: 0 }
    }
}

impl Tracks {
    /// A request takes an idle permit.
    pub fn take(&mut self, id: RequestId, oldest_first: bool) {
        let permit = if oldest_first { self.idle.pop_front() } else { self.idle.pop_back() };
        self.held.extend(permit.map(|permit| (id, permit)));
    }

    pub fn hold(&mut self, id: RequestId, permit: Permit) {
        self.held.push((id, permit));
    }

    /// The permit that a request holds.
    pub fn of(&mut self, id: RequestId) -> Option<&mut Permit> {
        self.held.iter_mut().find(|(holder, _)| *holder == id).map(|(_, permit)| permit)
    }

    /// Takes the permit from the request that holds it.
    pub fn leave(&mut self, id: RequestId) -> Option<Permit> {
        let place = self.held.iter().position(|&(holder, _)| holder == id)?;
        Some(self.held.swap_remove(place).1)
    }

    /// A permit is idle from now on.
    pub fn rest(&mut self, permit: Permit, life: Option<u64>) {
        self.expires = self.expires.min(permit.born + life.unwrap_or(NEVER).min(NEVER - permit.born));
        self.idle.push_back(permit);
    }

    /// All that are held.
    pub fn held(&mut self) -> impl Iterator<Item = &mut Permit> {
        self.held.iter_mut().map(|(_, permit)| permit)
    }

    /// Takes an idle permit with another behind it, and its place among the idle.
    pub fn take_linked(&mut self) -> Option<(usize, Permit)> {
        let place = self.idle.iter().position(|permit| permit.behind != NEVER)?;
        self.idle.remove(place).map(|permit| (place, permit))
    }

    pub fn close_all_idle(&mut self) -> Vec<Permit> {
        self.idle.drain(..).collect()
    }

    pub fn close_oldest_idle(&mut self) -> Permit {
        self.idle.pop_front().unwrap_or(Permit::new(0))
    }

    /// When an idle permit may expire.
    #[must_use]
    pub fn expires(&self) -> u64 {
        self.expires
    }

    /// An idle permit whose life is over, and its place among the idle; if there is none, finds out
    /// when there will be.
    pub fn expire(&mut self, now: u64, life: u64) -> Option<(usize, Permit)> {
        if self.expires > now {
            return None;
        }
        let end = |permit: &Permit| permit.born.saturating_add(life);
        if let Some(place) = self.idle.iter().position(|permit| end(permit) <= now) {
            return self.idle.remove(place).map(|permit| (place, permit));
        }
        self.expires = self.idle.iter().map(end).min().unwrap_or(NEVER);
        None
    }
}

impl World<'_> {
    /// A request gives back a permit that is known by itself.
    #[inline(never)]
    pub(super) fn give_back(&mut self, id: RequestId, index: usize) {
        let permit = self.slots[index].tracks.as_mut().and_then(|tracks| tracks.leave(id));
        self.put_back(index, permit.unwrap_or(Permit::new(self.hub.now)));
    }

    /// A permit that nobody uses any more goes to a waiter, rests, or is closed.
    fn put_back(&mut self, index: usize, mut permit: Permit) {
        let (slots, now) = (&mut self.slots[index], self.hub.now);
        if let Some(adapts) = slots.spec.adapts {
            // Each is held once.
            let held = now - std::mem::replace(&mut permit.born, now);
            slots.spec.max = adapts.next(slots.spec.max, held, slots.in_use.value());
            slots.close_used(&mut self.ceilings, now);
            return self.was_closed(index, permit);
        }
        let over = slots.spec.life.is_some_and(|life| permit.born.saturating_add(life) <= now);
        if permit.lost {
            slots.close_lost(now);
            return self.was_closed(index, permit);
        }
        if permit.spoiled || over || slots.has_idle_enough() || slots.has_too_many() {
            slots.close_used(&mut self.ceilings, now);
            return self.was_closed(index, permit);
        }
        let (next, life) = (slots.release(&mut self.hub.requests, now), slots.spec.life);
        let tracks = slots.tracks.as_mut();
        match next {
            Some(next) => {
                if let Some(tracks) = tracks {
                    tracks.hold(next, permit);
                }
                self.granted(index, next);
            }
            None => {
                if let Some(tracks) = tracks {
                    tracks.rest(permit, life);
                }
                self.touch_slots(index);
            }
        }
    }

    /// A permit was closed: what stood behind it is given back, and another may be opened for those
    /// who wait.
    pub(super) fn was_closed(&mut self, index: usize, permit: Permit) {
        if permit.behind != NEVER {
            self.loan_ends(index, permit.behind);
        }
        let (slots, requests, now) = (&mut self.slots[index], &mut self.hub.requests, self.hub.now);
        match slots.spec.opening {
            Opening::Own => {
                let fragile = slots.spec.fragile || slots.spec.adapts.is_some();
                let mut next = slots.unserved(requests, now);
                while let Some(waiter) = next {
                    self.open_for(index, waiter);
                    // Where all may break none of those who are refused at once may keep the others waiting.
                    next = if fragile { self.slots[index].unserved(&mut self.hub.requests, now) } else { None };
                }
                self.opens(index);
            }
            Opening::Shared { .. } => self.open_anew(index),
        }
    }

    /// Where permits are opened one at a time more may be wanted.
    pub(super) fn open_anew(&mut self, index: usize) {
        let (slots, requests, now) = (&mut self.slots[index], &self.hub.requests, self.hub.now);
        slots.open_more(requests, &mut self.ceilings, &self.hub.program.laws, now);
        self.opens(index);
    }

    fn opens(&mut self, index: usize) {
        self.connect(index);
        self.touch_slots(index);
    }

    /// The request, or the one whose branch it is, that holds a permit of `index`; `None` also for
    /// a branch that nobody waits for any more.
    fn holder(&mut self, id: RequestId, index: usize) -> Option<RequestId> {
        let mut id = id;
        loop {
            if self.slots[index].tracks.as_mut().is_some_and(|tracks| tracks.of(id).is_some()) {
                return Some(id);
            }
            let request = &self.hub.requests[id];
            if request.flags & CHILD == 0 || request.flags & ABANDONED != 0 {
                return None;
            }
            id = request.owner;
        }
    }

    fn held(&mut self, id: RequestId, at: Target) -> Option<&mut Permit> {
        let index = self.hub.requests[id].resolve(at);
        let holder = self.holder(id, index)?;
        self.slots[index].tracks.as_mut()?.of(holder)
    }

    /// Where to go on: at `yes` if the permit of `at` has one behind it, or if nobody holds it any more.
    pub(super) fn linked(&mut self, id: RequestId, at: Target, yes: Pc) -> Option<Pc> {
        self.held(id, at).is_none_or(|permit| permit.behind != NEVER).then_some(yes)
    }

    /// Puts the permit that the request has just been given behind that of `at`.
    pub(super) fn link(&mut self, id: RequestId, at: Target) {
        let index = self.hub.requests[id].resolve(at);
        let Some(behind) = self.slots[index].spec.behind.map(|behind| behind as usize) else { return };
        let born = self.slots[behind].tracks.as_mut().and_then(|tracks| tracks.leave(id)).map(|permit| permit.born);
        let born = born.unwrap_or(self.hub.now);
        if let Some(tracks) = &mut self.slots[behind].tracks {
            tracks.lent += 1;
        }
        match self.held(id, at) {
            Some(permit) if permit.behind == NEVER => permit.behind = born,
            // A branch beside this one was quicker, or nobody waits for this one any more.
            _ => self.return_loan(behind, born),
        }
    }

    pub(super) fn unlink(&mut self, id: RequestId, at: Target) {
        let index = self.hub.requests[id].resolve(at);
        let born = self.held(id, at).map_or(NEVER, |permit| std::mem::replace(&mut permit.behind, NEVER));
        if born != NEVER {
            self.loan_ends(index, born);
        }
    }

    /// What stood behind a permit of these slots is given back.
    pub(super) fn loan_ends(&mut self, index: usize, born: u64) {
        if let Some(behind) = self.slots[index].spec.behind {
            self.return_loan(behind as usize, born);
        }
    }

    /// Whether the permit that a request holds is of no more use.
    pub(super) fn is_broken(&mut self, id: RequestId, at: Target) -> bool {
        self.held(id, at).is_some_and(|permit| permit.lost || permit.spoiled)
    }

    pub(super) fn spoil(&mut self, id: RequestId, at: Target) {
        if let Some(permit) = self.held(id, at) {
            permit.spoiled = true;
        }
    }

    /// What stood behind a permit of other slots is given back.
    fn return_loan(&mut self, behind: usize, born: u64) {
        if let Some(tracks) = &mut self.slots[behind].tracks {
            tracks.lent -= 1;
        }
        self.put_back(behind, Permit::new(born));
    }
}
