//! Equations to numbers: first where one number is left, then several over several tests, then one factor on all.

use std::collections::BTreeMap;

use super::equations::Equation;
use super::nonnegative::nonnegative;
use super::quantities::Key;
use super::{Fitted, Tried};

/// Half an interval over its value, up to which several unknowns count as told apart.
const WIDEST: f64 = 0.5;

pub(super) struct Solved {
    pub fitted: Vec<Fitted>,
    pub notes: Vec<String>,
    /// What was measured of several numbers of which none is known.
    pub splits: Vec<Split>,
    /// Numbers of which a law says so little that 0 is not excluded, by path, and why.
    pub loose: Vec<(String, String)>,
}

/// A measured sum.
pub(super) struct Split {
    pub paths: Vec<String>,
    /// For people.
    pub sum: String,
}

/// A value with its interval.
#[derive(Clone, Copy, Debug)]
struct Found {
    value: f64,
    low: f64,
    high: f64,
}

impl Found {
    fn half(&self) -> f64 {
        0.5 * (self.high - self.low)
    }

    fn meets(&self, other: &Found) -> bool {
        self.low <= other.high && other.low <= self.high
    }
}

struct Solver<'a> {
    tried: &'a [Tried],
    equations: &'a [Equation],
    unknowns: Vec<Vec<usize>>,
    known: BTreeMap<usize, Found>,
    /// Numbers that no value at all would explain.
    refused: Vec<usize>,
    fitted: Vec<Fitted>,
    notes: Vec<String>,
    loose: Vec<(String, String)>,
}

pub(super) fn solve(tried: &[Tried], equations: &[Equation]) -> Solved {
    let unknowns = equations.iter().map(|equation| equation.unknowns(tried)).collect();
    let (known, refused, fitted) = (BTreeMap::new(), Vec::new(), Vec::new());
    let (notes, loose) = (Vec::new(), Vec::new());
    let mut solver = Solver { tried, equations, unknowns, known, refused, fitted, notes, loose };
    while solver.one_left() || solver.over_tests() || solver.by_one_factor() {}
    let splits = solver.splits();
    Solved { fitted: solver.fitted, notes: solver.notes, splits, loose: solver.loose }
}

/// Which law is believed where none agrees with more of the others: what contains nothing else before what contains waiting.
fn rank(key: &Key) -> usize {
    match key {
        Key::Cpu(_) => 0,
        Key::Storage(_) => 1,
        Key::Think => 2,
        Key::Latency(_) | Key::Step(_) => 3,
        Key::Query(_) => 4,
        Key::Hold(_) => 5,
        Key::Response(_) => 6,
    }
}

