//! One scenario at work: its users, who of them sleeps, and when the next one comes or is cut.
//!
//! What users do is in [`super::users`]; here is what is known about them.

use super::agenda::Agenda;
use super::calendar::NEVER;
use super::level::Tide;
use super::program::{SourceKind, SourceSpec};
use super::requests::{NONE, RequestId};
use super::timeouts::Waiting;
use crate::load::{Arrivals, VuSpan};
use crate::random::{Draw, derive};
use rand_distr::{Distribution, Exp1};

/// One virtual user: a cache line, since there may be a million of them.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct User {
    pub key: u64,
    /// Key of the present iteration.
    pub luck: u64,
    pub began: u64,
    /// No iteration begins at or after this instant.
    pub stop: u64,
    /// Duration of the last response, ns.
    pub last: u64,
    pub iteration: u32,
    pub next_move: u32,
    /// Its request in flight.
    pub request: RequestId,
    pub state: State,
    /// The cause for which its last request failed, or [`OK`].
    pub outcome: u8,
    /// Its flow under way.
    pub flow: u32,
}

/// A request that did not fail.
pub(super) const OK: u8 = u8::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Active,
    /// Cut while asleep: gone as soon as it wakes.
    Cut,
    Gone,
}

/// One scenario.
#[derive(Debug)]
pub(super) struct Source<'p> {
    pub number: u16,
    /// Rows of the calendar: for its users, and for what their client gives up.
    pub row: u32,
    pub timeout_row: u32,
    /// What its draws are derived from.
    pub key: u64,
    pub users: Vec<User>,
    pub sleepers: Agenda,
    pub kind: Kind<'p>,
    /// When the next user starts or the next iteration arrives.
    pub begins: u64,
    /// When users are cut next.
    pub cuts: u64,
    /// Users at work.
    pub active: Tide,
    pub timeout: u64,
    /// Whether the row of time-outs will act, or never needs to.
    pub armed: bool,
    /// Requests that may time out next, the oldest last.
    pub roll: Vec<Waiting>,
    pub first_move: u32,
    pub regular_end: u64,
    pub finished: bool,
}

#[derive(Debug)]
pub(super) enum Kind<'p> {
    Users {
        spans: &'p [VuSpan],
        next: usize,
        /// Indices of spans by when they are cut.
        cut_order: Vec<u32>,
        next_cut: usize,
        /// The user of each span that has begun; none once a later span has taken it over.
        places: Vec<u32>,
        /// Spans that follow on an earlier one of the same user, and that one, in order.
        returns: Vec<(u32, u32)>,
        next_return: usize,
    },
    Arrivals {
        schedule: Schedule,
        number: u64,
        allocated: u32,
        max_users: u32,
        /// Places of users that arrivals may borrow.
        free: Vec<u32>,
        /// When users are cut: those before this place have been.
        cut_next: usize,
    },
}

/// The instants of arrivals, found one ahead: a draw, a sum and a quotient stand between two of
/// them, and a loop that had to wait for these before it knew what happens next would lose a sixth
/// of its time.
#[derive(Debug)]
pub(super) struct Schedule {
    curve: Arrivals,
    poisson: bool,
    /// Key of the gaps between Poisson arrivals, how many were drawn, and the area up to the last.
    key: u64,
    drawn: u64,
    area: f64,
    /// The arrival after the next one.
    ahead: u64,
}

/// Sites of a source's own draws, apart from those of iterations.
const ARRIVAL_SITE: u64 = u64::MAX;

impl Schedule {
    fn new(curve: &Arrivals, poisson: bool, key: u64) -> Schedule {
        let mut schedule = Schedule { curve: curve.clone(), poisson, key, drawn: 0, area: 0.0, ahead: 0 };
        schedule.ahead = schedule.find();
        schedule
    }

    /// The next arrival; [`NEVER`] behind the last.
    #[inline(always)]
    fn next(&mut self) -> u64 {
        let next = self.ahead;
        self.ahead = self.find();
        next
    }

    #[inline(always)]
    fn find(&mut self) -> u64 {
        let instant = if self.poisson {
            let gap: f64 = Exp1.sample(&mut Draw::new(derive(self.key, self.drawn), ARRIVAL_SITE));
            self.drawn += 1;
            self.area += gap;
            self.curve.instant_of_area(self.area)
        } else {
            self.curve.next()
        };
        instant.unwrap_or(NEVER)
    }
}

