//! The load generator: virtual users that iterate, and arrivals that borrow a user, as k6 has them.
//!
//! A user runs its iteration move by move; after a failed request it goes on as written. A user
//! taken away may finish its iteration until it is cut; a request cut in flight is never reported,
//! but the system goes on working on it.

use std::collections::VecDeque;

use super::calendar::NEVER;
use super::heap::Heap;
use super::kernel::World;
use super::program::{Move, SourceKind, SourceSpec};
use super::requests::{ABANDONED, NONE, RequestId, Requests, TimerLine};
use crate::distribution::Law;
use crate::load::{Arrivals, VuSpan};
use crate::random::{Draw, derive};
use rand_distr::{Distribution, Exp1};

/// One virtual user.
#[derive(Clone, Debug)]
struct User {
    key: u64,
    /// Key of the present iteration.
    luck: u64,
    began: u64,
    /// No iteration begins at or after this instant.
    stop: u64,
    /// Duration of the last response, ns.
    last: u64,
    iteration: u32,
    next_move: u32,
    /// Its request in flight.
    request: RequestId,
    state: State,
    last_ok: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    /// Cut while asleep: gone as soon as it wakes.
    Cut,
    Gone,
}

/// One scenario at work.
#[derive(Debug)]
pub struct Source {
    users: Vec<User>,
    /// Places of users that arrivals may borrow.
    free: Vec<u32>,
    /// Sleepers whose time is not before that of the one who fell asleep last.
    line: VecDeque<(u64, u32)>,
    /// Other sleepers.
    sleepers: Heap,
    kind: Kind,
    active: u32,
    timers: TimerLine,
    timeout: u64,
    pub regular_end: u64,
    pub finished: bool,
}

#[derive(Debug)]
enum Kind {
    Users {
        key: u64,
        spans: Vec<VuSpan>,
        next: usize,
        /// Indices of spans (= users) by when they are cut.
        cuts: Vec<u32>,
        next_cut: usize,
    },
    Arrivals {
        key: u64,
        curve: Box<Arrivals>,
        poisson: bool,
        /// Area under the rate up to the next Poisson arrival.
        area: f64,
        number: u64,
        next: u64,
        allocated: u32,
        max_users: u32,
        cut: u64,
    },
}

/// Sites of a source's own draws, apart from those of iterations.
const ARRIVAL_SITE: u64 = u64::MAX;

impl Source {
    #[must_use]
    pub fn new(spec: &SourceSpec, run_key: u64) -> Source {
        let key = derive(run_key, spec.identity);
        let kind = match &spec.kind {
            SourceKind::Users(spans) => {
                let mut cuts: Vec<u32> = (0..spans.len() as u32).collect();
                cuts.sort_by_key(|&i| spans[i as usize].cut_ns);
                Kind::Users { key, spans: spans.clone(), next: 0, cuts, next_cut: 0 }
            }
            SourceKind::Arrivals { curve, poisson, pre_allocated, max_users, cut } => Kind::Arrivals {
                key,
                curve: Box::new(curve.clone()),
                poisson: *poisson,
                area: 0.0,
                number: 0,
                next: 0,
                allocated: *pre_allocated,
                max_users: *max_users,
                cut: *cut,
            },
        };
        let mut source = Source {
            users: Vec::new(),
            free: Vec::new(),
            line: VecDeque::new(),
            sleepers: Heap::default(),
            kind,
            active: 0,
            timers: TimerLine::EMPTY,
            timeout: spec.timeout,
            regular_end: spec.regular_end,
            finished: false,
        };
        source.plan_arrival();
        source
    }

    /// Users that there can be at most.
    #[must_use]
    pub fn most_users(&self) -> u64 {
        match &self.kind {
            Kind::Users { spans, .. } => spans.len() as u64,
            Kind::Arrivals { max_users, .. } => u64::from(*max_users),
        }
    }

    /// Finds the instant of the next arrival.
    #[inline(always)]
    fn plan_arrival(&mut self) {
        if let Kind::Arrivals { key, curve, poisson, area, number, next, .. } = &mut self.kind {
            *next = if *poisson {
                let gap: f64 = Exp1.sample(&mut Draw::new(derive(*key, *number), ARRIVAL_SITE));
                *area += gap;
                curve.instant_of_area(*area).unwrap_or(NEVER)
            } else {
                curve.next().unwrap_or(NEVER)
            };
        }
    }

    /// When the source next acts.
    #[inline(always)]
    #[must_use]
    pub fn due(&self) -> u64 {
        let wakes = self.first_wake();
        match &self.kind {
            Kind::Users { spans, next, cuts, next_cut, .. } => {
                let starts = spans.get(*next).map_or(NEVER, |span| span.start_ns);
                let cut = cuts.get(*next_cut).map_or(NEVER, |&i| spans[i as usize].cut_ns);
                wakes.min(starts).min(cut)
            }
            Kind::Arrivals { next, cut, .. } => {
                let cut = if self.active > 0 { *cut } else { NEVER };
                wakes.min(*next).min(cut)
            }
        }
    }

