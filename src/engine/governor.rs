//! A machine of which several members (processes, containers, tiers) use the cores, and whose cores
//! are not always to be had: CPU credits run dry, quotas are used up, a collection stops a process.
//!
//! All jobs that may run share the cores alike. Each member keeps its jobs in virtual work, as a plain
//! shared processor does; what changes their rate is always an event: the balance of credits and the
//! budgets are linear in time between two of them, so the instant at which one is empty is exact. A member that
//! is alone and that nothing ever holds back pays for none of this, only for the account of its credits.

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
    /// Whether there is but one member, which nothing holds back unless it is stopped.
    plain: bool,
    /// Then `known[n]` for numbers of jobs met before.
    known: Vec<Pace>,
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

/// Paces of fewer jobs than this are kept; others are computed anew.
const KNOWN: usize = 4096;

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

/// What a number of jobs makes of a member that is alone.
#[derive(Clone, Copy, Debug)]
struct Pace {
    used: f64,
    rate: f64,
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
        let holds = spec.credits.is_some_and(|credits| !credits.unlimited);
        Governor {
            spec: spec.clone(),
            members: spec.quotas.iter().map(member).collect(),
            account: spec.credits.map(Account::new),
            used: 0.0,
            at: 0,
            next: (NEVER, Next::Nothing),
            held: 0.0,
            plain: !holds && spec.quotas == [f64::INFINITY],
            known: Vec::new(),
            row,
        }
    }

    /// The one member, if it is alone and nothing holds it back now.
    #[inline(always)]
    fn alone(&mut self) -> Option<&mut Member> {
        let one = self.members.first_mut()?;
        (self.plain && one.stopping.is_empty()).then_some(one)
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

    #[inline(always)]
    fn advance(&mut self, now: u64) {
        // By way of i64: that is one instruction, and time has no 64th bit.
        let passed = (now - self.at) as i64 as f64;
        self.at = now;
        if let Some(account) = &mut self.account {
            account.advance(passed, self.used);
        }
        match self.alone() {
            Some(one) => {
                one.work += passed * one.rate;
                one.busy += passed * one.used;
            }
            None => self.advance_members(passed, now),
        }
    }

    #[inline(never)]
    fn advance_members(&mut self, passed: f64, now: u64) {
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
    }

    /// Who may run, or how much there is to be had, has changed.
    #[inline(always)]
    fn settle(&mut self) {
        let Some(jobs) = self.alone().map(|one| one.jobs.len()) else { return self.settle_members() };
        let Some(&Pace { used, rate }) = self.known.get(jobs) else { return self.meet() };
        self.used = used;
        let one = &mut self.members[0];
        (one.used, one.rate) = (used, rate);
        self.next = (NEVER, Next::Nothing);
        if used > 0.0 {
            let left = f64::from_bits(one.jobs.first_due()) - one.work;
            self.next = (self.after(left / rate), Next::Done(0));
        }
    }

    /// A member that is alone has a number of jobs that it never had.
    #[cold]
    fn meet(&mut self) {
        self.settle_members();
        let one = &self.members[0];
        if self.known.len() == one.jobs.len() && self.known.len() < KNOWN {
            self.known.push(Pace { used: one.used, rate: one.rate });
        }
    }

    #[inline(never)]
    fn settle_members(&mut self) {
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
        let (mut limited, end) = (false, (self.at / PERIOD + 1) * PERIOD);
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
            // At the very end of a period the next quota is there.
            let spent = self.after(member.budget / member.used);
            if spent < end {
                sooner(spent, Next::Spent(i));
            }
        }
        if limited {
            sooner(end, Next::Whole);
        }
        if let Some(left) = self.account.as_ref().and_then(|account| account.lasts(self.used)) {
            sooner(self.after(left), Next::Dry);
        }
        next
    }

    /// The instant so many ns from now, rounded up, so that time moves; beyond the range of a run: never.
    #[inline(always)]
    fn after(&self, ns: f64) -> u64 {
        if ns < 9e18 {
            let whole = ns as i64; // for a tenth of the price of `ceil`
            self.at + whole.max(0) as u64 + u64::from((whole as f64) < ns)
        } else {
            NEVER
        }
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