impl<'p> Source<'p> {
    /// Source `number`, with its `(row, timeout_row)`.
    #[must_use]
    pub fn new(spec: &'p SourceSpec, number: u16, rows: (u32, u32), run_key: u64) -> Source<'p> {
        let key = derive(run_key, spec.identity);
        let (kind, cuts, users) = match &spec.kind {
            SourceKind::Users(spans) => {
                let mut cut_order: Vec<u32> = (0..spans.len() as u32).collect();
                cut_order.sort_by_key(|&i| spans[i as usize].cut_ns);
                // Its users are never more than its spans: room for them once, not by doubling.
                let users = Vec::with_capacity(spans.len());
                let (places, returns) = (Vec::with_capacity(spans.len()), returns(spans));
                let kind = Kind::Users { spans, next: 0, cut_order, next_cut: 0, places, returns, next_return: 0 };
                (kind, NEVER, users)
            }
            SourceKind::Arrivals { curve, poisson, pre_allocated, max_users, cut } => {
                let kind = Kind::Arrivals {
                    schedule: Schedule::new(curve, *poisson, key),
                    number: 0,
                    allocated: *pre_allocated,
                    max_users: *max_users,
                    free: Vec::new(),
                    cut_next: 0,
                };
                (kind, *cut, Vec::new())
            }
        };
        let mut source = Source {
            number,
            row: rows.0,
            timeout_row: rows.1,
            key,
            users,
            sleepers: Agenda::new(),
            kind,
            begins: NEVER,
            cuts,
            active: Tide::default(),
            timeout: spec.timeout,
            armed: spec.timeout == NEVER,
            roll: Vec::new(),
            first_move: spec.first_move,
            regular_end: spec.regular_end,
            finished: false,
        };
        source.plan_start();
        source.plan_cut();
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

    /// Finds the instant at which the next user starts or the next iteration arrives.
    #[inline(always)]
    pub fn plan_start(&mut self) {
        self.begins = match &mut self.kind {
            Kind::Users { spans, next, .. } => spans.get(*next).map_or(NEVER, |span| span.start_ns),
            Kind::Arrivals { schedule, .. } => schedule.next(),
        };
    }

    /// Finds the instant at which the next user of a plan is cut.
    fn plan_cut(&mut self) {
        if let Kind::Users { spans, cut_order, next_cut, .. } = &self.kind {
            self.cuts = cut_order.get(*next_cut).map_or(NEVER, |&i| spans[i as usize].cut_ns);
        }
    }

    /// The place of an active user who is to be cut by `now`, if there is one left.
    pub fn next_to_cut(&mut self, now: u64) -> Option<u32> {
        let active = |user: &User| user.state == State::Active;
        while self.cuts <= now {
            match &mut self.kind {
                Kind::Users { cut_order, next_cut, places, .. } => {
                    let place = places.get(cut_order[*next_cut] as usize).copied().unwrap_or(NONE);
                    *next_cut += 1;
                    self.plan_cut();
                    if self.users.get(place as usize).is_some_and(active) {
                        return Some(place);
                    }
                }
                // All at once: nobody arrives any more.
                Kind::Arrivals { cut_next, .. } => {
                    self.begins = NEVER;
                    let left = self.users[*cut_next..].iter().position(active);
                    *cut_next += left.map_or(0, |left| left + 1);
                    match left {
                        Some(_) => return Some((*cut_next - 1) as u32),
                        None => self.cuts = NEVER,
                    }
                }
            }
        }
        None
    }

    /// Nobody is there and nobody will come.
    #[inline(always)]
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.active.value() == 0 && self.begins == NEVER
    }

    /// When the source next acts.
    #[inline(always)]
    #[must_use]
    pub fn due(&self) -> u64 {
        self.sleepers.first_due().min(self.begins).min(self.cuts)
    }

    /// Whether it will do anything but cut users.
    #[must_use]
    pub fn acts_of_itself(&self) -> bool {
        self.begins != NEVER || self.sleepers.first_due() != NEVER || self.has_timeouts()
    }

    /// The place of a new user.
    #[inline(always)]
    pub fn add(&mut self, key: u64, stop: u64, now: u64) -> u32 {
        self.active.up(now);
        let place = match &mut self.kind {
            Kind::Arrivals { free, .. } => free.pop(),
            Kind::Users { .. } => None,
        };
        let user = User {
            key,
            luck: 0,
            began: 0,
            stop,
            last: 0,
            iteration: 0,
            next_move: 0,
            request: NONE,
            state: State::Active,
            outcome: OK,
            flow: NONE,
        };
        match place {
            Some(place) => {
                self.users[place as usize] = user;
                place
            }
            None => {
                self.users.push(user);
                (self.users.len() - 1) as u32
            }
        }
    }
}

/// Spans of users that were there before, each with the span before it; spans are in order of their start.
fn returns(spans: &[VuSpan]) -> Vec<(u32, u32)> {
    let users = spans.iter().map(|span| span.vu as usize + 1).max().unwrap_or(0);
    if users == spans.len() {
        return Vec::new();
    }
    let mut last = vec![NONE; users];
    let mut returns = Vec::new();
    for (i, span) in (0..).zip(spans) {
        let before = std::mem::replace(&mut last[span.vu as usize], i);
        if before != NONE {
            returns.push((i, before));
        }
    }
    returns
}

impl User {
    /// Begins the iteration that is its turn.
    #[inline(always)]
    pub fn begin(&mut self, first_move: u32, now: u64) {
        self.luck = derive(self.key, u64::from(self.iteration));
        self.began = now;
        self.next_move = first_move;
    }
}
