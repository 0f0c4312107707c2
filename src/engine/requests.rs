//! Requests in flight: small records in a slab, linked into lists by index.

use std::collections::VecDeque;

use super::spans::Span;

/// Index of a request.
pub type RequestId = u32;
/// No request.
pub const NONE: u32 = u32::MAX;

/// A child of another request (fork, race); answers its parent instead of a user.
pub const CHILD: u8 = 1;
/// Nobody waits for the answer any more; the work goes on.
pub const ABANDONED: u8 = 2;
/// A branch of this request has failed.
pub const BRANCH_FAILED: u8 = 4;
/// Counted as outstanding at its group's host.
pub const BALANCED: u8 = 8;
/// Stands in the line before a volume or a lock.
pub const STANDS: u8 = 16;
/// A job, or a branch of one: its endpoint is a queue.
pub const JOB: u8 = 32;

/// One request, or one branch of it. Two cache lines, of which the fields that every step needs
/// share the first.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Request {
    /// What all its random numbers are derived from.
    pub key: u64,
    /// When the client sent it (a child: when it was forked), ns.
    pub started: u64,
    /// When the present phase (wait, work) began, ns.
    pub since: u64,
    /// Service that the present work needs when alone, ns.
    pub demand: u64,
    /// The instruction at which it goes on.
    pub pc: u32,
    /// The user, for a child the parent request, for a job the place at its worker.
    pub owner: u32,
    /// Links of the one line it stands in (lane, slots, race timer).
    pub next: u32,
    pub prev: u32,
    /// The lane whose slice it runs; `NONE` outside.
    pub lane: u32,
    /// Part of the account for the present wait; the one after it for the present work.
    pub part: u16,
    /// Of a job and its branches: the queue.
    pub endpoint: u16,
    pub source: u16,
    pub flags: u8,
    pub cause: u8,
    /// Branches not yet joined.
    pub pending: u16,
    pub group: u16,
    /// Sum over retry loops of attempt × register constant: tells attempts apart in draws.
    pub salt: u64,
    /// When the present measured statement began, ns.
    pub mark: u64,
    pub host: u32,
    pub process: u32,
    /// Attempts per retry register.
    pub attempts: [u8; 4],
    /// Place in the vector of waiters, where the order is random; the child of a race; the row that is locked.
    pub place: u32,
    /// How many requests had been sent before: tells those of one instant apart.
    pub serial: u32,
    /// Its place among those who wait for a permit with patience of their own.
    pub expiry: u32,
    /// The innermost permit that it shares with other branches.
    pub shared: u32,
    /// When its patience ends, ns, where each wait draws its own.
    pub gives_up: u64,
    /// Measured parts that it is inside of.
    pub spans: u8,
    /// Which statement under a time-out it runs; 0: none.
    pub alarm: u32,
}

impl Request {
    pub const BLANK: Request = Request {
        key: 0,
        started: 0,
        since: 0,
        demand: 0,
        pc: 0,
        owner: NONE,
        next: NONE,
        prev: NONE,
        lane: NONE,
        part: 0,
        endpoint: 0,
        source: 0,
        flags: 0,
        cause: 0,
        pending: 0,
        group: 0,
        salt: 0,
        mark: 0,
        host: 0,
        process: 0,
        attempts: [0; 4],
        place: NONE,
        serial: 0,
        expiry: NONE,
        shared: NONE,
        gives_up: 0,
        spans: 0,
        alarm: 0,
    };
}

const _: () = assert!(size_of::<Request>() == 128, "two cache lines");

/// The run of a flow that set a request off.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Its place; `NONE` outside of flows.
    pub flow: u32,
    pub serial: u32,
    pub kind: u32,
}

impl Origin {
    pub const NONE: Origin = Origin { flow: NONE, serial: 0, kind: NONE };
}

/// The slab: records, the time account of each, and the free places.
#[derive(Debug)]
pub struct Requests {
    records: Vec<Request>,
    /// Per request `pairs` sums of ns: waited, served. Those of free places are 0.
    accounts: Vec<[u64; 2]>,
    pairs: usize,
    free: Vec<u32>,
    /// Per request the measured parts that it is inside of, the outermost first.
    spans: Vec<Span>,
    deepest: usize,
    /// Where there are flows: per request the one that set it off.
    origins: Option<Vec<Origin>>,
}

impl Requests {
    /// No requests; their accounts will have so many pairs of parts, they can be inside of so many
    /// measured parts, and set off by `flows`.
    #[must_use]
    pub fn new(pairs: usize, deepest: usize, flows: bool) -> Requests {
        Requests {
            records: Vec::new(),
            accounts: Vec::new(),
            pairs,
            free: Vec::new(),
            spans: Vec::new(),
            deepest,
            origins: flows.then(Vec::new),
        }
    }

    /// The record at a place, also of a request that is over.
    #[must_use]
    pub fn get(&self, id: RequestId) -> Option<&Request> {
        self.records.get(id as usize)
    }

    /// A blank request with an empty account.
    #[inline(always)]
    pub fn add(&mut self) -> (RequestId, &mut Request) {
        let id = match self.free.pop() {
            Some(id) => id,
            None => self.grow(),
        };
        if self.origins.is_some() {
            self.set_origin(id, Origin::NONE);
        }
        let request = &mut self[id];
        *request = Request::BLANK;
        (id, request)
    }

