//! Numbers and laws of time as a model holds them: some known, some known only as a range.

/// A number of the model. Its unit is the field's: seconds for times, 1 for counts and shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantity {
    Known(f64),
    /// Known only as a range: index into [`crate::model::Model::inputs`].
    Uncertain(u32),
}

/// A number that was measured as a range. Uniform in `[low, high]`, drawn once per replication.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Where it stands: a name from `[inputs]`, or the path of the key that holds the range.
    pub name: String,
    /// `low < high`, in the unit of `unit`.
    pub low: f64,
    pub high: f64,
    /// How to print it: "s" for times, "1" for plain numbers, "share" for shares in `[0, 1]`.
    pub unit: &'static str,
    /// One line for people, and where the number comes from; may be empty.
    pub about: String,
    pub source: String,
}

/// A law of time, in seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Law {
    pub shape: Shape,
    /// Factors that multiply every value drawn; usually empty.
    pub scale: Vec<Factor>,
    /// Laws with the same `draw` in one request use the same random number, so that a large
    /// request is large everywhere. An index that is unique per name in the model.
    pub draw: Option<u32>,
}

/// A factor on a law: an input, or what is left of 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Factor {
    Times(Quantity),
    /// `1 - quantity`, floored at 0.
    Rest(Quantity),
}

/// Shapes, each fixed by the figures that people measure. Times in seconds.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    Constant(Quantity),
    Exponential {
        mean: Quantity,
    },
    Lognormal {
        mean: Quantity,
        cv: Quantity,
    },
    /// The lognormal law with this mean and this 95th percentile.
    LognormalP95 {
        mean: Quantity,
        p95: Quantity,
    },
    Gamma {
        mean: Quantity,
        cv: Quantity,
    },
    Weibull {
        mean: Quantity,
        cv: Quantity,
    },
    /// Two exponential branches with balanced means; `cv >= 1`.
    Hyperexponential {
        mean: Quantity,
        cv: Quantity,
    },
    /// Bounded Pareto on `[low, high]` with tail index `alpha > 0`.
    Pareto {
        low: Quantity,
        high: Quantity,
        alpha: Quantity,
    },
    Uniform {
        low: Quantity,
        high: Quantity,
    },
    /// Points `(p, seconds)` with `0 <= p <= 1`, both strictly/weakly increasing, at least two.
    /// Between them log-time is linear in the normal score of `p`; so are the tails beyond.
    Quantiles(Vec<(f64, f64)>),
    /// Measured values, sorted, at least one; drawn with linear interpolation between neighbours.
    Samples(Vec<f64>),
}

impl Law {
    /// A plain law without factors or shared draw.
    #[must_use]
    pub fn of(shape: Shape) -> Law {
        Law { shape, scale: Vec::new(), draw: None }
    }

    #[must_use]
    pub fn constant(seconds: f64) -> Law {
        Law::of(Shape::Constant(Quantity::Known(seconds)))
    }
}

impl Quantity {
    /// The value under one draw of the model's inputs.
    #[must_use]
    pub fn at(self, inputs: &[f64]) -> f64 {
        match self {
            Quantity::Known(value) => value,
            Quantity::Uncertain(input) => inputs[input as usize],
        }
    }
}
