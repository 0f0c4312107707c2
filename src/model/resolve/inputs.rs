//! Numbers that may be uncertain: named inputs, and ranges, which become inputs of their own.

use super::names::{Resolver, index};
use crate::model::{Input, Quantity};
use crate::problem::{quoted, suggest};
use crate::spec::file::InputUnit;
use crate::spec::node::Span;
use crate::spec::number::{Amount, looks_like_name};
use crate::units::{self, Kind};

/// What a name in `[inputs]` stands for.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// `None` if it could not be read.
    quantity: Option<(Quantity, InputUnit)>,
    span: Span,
    used: bool,
}

impl Resolver<'_> {
    /// Takes `[inputs]` in; done before anything refers to them.
    pub fn declare_inputs(&mut self) {
        let file = self.file;
        for entry in &file.inputs.entries {
            let name = &entry.name;
            if !looks_like_name(&name.value) {
                let hint = "a name begins with a letter, and has letters, digits, \"_\" and \"-\"";
                self.problem_with_hint(
                    name.span,
                    format!("{} cannot be the name of an input", quoted(&name.value)),
                    hint,
                );
            }
            let quantity = entry.value.as_ref().and_then(|input| {
                let quantity = match input.amount.value {
                    Amount::Known(value) => Quantity::Known(value),
                    Amount::Range { low, high, .. } => {
                        let (about, source) = (input.about.clone(), input.source.clone());
                        let unit = unit_word(input.unit);
                        self.add_input(Input { name: name.value.clone(), low, high, unit, about, source })
                    }
                    Amount::Named(_) => return None,
                };
                Some((quantity, input.unit))
            });
            self.known.insert(&name.value, Known { quantity, span: name.span, used: false });
        }
    }

    /// The number that was written; `None`, and a problem, if it names no fitting input.
    pub fn quantity(&mut self, kind: Kind, amount: &Amount, span: Span) -> Option<Quantity> {
        match amount {
            Amount::Known(value) => Some(Quantity::Known(*value)),
            Amount::Range { low, high, percent, path } => {
                if let Some(input) = self.ranges.get(path) {
                    return Some(Quantity::Uncertain(*input));
                }
                let unit = match kind {
                    Kind::Duration => InputUnit::Seconds,
                    Kind::Share => InputUnit::Percent,
                    Kind::Number if *percent => InputUnit::Percent,
                    Kind::Number | Kind::Size | Kind::Rate | Kind::Money => InputUnit::Plain,
                };
                let (about, source) = (String::new(), String::new());
                let unit = unit_word(unit);
                let input = Input { name: path.clone(), low: *low, high: *high, unit, about, source };
                self.ranges.insert(path.clone(), index(self.inputs.len()));
                Some(self.add_input(input))
            }
            Amount::Named(name) => self.named_quantity(kind, name, span),
        }
    }

    /// The lowest and highest value that a number can have.
    pub fn bounds(&self, quantity: Quantity) -> (f64, f64) {
        match quantity {
            Quantity::Known(value) => (value, value),
            Quantity::Uncertain(input) => {
                self.inputs.get(input as usize).map_or((f64::NAN, f64::NAN), |input| (input.low, input.high))
            }
        }
    }

    /// An input that `--set` or a variant made, and that nothing refers to, changes nothing: a slip.
    pub fn refuse_unused_changes(&mut self) {
        let unused: Vec<(String, Span)> = self
            .known
            .iter()
            .filter(|(_, known)| !known.used && known.span.source != 0)
            .map(|(name, known)| ((*name).to_owned(), known.span))
            .collect();
        for (name, span) in unused {
            let hint = suggest(&name, "input", self.file.inputs.names().filter(|other| *other != name));
            self.problem_with_hint(span, format!("nothing in the model uses the input {}", quoted(&name)), hint);
        }
    }

    fn named_quantity(&mut self, kind: Kind, name: &str, span: Span) -> Option<Quantity> {
        let Some(known) = self.known.get_mut(name) else {
            let hint = match suggest(name, "input", self.file.inputs.names()) {
                hint if self.file.inputs.entries.is_empty() => format!("write {}; {hint}", kind.example()),
                hint => hint,
            };
            let what = format!("{} is not {}, and no input has this name", quoted(name), kind.name());
            self.problem_with_hint(span, what, hint);
            return None;
        };
        known.used = true;
        let (quantity, unit) = known.quantity?;
        if (unit == InputUnit::Seconds) != (kind == Kind::Duration) {
            let is = if unit == InputUnit::Seconds { Kind::Duration } else { Kind::Number };
            let what = format!("the input {} is {}, and {} is needed", quoted(name), is.name(), kind.name());
            self.problem(span, what);
            return None;
        }
        let (_, high) = self.bounds(quantity);
        if kind == Kind::Share && high > 1.0 {
            let reach = units::print_share(high);
            self.problem(span, format!("the input {} goes up to {reach}, and a share is at most 100 %", quoted(name)));
            return None;
        }
        Some(quantity)
    }

    fn add_input(&mut self, input: Input) -> Quantity {
        let id = index(self.inputs.len());
        self.inputs.push(input);
        Quantity::Uncertain(id)
    }
}

/// As the model names units.
fn unit_word(unit: InputUnit) -> &'static str {
    match unit {
        InputUnit::Seconds => "s",
        InputUnit::Plain => "1",
        InputUnit::Percent => "share",
    }
}
