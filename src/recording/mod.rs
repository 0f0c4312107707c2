//! What a real test showed: observations and series, as CONTRACT.md defines them.

/// One recorded test.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Recording {
    /// File name, for people.
    pub name: String,
    pub observations: Vec<Observation>,
    pub series: Vec<SeriesPoint>,
}

/// One recorded figure. Numbers are in the canonical unit of their metric (see [`canonical_unit`]).
#[derive(Clone, Debug, PartialEq)]
pub struct Observation {
    pub metric: String,
    pub scope: String,
    pub stat: String,
    /// Seconds since the test began; `None`: the whole test as the load tool reports it.
    pub window: Option<(f64, f64)>,
    /// `value`, or a recorded range, or both: never none.
    pub value: Option<f64>,
    pub range: Option<(f64, f64)>,
    pub unit: &'static str,
    /// Where the number stands in the report or file it came from.
    pub source: String,
    /// Line in the recording, for messages; 0 if it has none.
    pub line: u64,
}

/// One point of a recorded series.
#[derive(Clone, Debug, PartialEq)]
pub struct SeriesPoint {
    pub t_s: f64,
    pub metric: String,
    pub scope: String,
    pub stat: String,
    pub value: f64,
    pub unit: &'static str,
}
