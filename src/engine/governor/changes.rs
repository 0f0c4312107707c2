//! What seldom happens to a machine: members slow down, it goes and comes back as another one.

use super::super::kernel::World;
use super::Governor;
use super::account::Account;

impl Governor {
    /// A member works at this share of its speed from `now` on; 0: it stands still.
    pub fn set_speed(&mut self, member: usize, speed: f64, now: u64) {
        self.advance(now);
        self.members[member].speed = speed;
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
