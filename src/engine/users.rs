//! The load generator: virtual users that iterate, and arrivals that borrow a user, as k6 has them.
//!
//! A user runs its iteration move by move; after a failed request it goes on as written. A user
//! taken away may finish its iteration until it is cut; a request cut in flight is never reported,
//! but the system goes on working on it.

use super::calendar::NEVER;
use super::kernel::World;
use super::program::Move;
use super::requests::{ABANDONED, NONE};
use super::source::{Kind, State};
use crate::distribution::Law;
use crate::random::{Draw, derive};

impl World<'_> {
    /// One thing that is due at a source happens: a user wakes, starts or is cut, or one arrives.
    #[inline(always)]
    pub(super) fn source_acts(&mut self, index: usize) {
        let source = &mut self.sources[index];
        if source.sleepers.first_due() <= self.now {
            if let Some(user) = source.sleepers.pop() {
                self.woken(index, user);
            }
        } else if source.begins <= self.now {
            match source.kind {
                Kind::Users { .. } => self.user_starts(index),
                Kind::Arrivals { .. } => self.arrival(index),
            }
        } else {
            self.cut_users(index);
        }
        self.touch_source(index);
    }

    #[inline(always)]
    fn woken(&mut self, index: usize, place: u32) {
        let user = &mut self.sources[index].users[place as usize];
        match user.state {
            State::Active => self.step(index, place),
            State::Cut | State::Gone => user.state = State::Gone,
        }
    }

    fn user_starts(&mut self, index: usize) {
        let source = &mut self.sources[index];
        let Kind::Users { spans, next, .. } = &mut source.kind else { return };
        let span = spans[*next];
        // A user that comes back after a ramp-down goes on with other luck.
        let key = derive(source.key, u64::from(span.vu) << 32 | *next as u64);
        *next += 1;
        source.plan_start();
        let place = source.add(key, span.stop_ns);
        self.recorder.users(1);
        self.begin_iteration(index, place);
    }

    /// An iteration is due: it borrows a free user, or is dropped.
    #[inline(always)]
    fn arrival(&mut self, index: usize) {
        let source = &mut self.sources[index];
        let Kind::Arrivals { number, allocated, max_users, .. } = &mut source.kind else { return };
        let key = derive(source.key, *number);
        *number += 1;
        if source.active < *allocated {
            source.plan_start();
            let place = source.add(key, 0);
            self.recorder.users(1);
            self.begin_iteration(index, place);
        } else {
            // k6 makes ready one more user, too late for this iteration.
            *allocated = (*allocated + 1).min(*max_users);
            source.plan_start();
            self.recorder.dropped();
        }
    }

    /// Interrupts the users whose time is up.
    fn cut_users(&mut self, index: usize) {
        while let Some(place) = self.sources[index].next_to_cut(self.now) {
            self.cut(index, place);
        }
    }

    fn cut(&mut self, index: usize, place: u32) {
        let source = &mut self.sources[index];
        let user = &mut source.users[place as usize];
        if user.request == NONE {
            // It is asleep; nothing it does would be seen, so its end counts from now.
            user.state = State::Cut;
        } else {
            let id = std::mem::replace(&mut user.request, NONE);
            user.state = State::Gone;
            source.forget(&mut self.requests, id);
            self.requests[id].flags |= ABANDONED;
        }
        self.retire(index);
    }

    #[inline(always)]
    fn begin_iteration(&mut self, index: usize, place: u32) {
        let source = &mut self.sources[index];
        source.users[place as usize].begin(source.first_move, self.now);
        self.step(index, place);
    }

    /// Runs a user's moves until it waits for an answer, sleeps, or is done.
    #[inline(always)]
    fn step(&mut self, index: usize, place: u32) {
        let program = self.program;
        loop {
            let source = &mut self.sources[index];
            let user = &mut source.users[place as usize];
            let at = user.next_move;
            user.next_move += 1;
            match &program.moves[at as usize] {
                &Move::Request { endpoint, site } => {
                    let key = derive(user.luck, u64::from(site));
                    return self.send(index, place, endpoint, key);
                }
                &Move::Check { check, within, must_be_ok } => {
                    let holds = user.last <= within && (user.last_ok || !must_be_ok);
                    self.recorder.check(check, holds);
                }
                &Move::Sleep { law, site } => {
                    let ns = match &program.laws[law as usize] {
                        Law::Constant(ns) => *ns,
                        law => law.sample(&mut Draw::new(user.luck, u64::from(site))),
                    };
                    if ns > 0 {
                        return source.sleepers.push(self.now + ns, place, true);
                    }
                }
                &Move::Pace { period } => {
                    let until = user.began + period;
                    if until > self.now {
                        return source.sleepers.push(until, place, true);
                    }
                }
                &Move::Choose { choice, site } => {
                    user.next_move = program.choices[choice as usize].way(user.luck, u64::from(site));
                }
                &Move::Jump { to } => user.next_move = to,
                Move::End => {
                    self.recorder.iteration();
                    if self.iteration_over(index, place) {
                        return;
                    }
                }
            }
        }
    }

    /// True if the user leaves; else its next iteration has begun.
    #[inline(always)]
    fn iteration_over(&mut self, index: usize, place: u32) -> bool {
        let source = &mut self.sources[index];
        let user = &mut source.users[place as usize];
        if self.now < user.stop {
            user.iteration += 1;
            user.begin(source.first_move, self.now);
            return false;
        }
        user.state = State::Gone;
        if let Kind::Arrivals { free, .. } = &mut source.kind {
            free.push(place);
        }
        self.retire(index);
        true
    }

    /// One user fewer; the last one ends the scenario, the last scenario the test.
    #[inline(always)]
    fn retire(&mut self, index: usize) {
        let source = &mut self.sources[index];
        source.active -= 1;
        self.recorder.users(-1);
        if source.active == 0 && source.begins == NEVER {
            self.settle(index);
        }
    }

    fn settle(&mut self, index: usize) {
        let source = &mut self.sources[index];
        if source.begins != NEVER || source.active > 0 || source.finished {
            return;
        }
        source.finished = true;
        if self.sources.iter().all(|source| source.finished) {
            let regular = self.sources.iter().map(|source| source.regular_end).max().unwrap_or(0);
            self.end = self.end.min(regular.max(self.now));
        }
    }

    /// Ends the test at once if no scenario has anybody to send.
    pub(super) fn settle_sources(&mut self) {
        for index in 0..self.sources.len() {
            self.settle(index);
        }
    }

    #[inline(always)]
    fn send(&mut self, index: usize, place: u32, endpoint: u16, key: u64) {
        let id = self.requests.add();
        let request = &mut self.requests[id];
        request.key = key;
        request.started = self.now;
        request.since = self.now;
        request.owner = place;
        request.endpoint = endpoint;
        request.source = index as u16;
        request.pc = self.program.endpoints[endpoint as usize];
        self.recorder.started();
        self.one_more_in_flight();
        let source = &mut self.sources[index];
        source.users[place as usize].request = id;
        if source.timeout != NEVER {
            source.timers.push_back(&mut self.requests, id);
            if !source.armed {
                self.arm_timeouts(index);
            }
        }
        self.ready.push(id);
    }

    /// A user has its answer.
    #[inline(always)]
    pub(super) fn response(&mut self, index: usize, place: u32, ns: u64, ok: bool) {
        let user = &mut self.sources[index].users[place as usize];
        (user.request, user.last, user.last_ok) = (NONE, ns, ok);
        self.step(index, place);
        self.touch_source(index);
    }

    /// Lets the row of client time-outs act when the oldest request is due.
    ///
    /// Most requests are answered long before: the row is not told of it, wakes where the one it
    /// was set for would have timed out, and finds out then who is the oldest now.
    fn arm_timeouts(&mut self, index: usize) {
        let due = self.sources[index].timeout_due(&self.requests);
        self.sources[index].armed = due != NEVER;
        self.set_timeouts(index, due);
    }

    /// The client gives its oldest request up, if it is time; the system goes on working on it.
    pub(super) fn client_gives_up(&mut self, index: usize) {
        let source = &mut self.sources[index];
        if source.timeout_due(&self.requests) <= self.now {
            let id = source.timers.head;
            source.forget(&mut self.requests, id);
            let request = &mut self.requests[id];
            request.flags |= ABANDONED;
            let (user, endpoint, passed) = (request.owner, request.endpoint, self.now - request.started);
            let cause = self.program.client_timeout_cause;
            self.recorder.response(endpoint, Some(cause), passed, self.requests.account(id));
            self.response(index, user, passed, false);
        }
        self.arm_timeouts(index);
    }
}
