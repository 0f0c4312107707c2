//! What a sweep goes through: `pool.main.max=10..60:5`, `users=100..500`, `tier.app.instance=t3.large,m5.large`.
//!
//! Left of the `=` stands a path as `--set` takes it, or a word for the load of the tests. Right of it stand
//! values: `low..high:step`, both ends included; `low..high`, a few values between which a sweep may take
//! further ones; or a list, split at commas outside of quotation marks and brackets.

use std::ops::Range;
use std::sync::Arc;

use super::change;
use crate::problem::{Place, Problem, Source, nearest, quoted};
use crate::units::{self, Kind};

/// Values of one axis at most.
pub const MOST_VALUES: usize = 10_000;
/// Values that a range without a step begins with.
const FIRST_VALUES: usize = 9;
/// Values of a range without a step that are not whole come no nearer to each other than this share of it.
const NEAREST: f64 = 1.0 / 64.0;

/// What is varied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Varied {
    /// Most virtual users at once; the whole profile of a test is scaled.
    Users,
    /// Iterations started per second at most, likewise.
    Rate,
    /// Times the test's own load.
    Load,
    /// A path into the model.
    Path(String),
}

/// A value of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct AxisValue {
    /// As `--set` takes it.
    pub text: String,
    /// In the unit of the axis; `None` if the values of the axis are no numbers.
    pub number: Option<f64>,
}

/// A range without a step: where further values may lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Open {
    whole: bool,
    /// High end less low end.
    span: f64,
}

/// An axis: at least one value; numbers are in ascending order, each value is there once.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    pub varied: Varied,
    /// Unit of the numbers: "ms", "%", "/s", or empty.
    pub unit: String,
    pub values: Vec<AxisValue>,
    pub open: Option<Open>,
}

/// Words for the load of tests.
const WORDS: [(&str, Varied); 3] = [("users", Varied::Users), ("rate", Varied::Rate), ("load", Varied::Load)];

impl Axis {
    /// The axis that an argument writes.
    ///
    /// # Errors
    /// If it is not `PATH=SPEC`, or its values cannot be understood.
    pub fn parse(argument: &str) -> Result<Axis, Problem> {
        let text = Text(argument);
        let (varied, from) = text.varied()?;
        let written = text.part(from..argument.len());
        let items = items(argument, written.clone());
        if items.iter().any(Range::is_empty) {
            let what = if written.is_empty() { "there are no values after \"=\"" } else { "there is an empty value" };
            return Err(text.problem(written, what, "write path=10..60:5 or path=20,50,100"));
        }
        let mut axis = match items.as_slice() {
            [one] if is_range(&argument[one.clone()]) => text.range(varied, one.clone())?,
            many => text.list(varied, many)?,
        };
        axis.check(&text, &written)?;
        if axis.values.iter().all(|value| value.number.is_some()) {
            let number = |value: &AxisValue| value.number.unwrap_or(f64::NAN);
            axis.values.sort_by(|a, b| number(a).total_cmp(&number(b)));
            axis.values.dedup_by(|a, b| a.number == b.number);
        } else {
            let mut seen = std::collections::BTreeSet::new();
            axis.values.retain(|value| seen.insert(value.text.clone()));
        }
        Ok(axis)
    }

    /// The path, or the word for the load.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.varied {
            Varied::Path(path) => path,
            word => WORDS.iter().find(|(_, varied)| varied == word).map_or("", |(name, _)| name),
        }
    }

    /// Whether a larger value is more load, and not more to carry it.
    #[must_use]
    pub fn is_load(&self) -> bool {
        !matches!(self.varied, Varied::Path(_))
    }

    /// A value in the middle between two neighbours, if the axis has no step and there is room.
    #[must_use]
    pub fn between(&self, low: f64, high: f64) -> Option<AxisValue> {
        let open = self.open?;
        let middle = tidy(low.midpoint(high));
        let middle = if open.whole { middle.floor() } else { middle };
        let room = open.whole || high - low >= 2.0 * NEAREST * open.span;
        (room && low < middle && middle < high).then(|| self.value(middle))
    }

    fn value(&self, number: f64) -> AxisValue {
        value(number, &self.unit)
    }

    /// Refuses values that the load of a test cannot have.
    fn check(&self, text: &Text, place: &Range<usize>) -> Result<(), Problem> {
        let refuse = |what: String, hint: &str| Err(text.problem(place.clone(), what, hint));
        let (needed, hint) = match self.varied {
            Varied::Path(_) => return Ok(()),
            Varied::Users => ("whole numbers of virtual users", "write users=100..500:50"),
            Varied::Rate => ("rates", "write rate=10/s..50/s:10/s"),
            Varied::Load => ("times the test's own load", "write load=0.5..2:0.25 or load=50%,100%,200%"),
        };
        for AxisValue { text: written, number } in &self.values {
            let fits = match self.varied {
                Varied::Users => self.unit.is_empty() && number.is_some_and(|users| users.fract() == 0.0),
                Varied::Rate => units::parse(Kind::Rate, written).is_ok(),
                Varied::Load | Varied::Path(_) => units::parse(Kind::Number, written).is_ok(),
            };
            if !fits {
                return refuse(format!("{} varies {needed}, and {} is none", self.name(), quoted(written)), hint);
            }
            if number.is_none_or(|number| number <= 0.0) {
                return refuse(format!("{} has to be above 0", self.name()), hint);
            }
        }
        Ok(())
    }
}

