//! What seldom happens to a processor: its speed changes, jobs are taken away.

use super::super::requests::RequestId;
use super::{InLine, Kind, Pace, Processor, Shared};

impl Shared {
    fn set_speed(&mut self, speed: f64, now: u64) {
        self.advance(now);
        self.speed = speed;
        self.known = vec![Pace::default()];
        self.set_pace();
    }

    fn take_out(&mut self, gone: impl Fn(RequestId) -> bool, now: u64) -> usize {
        self.advance(now);
        let out = self.jobs.take_out(gone).len();
        self.set_pace();
        if self.jobs.is_empty() {
            self.work = 0.0;
        }
        out
    }
}

impl InLine {
    /// How long work takes at the present speed.
    pub(super) fn takes(&self, demand: u64) -> u64 {
        if self.speed == 1.0 {
            return demand;
        }
        // A speed of 0 makes it endless.
        (demand as f64 / self.speed).ceil() as u64
    }

    /// The first in line has so much left to do.
    fn go_on(&mut self, left: u64, now: u64) {
        self.left = left;
        self.ends = now.saturating_add(self.takes(left));
        self.from = now;
    }

    /// What the first in line has left to do.
    fn left_of_first(&self, now: u64) -> u64 {
        let done = (now - self.from) as f64 * self.speed;
        self.left - (done as u64).min(self.left)
    }

    pub(super) fn begin(&mut self, demand: u64, now: u64) {
        self.go_on(demand, now);
    }

    fn set_speed(&mut self, speed: f64, now: u64) {
        let left = self.left_of_first(now);
        self.speed = speed;
        if !self.jobs.is_empty() {
            self.go_on(left, now);
        }
    }

    fn take_out(&mut self, gone: impl Fn(RequestId) -> bool, now: u64) -> usize {
        let before = self.jobs.len();
        let first = self.jobs.front().is_some_and(|&(id, _)| gone(id));
        self.jobs.retain(|&(id, _)| !gone(id));
        match self.jobs.front() {
            Some(&(_, demand)) if first => self.begin(demand, now),
            None if first => self.busy.down(now),
            _ => {}
        }
        before - self.jobs.len()
    }
}

impl Processor {
    /// Core-nanoseconds in use since the last reading, which goes on.
    pub fn used(&mut self, now: u64) -> f64 {
        match &mut self.kind {
            Kind::Shared(shared) => {
                shared.advance(now);
                shared.busy
            }
            // Hosts of other kinds are never controlled.
            Kind::Line(_) | Kind::Delay(_) | Kind::Front(..) => 0.0,
        }
    }

    /// Works at this share of its speed from `now` on; 0: it stands still. A delay has none.
    #[cold]
    pub fn set_speed(&mut self, speed: f64, now: u64) {
        match &mut self.kind {
            Kind::Shared(shared) => shared.set_speed(speed, now),
            Kind::Line(line) => line.set_speed(speed, now),
            // The member that a front stands for is slowed down instead.
            Kind::Delay(_) | Kind::Front(..) => {}
        }
    }

    /// Takes jobs away before they are done; whether there were any.
    #[cold]
    pub fn take_out(&mut self, gone: impl Fn(RequestId) -> bool, now: u64) -> bool {
        let out = match &mut self.kind {
            Kind::Shared(shared) => shared.take_out(gone, now),
            Kind::Line(line) => line.take_out(gone, now),
            Kind::Delay(ends) => ends.take_out(gone),
            // Its governor has them.
            Kind::Front(..) => 0,
        };
        (0..out).for_each(|_| self.in_service.down(now));
        out > 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::calendar::{LAST, NEVER};
    use super::super::super::program::{Discipline, Rates};
    use super::*;

    const SHARED: Discipline = Discipline::Shared(Rates { cores: 1.0, sigma: 0.0, kappa: 0.0 });

    /// 10 of work, of which 4 are done at full speed, 2 at a quarter of it, none while it stands still.
    #[test]
    fn what_is_left_takes_as_long_as_the_speed_makes_it() {
        for discipline in [SHARED, Discipline::Line] {
            let mut one = Processor::new(&discipline);
            one.start(7, 10, true, 100);
            assert_eq!(one.due(), 110);
            one.set_speed(0.25, 104);
            assert_eq!(one.due(), 128);
            one.set_speed(0.0, 112);
            assert!(one.due() > LAST);
            one.set_speed(1.0, 150);
            assert_eq!(one.due(), 154);
            assert_eq!(one.complete(154), (Some(7), NEVER));
        }
    }

    /// Two jobs of 10 share a core from 0 on; one is taken away at 6, when each has had 3.
    #[test]
    fn the_others_go_on_with_what_they_had() {
        let mut one = Processor::new(&SHARED);
        one.start(1, 10, true, 0);
        one.start(2, 10, true, 0);
        assert!(one.take_out(|id| id == 1, 6));
        assert_eq!((one.due(), one.in_service.value()), (13, 1));
        let mut line = Processor::new(&Discipline::Line);
        (1..=3).for_each(|id| _ = line.start(id, 10, true, 0));
        assert!(line.take_out(|id| id != 2, 6));
        assert_eq!(line.due(), 16);
        assert!(!line.take_out(|id| id == 9, 7));
    }
}
