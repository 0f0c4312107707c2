//! Service level objectives: k6 threshold expressions over the metrics of the contract.

/// "p95 of http_req_duration of GET /x stays below 200 ms".
#[derive(Clone, Debug, PartialEq)]
pub struct Objective {
    /// As written, for results: `http_req_duration{name:list} p(95)<200`.
    pub text: String,
    pub metric: Metric,
    /// The part of the test that it is about.
    pub span: TestSpan,
    pub comparison: Comparison,
    /// In the metric's canonical unit (CONTRACT: ms for durations, % for rates of failure and cpu).
    pub bound: f64,
    /// Added to the bound.
    pub relative: Option<Relative>,
    pub severity: Severity,
}

/// So many times another figure of the same metric and scope.
#[derive(Clone, Debug, PartialEq)]
pub struct Relative {
    pub times: f64,
    pub stat: String,
    pub span: TestSpan,
}

/// A part of a test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TestSpan {
    Whole,
    /// Stages of any duration, counted from 0 over all scenarios.
    Stage(usize),
    LastStage,
    /// Seconds since the test began.
    Seconds(f64, f64),
}

impl Objective {
    /// The parts of the test that it needs figures of.
    pub fn spans(&self) -> impl Iterator<Item = TestSpan> {
        std::iter::once(self.span).chain(self.relative.iter().map(|relative| relative.span))
    }
}

/// Which figure of a prediction: metric, scope and statistic as the contract names them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Metric {
    pub name: String,
    pub scope: String,
    pub stat: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

impl Comparison {
    #[must_use]
    pub fn holds(self, value: f64, bound: f64) -> bool {
        match self {
            Comparison::Less => value < bound,
            Comparison::LessOrEqual => value <= bound,
            Comparison::Greater => value > bound,
            Comparison::GreaterOrEqual => value >= bound,
            Comparison::Equal => value == bound,
            Comparison::NotEqual => value != bound,
        }
    }
}

/// Must hold, or should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Required,
    Wished,
}