    #[inline(never)]
    fn grow(&mut self) -> RequestId {
        self.records.push(Request::BLANK);
        self.accounts.resize(self.accounts.len() + self.pairs, [0, 0]);
        self.spans.resize(self.records.len() * self.deepest, Span::default());
        self.origins.iter_mut().for_each(|origins| origins.push(Origin::NONE));
        (self.records.len() - 1) as u32
    }

    /// The measured parts that a request is inside of, and room for more.
    pub fn spans(&mut self, id: RequestId) -> &mut [Span] {
        &mut self.spans[id as usize * self.deepest..][..self.deepest]
    }

    /// The run of a flow that set a request off.
    #[must_use]
    pub fn origin(&self, id: RequestId) -> Origin {
        self.origins.as_ref().map_or(Origin::NONE, |origins| origins[id as usize])
    }

    pub fn set_origin(&mut self, id: RequestId, origin: Origin) {
        if let Some(origins) = &mut self.origins {
            origins[id as usize] = origin;
        }
    }

    /// Places in use and free.
    #[must_use]
    pub fn places(&self) -> u32 {
        self.records.len() as u32
    }

    /// Per place whether a request is there.
    #[must_use]
    pub fn live(&self) -> Vec<bool> {
        let mut live = vec![true; self.records.len()];
        self.free.iter().for_each(|&id| live[id as usize] = false);
        live
    }

    /// Frees the place of a request, whose account must be empty.
    #[inline(always)]
    pub fn remove(&mut self, id: RequestId) {
        debug_assert!(self.account(id).iter().all(|&pair| pair == [0, 0]));
        self.free.push(id);
    }

    #[inline(always)]
    pub fn account(&mut self, id: RequestId) -> &mut [[u64; 2]] {
        &mut self.accounts[id as usize * self.pairs..][..self.pairs]
    }

    /// Adds to the account what its present part waited for, and what it was served, ns.
    #[inline(always)]
    pub fn charge(&mut self, id: RequestId, part: u16, waited: u64, served: u64) {
        let pair = &mut self.accounts[id as usize * self.pairs + part as usize / 2];
        *pair = [pair[0] + waited, pair[1] + served];
    }

    /// Adds the whole account of `from` to that of `to`.
    pub fn charge_all(&mut self, to: RequestId, from: RequestId) {
        for pair in 0..self.pairs {
            let [waited, served] = self.accounts[from as usize * self.pairs + pair];
            self.charge(to, 2 * pair as u16, waited, served);
        }
    }
}

/// Requests that can go on, first come first served. Mostly there is but one, which then never
/// sees the queue.
#[derive(Debug)]
pub struct Ready {
    first: u32,
    others: VecDeque<RequestId>,
}

impl Ready {
    #[must_use]
    pub fn new() -> Ready {
        Ready { first: NONE, others: VecDeque::new() }
    }

    #[inline(always)]
    pub fn push(&mut self, id: RequestId) {
        if self.first == NONE {
            self.first = id;
        } else {
            self.others.push_back(id);
        }
    }

    #[inline(always)]
    pub fn pop(&mut self) -> Option<RequestId> {
        let id = self.first;
        if id == NONE {
            return None;
        }
        self.first = if self.others.is_empty() { NONE } else { self.others.pop_front().unwrap_or(NONE) };
        Some(id)
    }
}

impl std::ops::Index<RequestId> for Requests {
    type Output = Request;
    #[inline(always)]
    fn index(&self, id: RequestId) -> &Request {
        &self.records[id as usize]
    }
}

impl std::ops::IndexMut<RequestId> for Requests {
    #[inline(always)]
    fn index_mut(&mut self, id: RequestId) -> &mut Request {
        &mut self.records[id as usize]
    }
}

/// A line of requests, linked through [`Request::next`] and [`Request::prev`]: first come at the head.
#[derive(Clone, Copy, Debug)]
pub struct Line {
    pub head: u32,
    pub tail: u32,
    pub len: u32,
}

impl Line {
    pub const EMPTY: Line = Line { head: NONE, tail: NONE, len: 0 };

    #[inline(always)]
    pub fn push_back(&mut self, requests: &mut Requests, id: RequestId) {
        requests[id].next = NONE;
        requests[id].prev = self.tail;
        match self.tail {
            NONE => self.head = id,
            tail => requests[tail].next = id,
        }
        self.tail = id;
        self.len += 1;
    }

    /// Takes `id` out, wherever it stands.
    #[inline(always)]
    pub fn unlink(&mut self, requests: &mut Requests, id: RequestId) {
        let (next, prev) = (requests[id].next, requests[id].prev);
        match prev {
            NONE => self.head = next,
            prev => requests[prev].next = next,
        }
        match next {
            NONE => self.tail = prev,
            next => requests[next].prev = prev,
        }
        self.len -= 1;
    }

    #[inline(always)]
    pub fn pop_front(&mut self, requests: &mut Requests) -> Option<RequestId> {
        let id = self.head;
        if id == NONE {
            return None;
        }
        self.unlink(requests, id);
        Some(id)
    }
}
