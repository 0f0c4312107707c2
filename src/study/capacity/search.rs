//! Where a single replication breaks: the last rung that it carries before the first that it does not.
//!
//! From a rung to begin with, steps that grow until the answer turns, then halves. Each replication has its own
//! break point, found with the same luck at every rung.

use super::ladder::Ladder;

/// The search of one replication.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Search {
    /// The highest rung known to hold below `high`.
    pub low: Option<usize>,
    /// The lowest rung known to break.
    pub high: Option<usize>,
    begin: Option<usize>,
    /// By how much the next step multiplies the load.
    times: f64,
    /// Whether the last rung tried held.
    held: Option<bool>,
    /// It has broken and held: from now on halves.
    turned: bool,
}

impl Search {
    /// Begins at a rung; the first step multiplies or divides the load by `times`, above 1.
    pub fn new(begin: usize, times: f64) -> Search {
        Search { low: None, high: None, begin: Some(begin), times, held: None, turned: false }
    }

    /// What is known beforehand.
    pub fn knows(&mut self, rung: usize, holds: bool) {
        if holds && self.high.is_none_or(|high| rung < high) {
            self.low = Some(self.low.map_or(rung, |low| low.max(rung)));
        } else if !holds {
            self.high = Some(self.high.map_or(rung, |high| high.min(rung)));
            self.low = self.low.filter(|low| *low < rung);
        }
    }

    /// What a rung that was asked for showed.
    pub fn saw(&mut self, rung: usize, holds: bool) {
        self.begin = None;
        self.knows(rung, holds);
        self.turned |= self.held.is_some_and(|held| held != holds);
        self.held = Some(holds);
    }

    /// The rung to try next; `None` if the break point lies between two rungs, or two loads of which the larger is not
    /// more than `apart` above the other (a share of it), or beyond an end of the ladder.
    pub fn next(&mut self, ladder: &Ladder, apart: f64) -> Option<usize> {
        let inside = |rung: &usize| self.low.is_none_or(|low| low < *rung) && self.high.is_none_or(|high| *rung < high);
        if let Some(begin) = self.begin.filter(inside) {
            return Some(begin);
        }
        let middle = match (self.low, self.high) {
            (Some(low), Some(high)) if low + 1 >= high => return None,
            (Some(low), Some(high)) if ladder.factor(high) <= ladder.factor(low) * (1.0 + apart) => return None,
            (Some(low), _) if low == ladder.top() => return None,
            (_, Some(0)) => return None,
            (Some(low), Some(high)) => Some(low.midpoint(high)),
            (None, None) => return Some(ladder.stated()),
            _ => None,
        };
        if let Some(middle) = middle.filter(|_| self.turned) {
            return Some(middle);
        }
        let times = self.times;
        self.times = (times * times).min(2.0);
        // Away from what was tried last; where nothing was, from the end that is known.
        let up = self.held.unwrap_or(self.high.is_none());
        let next = match (up, self.low, self.high) {
            (true, Some(low), _) => (low + 1).max(ladder.near(ladder.factor(low) * times)),
            (_, _, Some(high)) => (high - 1).min(ladder.near(ladder.factor(high) / times)),
            (_, low, None) => low.map_or(0, |low| low + 1),
        };
        let past = |middle: usize| if up { next > middle } else { next < middle };
        Some(middle.filter(|middle| past(*middle)).unwrap_or(next))
    }
}

#[cfg(test)]
mod tests {
    use super::super::ladder::tests::rate;
    use super::*;

    /// The break found, and the rungs tried, if loads up to `carried` hold.
    fn found(mut search: Search, ladder: &Ladder, carried: f64) -> (Search, Vec<f64>) {
        let mut tried = Vec::new();
        while let Some(rung) = search.next(ladder, 0.0) {
            assert!(
                !tried.contains(&ladder.factor(rung)) && tried.len() < 40,
                "{tried:?} again {}",
                ladder.factor(rung)
            );
            tried.push(ladder.factor(rung));
            search.saw(rung, ladder.factor(rung) <= carried);
        }
        (search, tried)
    }