    #[inline(always)]
    fn first_wake(&self) -> u64 {
        self.line.front().map_or(NEVER, |&(due, _)| due).min(self.sleepers.first_due())
    }

    /// Whether it will do anything but cut users.
    #[must_use]
    pub fn acts_of_itself(&self, requests: &Requests) -> bool {
        let begins = match &self.kind {
            Kind::Users { spans, next, .. } => *next < spans.len(),
            Kind::Arrivals { next, .. } => *next != NEVER,
        };
        begins || self.first_wake() != NEVER || self.timeout_due(requests) != NEVER
    }

    /// When the client gives up its oldest request.
    #[inline(always)]
    #[must_use]
    pub fn timeout_due(&self, requests: &Requests) -> u64 {
        if self.timers.head == NONE { NEVER } else { requests[self.timers.head].started + self.timeout }
    }

    /// The request needs no time-out any more.
    #[inline(always)]
    pub fn forget(&mut self, requests: &mut Requests, id: RequestId) {
        if self.timeout != NEVER {
            self.timers.unlink(requests, id);
        }
    }

    /// Puts a user to sleep until `due`.
    #[inline(always)]
    fn sleep(&mut self, user: u32, due: u64) {
        if self.line.back().is_none_or(|&(last, _)| last <= due) {
            self.line.push_back((due, user));
        } else {
            self.sleepers.push(due, user);
        }
    }

    /// The sleeper who wakes at `now`, if any.
    #[inline(always)]
    fn wake_one(&mut self, now: u64) -> Option<u32> {
        if self.first_wake() > now {
            return None;
        }
        match self.line.front() {
            Some(&(due, user)) if due <= self.sleepers.first_due() => {
                self.line.pop_front();
                Some(user)
            }
            _ => self.sleepers.pop(),
        }
    }

    /// A place for a new user.
    fn add(&mut self, user: User) -> u32 {
        self.active += 1;
        if let Some(place) = self.free.pop() {
            self.users[place as usize] = user;
            return place;
        }
        self.users.push(user);
        (self.users.len() - 1) as u32
    }
}

impl User {
    fn new(key: u64, stop: u64, now: u64) -> User {
        User {
            key,
            luck: derive(key, 0),
            began: now,
            stop,
            last: 0,
            iteration: 0,
            next_move: 0,
            request: NONE,
            state: State::Active,
            last_ok: true,
        }
    }
}

