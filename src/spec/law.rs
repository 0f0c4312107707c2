//! Laws of time as they are written: a constant, a range, the name of an input, or a table of what
//! was measured. Which keys belong together is decided when the law is resolved.

use serde_json::{Value as Json, json};

use super::keys::{keys, words};
use super::node::{Node, Value};
use super::number::{Duration, NumberAmount, ScaleFactor, TimeAmount};
use super::reader::{At, List, Named, Reader, Written};
use super::schema::Definitions;

/// A time that requests take.
#[derive(Clone, Debug)]
pub enum LawSpec {
    Constant(At<TimeAmount>),
    Table(Box<LawTable>),
}

/// The name of a family of laws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShapeWord {
    Exponential,
    Lognormal,
    Gamma,
    Weibull,
    Hyperexponential,
    Pareto,
    Uniform,
}

/// Unit of measured values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeUnit {
    Seconds,
    Milliseconds,
    Microseconds,
    Nanoseconds,
}

/// One factor or several.
#[derive(Clone, Debug)]
pub struct ScaleSpec(pub Vec<At<ScaleFactor>>);

/// A value that a column of a table must have.
#[derive(Clone, Debug, PartialEq)]
pub struct CellText(pub String);

keys! {
    /// A law of time: `{ constant }`, `{ mean, cv }`, `{ mean, p95 }`, two or more of `p50` to `p99`,
    /// `{ quantiles }`, `{ samples, column, unit }` or `{ shape, … }`.
    LawTable "a law of time" {
        /// Always this time; for a constant that has a `scale` or a `source`.
        constant: Option<At<TimeAmount>>,
        /// Mean time; with `cv`, with `p95`, or with `shape = "exponential"`.
        mean: Option<At<TimeAmount>>,
        /// Coefficient of variation: standard deviation over mean.
        cv: Option<At<NumberAmount>>,
        /// Family of the law; lognormal if left out.
        shape: Option<At<ShapeWord>>,
        /// Median.
        p50: Option<At<TimeAmount>>,
        /// 75th percentile.
        p75: Option<At<TimeAmount>>,
        /// 90th percentile.
        p90: Option<At<TimeAmount>>,
        /// 95th percentile; with `mean`, or with other percentiles.
        p95: Option<At<TimeAmount>>,
        /// 99th percentile.
        p99: Option<At<TimeAmount>>,
        /// Percentiles by name: `{ "p50" = "80ms", "0.999" = "2s" }`.
        quantiles: Option<Named<At<Duration>>>,
        /// Lower end, of a uniform or Pareto law.
        low: Option<At<TimeAmount>>,
        /// Upper end, of a uniform or Pareto law.
        high: Option<At<TimeAmount>>,
        /// Tail index of a Pareto law: the smaller, the heavier the tail.
        alpha: Option<At<NumberAmount>>,
        /// A CSV file of measured values, relative to the model file.
        samples: Option<At<String>>,
        /// Its column that holds the values.
        column: Option<At<String>>,
        /// Only rows in which these columns have these values.
        filter as "where": Option<Named<CellText>>,
        /// Unit of the values: "s", "ms", "us" or "ns".
        unit: Option<At<TimeUnit>>,
        /// Factors on every value: the name of an input, "1 - name", a number, a range, or a list of these.
        scale: Option<ScaleSpec>,
        /// Laws with the same `draw` use the same random number within one request, so that what is
        /// slow here is slow there.
        draw: Option<At<String>>,
    }
}

words! { ShapeWord, "a shape" {
    "exponential" => Exponential,
    "lognormal" => Lognormal,
    "gamma" => Gamma,
    "weibull" => Weibull,
    "hyperexponential" => Hyperexponential,
    "pareto" => Pareto,
    "uniform" => Uniform,
} }

words! { TimeUnit, "a unit of time" {
    "s" => Seconds,
    "ms" => Milliseconds,
    "us" => Microseconds,
    "ns" => Nanoseconds,
} }

impl Written for LawSpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Table(_) => LawTable::read(node, reader).map(|table| LawSpec::Table(Box::new(table))),
            _ => At::<TimeAmount>::read(node, reader).map(LawSpec::Constant),
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let about =
            "A time that requests take: a constant \"4ms\", a range \"4ms..6ms\", the name of an input, or a table.";
        definitions
            .choice("Law", about, |definitions| vec![TimeAmount::schema(definitions), LawTable::schema(definitions)])
    }
}

impl Written for ScaleSpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::List(_) => {
                let list = List::<At<ScaleFactor>>::read(node, reader)?;
                list.complete.then_some(ScaleSpec(list.items))
            }
            _ => At::<ScaleFactor>::read(node, reader).map(|factor| ScaleSpec(vec![factor])),
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let one = ScaleFactor::schema(definitions);
        json!({ "anyOf": [one.clone(), { "type": "array", "items": one }] })
    }
}

impl Written for CellText {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match &node.value {
            Value::Text(text) => Some(CellText(text.clone())),
            Value::Whole(number) => Some(CellText(number.to_string())),
            Value::Number(number) => Some(CellText(number.to_string())),
            Value::Truth(truth) => Some(CellText(truth.to_string())),
            Value::Date | Value::List(_) | Value::Table(_) => {
                reader.unfit(node, "a text or a number, as it stands in the file,");
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": ["string", "number", "boolean"] })
    }
}

impl LawSpec {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> super::node::Span {
        match self {
            LawSpec::Constant(amount) => amount.span,
            LawSpec::Table(table) => table.span,
        }
    }
}
