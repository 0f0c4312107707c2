//! A machine of which several members (processes, containers, tiers) use the cores, and whose cores
//! are not always to be had: CPU credits run dry, quotas are used up, a collection stops a process.
//!
//! All jobs that may run share the cores alike. Each member keeps its jobs in virtual work, as a plain
//! shared processor does; what changes their rate is always an event: the balance of credits and the
//! budgets are linear in time between two of them, so the instant at which one is empty is exact.

mod account;
mod changes;

use super::calendar::NEVER;
use super::heap::Heap;
use super::kernel::World;
use super::level::Level;
use super::program::{GovernorSpec, PERIOD};
use super::requests::RequestId;
use account::Account;
pub use account::AccountReading;

/// The state of one machine.
#[derive(Debug)]
pub struct Governor {
    spec: GovernorSpec,
    members: Vec<Member>,
    account: Option<Account>,
    /// Cores at work, of all members.
    used: f64,
    /// When everything was brought up to date.
    at: u64,
    next: (u64, Next),
    /// Core-nanoseconds that members wanted and were kept from, over those they might have had.
    held: f64,
    pub row: u32,
}

/// Who runs on it.
#[derive(Debug, Default)]
struct Member {
    jobs: Heap,
    present: Level,
    /// Work served per job since it was last idle, ns.
    work: f64,
    /// Work per job and unit of time.
    rate: f64,
    /// Share of its own speed at which it works; 0: it stands still, and leaves its cores to others.
    speed: f64,
    /// Cores at work.
    used: f64,
    busy: f64,
    /// Core-nanoseconds left in the period of this number.
    budget: f64,
    period: u64,
    /// Who waits for the end of the stop of all its jobs, and the work left until then, ns.
    stopping: Vec<RequestId>,
    stop: f64,
}

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Nothing,
    /// The first job of a member is done.
    Done(usize),
    /// The stop of a member is over.
    Over(usize),
    /// A member has used up its budget.
    Spent(usize),
    /// Budgets are whole again.
    Whole,
    /// No credits are left.
    Dry,
}

/// What came of letting it act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acted {
    Nothing,
    Done(RequestId),
    /// These go on after a stop.
    Resumed(Vec<RequestId>),
}

impl Member {
    /// Jobs that may run now.
    fn running(&self) -> usize {
        if self.budget <= 0.0 || self.speed <= 0.0 {
            return 0;
        }
        if self.stopping.is_empty() { self.jobs.len() } else { 1 }
    }

    fn wants(&self) -> bool {
        !self.jobs.is_empty() || !self.stopping.is_empty()
    }
}

impl Governor {
    #[must_use]
    pub fn new(spec: &GovernorSpec, row: u32) -> Governor {
        let member = |&quota: &f64| Member { budget: quota, speed: 1.0, ..Member::default() };
        Governor {
            spec: spec.clone(),
            members: spec.quotas.iter().map(member).collect(),
            account: spec.credits.map(Account::new),
            used: 0.0,
            at: 0,
            next: (NEVER, Next::Nothing),
            held: 0.0,
            row,
        }
    }

    #[must_use]
    pub fn due(&self) -> u64 {
        self.next.0
    }

    /// Begins a job of `demand` ns.
    pub fn start(&mut self, member: usize, id: RequestId, demand: u64, now: u64) {
        self.advance(now);
        let one = &mut self.members[member];
        one.present.up(now);
        one.jobs.push((one.work + demand as f64).to_bits(), id);
        self.settle();
    }

    /// Whether all jobs of a member stand still behind a stop.
    pub fn stands(&self, member: usize) -> bool {
        !self.members[member].stopping.is_empty()
    }

    /// Stops all jobs of a member for `demand` ns of work on one core; `id` goes on afterwards.
    pub fn stop(&mut self, member: usize, id: RequestId, demand: u64, now: u64) {
        self.advance(now);
        let one = &mut self.members[member];
        one.present.up(now);
        one.stopping.push(id);
        one.stop += demand as f64;
        self.settle();
    }

