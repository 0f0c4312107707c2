//! The load generator: virtual users that iterate, and arrivals that borrow a user, as k6 has them.
//!
//! A user runs its iteration move by move; after a failed request it goes on as written. A user
//! taken away may finish its iteration until it is cut; a request cut in flight is never reported,
//! but the system goes on working on it.

use super::hub::Hub;
use super::program::Move;
use super::requests::{ABANDONED, NONE};
use super::source::{Kind, OK, Source, State, User};
use crate::distribution::Law;
use crate::random::{Draw, derive};

impl Source<'_> {
    /// One thing that is due happens: a user wakes, starts or is cut, or an iteration arrives.
    #[inline(always)]
    pub fn act(&mut self, hub: &mut Hub) {
        if self.sleepers.first_due() <= hub.now {
            if let Some(place) = self.sleepers.pop() {
                self.woken(hub, place);
            }
        } else if self.begins <= hub.now {
            match self.kind {
                Kind::Users { .. } => self.user_starts(hub),
                Kind::Arrivals { .. } => self.arrival(hub),
            }
        } else {
            self.cut_users(hub);
        }
        hub.calendar.set(self.row, self.due());
    }

    #[inline(always)]
    fn woken(&mut self, hub: &mut Hub, place: u32) {
        let user = &mut self.users[place as usize];
        match user.state {
            State::Active => self.step(hub, place),
            State::Cut | State::Gone => user.state = State::Gone,
        }
    }

    fn user_starts(&mut self, hub: &mut Hub) {
        let Kind::Users { spans, next, places, returns, next_return, .. } = &mut self.kind else { return };
        let (index, span) = (*next, spans[*next]);
        *next += 1;
        // A user that is wanted again while it finishes goes on with its iteration.
        let returning = returns.get(*next_return).filter(|&&(at, _)| at as usize == index);
        let mut still_there = NONE;
        if let Some(&(_, before)) = returning {
            *next_return += 1;
            still_there = std::mem::replace(&mut places[before as usize], NONE);
        }
        let active = |user: &&mut User| user.state == State::Active;
        if let Some(user) = self.users.get_mut(still_there as usize).filter(active) {
            user.stop = span.stop_ns;
            places.push(still_there);
            self.plan_start();
            return;
        }
        places.push(self.users.len() as u32);
        self.plan_start();
        // A user that comes back after it had gone has other luck.
        let key = derive(self.key, u64::from(span.vu) << 32 | index as u64);
        self.begin(hub, key, span.stop_ns);
    }

    /// An iteration is due: it borrows a free user, or is dropped.
    #[inline(always)]
    fn arrival(&mut self, hub: &mut Hub) {
        let Kind::Arrivals { number, allocated, max_users, .. } = &mut self.kind else { return };
        let key = derive(self.key, *number);
        *number += 1;
        if self.active.value() < *allocated {
            self.plan_start();
            self.begin(hub, key, 0);
        } else {
            // k6 makes ready one more user, too late for this iteration.
            *allocated = (*allocated + 1).min(*max_users);
            self.plan_start();
            hub.recorder.dropped();
        }
    }

    /// A user begins its first iteration.
    #[inline(always)]
    fn begin(&mut self, hub: &mut Hub, key: u64, stop: u64) {
        let place = self.add(key, stop, hub.now);
        self.users[place as usize].begin(self.first_move, hub.now);
        self.step(hub, place);
    }

    /// Interrupts the users whose time is up.
    fn cut_users(&mut self, hub: &mut Hub) {
        while let Some(place) = self.next_to_cut(hub.now) {
            let user = &mut self.users[place as usize];
            hub.flows.forget(std::mem::replace(&mut user.flow, NONE));
            if user.request == NONE {
                // It is asleep; nothing it does would be seen, so its end counts from now.
                user.state = State::Cut;
            } else {
                let id = std::mem::replace(&mut user.request, NONE);
                user.state = State::Gone;
                hub.requests[id].flags |= ABANDONED;
            }
            self.active.down(hub.now);
        }
    }

    /// Runs a user's moves until it waits for an answer, sleeps, or is done.
    #[inline(always)]
    fn step(&mut self, hub: &mut Hub, place: u32) {
        let program = hub.program;
        loop {
            let user = &mut self.users[place as usize];
            let at = user.next_move;
            user.next_move += 1;
            match program.moves[at as usize] {
                Move::Request { endpoint, site } => {
                    let key = derive(user.luck, u64::from(site));
                    return self.send(hub, place, endpoint, key);
                }
                Move::Check { check, within, must_be_ok } => {
                    let holds = user.last <= within && (user.outcome == OK || !must_be_ok);
                    hub.recorder.check(check, holds);
                }
                Move::Sleep { law, site } => {
                    let ns = match &program.laws[law as usize] {
                        Law::Constant(ns) => *ns,
                        law => law.sample(&mut Draw::new(user.luck, u64::from(site))),
                    };
                    if ns > 0 {
                        return self.sleep(hub, place, hub.now + ns);
                    }
                }
                Move::Pace { period } => {
                    let until = user.began + period;
                    if until > hub.now {
                        return self.sleep(hub, place, until);
                    }
                }
                Move::Choose { choice, site } => {
                    let draw = Draw::new(user.luck, u64::from(site));
                    user.next_move = program.choices[choice as usize].way(draw);
                }
                Move::Jump { to } => user.next_move = to,
                Move::End => {
                    hub.recorder.iteration();
                    if self.iteration_over(hub, place) {
                        return;
                    }
                }
                one => {
                    if self.flow_move(hub, place, one) {
                        return;
                    }
                }
            }
        }
    }

    #[inline(always)]
    pub fn sleep(&mut self, hub: &mut Hub, place: u32, until: u64) {
        self.sleepers.push(until, place, true);
        hub.calendar.bring_forward(self.row, until);
    }

    /// False if its next iteration goes on at once.
    #[inline(always)]
    fn iteration_over(&mut self, hub: &mut Hub, place: u32) -> bool {
        let user = &mut self.users[place as usize];
        if hub.now < user.stop {
            let took_no_time = user.began == hub.now;
            user.iteration += 1;
            user.begin(self.first_move, hub.now);
            if took_no_time {
                // By way of the calendar, so that iterations of nothing are counted as events.
                self.sleep(hub, place, hub.now);
            }
            return took_no_time;
        }
        user.state = State::Gone;
        if let Kind::Arrivals { free, .. } = &mut self.kind {
            free.push(place);
        }
        self.active.down(hub.now);
        true
    }

    #[inline(always)]
    pub fn send(&mut self, hub: &mut Hub, place: u32, endpoint: u16, key: u64) {
        let serial = hub.recorder.started() as u32;
        let (now, pc) = (hub.now, hub.program.endpoints[endpoint as usize]);
        let (id, request) = hub.launch();
        request.key = key;
        request.started = now;
        request.serial = serial;
        request.owner = place;
        request.endpoint = endpoint;
        request.source = self.number;
        request.pc = pc;
        self.users[place as usize].request = id;
        if !self.armed {
            self.arm_timeouts(hub);
        }
    }

    /// A user has its answer.
    #[inline(always)]
    pub fn response(&mut self, hub: &mut Hub, place: u32, ns: u64, failed: Option<u8>) {
        let user = &mut self.users[place as usize];
        (user.request, user.last, user.outcome) = (NONE, ns, failed.unwrap_or(OK));
        self.step(hub, place);
    }
}
