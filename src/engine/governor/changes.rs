//! What seldom happens to a machine: jobs are taken away, members slow down, it goes and comes back as another one.

use super::super::kernel::World;
use super::super::requests::RequestId;
use super::Governor;
use super::account::Account;

impl Governor {
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

    /// A member works at this share of its speed from `now` on; 0: it stands still.
    pub fn set_speed(&mut self, member: usize, speed: f64, now: u64) {
        self.advance(now);
        self.members[member].speed = speed;
        self.known.clear();
        self.settle();
    }

    /// The machine is gone, with all that ran on it.
    pub fn goes(&mut self, now: u64) {
        self.advance(now);
        self.account.iter_mut().for_each(Account::leave);
        self.settle();
    }

    /// Another one is there, with whole budgets and what it is launched with.
    pub fn comes(&mut self, now: u64) {
        self.advance(now);
        self.account.iter_mut().for_each(Account::launch);
        for (member, &quota) in self.members.iter_mut().zip(&self.spec.quotas) {
            member.budget = quota;
        }
        self.settle();
    }
}

impl World<'_> {
    /// A machine goes or comes.
    pub(in crate::engine) fn machine_is(&mut self, index: u32, there: bool) {
        let (governor, now) = (&mut self.governors[index as usize], self.hub.now);
        if there {
            governor.comes(now);
        } else {
            governor.goes(now);
        }
        self.hub.calendar.set(governor.row, governor.due());
    }
}
