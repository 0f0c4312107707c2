//! Equations to numbers: first where one number is left, then all that are left together, then one factor on a sum.

use std::collections::BTreeMap;

use super::equations::Equation;
use super::quantities::Key;
use super::sums::Sum;
use super::together::{Bound, Row, Together, together};
use super::{Fitted, Tried};

/// Half an interval over its value, up to which several unknowns count as told apart: what is less sure hangs together
/// with the others, and is not to be taken for itself.
const WIDEST: f64 = 0.2;
/// How many times its own size a number can be where no sum bounds it.
const WISH: f64 = 100.0;
/// Share of its target below which no equation is believed to be exact.
const EXACT: f64 = 1e-4;

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
pub(super) struct Found {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

impl Found {
    pub fn half(&self) -> f64 {
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
    /// Known numbers of which only the sum was measured.
    sums: Vec<Sum>,
    /// Equations that contradict others that are believed.
    disbelieved: Vec<usize>,
    /// Numbers that no value at all would explain, or of which nothing is excluded, and the most that they can be.
    refused: BTreeMap<usize, f64>,
    fitted: Vec<Fitted>,
    notes: Vec<String>,
    loose: Vec<(String, String)>,
}

pub(super) fn solve(tried: &[Tried], equations: &[Equation]) -> Solved {
    let unknowns = equations.iter().map(|equation| equation.unknowns(tried)).collect();
    let (known, refused, fitted) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    let (sums, disbelieved, notes, loose) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut solver = Solver { tried, equations, unknowns, known, sums, disbelieved, refused, fitted, notes, loose };
    while solver.one_left() || solver.several() || solver.by_one_factor() {}
    solver.contradicted();
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
        let done = |at: &usize| self.known.contains_key(at) || self.refused.contains_key(at);
        let believed = !self.disbelieved.contains(&equation);
        self.unknowns[equation].iter().copied().filter(|at| believed && !done(at)).collect()
    }

