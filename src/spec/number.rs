//! Numbers as they are written: exact ones with their unit, and those that may be uncertain, which
//! are a value, a range or the name of an input.

use serde_json::{Value as Json, json};

use super::node::{Node, Value};
use super::reader::{Reader, Written};
use super::schema::Definitions;
use crate::problem::quoted;
use crate::units::{self, Kind, Refused};

/// A whole number, 0 or more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub u32);

/// A plain number above 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Positive(pub f64);

/// A plain number, 0 or more.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plain(pub f64);

/// Seconds, exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Duration(pub f64);

/// Bytes, exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size(pub f64);

/// Dollars per hour, exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price(pub f64);

/// Iterations per time unit of the scenario (a plain number), or "40/s".
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rate {
    PerUnit(f64),
    PerSecond(f64),
}

/// A number that may be uncertain.
#[derive(Clone, Debug, PartialEq)]
pub enum Amount {
    Known(f64),
    /// `low < high`; `path` is where it stands, its name among the inputs.
    Range {
        low: f64,
        high: f64,
        /// Written with "%".
        percent: bool,
        path: String,
    },
    /// The name of an input.
    Named(String),
}

/// A time that may be uncertain, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeAmount(pub Amount);

/// A share in `[0, 1]` that may be uncertain.
#[derive(Clone, Debug, PartialEq)]
pub struct ShareAmount(pub Amount);

/// A number of at least 0 that may be uncertain.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberAmount(pub Amount);

/// A factor on a law: an amount, or what is left of 1.
#[derive(Clone, Debug, PartialEq)]
pub enum ScaleFactor {
    Times(Amount),
    /// "1 - share"
    Rest(Amount),
}

impl Amount {
    /// Reads a number of this kind, a range of them or a name.
    pub fn read(kind: Kind, node: &Node, reader: &mut Reader) -> Option<Amount> {
        let read = match &node.value {
            Value::Text(text) if looks_like_name(text) => return Some(Amount::Named(text.trim().to_owned())),
            Value::Text(text) => Amount::parse(kind, text, reader),
            Value::Whole(number) => units::from_bare(kind, *number as f64).map(Amount::Known),
            Value::Number(number) => units::from_bare(kind, *number).map(Amount::Known),
            Value::Truth(_) | Value::Date | Value::List(_) | Value::Table(_) => {
                reader.unfit(node, &format!("{} such as {}", kind.name(), kind.example()));
                return None;
            }
        };
        accept(read, node, reader)
    }

    fn parse(kind: Kind, text: &str, reader: &Reader) -> Result<Amount, Refused> {
        let (low, high) = units::parse_range(kind, text)?;
        Ok(if low < high {
            Amount::Range { low, high, percent: text.contains('%'), path: reader.path() }
        } else {
            Amount::Known(low)
        })
    }
}

/// A name, and no number: it begins with a letter, and has letters, digits, `_` and `-` only.
#[must_use]
pub fn looks_like_name(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn accept<T>(read: Result<T, Refused>, node: &Node, reader: &mut Reader) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(refused) => {
            reader.problem(node.span, refused.what, refused.hint);
            None
        }
    }
}

/// A number without unit or range; `None`, and a problem, for all else.
fn plain(node: &Node, needed: &str, reader: &mut Reader) -> Option<f64> {
    let number = match node.value {
        Value::Whole(number) => number as f64,
        Value::Number(number) => number,
        Value::Text(_) | Value::Truth(_) | Value::Date | Value::List(_) | Value::Table(_) => {
            reader.unfit(node, needed);
            return None;
        }
    };
    accept(units::from_bare(Kind::Number, number), node, reader)
}

impl Written for Count {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let number = plain(node, "a whole number", reader)?;
        if number.fract() != 0.0 {
            reader.problem(node.span, format!("{number} is not a whole number"), None);
            return None;
        }
        if number > f64::from(u32::MAX) {
            reader.problem(node.span, format!("{number} is too large"), None);
            return None;
        }
        // Whole and within the range of the type, as just checked.
        Some(Count(number as u32))
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "integer", "minimum": 0 })
    }
}