fn value(number: f64, unit: &str) -> AxisValue {
    AxisValue { text: format!("{number}{unit}"), number: Some(number) }
}

/// Without the noise of sums and conversions.
fn tidy(number: f64) -> f64 {
    format!("{number:.11e}").parse().unwrap_or(number)
}

/// A number as written: its value in the canonical unit of its kind, and its unit.
struct Measure {
    value: f64,
    kind: Kind,
    unit: String,
}

impl Measure {
    fn of(text: &str) -> Option<Measure> {
        let kinds = [Kind::Number, Kind::Duration, Kind::Size, Kind::Rate];
        let (kind, value) = kinds.into_iter().find_map(|kind| Some((kind, units::parse(kind, text).ok()?)))?;
        let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').trim();
        // "1m30s" is in no one unit.
        let unit = if unit.contains(|c: char| c.is_ascii_digit()) && kind == Kind::Duration { "s" } else { unit };
        Some(Measure { value, kind, unit: unit.to_owned() })
    }

    /// Of the same kind, shares apart from plain numbers.
    fn is_like(&self, other: &Measure) -> bool {
        self.kind == other.kind && (self.unit == "%") == (other.unit == "%")
    }

    /// The number in a unit of its kind.
    fn within(&self, unit: &str) -> f64 {
        // "0" is a duration without a unit.
        let one = if unit.is_empty() { 1.0 } else { units::parse(self.kind, &format!("1{unit}")).unwrap_or(1.0) };
        tidy(self.value / one)
    }
}

/// The argument, and problems in it.
struct Text<'a>(&'a str);