impl Solver<'_> {
    fn open(&self, equation: usize) -> Vec<usize> {
        let done = |at: &usize| self.known.contains_key(at) || self.refused.contains(at);
        self.unknowns[equation].iter().copied().filter(|at| !done(at)).collect()
    }

    /// What is left of an equation's target for the numbers that are not known yet, and its uncertainty.
    fn rest(&self, equation: &Equation) -> (f64, f64, f64) {
        let (mut moved, mut squares) = (0.0, 0.0);
        for (&at, found) in &self.known {
            moved += equation.slopes[at] * (found.value - self.tried[at].parameter.middle());
            squares += (equation.slopes[at] * found.half()).powi(2);
        }
        let half = (squares + equation.target.noise.powi(2)).sqrt();
        let of = |bound: f64| bound - equation.model - moved;
        (of(equation.target.value), of(equation.target.low) - half, of(equation.target.high) + half)
    }

    /// What an equation says of its only unknown.
    fn says(&self, equation: usize, at: usize) -> Found {
        let slope = self.equations[equation].slopes[at];
        let (value, low, high) = self.rest(&self.equations[equation]);
        let of = |rest: f64| self.tried[at].parameter.middle() + rest / slope;
        let (a, b) = (of(low), of(high));
        Found { value: of(value), low: a.min(b), high: a.max(b) }
    }

    /// Solves the equations that are about one number only, for the number with the best of them.
    fn one_left(&mut self) -> bool {
        let mut single: Vec<(usize, usize)> = Vec::new();
        for equation in 0..self.equations.len() {
            if let [only] = self.open(equation)[..] {
                single.push((equation, only));
            }
        }
        single.sort_by_key(|(equation, _)| rank(&self.equations[*equation].key));
        let Some(&(_, at)) = single.first() else { return false };
        let mut by_key: Vec<(Key, Vec<usize>)> = Vec::new();
        for (equation, _) in single.into_iter().filter(|(_, only)| *only == at) {
            let key = &self.equations[equation].key;
            match by_key.iter_mut().find(|(known, _)| known == key) {
                Some((_, all)) => all.push(equation),
                None => by_key.push((key.clone(), vec![equation])),
            }
        }
        let said: Vec<(Found, Vec<usize>)> = by_key.into_iter().map(|(_, all)| (self.merged(&all, at), all)).collect();
        let agreeing = |one: &(Found, Vec<usize>)| said.iter().filter(|other| other.0.meets(&one.0)).count();
        // Of equals the first: the order is that of the ranks.
        let first = said.iter().rev().max_by_key(|one| agreeing(one)).unwrap_or(&said[0]);
        let against: Vec<&(Found, Vec<usize>)> = said.iter().filter(|other| !other.0.meets(&first.0)).collect();
        let chosen = match against.is_empty() {
            true => said.iter().min_by(|a, b| a.0.half().total_cmp(&b.0.half())).unwrap_or(first),
            false => first,
        };
        for other in against {
            let (path, equation) = (&self.tried[at].parameter.path, &self.equations[other.1[0]]);
            self.notes.push(format!(
                "{path}: {} says otherwise, {} ({}); {} is believed",
                equation.name(),
                self.shown(at, &other.0),
                equation.target.figures.join(", "),
                equation_name(self.equations, &first.1)
            ));
        }
        let (found, all) = (chosen.0, chosen.1.clone());
        self.take(at, found, &all, Vec::new());
        true
    }

    /// One law in several tests: weighed by their uncertainty where they agree, else all that they span.
    fn merged(&mut self, equations: &[usize], at: usize) -> Found {
        let all: Vec<Found> = equations.iter().map(|equation| self.says(*equation, at)).collect();
        let low = all.iter().map(|found| found.low).fold(f64::INFINITY, f64::min);
        let high = all.iter().map(|found| found.high).fold(f64::NEG_INFINITY, f64::max);
        if let [only] = all[..] {
            return only;
        }
        if all.iter().any(|found| all.iter().any(|other| !found.meets(other))) {
            let path = &self.tried[at].parameter.path;
            self.notes.push(format!("{path}: the tests contradict each other; the interval spans them all"));
            return Found { value: f64::midpoint(low, high), low, high };
        }
        let weight = |found: &Found| 1.0 / found.half().max(f64::MIN_POSITIVE).powi(2).max(f64::MIN_POSITIVE);
        let weights: f64 = all.iter().map(weight).sum();
        let value = all.iter().map(|found| weight(found) * found.value).sum::<f64>() / weights;
        let half = (1.0 / weights).sqrt();
        Found { value, low: value - half, high: value + half }
    }

    /// Several numbers and at least as many tests with different mixes.
    fn over_tests(&mut self) -> bool {
        for first in 0..self.equations.len() {
            let open = self.open(first);
            let key = &self.equations[first].key;
            let alike = |other: &usize| self.equations[*other].key == *key && self.open(*other) == open;
            let group: Vec<usize> = (first..self.equations.len()).filter(alike).collect();
            if open.len() < 2 || group.len() < open.len() {
                continue;
            }
            let Some(found) = self.least_squares(&group, &open) else { continue };
            for (at, found) in open.iter().zip(found) {
                self.take(*at, found, &group, Vec::new());
            }
            return true;
        }
        false
    }

    /// Least squares with each target moved to the ends of its interval in turn.
    fn least_squares(&self, group: &[usize], open: &[usize]) -> Option<Vec<Found>> {
        let left: Vec<(f64, f64, f64)> = group.iter().map(|at| self.rest(&self.equations[*at])).collect();
        let weight = |at: usize| 1.0 / (0.5 * (left[at].2 - left[at].1)).max(1e-12);
        let slopes = |row: usize| &self.equations[group[row]].slopes;
        // The rest is to be explained together with what the numbers already do.
        let own = |row: usize| open.iter().map(|at| slopes(row)[*at] * self.tried[*at].parameter.middle()).sum::<f64>();
        let rows: Vec<Vec<f64>> =
            (0..group.len()).map(|row| open.iter().map(|at| slopes(row)[*at] * weight(row)).collect()).collect();
        let targets: Vec<f64> = (0..group.len()).map(|row| (left[row].0 + own(row)) * weight(row)).collect();
        let best = nonnegative(&rows, &targets)?;
        let mut squares = vec![(0.0, 0.0); open.len()];
        for row in 0..group.len() {
            for end in [left[row].1, left[row].2] {
                let mut moved = targets.clone();
                moved[row] = (end + own(row)) * weight(row);
                for ((square, moved), best) in squares.iter_mut().zip(nonnegative(&rows, &moved)?).zip(&best) {
                    let by = moved - best;
                    if by < 0.0 { square.0 += by * by } else { square.1 += by * by }
                }
            }
        }
        let found = best.iter().zip(squares);
        let found: Vec<Found> = found
            .map(|(v, (d, u))| Found { value: *v, low: (v - f64::sqrt(d)).max(0.0), high: v + f64::sqrt(u) })
            .collect();
        // Mixes that hardly differ tell hardly anything.
        found.iter().all(|found| found.half() <= WIDEST * found.value).then_some(found)
    }

    /// Only the sum is known: all its parts by the same factor.
    fn by_one_factor(&mut self) -> bool {
        let fits = |key: &Key| matches!(key, Key::Cpu(_) | Key::Storage(_) | Key::Hold(_) | Key::Think);
        let open = |equation: &usize| self.open(*equation).len();
        let candidates = (0..self.equations.len()).filter(|at| fits(&self.equations[*at].key) && open(at) > 1);
        let Some(equation) = candidates.min_by_key(|at| (rank(&self.equations[*at].key), *at)) else { return false };
        let open = self.open(equation);
        let own = |at: &usize| self.equations[equation].slopes[*at] * self.tried[*at].parameter.middle();
        let sum: f64 = open.iter().map(own).sum();
        let (value, low, high) = self.rest(&self.equations[equation]);
        let factor = |rest: f64| (sum + rest) / sum;
        let (value, a, b) = (factor(value), factor(low), factor(high));
        if !(sum.abs() > 0.0 && value.is_finite()) || open.iter().any(|at| own(at) * sum < 0.0) {
            self.refused.extend(open);
            return true;
        }
        let paths: Vec<String> = open.iter().map(|at| self.tried[*at].parameter.path.clone()).collect();
        for at in open {
            let middle = self.tried[at].parameter.middle();
            let found = Found { value: value * middle, low: a.min(b) * middle, high: a.max(b) * middle };
            let others = paths.iter().filter(|path| **path != self.tried[at].parameter.path).cloned().collect();
            self.take(at, found, &[equation], others);
        }
        true
    }

    /// Takes a number as found, unless it is none that could be.
    fn take(&mut self, at: usize, found: Found, equations: &[usize], together_with: Vec<String>) {
        let parameter = &self.tried[at].parameter;
        let most = if parameter.unit == "share" { 1.0 } else { f64::INFINITY };
        let named = equation_name(self.equations, equations);
        if found.high <= 0.0 || found.low > most || !found.value.is_finite() {
            self.notes.push(format!(
                "{}: {named} would need {}, which cannot be; the rest of the model contradicts the recording",
                parameter.path,
                self.shown(at, &found)
            ));
            self.refused.push(at);
            return;
        }
        if parameter.unit == "s" && found.low <= 0.0 {
            let why = format!("by {named} it is {}, which excludes nothing", self.shown(at, &found));
            self.loose.push((parameter.path.clone(), why));
            self.refused.push(at);
            return;
        }
        let within = |value: f64| value.clamp(0.0, most);
        let found = Found { value: within(found.value), low: within(found.low), high: within(found.high) };
        let mut figures: Vec<String> = Vec::new();
        for figure in equations.iter().flat_map(|at| &self.equations[*at].target.figures) {
            if !figures.contains(figure) {
                figures.push(figure.clone());
            }
        }
        let law = format!("{named}: {}", self.equations[equations[0]].law);
        let fitted = Fitted::new(parameter, found.value, (found.low, found.high), law, figures);
        self.fitted.push(Fitted { together_with, ..fitted });
        self.known.insert(at, found);
    }

    fn shown(&self, at: usize, found: &Found) -> String {
        let (times, unit) = match self.tried[at].parameter.unit {
            "s" => (1e3, " ms"),
            "share" => (100.0, " %"),
            _ => (1.0, ""),
        };
        let digits = |value: f64| (value * times * 1000.0).round() / 1000.0;
        format!("{} to {}{unit}", digits(found.low), digits(found.high))
    }

    fn splits(&self) -> Vec<Split> {
        let several = (0..self.equations.len()).filter(|at| self.open(*at).len() > 1);
        let split = |at: usize| {
            let (value, _, _) = self.rest(&self.equations[at]);
            let own =
                |at_number: &usize| self.equations[at].slopes[*at_number] * self.tried[*at_number].parameter.middle();
            let open = self.open(at);
            let sum = (value + open.iter().map(own).sum::<f64>()) * 1e3;
            let paths = open.iter().map(|number| self.tried[*number].parameter.path.clone()).collect();
            Split { paths, sum: format!("{} ms of the {}", (sum * 100.0).round() / 100.0, self.equations[at].name()) }
        };
        several.map(split).collect()
    }
}

fn equation_name(all: &[Equation], these: &[usize]) -> String {
    these.first().map_or(String::new(), |at| all[*at].name())
}
