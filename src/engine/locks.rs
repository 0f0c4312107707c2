//! Locks on rows: each row has one holder and a line; what is held is held until a transaction ends.
//!
//! Who has waited for a while looks for a circle: whom it waits for, for whom that one waits, and so on.
//! If that leads back to itself it is the victim. Each row has one holder and each request waits
//! for one row, so there is but one way to follow. Who waits longer than its patience gives up.

use std::collections::VecDeque;

use super::calendar::NEVER;
use super::kernel::World;
use super::program::{LockSpec, Op};
use super::requests::{Line, NONE, RequestId, STANDS};

/// All rows of all kinds of locks.
#[derive(Debug, Default)]
pub struct Locks {
    rows: Vec<Row>,
    held: Vec<Held>,
    /// Per kind of lock: who is to look for a circle, and who is to give up.
    kinds: Vec<Kind>,
}

#[derive(Clone, Copy, Debug)]
struct Row {
    holder: RequestId,
    /// The shared permit on which its transaction runs, if its branches may lock rows for it too.
    shared: u32,
    line: Line,
}

/// What a waiter stands in line for.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    /// How far out its transaction is shared, as in [`Op::Lock`].
    level: u8,
    lock: usize,
    scope: u16,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    holder: RequestId,
    /// The transactions that keep it, told apart by their pool.
    scope: u16,
    row: u32,
}

#[derive(Debug)]
struct Kind {
    /// Its first row.
    first: u32,
    looks: VecDeque<Wait>,
    gives_up: VecDeque<Wait>,
    row: u32,
}

/// A wait that began; over if the request has gone on.
#[derive(Clone, Copy, Debug)]
struct Wait {
    id: RequestId,
    since: u64,
}

impl Locks {
    /// Free locks of these kinds, which act in the calendar's rows from `first_row` on.
    #[must_use]
    pub fn new(specs: &[LockSpec], first_row: u32) -> Locks {
        let mut locks = Locks::default();
        for (row, spec) in (first_row..).zip(specs) {
            let first = locks.rows.len() as u32;
            locks
                .rows
                .resize(locks.rows.len() + spec.keys as usize, Row { holder: NONE, shared: NONE, line: Line::EMPTY });
            locks.kinds.push(Kind { first, looks: VecDeque::new(), gives_up: VecDeque::new(), row });
        }
        locks
    }

    /// Whether anybody may still look for a circle or give up.
    #[must_use]
    pub fn will_act(&self) -> bool {
        self.kinds.iter().any(|kind| !kind.looks.is_empty() || !kind.gives_up.is_empty())
    }

    /// Nobody holds or waits: what an idle system must show.
    #[must_use]
    pub fn at_rest(&self) -> bool {
        self.held.is_empty()
    }
}

