//! Numbers of a model file that measurements can tell.

use std::ops::Range;

/// A number and where it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// As `--set` takes it: `endpoint."GET /".steps[0].cpu.mean`.
    pub path: String,
    /// "s" for times, "1" for plain numbers, "share" for shares in `[0, 1]`.
    pub unit: &'static str,
    /// `low <= high`, in that unit; the same where it is no range.
    pub low: f64,
    pub high: f64,
    pub is: Meaning,
    /// Bytes of the file.
    pub span: Range<usize>,
}

/// What a number is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// A mean, or the factor of one.
    Amount(Amount),
    /// The coefficient of variation of a law of this shape, in the words of the model language.
    Spread { of: Amount, shape: String },
    /// The weight of a request in the iteration of this name.
    Weight { iteration: String, endpoint: String },
    /// The share of an endpoint's requests that fail at a step.
    Failure { endpoint: String, cause: String },
    /// The share of an API's attempts that are answered with an error.
    ApiErrors { api: String },
}

/// Of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Amount {
    /// A named input, which may stand anywhere.
    Input,
    /// Work on the endpoint's tier.
    Cpu {
        endpoint: String,
    },
    /// Work of a statement on the database.
    QueryCpu {
        query: String,
    },
    /// The rest of a statement.
    QueryTime {
        query: String,
    },
    /// Operations of a statement on the storage.
    Operations {
        query: String,
    },
    Wait {
        endpoint: String,
        name: String,
    },
    Latency {
        api: String,
    },
    /// A command of a cache.
    Command {
        cache: String,
    },
    Network {
        of: String,
    },
    Think,
}

impl Parameter {
    /// The value, or the middle of its range.
    #[must_use]
    pub fn middle(&self) -> f64 {
        f64::midpoint(self.low, self.high)
    }
}
