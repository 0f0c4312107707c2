//! Finds the first configuration of a space that passes, without trying all of them.
//!
//! Two kinds of structure cut the space. Where more is never worse (an instance type that gives as much of everything, one
//! more instance), a configuration that fails takes all down with it that give no more. Where more may help or
//! hurt (connections), there is a best value and it gets worse away from it, so that a group of configurations
//! which differ only in such knobs fails if its best one does. Both are assumptions: some of what they cut away is
//! tried after all, and if anything of it passes, everything cheaper is ([`Found::assumed_wrongly`]).

use super::space::{Config, Space};

/// What a trial of a configuration says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Trial {
    Passes,
    /// By how much its worst objective is missed; the larger, the farther away. Infinite if a bound proves it.
    Fails(f64),
}

/// Tries configurations of a space, by their number.
pub trait Tries {
    type Error;
    /// Whether a configuration may pass: few replications, so that one that passes only by luck may be among those that do.
    /// Asked once for each.
    ///
    /// # Errors
    /// If it cannot be tried.
    fn try_out(&mut self, index: usize) -> Result<Trial, Self::Error>;
    /// Whether one that may pass does.
    ///
    /// # Errors
    /// If it cannot be tried.
    fn make_sure(&mut self, index: usize) -> Result<Trial, Self::Error>;
}

/// What is known of a configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum State {
    /// Nothing: it comes after the answer.
    Open,
    Passes,
    /// It was tried, and by how much it failed.
    Fails(f64),
    /// This one fails, and gives no less of anything.
    Covered(usize),
    /// This one fails, and the best value lies beyond it.
    Beyond(usize),
}

/// The answer, and what is known of all.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The first that passes.
    pub first: Option<usize>,
    pub states: Vec<State>,
    /// Of those that were cut away, how many were tried after all.
    pub spot_checked: usize,
    /// One of those passed, so all that come before the answer were tried.
    pub assumed_wrongly: bool,
}

/// Of those that were cut away, so many are tried after all.
const SPOT_CHECKS: usize = 6;

/// Where nothing passes, this many that were cut away are tried all the same.
const TRIED_WHOLE: usize = 40;

/// Searches the first `count` configurations; `exhaustive`: all that come before the answer are tried.
///
/// # Errors
/// If a configuration cannot be tried.
pub fn search<T: Tries>(space: &Space, count: usize, exhaustive: bool, tries: &mut T) -> Result<Found, T::Error> {
    let mut search = Search { space, tries, states: vec![State::Open; count], first: None, sure: None, hint: None };
    let (mut spot_checked, mut wrong) = (0, false);
    if !exhaustive {
        search.cheapest()?;
        (spot_checked, wrong) = search.spot_check()?;
    }
    // Before nothing is said to pass, a small space is tried whole.
    let small = search.first.is_none() && search.cut() <= TRIED_WHOLE;
    if exhaustive || wrong || small {
        search.all()?;
    }
    let Search { states, first, .. } = search;
    Ok(Found { first, states, spot_checked, assumed_wrongly: wrong })
}

struct Search<'a, T> {
    space: &'a Space,
    tries: &'a mut T,
    states: Vec<State>,
    /// The first of those that may pass, and the one that surely does.
    first: Option<usize>,
    sure: Option<usize>,
    /// Where the best of the last group was.
    hint: Option<usize>,
}