impl Text<'_> {
    fn problem(&self, range: Range<usize>, what: impl Into<String>, hint: &str) -> Problem {
        let source = Source { name: "--vary".to_owned(), text: Arc::from(self.0), context: None, rank: 0 };
        Problem {
            place: Place::Span { source: Arc::new(source), range },
            what: what.into(),
            hint: Some(hint.to_owned()),
        }
    }

    /// A part of the argument without the spaces around it.
    fn part(&self, range: Range<usize>) -> Range<usize> {
        trimmed(self.0, range)
    }

    /// What is varied, and where its values begin.
    fn varied(&self) -> Result<(Varied, usize), Problem> {
        let words = || WORDS.iter().map(|(word, _)| *word);
        if let Some((left, _)) = self.0.split_once('=') {
            let word = left.trim();
            if let Some((_, varied)) = WORDS.iter().find(|(name, _)| *name == word) {
                return Ok((varied.clone(), left.len() + 1));
            }
            if let Some(meant) = nearest(word, words()) {
                let hint = format!("did you mean {}?", quoted(meant));
                return Err(self.problem(self.part(0..left.len()), format!("no word {}", quoted(word)), &hint));
            }
        }
        match change::parse_path(self.0, 0, Some('=')) {
            Ok((_, end)) => Ok((Varied::Path(self.0[..end].trim().to_owned()), end + 1)),
            Err(finding) => {
                let hint = "write a path of the model, or users, rate or load: pool.main.max=10..60:5";
                Err(self.problem(0..self.0.len(), finding.what, hint))
            }
        }
    }

    fn measure(&self, range: Range<usize>) -> Result<Measure, Problem> {
        let written = &self.0[range.clone()];
        if written.is_empty() {
            return Err(self.problem(range.start.saturating_sub(2)..range.end, "a range has two ends", "write 10..60"));
        }
        Measure::of(written).ok_or_else(|| {
            let hint = "write numbers with their units, as 100ms..1s:100ms; other values as a list: t3.large,m5.large";
            self.problem(
                range,
                format!("{} is no number that a range could begin, end or go by", quoted(written)),
                hint,
            )
        })
    }

    fn range(&self, varied: Varied, whole: Range<usize>) -> Result<Axis, Problem> {
        let text = &self.0[whole.clone()];
        let middle = whole.start + text.find("..").unwrap_or(0);
        let colon = text.rfind(':').map(|at| whole.start + at).filter(|at| *at > middle);
        let (low_at, high_at) = (self.part(whole.start..middle), self.part(middle + 2..colon.unwrap_or(whole.end)));
        let (low, high) = (self.measure(low_at)?, self.measure(high_at)?);
        let step = match colon {
            Some(colon) => Some(self.measure(self.part(colon + 1..whole.end))?),
            None => None,
        };
        if !low.is_like(&high) || step.as_ref().is_some_and(|step| !step.is_like(&low)) {
            let what = format!("the numbers of {} are of different kinds", quoted(text));
            return Err(self.problem(whole, what, "write the unit with each of them, as 100ms..1s:100ms"));
        }
        let unit = low.unit.clone();
        let (from, to) = (low.within(&unit), high.within(&unit));
        if from > to {
            let words = (text[..middle - whole.start].trim(), self.0[middle + 2..colon.unwrap_or(whole.end)].trim());
            let hint = format!("write {}..{}", words.1, words.0);
            return Err(self.problem(whole, format!("the range {} runs downwards", quoted(text)), &hint));
        }
        let numbers = match &step {
            None => first_values(from, to),
            Some(step) => self.steps(whole, from, to, step.within(&unit))?,
        };
        let both_whole = from.fract() == 0.0 && to.fract() == 0.0;
        let open = step.is_none().then_some(Open { whole: both_whole, span: to - from });
        let values = numbers.into_iter().map(|number| value(number, &unit)).collect();
        Ok(Axis { varied, values, unit, open })
    }

    fn steps(&self, place: Range<usize>, from: f64, to: f64, step: f64) -> Result<Vec<f64>, Problem> {
        if step <= 0.0 {
            return Err(self.problem(place, "a step of 0 goes nowhere", "write low..high:step with a step above 0"));
        }
        if to > from && step > to - from {
            return Err(self.problem(place, "the step is wider than the range", "write low..high:step"));
        }
        // What rounding takes off must not cost the last value.
        let count = ((to - from) / step + 1e-9).floor() + 1.0;
        if count > MOST_VALUES as f64 {
            let what = format!("these are {count} values; at most {MOST_VALUES} are possible");
            return Err(self.problem(place, what, "make the step wider, or leave it out"));
        }
        Ok((0..count as usize).map(|i| tidy(from + i as f64 * step)).collect())
    }

    fn list(&self, varied: Varied, items: &[Range<usize>]) -> Result<Axis, Problem> {
        if items.len() > MOST_VALUES {
            let what = format!("these are {} values; at most {MOST_VALUES} are possible", items.len());
            return Err(self.problem(items[0].clone(), what, "leave some out"));
        }
        if let Some(item) = items.iter().find(|item| is_range(&self.0[(*item).clone()])) {
            let hint = "write one range, or put a value that is a range itself into quotation marks";
            return Err(self.problem(item.clone(), "a range has no place in a list", hint));
        }
        let texts = || items.iter().map(|item| self.0[item.clone()].to_owned());
        let measures: Vec<Option<Measure>> = texts().map(|text| Measure::of(&text)).collect();
        let first = measures.first().and_then(Option::as_ref);
        let alike = |m: &Option<Measure>| m.as_ref().zip(first).is_some_and(|(one, first)| one.kind == first.kind);
        let unit = first.filter(|_| measures.iter().all(alike)).map(|first| first.unit.clone());
        let number = |m: &Option<Measure>| Some(m.as_ref()?.within(unit.as_deref()?));
        let values =
            texts().zip(&measures).map(|(text, measure)| AxisValue { text, number: number(measure) }).collect();
        Ok(Axis { varied, values, unit: unit.unwrap_or_default(), open: None })
    }
}

fn first_values(from: f64, to: f64) -> Vec<f64> {
    let whole = from.fract() == 0.0 && to.fract() == 0.0;
    let count = FIRST_VALUES - 1;
    let numbers = (0..=count).map(|i| from + (to - from) * i as f64 / count as f64);
    let mut numbers: Vec<f64> = numbers.map(|number| if whole { number.round() } else { tidy(number) }).collect();
    numbers.dedup();
    numbers
}

/// Neither quoted nor in brackets.
fn is_range(text: &str) -> bool {
    !text.starts_with(['"', '\'', '[', '{']) && text.contains("..")
}

fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = &text[range.clone()];
    let start = range.start + (part.len() - part.trim_start().len());
    start..start + part.trim().len()
}

/// The parts between commas outside of quotation marks and brackets, without the spaces around them.
fn items(text: &str, range: Range<usize>) -> Vec<Range<usize>> {
    let (mut items, mut from, mut depth, mut quote) = (Vec::new(), range.start, 0usize, None);
    for (at, c) in text[range.clone()].char_indices().map(|(at, c)| (range.start + at, c)) {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                items.push(trimmed(text, from..at));
                from = at + 1;
            }
            (None, _) => {}
        }
    }
    items.push(trimmed(text, from..range.end));
    items
}

#[cfg(test)]
#[path = "axis_tests.rs"]
mod tests;
