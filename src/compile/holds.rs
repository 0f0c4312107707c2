//! What a request holds wherever it waits: found by following its instructions.
//!
//! Flows give back what they have taken in the reverse order, on every way, so what is held at an
//! instruction does not depend on the way there; the engine needs it only when a host dies.

use crate::engine::Program;
use crate::engine::program::{FeedOp, Held, Holds, Op};

/// Follows all flows and jobs of a program.
#[must_use]
pub(super) fn holds(program: &Program) -> Holds {
    let mut follower = Follower {
        program,
        seen: vec![false; program.ops.len()],
        holds: Holds { at: vec![Holds::NOTHING; program.ops.len()], things: Vec::new() },
        open: Vec::new(),
    };
    let jobs = program.queues.iter().flat_map(|queue| [queue.start, queue.rejoin]);
    for start in program.endpoints.iter().copied().chain(jobs) {
        follower.reach(start, Holds::NOTHING);
    }
    while let Some(pc) = follower.open.pop() {
        follower.follow(pc);
    }
    follower.holds
}

struct Follower<'p> {
    program: &'p Program,
    seen: Vec<bool>,
    holds: Holds,
    open: Vec<u32>,
}

impl Follower<'_> {
    fn reach(&mut self, pc: u32, held: u32) {
        let Some(seen) = self.seen.get_mut(pc as usize) else { return };
        if !std::mem::replace(seen, true) {
            self.holds.at[pc as usize] = held;
            self.open.push(pc);
        }
        debug_assert!(self.same(self.holds.at[pc as usize], held), "held at {pc} depends on the way there");
    }

    fn same(&self, a: u32, b: u32) -> bool {
        let list = |mut place: u32| {
            let mut list = Vec::new();
            while let Some(&(held, below)) = self.holds.things.get(place as usize) {
                list.push(held);
                place = below;
            }
            list
        };
        list(a) == list(b)
    }

    fn follow(&mut self, pc: u32) {
        let held = self.holds.at[pc as usize];
        let next = pc + 1;
        match self.program.ops[pc as usize] {
            Op::Acquire { at, failed, .. } => {
                // Where nobody is refused no place is named.
                if failed > 0 {
                    self.reach(failed, held);
                }
                let held = self.take(Held::Permit(at), held);
                self.reach(next, held);
            }
            Op::Release { at } => self.without(next, held, Held::Permit(at)),
            // What was taken last stands behind another permit now.
            Op::Link { .. } => self.reach(next, self.holds.things.get(held as usize).map_or(held, |&(_, below)| below)),
            Op::Share => {
                let held = self.take(Held::Shared, held);
                self.reach(next, held);
            }
            Op::Unshare => self.without(next, held, Held::Shared),
            Op::Seize { level, .. } => {
                let held = self.take(Held::Seized(level), held);
                self.reach(next, held);
            }
            Op::HandOn { level } => self.without(next, held, Held::Seized(level)),
            Op::Admit { attempt, failed } => {
                self.reach(failed, held);
                let held = self.take(Held::Attempt(attempt), held);
                self.reach(next, held);
            }
            Op::Report { attempt, .. } => self.without(next, held, Held::Attempt(attempt)),
            // Those who were refused leave by the same door.
            Op::Reside { footprint, failed } => {
                let held = self.take(Held::Resident(footprint), held);
                self.reach(failed, held);
                self.reach(next, held);
            }
            Op::Vacate { footprint } => self.without(next, held, Held::Resident(footprint)),
            Op::Spread { group, .. } => {
                for host in 0..self.program.groups[group as usize].hosts {
                    let held = self.take(Held::Spread { group, host }, held);
                    self.reach(next + host, held);
                }
            }
            Op::Back { group, host } => self.without(next, held, Held::Spread { group, host }),
            op => self.go_on(pc, op, held),
        }
    }

    /// Instructions that neither take nor give anything.
    fn go_on(&mut self, pc: u32, op: Op, held: u32) {
        let next = pc + 1;
        match op {
            Op::Finish { .. } | Op::Join { .. } | Op::JobOver { .. } | Op::Rejoin | Op::Opened => {}
            Op::Feed { op: FeedOp::Repeated, .. } => {}
            // The lap behind it is for those that stopped.
            Op::Allocate { .. } => {
                self.reach(next, held);
                self.reach(next + 1, held);
            }
            Op::Jump { to } => self.reach(to, held),
            Op::Choose { choice, .. } => {
                for &(_, way) in &self.program.choices[choice as usize].ways {
                    self.reach(way, held);
                }
            }
            Op::Again { again, failed, .. } => {
                self.reach(again, held);
                self.reach(failed, held);
            }
            Op::Fork { count, failed } => self.branches(pc, u32::from(count), failed, held),
            Op::Race { failed, .. } | Op::Hedge { failed, .. } => self.branches(pc, 1, failed, held),
            Op::Linked { yes: other, .. }
            | Op::Key { or: other, .. }
            | Op::Balance { failed: other, .. }
            | Op::Chance { failed: other, .. }
            | Op::Spend { failed: other, .. }
            | Op::Afford { failed: other, .. }
            | Op::Enqueue { failed: other, .. }
            | Op::Whole { failed: other, .. }
            | Op::Fault { failed: other, .. }
            | Op::Arm { failed: other, .. }
            | Op::Lock { failed: other, .. } => {
                self.reach(other, held);
                self.reach(next, held);
            }
            _ => self.reach(next, held),
        }
    }

    /// Branches begin with nothing of their own.
    fn branches(&mut self, pc: u32, count: u32, failed: u32, held: u32) {
        (1..=count).for_each(|branch| self.reach(pc + branch, Holds::NOTHING));
        self.reach(pc + 1 + count, held);
        self.reach(failed, held);
    }

    fn take(&mut self, what: Held, below: u32) -> u32 {
        let known = self.holds.things.iter().position(|&thing| thing == (what, below));
        let place = known.unwrap_or_else(|| {
            self.holds.things.push((what, below));
            self.holds.things.len() - 1
        });
        place as u32
    }

    /// Goes on without the innermost thing like `what`.
    fn without(&mut self, next: u32, held: u32, what: Held) {
        let mut above = Vec::new();
        let mut place = held;
        while let Some(&(one, below)) = self.holds.things.get(place as usize) {
            if one == what {
                let held = above.into_iter().rev().fold(below, |below, one| self.take(one, below));
                return self.reach(next, held);
            }
            above.push(one);
            place = below;
        }
        self.reach(next, held);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::program::{AcquireSites, By, Target};

    fn permit(base: u32) -> Target {
        Target { base, by: By::Host }
    }

    #[test]
    fn what_was_taken_is_held_until_it_is_given_back_or_refused() {
        let sites = AcquireSites { open: 0, patience: 0 };
        let acquire = |base: u32, failed: u32| Op::Acquire { at: permit(base), failed, part: 0, sites };
        let ops = [
            acquire(1, 8),
            acquire(2, 10),
            Op::Seize { level: 0, part: 0 },
            Op::Race { race: 0, cause: 0, failed: 5 },
            // The branch of the race begins here, and its parent goes on behind it.
            Op::Jump { to: 9 },
            Op::HandOn { level: 0 },
            Op::Release { at: permit(1) },
            Op::Release { at: permit(2) },
            Op::Finish { failed: false },
            Op::Join { failed: false },
            // The second was refused.
            Op::Release { at: permit(1) },
            Op::Finish { failed: true },
        ];
        let (one, two, seized) = (Held::Permit(permit(1)), Held::Permit(permit(2)), Held::Seized(0));
        let program = Program { ops: ops.to_vec(), endpoints: vec![0], ..super::super::empty_program() };
        let holds = holds(&program);
        let held: Vec<Vec<Held>> = (0..ops.len() as u32).map(|pc| holds.of(pc).collect()).collect();
        let nothing: Vec<Held> = vec![];
        let expected = [
            nothing.clone(),
            vec![one],
            vec![two, one],
            vec![seized, two, one],
            nothing.clone(),
            vec![seized, two, one],
            vec![two, one],
            vec![two],
            nothing.clone(),
            nothing.clone(),
            vec![one],
            nothing,
        ];
        assert_eq!(held, expected);
    }
}