impl Written for Positive {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let number = plain(node, "a number above 0", reader)?;
        if number == 0.0 {
            reader.problem(node.span, "0 is not above 0", None);
            return None;
        }
        Some(Positive(number))
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "number", "exclusiveMinimum": 0 })
    }
}

impl Written for Plain {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        plain(node, "a number", reader).map(Plain)
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "number", "minimum": 0 })
    }
}

impl Written for Duration {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let read = match &node.value {
            Value::Text(text) if text.contains("..") => Err(Refused {
                what: format!("{} is a range; this must be exact", quoted(text)),
                hint: Some("ranges are for times that requests take".to_owned()),
            }),
            Value::Text(text) => units::parse(Kind::Duration, text),
            Value::Whole(number) => units::from_bare(Kind::Duration, *number as f64),
            Value::Number(number) => units::from_bare(Kind::Duration, *number),
            Value::Truth(_) | Value::Date | Value::List(_) | Value::Table(_) => {
                reader.unfit(node, "a duration such as \"250ms\"");
                return None;
            }
        };
        accept(read, node, reader).map(Duration)
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": ["string", "number"], "examples": ["250ms", "1m30s"] })
    }
}

impl Written for Size {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let read = match &node.value {
            Value::Text(text) => units::parse(Kind::Size, text),
            Value::Whole(number) => units::from_bare(Kind::Size, *number as f64),
            Value::Number(number) => units::from_bare(Kind::Size, *number),
            Value::Truth(_) | Value::Date | Value::List(_) | Value::Table(_) => {
                reader.unfit(node, "a size such as \"512MiB\"");
                return None;
            }
        };
        accept(read, node, reader).map(Size)
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "string", "examples": ["512MiB", "4.5kB"] })
    }
}

impl Written for Price {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let read = match &node.value {
            Value::Text(text) => units::parse(Kind::Money, text),
            Value::Whole(number) => units::from_bare(Kind::Money, *number as f64),
            Value::Number(number) => units::from_bare(Kind::Money, *number),
            Value::Truth(_) | Value::Date | Value::List(_) | Value::Table(_) => {
                reader.unfit(node, "a price such as \"$0.09/h\"");
                return None;
            }
        };
        accept(read, node, reader).map(Price)
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": ["string", "number"], "examples": ["$0.09/h", "$70/month"] })
    }
}

impl Written for Rate {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Text(text) => accept(units::parse(Kind::Rate, text), node, reader).map(Rate::PerSecond),
            _ => plain(node, "a number or a rate such as \"40/s\"", reader).map(Rate::PerUnit),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": ["number", "string"], "examples": [40, "40/s"] })
    }
}

macro_rules! amounts {
    ($($type:ident = $kind:ident, [$($example:expr),*];)*) => { $(
        impl Written for $type {
            fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
                Amount::read(Kind::$kind, node, reader).map($type)
            }

            fn schema(_: &mut Definitions) -> Json {
                json!({ "type": ["string", "number"], "examples": [$($example),*] })
            }
        }
    )* };
}

amounts! {
    TimeAmount = Duration, ["4ms", "47ms..74ms", "name_of_an_input"];
    ShareAmount = Share, ["35%", "35%..42%", 0.35, "name_of_an_input"];
    NumberAmount = Number, [1.5, "0.9..1.1", "70%", "name_of_an_input"];
}

impl Written for ScaleFactor {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        if let Value::Text(text) = &node.value
            && let Some((one, rest)) = text.split_once('-')
            && one.trim() == "1"
        {
            let rest = Node { span: node.span, value: Value::Text(rest.trim().to_owned()) };
            return Amount::read(Kind::Share, &rest, reader).map(ScaleFactor::Rest);
        }
        Amount::read(Kind::Number, node, reader).map(ScaleFactor::Times)
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": ["string", "number"], "examples": ["name_of_an_input", "1 - share", "0.9..1.1"] })
    }
}