impl<T: Tries> Search<'_, T> {
    /// By how much a configuration fails; `None` if it passes.
    fn excess(&mut self, index: usize) -> Result<Option<f64>, T::Error> {
        match self.states[index] {
            State::Passes => return Ok(None),
            State::Fails(excess) => return Ok(Some(excess)),
            _ => {}
        }
        Ok(match self.tries.try_out(index)? {
            Trial::Passes => {
                self.states[index] = State::Passes;
                if self.first.is_none_or(|first| index < first) {
                    self.first = Some(index);
                }
                None
            }
            Trial::Fails(excess) => {
                self.states[index] = State::Fails(excess);
                Some(excess)
            }
        })
    }

    /// Searches until the first that may pass surely does.
    fn cheapest(&mut self) -> Result<(), T::Error> {
        loop {
            self.groups()?;
            self.within_groups()?;
            let Some(first) = self.first else { return Ok(()) };
            if self.passes(first)? {
                return Ok(());
            }
            // What lay beyond others as seen from it may not.
            for state in self.states.iter_mut().filter(|state| matches!(state, State::Beyond(_))) {
                *state = State::Open;
            }
        }
    }

    /// Whether one that may pass surely does. If not, another is the first.
    fn passes(&mut self, index: usize) -> Result<bool, T::Error> {
        if self.sure == Some(index) {
            return Ok(true);
        }
        match self.tries.make_sure(index)? {
            Trial::Passes => {
                self.sure = Some(index);
                Ok(true)
            }
            Trial::Fails(excess) => {
                self.states[index] = State::Fails(excess);
                self.first = self.states.iter().position(|state| *state == State::Passes);
                Ok(false)
            }
        }
    }

    fn is_open(&self, index: usize) -> bool {
        self.states[index] == State::Open
    }

    fn set(&mut self, index: usize, state: State) {
        if self.is_open(index) {
            self.states[index] = state;
        }
    }

    /// Decides group by group, always the one of which either answer decides most, until no open group is cheaper
    /// than what is known to pass.
    fn groups(&mut self) -> Result<(), T::Error> {
        let groups = self.space.groups(self.states.len());
        // The members of groups are in order, and groups differ in the same knobs: firsts stand for all.
        let covered: Vec<Vec<usize>> = groups
            .iter()
            .map(|big| (0..groups.len()).filter(|&small| self.group_covers(big, &groups[small])).collect())
            .collect();
        let mut open: Vec<usize> = (0..groups.len()).collect();
        open.retain(|&group| groups[group].iter().any(|&member| self.is_open(member)));
        loop {
            open.retain(|&group| self.first.is_none_or(|first| groups[group][0] < first));
            let decides = |&group: &usize| {
                let later = open.iter().filter(|&&other| groups[other][0] >= groups[group][0]).count();
                let below = open.iter().filter(|other| covered[group].contains(other)).count();
                later.min(below)
            };
            // Of equals the cheapest.
            let Some(group) = open.iter().rev().max_by_key(|group| decides(group)).copied() else { return Ok(()) };
            let best = self.best_of(&groups[group])?;
            open.retain(|&other| other != group);
            if self.states[best] != State::Passes {
                open.retain(|&other| {
                    let fails = covered[group].contains(&other);
                    if fails {
                        for &member in &groups[other] {
                            let by = groups[group].iter().copied().find(|&big| self.space.covers(big, member));
                            self.set(member, State::Covered(by.unwrap_or(best)));
                        }
                    }
                    !fails
                });
            }
        }
    }

    fn group_covers(&self, big: &[usize], small: &[usize]) -> bool {
        small.iter().all(|&small| big.iter().any(|&big| self.space.covers(big, small)))
    }

    /// The best of a group, or one that passes: steps from the best one so far along each knob in turn, longer ones
    /// while it gets better and shorter ones while it does not (Hooke & Jeeves 1961). If none passes, what was
    /// not tried lies beyond what is worse.
    fn best_of(&mut self, group: &[usize]) -> Result<usize, T::Error> {
        let free: Vec<usize> = (0..self.space.knobs.len()).filter(|&k| self.space.knobs[k].covers.is_none()).collect();
        let longest = free.iter().map(|&k| self.space.knobs[k].values.len()).max().unwrap_or(1);
        let (mut best, mut step) = match self.hint.and_then(|hint| self.like(group, hint, &free)) {
            Some(start) => (start, 1),
            None => (group[group.len() / 2], (longest / 4).max(1)),
        };
        let Some(mut least) = self.excess(best)? else { return Ok(best) };
        loop {
            let mut moved = false;
            for &knob in &free {
                for up in [true, false] {
                    let Some(next) = self.moved(group, best, knob, step, up) else { continue };
                    let Some(excess) = self.excess(next)? else {
                        self.hint = Some(next);
                        return Ok(next);
                    };
                    if excess < least {
                        (best, least, moved) = (next, excess, true);
                        break;
                    }
                }
            }
            match (moved, step) {
                (true, _) => step = (step * 2).min(longest),
                (false, 1) => break,
                (false, _) => step /= 2,
            }
        }
        self.hint = Some(best);
        if least.is_finite() {
            group.iter().for_each(|&member| self.set(member, State::Beyond(best)));
        } else {
            // Bounds say that these fail and not which is best.
            for &member in group {
                if self.is_open(member) && self.excess(member)?.is_none() {
                    return Ok(member);
                }
            }
        }
        Ok(best)
    }

    /// The member of a group that has the free values of another configuration.
    fn like(&self, group: &[usize], other: usize, free: &[usize]) -> Option<usize> {
        let other = self.space.config(other);
        group.iter().copied().find(|&member| free.iter().all(|&k| self.space.config(member)[k] == other[k]))
    }

    fn moved(&self, group: &[usize], from: usize, knob: usize, step: usize, up: bool) -> Option<usize> {
        let mut config = self.space.config(from).clone();
        let last = self.space.knobs[knob].values.len() - 1;
        let to = if up { (config[knob] + step).min(last) } else { config[knob].saturating_sub(step) };
        if to == config[knob] {
            return None;
        }
        config[knob] = to;
        group.iter().copied().find(|&member| *self.space.config(member) == config)
    }

    /// Between what is known to pass and what comes before it in its own and in dearer groups' order: again the one
    /// of which either answer decides most.
    fn within_groups(&mut self) -> Result<(), T::Error> {
        while let Some(first) = self.first {
            let open: Vec<usize> = (0..first).filter(|&index| self.is_open(index)).collect();
            let decides = |&&index: &&usize| {
                let later = open.iter().filter(|&&other| other >= index).count();
                let with = open.iter().filter(|&&other| self.takes_down(index, other)).count();
                later.min(with)
            };
            let Some(&next) = open.iter().rev().max_by_key(decides) else { return Ok(()) };
            if self.excess(next)?.is_some() {
                for other in open {
                    if self.space.covers(next, other) {
                        self.set(other, State::Covered(next));
                    } else if self.takes_down(next, other) {
                        self.set(other, State::Beyond(next));
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether another fails if this one does: it gives no more, or it lies farther from one that passes, which differs
    /// from both in the same knob only.
    fn takes_down(&self, index: usize, other: usize) -> bool {
        if self.space.covers(index, other) {
            return true;
        }
        let (at, there) = (self.space.config(index), self.space.config(other));
        let mut apart = (0..at.len()).filter(|&k| at[k] != there[k]);
        let (Some(knob), None) = (apart.next(), apart.next()) else { return false };
        if self.space.knobs[knob].covers.is_some() {
            return false;
        }
        let beyond = |passing: &Config| {
            let alike = (0..at.len()).all(|k| k == knob || passing[k] == at[k]);
            alike && there[knob].min(passing[knob]) <= at[knob] && at[knob] <= there[knob].max(passing[knob])
        };
        (0..self.states.len()).filter(|&i| self.states[i] == State::Passes).any(|i| beyond(self.space.config(i)))
    }

    /// Tries some of what was cut away: how many, and whether one of them passes.
    fn spot_check(&mut self) -> Result<(usize, bool), T::Error> {
        let end = self.first.unwrap_or(self.states.len());
        let is_cut = |&index: &usize| matches!(self.states[index], State::Covered(_) | State::Beyond(_));
        let cut: Vec<usize> = (0..end).filter(is_cut).collect();
        let count = cut.len().min(SPOT_CHECKS);
        for i in 0..count {
            // Evenly over all, those that come last, and so are most likely to pass, among them.
            let index = cut[cut.len() - 1 - i * cut.len() / count];
            if self.excess(index)?.is_none() && self.passes(index)? {
                return Ok((i + 1, true));
            }
        }
        Ok((count, false))
    }

    /// How many were cut away.
    fn cut(&self) -> usize {
        self.states.iter().filter(|state| matches!(state, State::Covered(_) | State::Beyond(_))).count()
    }

    /// All that come before the answer.
    fn all(&mut self) -> Result<(), T::Error> {
        for index in 0..self.states.len() {
            if self.first.is_some_and(|first| index >= first) && self.sure == self.first {
                break;
            }
            if self.excess(index)?.is_none() {
                self.passes(index)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "search_tests.rs"]
mod tests;