    #[test]
    fn the_break_point_is_found_wherever_it_lies() {
        let test = rate(40.0);
        let ladder = Ladder::new(&test, 20.0).unwrap_or_else(|error| panic!("{error:?}"));
        for carried in [0.0101, 0.02, 0.3, 0.999, 1.0, 1.01, 1.7, 3.0, 15.9, 19.9] {
            for (begin, times) in [(1.0, 2.0), (1.0, 1.02), (carried * 1.05, 1.02), (carried * 0.9, 1.02), (7.0, 1.02)]
            {
                let (search, tried) = found(Search::new(ladder.near(begin), times), &ladder, carried);
                let (low, high) = (search.low.expect("held"), search.high.expect("broke"));
                assert_eq!(low + 1, high);
                assert!(ladder.factor(low) <= carried && carried < ladder.factor(high), "{carried}: {tried:?}");
                assert!(tried.len() <= 22, "{carried} from {begin}: {tried:?}");
            }
        }
    }

    #[test]
    fn doubling_tries_no_more_than_twice_what_is_carried() {
        let test = rate(40.0);
        let ladder = Ladder::new(&test, 20.0).unwrap_or_else(|error| panic!("{error:?}"));
        let (_, tried) = found(Search::new(ladder.stated(), 2.0), &ladder, 3.1);
        assert_eq!(&tried[..4], &[1.0, 2.0, 4.0, 3.0]);
        let (_, near) = found(Search::new(ladder.near(3.0), 1.02), &ladder, 3.1);
        assert!(near.len() <= 8 && near.iter().all(|factor| *factor < 3.3), "{near:?}");
    }

    #[test]
    fn a_break_point_is_found_as_near_as_asked_and_nearer_later() {
        let test = rate(40.0);
        let ladder = Ladder::new(&test, 20.0).unwrap_or_else(|error| panic!("{error:?}"));
        let mut search = Search::new(ladder.stated(), 2.0);
        let mut tried = 0;
        for apart in [0.1, 0.02, 0.0] {
            while let Some(rung) = search.next(&ladder, apart) {
                tried += 1;
                search.saw(rung, ladder.factor(rung) <= 3.1);
            }
            let (low, high) = (search.low.expect("held"), search.high.expect("broke"));
            let (low_at, high_at) = (ladder.factor(low), ladder.factor(high));
            assert!(low_at <= 3.1 && 3.1 < high_at, "{low_at} to {high_at}");
            assert!(high <= low + 1 || high_at <= low_at * (1.0 + apart), "{apart}: {low_at} to {high_at}");
            assert!(apart < 0.1 || tried <= 7, "{tried}");
        }
    }

    #[test]
    fn the_ends_of_the_ladder_are_ends() {
        let test = rate(40.0);
        let ladder = Ladder::new(&test, 20.0).unwrap_or_else(|error| panic!("{error:?}"));
        let (all, _) = found(Search::new(ladder.stated(), 2.0), &ladder, 100.0);
        assert_eq!((all.low, all.high), (Some(ladder.top()), None));
        let (nothing, _) = found(Search::new(ladder.stated(), 2.0), &ladder, 0.0);
        assert_eq!((nothing.low, nothing.high), (None, Some(0)));
    }

    #[test]
    fn what_is_known_is_not_tried_again() {
        let test = rate(40.0);
        let ladder = Ladder::new(&test, 20.0).unwrap_or_else(|error| panic!("{error:?}"));
        for (known, holds) in [(1.0, true), (1.0, false), (2.0, true), (2.0, false)] {
            let mut search = Search::new(ladder.near(1.5), 1.02);
            search.knows(ladder.near(known), holds);
            let carried = if holds { known * 1.2 } else { known * 0.8 };
            let (search, tried) = found(search, &ladder, carried);
            assert!(!tried.contains(&known), "{tried:?}");
            let low = ladder.factor(search.low.expect("held"));
            assert!(low <= carried && carried / low < 1.01, "{low}, {carried}");
        }
    }
}