impl World<'_> {
    /// Takes a lock for the transaction; false if the request has to wait for it.
    pub(super) fn lock(&mut self, id: RequestId, level: u8, [lock, scope]: [u16; 2], part: u16, site: u32) -> bool {
        let spec = &self.hub.program.locks[lock as usize];
        let (owner, shared) = self.locks_for(id, level);
        if owner == NONE {
            // The transaction is over: a statement of a branch that was given up keeps nothing.
            self.hub.recorder.lap(spec.lap, 0);
            return true;
        }
        let (request, now) = (&mut self.hub.requests[id], self.hub.now);
        let key = spec.popularity.rank(0, &mut request.draw(site));
        let index = self.locks.kinds[lock as usize].first + key;
        let row = &mut self.locks.rows[index as usize];
        if row.holder == NONE {
            (row.holder, row.shared) = (owner, shared);
            self.locks.held.push(Held { holder: owner, scope, row: index });
        }
        if row.holder == owner {
            self.hub.recorder.lap(spec.lap, 0);
            return true;
        }
        self.hub.recorder.count(spec.waits, 1);
        (request.since, request.part, request.place) = (now, part, index);
        request.pc += 1;
        request.flags |= STANDS;
        row.line.push_back(&mut self.hub.requests, id);
        if shared != NONE {
            self.shared.set_standing(shared, id);
        }
        let (kind, wait) = (&mut self.locks.kinds[lock as usize], Wait { id, since: now });
        kind.looks.push_back(wait);
        if spec.patience.is_some() {
            kind.gives_up.push_back(wait);
        }
        self.leave_lane(id);
        self.arm_locks(lock as usize);
        false
    }

    /// For whom a request locks rows, and on which shared permit: for itself on none, or for whoever began the
    /// transaction that it is a branch of.
    fn locks_for(&self, id: RequestId, level: u8) -> (RequestId, u32) {
        if level == Op::ALONE {
            return (id, NONE);
        }
        let shared = self.shared.at(self.hub.requests[id].shared, level);
        (self.shared.owner(shared), shared)
    }

    /// A transaction is over: all that it holds goes to the next in line.
    pub(super) fn unlock(&mut self, id: RequestId, scope: u16) {
        self.unlock_those(id, |held| held == scope);
    }

    /// All that a request holds goes to the next in line.
    pub(super) fn unlock_all(&mut self, id: RequestId) {
        self.unlock_those(id, |_| true);
    }

    fn unlock_those(&mut self, id: RequestId, wanted: impl Fn(u16) -> bool) {
        let mut place = 0;
        while let Some(&held) = self.locks.held.get(place) {
            if held.holder != id || !wanted(held.scope) {
                place += 1;
                continue;
            }
            let row = &mut self.locks.rows[held.row as usize];
            let next = row.line.pop_front(&mut self.hub.requests);
            match next.and_then(|next| Some((next, self.waits_for(next)?))) {
                Some((next, wanted)) => {
                    let (holder, shared) = self.locks_for(next, wanted.level);
                    let row = &mut self.locks.rows[held.row as usize];
                    (row.holder, row.shared) = (holder, shared);
                    self.locks.held[place] = Held { holder, scope: wanted.scope, row: held.row };
                    self.waited_for(wanted, next);
                    self.hub.ready.push(next);
                    place += 1;
                }
                None => {
                    self.locks.rows[held.row as usize].holder = NONE;
                    self.locks.held.remove(place);
                }
            }
        }
    }

    /// A wait is over, whatever came of it.
    fn waited_for(&mut self, wanted: Wanted, id: RequestId) {
        let (_, shared) = self.locks_for(id, wanted.level);
        if shared != NONE {
            self.shared.set_standing(shared, NONE);
        }
        self.hub.requests[id].flags &= !STANDS;
        let waited = self.hub.charge_wait(id);
        self.hub.recorder.lap(self.hub.program.locks[wanted.lock].lap, waited);
    }

    /// The lock in whose line the request stands.
    fn waits_for(&self, id: RequestId) -> Option<Wanted> {
        let request = self.hub.requests.get(id)?;
        match self.hub.program.ops[request.pc.checked_sub(1)? as usize] {
            Op::Lock { level, lock, scope, .. } if request.flags & STANDS != 0 => {
                Some(Wanted { level, lock: lock as usize, scope })
            }
            _ => None,
        }
    }

    /// Whether following who waits for whom leads back to where it began.
    fn in_circle(&self, id: RequestId) -> bool {
        let mut at = id;
        for _ in 0..=self.locks.held.len() {
            if self.waits_for(at).is_none() {
                return false;
            }
            let row = self.locks.rows[self.hub.requests[at].place as usize];
            // A transaction waits as the branch does that its connection serves.
            at = if row.shared == NONE { row.holder } else { self.shared.standing(row.shared) };
            if at == id {
                return true;
            }
        }
        false
    }

    /// Those who have waited long enough look for a circle, or give up.
    pub(super) fn locks_act(&mut self, lock: usize) {
        let (spec, now) = (&self.hub.program.locks[lock], self.hub.now);
        while let Some(&wait) = self.locks.kinds[lock].looks.front().filter(|wait| wait.since + spec.look_after <= now)
        {
            self.locks.kinds[lock].looks.pop_front();
            if self.still(wait, lock) && self.in_circle(wait.id) {
                self.hub.recorder.count(spec.deadlocks, 1);
                self.hub.recorder.count(spec.waits + 2, 1);
                self.lock_failed(wait.id, spec.deadlock_cause);
            }
        }
        let patience = spec.patience.unwrap_or(NEVER);
        while let Some(&wait) =
            self.locks.kinds[lock].gives_up.front().filter(|wait| wait.since.saturating_add(patience) <= now)
        {
            self.locks.kinds[lock].gives_up.pop_front();
            if self.still(wait, lock) {
                self.hub.recorder.count(spec.waits + 1, 1);
                self.lock_failed(wait.id, spec.timeout_cause);
            }
        }
        self.arm_locks(lock);
    }

    fn still(&self, wait: Wait, lock: usize) -> bool {
        let since = self.hub.requests.get(wait.id).map(|request| request.since);
        self.waits_for(wait.id).is_some_and(|wanted| wanted.lock == lock) && since == Some(wait.since)
    }

    fn arm_locks(&mut self, lock: usize) {
        let (spec, kind) = (&self.hub.program.locks[lock], &self.locks.kinds[lock]);
        let patience = spec.patience.unwrap_or(NEVER);
        let looks = kind.looks.front().map_or(NEVER, |wait| wait.since + spec.look_after);
        let gives_up = kind.gives_up.front().map_or(NEVER, |wait| wait.since.saturating_add(patience));
        self.hub.calendar.set(kind.row, looks.min(gives_up));
    }

    /// A waiter leaves the line and fails.
    fn lock_failed(&mut self, id: RequestId, cause: u8) {
        self.leave_lock(id);
        let request = &mut self.hub.requests[id];
        (request.cause, request.alarm) = (cause, 0);
        if let Op::Lock { failed, .. } = self.hub.program.ops[request.pc as usize - 1] {
            request.pc = failed;
        }
        self.hub.ready.push(id);
    }

    /// Takes a waiter out of the line of the row.
    pub(super) fn leave_lock(&mut self, id: RequestId) {
        let Some(wanted) = self.waits_for(id) else { return };
        let row = self.hub.requests[id].place as usize;
        self.locks.rows[row].line.unlink(&mut self.hub.requests, id);
        self.waited_for(wanted, id);
    }
}