    /// Takes a job away before it is done. What it still needed, ns.
    pub fn remove(&mut self, member: usize, id: RequestId, now: u64) -> u64 {
        self.advance(now);
        let one = &mut self.members[member];
        let Some(end) = one.jobs.remove(id) else { return 0 };
        one.present.down(now);
        let left = (f64::from_bits(end) - one.work).max(0.0) as u64;
        if one.jobs.is_empty() {
            one.work = 0.0;
        }
        self.settle();
        left
    }

    /// Takes jobs away before they are done, and those that wait for the end of a stop; a stop for which
    /// nobody waits any more is over. Whether there were any.
    pub fn take_out(&mut self, gone: impl Fn(RequestId) -> bool, now: u64) -> bool {
        self.advance(now);
        let mut any = false;
        for one in &mut self.members {
            let stopping = one.stopping.len();
            one.stopping.retain(|&id| !gone(id));
            let out = one.jobs.take_out(&gone).len() + stopping - one.stopping.len();
            (0..out).for_each(|_| one.present.down(now));
            if one.stopping.is_empty() {
                one.stop = 0.0;
            }
            if one.jobs.is_empty() {
                one.work = 0.0;
            }
            any |= out > 0;
        }
        self.settle();
        any
    }

    /// Lets happen what is due at `now`.
    pub fn act(&mut self, now: u64) -> Acted {
        self.advance(now);
        if self.next.0 > now {
            return Acted::Nothing;
        }
        let acted = match self.next.1 {
            Next::Nothing | Next::Whole => Acted::Nothing,
            Next::Done(member) => {
                let one = &mut self.members[member];
                one.work = one.work.max(f64::from_bits(one.jobs.first_due()));
                one.present.down(now);
                let done = one.jobs.pop();
                if one.jobs.is_empty() {
                    one.work = 0.0;
                }
                done.map_or(Acted::Nothing, Acted::Done)
            }
            Next::Over(member) => {
                let one = &mut self.members[member];
                one.stop = 0.0;
                one.stopping.iter().for_each(|_| one.present.down(now));
                Acted::Resumed(std::mem::take(&mut one.stopping))
            }
            Next::Spent(member) => {
                self.members[member].budget = 0.0;
                Acted::Nothing
            }
            Next::Dry => {
                self.account.iter_mut().for_each(Account::run_dry);
                Acted::Nothing
            }
        };
        self.settle();
        acted
    }

    fn advance(&mut self, now: u64) {
        let passed = (now - self.at) as f64;
        let period = now / PERIOD;
        for (member, &quota) in self.members.iter_mut().zip(&self.spec.quotas) {
            if member.used > 0.0 {
                let done = passed * member.rate;
                if member.stopping.is_empty() {
                    member.work += done;
                } else {
                    member.stop -= done;
                }
                member.busy += passed * member.used;
                member.budget -= passed * member.used;
            } else if member.budget <= 0.0 && member.wants() {
                self.held += passed / self.spec.quotas.len() as f64;
            }
            // Nobody runs across the end of a period: that is an event.
            if member.period != period {
                (member.period, member.budget) = (period, quota);
            }
        }
        if let Some(account) = &mut self.account {
            account.advance(passed, self.used);
        }
        self.at = now;
    }

    /// Who may run, or how much there is to be had, has changed.
    fn settle(&mut self) {
        let running: usize = self.members.iter().map(Member::running).sum();
        let jobs = running as f64;
        let Rated { cores, slowed } = self.rated(jobs);
        let share = if running > 0 { (cores / jobs).min(1.0) } else { 0.0 };
        for member in &mut self.members {
            member.used = member.running() as f64 * share;
            member.rate = share * slowed * member.speed;
        }
        self.used = jobs * share;
        self.next = self.find_next();
    }