impl World<'_> {
    /// One thing that is due at a source happens: a user wakes, starts or is cut, or one arrives.
    #[inline(always)]
    pub(super) fn source_acts(&mut self, index: usize) {
        let now = self.now;
        if let Some(user) = self.sources[index].wake_one(now) {
            self.woken(index, user);
        } else {
            match &self.sources[index].kind {
                Kind::Users { spans, next, .. } if spans.get(*next).is_some_and(|s| s.start_ns <= now) => {
                    self.user_starts(index);
                }
                Kind::Arrivals { next, .. } if *next <= now => self.arrival(index),
                Kind::Users { .. } | Kind::Arrivals { .. } => self.cut_users(index),
            }
        }
        self.touch_source(index);
    }

    fn woken(&mut self, index: usize, user: u32) {
        match self.sources[index].users[user as usize].state {
            State::Active => self.step(index, user),
            State::Cut => self.gone(index, user),
            State::Gone => {}
        }
    }

    fn user_starts(&mut self, index: usize) {
        let source = &mut self.sources[index];
        let Kind::Users { key, spans, next, .. } = &mut source.kind else { return };
        let span = spans[*next];
        // A user that comes back after a ramp-down goes on with other luck.
        let user = User::new(derive(*key, u64::from(span.vu) << 32 | *next as u64), span.stop_ns, self.now);
        *next += 1;
        let place = source.add(user);
        self.recorder.users(1);
        self.begin_iteration(index, place);
    }

    /// An iteration is due: it borrows a free user, or is dropped.
    fn arrival(&mut self, index: usize) {
        let source = &mut self.sources[index];
        let Kind::Arrivals { key, number, allocated, max_users, .. } = &mut source.kind else { return };
        let user_key = derive(*key, *number);
        *number += 1;
        if source.active < *allocated {
            let place = source.add(User::new(user_key, 0, self.now));
            self.recorder.users(1);
            self.begin_iteration(index, place);
        } else {
            // k6 makes ready one more user, too late for this iteration.
            *allocated = (*allocated + 1).min(*max_users);
            self.recorder.dropped();
        }
        self.sources[index].plan_arrival();
    }

    /// Interrupts the users whose time is up.
    fn cut_users(&mut self, index: usize) {
        let now = self.now;
        loop {
            let source = &mut self.sources[index];
            let place = match &mut source.kind {
                Kind::Users { spans, cuts, next_cut, .. } => match cuts.get(*next_cut) {
                    Some(&i) if spans[i as usize].cut_ns <= now => {
                        *next_cut += 1;
                        i
                    }
                    _ => return,
                },
                Kind::Arrivals { next, .. } => {
                    *next = NEVER;
                    let users = &source.users;
                    match users.iter().position(|user| user.state == State::Active) {
                        Some(place) => place as u32,
                        None => return,
                    }
                }
            };
            self.cut(index, place);
        }
    }

    fn cut(&mut self, index: usize, place: u32) {
        let source = &mut self.sources[index];
        let Some(user) = source.users.get_mut(place as usize).filter(|user| user.state == State::Active) else {
            return;
        };
        if user.request == NONE {
            user.state = State::Cut;
            // It is asleep; nothing it does would be seen, so its end counts from now.
            self.retire(index);
            return;
        }
        let id = std::mem::replace(&mut user.request, NONE);
        user.state = State::Gone;
        source.forget(&mut self.requests, id);
        self.requests[id].flags |= ABANDONED;
        self.touch_timeouts(index);
        self.retire(index);
    }

    /// A user that was cut while asleep has woken.
    fn gone(&mut self, index: usize, place: u32) {
        self.sources[index].users[place as usize].state = State::Gone;
    }

    fn begin_iteration(&mut self, index: usize, place: u32) {
        let first_move = self.program.sources[index].first_move;
        let user = &mut self.sources[index].users[place as usize];
        user.luck = derive(user.key, u64::from(user.iteration));
        user.began = self.now;
        user.next_move = first_move;
        self.step(index, place);
    }

    /// Runs a user's moves until it waits for an answer, sleeps, or is done.
    #[inline(always)]
    fn step(&mut self, index: usize, place: u32) {
        loop {
            let user = &mut self.sources[index].users[place as usize];
            let at = user.next_move;
            user.next_move += 1;
            match self.program.moves[at as usize] {
                Move::Request { endpoint, site } => {
                    let key = derive(user.luck, u64::from(site));
                    return self.send(index, place, endpoint, key);
                }
                Move::Check { check, within, must_be_ok } => {
                    let holds = user.last <= within && (user.last_ok || !must_be_ok);
                    self.recorder.check(check, holds);
                }
                Move::Sleep { law, site } => {
                    let ns = match &self.program.laws[law as usize] {
                        Law::Constant(ns) => *ns,
                        law => law.sample(&mut Draw::new(user.luck, u64::from(site))),
                    };
                    if ns > 0 {
                        return self.sources[index].sleep(place, self.now + ns);
                    }
                }
                Move::Pace { period } => {
                    let until = user.began + period;
                    if until > self.now {
                        return self.sources[index].sleep(place, until);
                    }
                }
                Move::Choose { choice, site } => {
                    let luck = user.luck;
                    let to = self.way(choice, luck, u64::from(site));
                    self.sources[index].users[place as usize].next_move = to;
                }
                Move::Jump { to } => user.next_move = to,
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
            user.luck = derive(user.key, u64::from(user.iteration));
            user.began = self.now;
            user.next_move = self.program.sources[index].first_move;
            return false;
        }
        user.state = State::Gone;
        if matches!(source.kind, Kind::Arrivals { .. }) {
            source.free.push(place);
        }
        self.retire(index);
        true
    }

    /// One user fewer; the last one ends the scenario, the last scenario the test.
    #[inline(always)]
    fn retire(&mut self, index: usize) {
        self.sources[index].active -= 1;
        self.recorder.users(-1);
        if self.sources[index].active == 0 {
            self.settle(index);
        }
    }

    fn settle(&mut self, index: usize) {
        let source = &mut self.sources[index];
        let begins = match &source.kind {
            Kind::Users { spans, next, .. } => *next < spans.len(),
            Kind::Arrivals { next, .. } => *next != NEVER,
        };
        if begins || source.active > 0 || source.finished {
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
        self.sources[index].users[place as usize].request = id;
        self.recorder.started();
        self.count_in_flight();
        let source = &mut self.sources[index];
        if source.timeout != NEVER {
            let first = source.timers.head == NONE;
            source.timers.push_back(&mut self.requests, id);
            if first {
                self.touch_timeouts(index);
            }
        }
        self.ready.push_back(id);
    }

    /// A user has its answer.
    #[inline(always)]
    pub(super) fn response(&mut self, index: usize, place: u32, ns: u64, ok: bool) {
        let user = &mut self.sources[index].users[place as usize];
        (user.request, user.last, user.last_ok) = (NONE, ns, ok);
        self.step(index, place);
        self.touch_source(index);
    }

    /// The client gives its oldest request up; the system goes on working on it.
    pub(super) fn client_gives_up(&mut self, index: usize) {
        let id = self.sources[index].timers.head;
        self.sources[index].forget(&mut self.requests, id);
        self.requests[id].flags |= ABANDONED;
        let request = &self.requests[id];
        let (user, passed) = (request.owner, self.now - request.started);
        let cause = self.program.client_timeout_cause;
        self.recorder.response(request.endpoint, Some(cause), passed, self.requests.account(id));
        self.touch_timeouts(index);
        self.response(index, user, passed, false);
    }
}