    /// What is left of an equation's target for the numbers that are not known yet, and its uncertainty.
    fn rest(&self, equation: &Equation) -> (f64, f64, f64) {
        let (mut moved, mut squares) = (0.0, equation.target.noise.powi(2));
        for (&at, found) in &self.known {
            moved += equation.slopes[at] * (found.value - self.tried[at].parameter.middle());
            if !self.sums.iter().any(|sum| sum.holds(at)) {
                squares += (equation.slopes[at] * found.half()).powi(2);
            }
        }
        // How a sum is split decides what it adds here.
        let (mut less, mut more) = (squares.sqrt(), squares.sqrt());
        for sum in &self.sums {
            let (below, above) = sum.around(&equation.slopes);
            (less, more) = (less + above, more + below);
        }
        for (&at, most) in &self.refused {
            let ends = [0.0, *most].map(|end| equation.slopes[at] * (end - self.tried[at].parameter.middle()));
            (less, more) = (less + ends[0].max(ends[1]).max(0.0), more - ends[0].min(ends[1]).min(0.0));
        }
        let of = |bound: f64| bound - equation.model - moved;
        (of(equation.target.value), of(equation.target.low) - less, of(equation.target.high) + more)
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

    /// Equations that share numbers, all at once: of those numbers that they tell together.
    fn several(&mut self) -> bool {
        for (equations, open) in self.components() {
            let rows: Vec<Row> = equations.iter().map(|at| self.row(*at, &open)).collect();
            let bounds: Vec<Bound> = (0..open.len()).map(|place| self.bound(&rows, &open, place)).collect();
            let Together { moves, left_out } = together(&rows, &bounds);
            let mut told = Vec::new();
            for (at, found) in open.iter().zip(&moves) {
                let value = self.tried[*at].parameter.middle() + found.by;
                if found.half <= WIDEST * value.abs() {
                    let by: Vec<usize> = found.rows.iter().map(|row| equations[*row]).collect();
                    told.push((*at, Found { value, low: value - found.half, high: value + found.half }, by));
                }
            }
            if told.is_empty() {
                continue;
            }
            self.disbelieved.extend(left_out.iter().map(|row| equations[*row]));
            told.into_iter().for_each(|(at, found, by)| self.take(at, found, &by, Vec::new()));
            return true;
        }
        false
    }

    /// An equation for the open numbers.
    fn row(&self, at: usize, open: &[usize]) -> Row {
        let equation = &self.equations[at];
        let (rest, low, high) = self.rest(equation);
        let half = (high - rest).max(rest - low).max(EXACT * equation.target.value.abs()).max(f64::MIN_POSITIVE);
        let slopes = open.iter().map(|number| equation.slopes[*number]).collect();
        Row { slopes, rest, half, rank: rank(&equation.key) }
    }

    /// Where an open number can lie at all: from nothing to all of the least sum that it is part of.
    fn bound(&self, rows: &[Row], open: &[usize], place: usize) -> Bound {
        let middle = |at: usize| self.tried[at].parameter.middle();
        let adding = rows.iter().filter(|row| row.slopes[place] > 0.0 && row.slopes.iter().all(|slope| *slope >= 0.0));
        let whole = |row: &Row| {
            let own: f64 = row.slopes.iter().zip(open).map(|(slope, at)| slope * middle(*at)).sum();
            (row.rest + own + row.half) / row.slopes[place]
        };
        let most = adding.map(whole).fold(f64::INFINITY, f64::min);
        let own = middle(open[place]);
        if most.is_finite() && most > 0.0 {
            return Bound { centre: 0.5 * most - own, half: most };
        }
        let size = if own == 0.0 { self.tried[open[place]].to } else { own };
        Bound { centre: 0.0, half: WISH * size.abs() }
    }

    /// Equations that hang together by open numbers, with these.
    fn components(&self) -> Vec<(Vec<usize>, Vec<usize>)> {
        let mut all: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        for equation in 0..self.equations.len() {
            let mut open = self.open(equation);
            if open.is_empty() {
                continue;
            }
            let mut equations = vec![equation];
            let (met, apart) = all.into_iter().partition(|(_, numbers)| numbers.iter().any(|at| open.contains(at)));
            all = apart;
            for (others, numbers) in met {
                equations.extend(others);
                open.extend(numbers);
            }
            equations.sort_unstable();
            open.sort_unstable();
            open.dedup();
            all.push((equations, open));
        }
        all.retain(|(equations, _)| equations.len() > 1);
        all
    }

    /// Says which laws the numbers that were found do not keep.
    fn contradicted(&mut self) {
        for at in 0..self.equations.len() {
            let equation = &self.equations[at];
            let all_known = self.unknowns[at].iter().all(|number| self.known.contains_key(number));
            let (rest, low, high) = self.rest(equation);
            let said = self.notes.iter().any(|note| note.contains(&equation.name()));
            if self.unknowns[at].is_empty() || !all_known || said || (low <= 0.0 && 0.0 <= high) {
                continue;
            }
            let (unit, times) = if matches!(equation.key, Key::Storage(_)) { ("", 1.0) } else { (" ms", 1e3) };
            let digits = |value: f64| (value * times * 1000.0).round() / 1000.0;
            self.notes.push(format!(
                "{}: {}{unit} by the recording ({}), {}{unit} by the numbers found from the other laws: they contradict each other",
                equation.name(),
                digits(equation.target.value),
                equation.target.figures.join(", "),
                digits(equation.target.value - rest),
            ));
        }
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
            let most = |at: usize| (at, 2.0 * self.tried[at].parameter.middle().abs());
            let refused: Vec<(usize, f64)> = open.into_iter().map(most).collect();
            self.refused.extend(refused);
            return true;
        }
        let whole = Found { value: value * sum, low: a.min(b) * sum, high: a.max(b) * sum };
        for at in &open {
            let middle = self.tried[*at].parameter.middle();
            let found = Found { value: value * middle, low: a.min(b) * middle, high: a.max(b) * middle };
            let others = open.iter().filter(|other| *other != at);
            let others = others.map(|at| self.tried[*at].parameter.path.clone()).collect();
            self.take(*at, found, &[equation], others);
        }
        if open.iter().all(|at| self.known.contains_key(at)) {
            let slope = |at: usize| self.equations[equation].slopes[at];
            let sum = Sum::new(open.iter().map(|at| (*at, slope(*at), self.known[at].value)).collect(), whole);
            for at in &open {
                let most = sum.most(*at);
                if let Some(fitted) = self.fitted.iter_mut().find(|one| one.path == self.tried[*at].parameter.path) {
                    fitted.alone(most);
                }
            }
            self.sums.push(sum);
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
            self.refused.insert(at, parameter.middle().abs().min(most));
            return;
        }
        if parameter.unit == "s" && found.low <= 0.0 {
            let why = format!("by {named} it is {}, which excludes nothing", self.shown(at, &found));
            self.loose.push((parameter.path.clone(), why));
            self.refused.insert(at, found.high);
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
        let law = match equations {
            [first, rest @ ..] if rest.iter().any(|at| self.equations[*at].key != self.equations[*first].key) => named,
            _ => format!("{named}: {}", equations.first().map_or("", |first| self.equations[*first].law)),
        };
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
    let mut names: Vec<String> = Vec::new();
    for name in these.iter().map(|at| all[*at].name()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(" with ")
}