    fn rated(&mut self, jobs: f64) -> Rated {
        let rates = self.spec.rates;
        let wanted = jobs.min(rates.cores);
        let cores = self.account.as_mut().map_or(rates.cores, |account| account.allows(wanted).min(rates.cores));
        let loss = rates.sigma * (jobs - 1.0) + rates.kappa * jobs * (jobs - 1.0);
        Rated { cores, slowed: 1.0 / (1.0 + loss.max(0.0)) }
    }

    fn find_next(&self) -> (u64, Next) {
        let mut next = (NEVER, Next::Nothing);
        let mut sooner = |due: u64, what: Next| {
            if due < next.0 {
                next = (due, what);
            }
        };
        let mut limited = false;
        for (i, member) in self.members.iter().enumerate() {
            limited |= member.budget.is_finite() && member.wants();
            if member.used <= 0.0 {
                continue;
            }
            if !member.stopping.is_empty() {
                sooner(self.after(member.stop / member.rate), Next::Over(i));
            } else if !member.jobs.is_empty() {
                let left = f64::from_bits(member.jobs.first_due()) - member.work;
                sooner(self.after(left / member.rate), Next::Done(i));
            }
            if member.budget.is_finite() {
                sooner(self.after(member.budget / member.used), Next::Spent(i));
            }
        }
        if limited {
            sooner((self.at / PERIOD + 1) * PERIOD, Next::Whole);
        }
        if let Some(left) = self.account.as_ref().and_then(|account| account.lasts(self.used)) {
            sooner(self.after(left), Next::Dry);
        }
        next
    }

    /// The instant so many ns from now, rounded up, so that time moves.
    fn after(&self, ns: f64) -> u64 {
        // Beyond the range of a run: never.
        if ns < 9e18 { self.at + ns.max(0.0).ceil() as u64 } else { NEVER }
    }

    /// Core-nanoseconds in use by a member, and job-nanoseconds present, since the last reading.
    pub fn read_member(&mut self, member: usize, now: u64) -> (f64, f64) {
        if self.at != now {
            self.advance(now);
            self.settle();
        }
        let one = &mut self.members[member];
        (std::mem::take(&mut one.busy), one.present.read(now) as f64)
    }

    /// Its account, and the ns for which it was held back, since the last reading; after those of its members.
    pub fn read(&mut self) -> AccountReading {
        let held = std::mem::take(&mut self.held);
        let mut reading = self.account.as_mut().map_or(AccountReading::default(), Account::read);
        reading.held += held;
        reading
    }
}

/// What a number of jobs makes of it.
struct Rated {
    cores: f64,
    slowed: f64,
}

impl World<'_> {
    /// Starts work behind a front.
    #[inline(never)]
    pub(super) fn start_governed(&mut self, (governor, member): (u32, u32), id: RequestId, demand: u64) {
        let governor = &mut self.governors[governor as usize];
        governor.start(member as usize, id, demand, self.hub.now);
        self.hub.calendar.set(governor.row, governor.due());
    }

    /// Takes work away from a front. What was still needed, ns.
    pub(super) fn remove_governed(&mut self, (governor, member): (u32, u32), id: RequestId) -> u64 {
        let governor = &mut self.governors[governor as usize];
        let left = governor.remove(member as usize, id, self.hub.now);
        self.hub.calendar.set(governor.row, governor.due());
        left
    }

    pub(super) fn governor_acts(&mut self, index: usize) {
        let governor = &mut self.governors[index];
        let acted = governor.act(self.hub.now);
        self.hub.calendar.set(governor.row, governor.due());
        match acted {
            Acted::Nothing => {}
            Acted::Done(id) => self.served(id),
            Acted::Resumed(ids) => ids.into_iter().for_each(|id| self.served(id)),
        }
    }

    /// Its work is done.
    fn served(&mut self, id: RequestId) {
        let request = &self.hub.requests[id];
        let (part, passed) = (request.part, self.hub.now - request.since);
        let served = passed.min(request.demand);
        self.hub.requests.charge(id, part, passed - served, served);
        self.hub.ready.push(id);
    }
}

#[cfg(test)]
mod tests;
