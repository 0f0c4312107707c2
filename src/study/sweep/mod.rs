//! "How does it change?": the same tests predicted at many values of one or more axes, all with the same luck.
//!
//! A [`Point`] is what is kept of the predictions at one place: the key figures of each test, replication by
//! replication, so that two points can be compared in pairs ([`curve`]). It is what a results file holds, a
//! point per line; a sweep that was stopped takes such points over. [`refine`] says where a curve bends and
//! wants more points, [`findings`] what all of them say. [`shard`] deals the points out to several machines.

pub mod bound;
pub mod curve;
pub mod findings;
pub mod identity;
pub mod point;
pub mod refine;
#[cfg(test)]
mod sample;
pub mod shard;

use serde::Serialize;

pub use findings::Finding;
pub use point::Point;
pub use shard::Shard;

/// What is varied, and the values at which tests were predicted.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Axis {
    /// A path of the model, or `users`, `rate`, `load`.
    pub path: String,
    /// Unit of the numbers; may be empty.
    pub unit: String,
    /// A larger value is more load, and not more to carry it.
    pub load: bool,
    /// Ascending, if they are numbers.
    pub values: Vec<Value>,
}

/// A value of an axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Value {
    /// As written.
    pub text: String,
    /// In the unit of the axis; `None` if the values of the axis are no numbers.
    pub number: Option<f64>,
}

impl Axis {
    /// Whether its values are numbers, so that one is larger than another.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        self.values.iter().all(|value| value.number.is_some())
    }

    /// Place of a value among the others.
    #[must_use]
    pub fn index(&self, text: &str) -> Option<usize> {
        self.values.iter().position(|value| value.text == text)
    }

    fn number(&self, index: usize) -> f64 {
        self.values.get(index).and_then(|value| value.number).unwrap_or(f64::NAN)
    }
}

/// What was asked, what came out, and what it says.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sweep {
    pub model: String,
    /// Empty: the model as it is.
    pub variant: String,
    /// Changes that hold for all points, as `path=value`.
    pub set: Vec<String>,
    pub seed: u64,
    /// Replications of each test at each point, at least.
    pub replications: usize,
    pub tests: Vec<String>,
    pub axes: Vec<Axis>,
    /// In the order of the axes' values, the last axis fastest.
    pub points: Vec<Point>,
    /// Parts without a known price at any point, which no cost contains, each with why; empty where nothing has one.
    pub unpriced: Vec<String>,
    /// What the models of the points warn of, each once.
    pub warnings: Vec<String>,
    /// Of a shard none: they are about all points.
    pub findings: Vec<Finding>,
    /// The part of the grid that was done; `None`: all of it.
    pub shard: Option<Shard>,
    /// Not all points were done.
    pub interrupted: bool,
}

impl Sweep {
    /// Whether there is a point at which every required objective of every test holds; true if there is none.
    #[must_use]
    pub fn passes(&self) -> bool {
        let judged = self.points.iter().any(Point::is_judged);
        !judged || self.points.iter().any(Point::passes)
    }
}
