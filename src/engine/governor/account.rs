//! CPU credits: earned all the time, spent by cores at work.

use crate::engine::program::{CREDIT, CreditSpec};

/// The credits of one machine.
#[derive(Clone, Debug)]
pub struct Account {
    spec: CreditSpec,
    /// Core-nanoseconds; below 0 what is owed.
    balance: f64,
    /// Least balance since the last reading.
    least: f64,
    /// Whether the machine is held to its baseline, and for how many ns it was since the last reading.
    holds: bool,
    held: f64,
    /// Whether the machine is there: one that is not earns nothing.
    there: bool,
    /// What machines owed that are no more.
    billed: f64,
}

/// What an account showed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AccountReading {
    /// Credits now, least since the last reading, and owed.
    pub credits: f64,
    pub least: f64,
    pub owed: f64,
    /// Time in which less was to be had than was wanted, ns.
    pub held: f64,
}

impl Account {
    #[must_use]
    pub fn new(spec: CreditSpec) -> Account {
        Account { spec, balance: spec.start, least: spec.start, holds: false, held: 0.0, there: true, billed: 0.0 }
    }

    /// So many ns pass with so many cores at work.
    pub fn advance(&mut self, ns: f64, used: f64) {
        if !self.there {
            return;
        }
        let balance = self.balance + ns * (self.spec.baseline - used);
        self.balance = if balance > self.spec.most { self.spec.most } else { balance };
        if !self.spec.unlimited {
            self.balance = self.balance.max(0.0);
            if self.holds {
                self.held += ns;
            }
        }
        if self.balance < self.least {
            self.least = self.balance;
        }
    }

    /// Cores to be had if so many are wanted.
    pub fn allows(&mut self, wanted: f64) -> f64 {
        let CreditSpec { baseline, unlimited, .. } = self.spec;
        self.holds = !unlimited && self.balance <= 0.0 && wanted > baseline;
        if self.holds { baseline } else { f64::INFINITY }
    }

    /// For how many ns credits last; `None` if they do for ever.
    #[must_use]
    pub fn lasts(&self, used: f64) -> Option<f64> {
        let loss = used - self.spec.baseline;
        (!self.spec.unlimited && self.balance > 0.0 && loss > 0.0).then(|| self.balance / loss)
    }

    /// The machine is gone; what it owed is to be paid.
    pub fn leave(&mut self) {
        self.billed += (-self.balance).max(0.0);
        (self.balance, self.least, self.there) = (0.0, 0.0, false);
    }

    /// There is a new machine, with what it is launched with.
    pub fn launch(&mut self) {
        (self.balance, self.least, self.there) = (self.spec.launch, self.spec.launch, true);
    }

    /// What rounding left of the balance is nothing.
    pub fn run_dry(&mut self) {
        self.balance = 0.0;
        self.least = 0.0;
    }

    pub fn read(&mut self) -> AccountReading {
        let least = std::mem::replace(&mut self.least, self.balance);
        AccountReading {
            credits: self.balance.max(0.0) / CREDIT,
            least: least.max(0.0) / CREDIT,
            owed: (self.billed + (-self.balance).max(0.0)) / CREDIT,
            held: std::mem::take(&mut self.held),
        }
    }
}
