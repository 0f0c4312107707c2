//! Alarms of a monitoring service: which metric they watch, and when they sound.

use super::objective::Comparison;
use super::station::Remote;

/// An alarm as Amazon CloudWatch knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Alarm {
    pub name: String,
    /// One line for people; may be empty.
    pub about: String,
    pub namespace: String,
    /// As written, whether or not the namespace has it.
    pub metric: String,
    pub statistic: Statistic,
    /// Seconds that one data point covers: 10, 20, 30 or a multiple of 60.
    pub period: u32,
    /// Most recent data points that are looked at, at least 1 ("N").
    pub evaluation_periods: u32,
    /// How many of them must breach, `1..=evaluation_periods` ("M").
    pub datapoints_to_alarm: u32,
    pub threshold: f64,
    pub comparison: Comparison,
    pub missing: MissingData,
    pub windows: EvaluationWindow,
    /// What of the model it watches; `None`: it gets no data, or none that is simulated.
    pub signal: Option<Signal>,
    /// Why it can never get data or never sound, in words.
    pub never: Vec<String>,
    /// Why what it watches is not simulated; empty if it is.
    pub unsimulated: String,
    /// Reported only where there is a value above 0: else the data point is missing.
    pub nonzero: bool,
    /// In what the metric is reported: "Percent", "Seconds", "Count".
    pub unit: String,
}

/// What is made of the samples of a period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Statistic {
    Average,
    Sum,
    Maximum,
    Minimum,
    SampleCount,
    /// In percent, above 0 and below 100.
    Percentile(f64),
}

/// What stands in for a data point that is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingData {
    /// Nothing: without any data point there is insufficient data.
    Missing,
    /// The alarm keeps its state.
    Ignore,
    Breaching,
    NotBreaching,
}

/// Where the periods lie that are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvaluationWindow {
    /// The last one ends at the evaluation, every minute.
    Sliding,
    /// At multiples of the period.
    WallClock,
}

/// What of a model an alarm watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Requests that were answered.
    Requests,
    /// Requests that were answered, per instance of a tier (index).
    RequestsPerInstance(u32),
    /// Answers of a kind.
    Answers(Answer),
    ResponseTime,
    TierCpu(u32),
    DatabaseCpu(u32),
    CacheCpu(u32),
    /// The cache's one thread.
    CacheThread(u32),
    /// Open connections.
    Connections(Remote),
    /// Credits of a volume, per cent of the most.
    BurstBalance(u32),
    CacheHits(u32),
    CacheMisses(u32),
    HitRate(u32),
    Evictions(u32),
    Expirations(u32),
    Items(u32),
    CacheMemory(u32),
    /// Per cent of `maxmemory`.
    CacheMemoryShare(u32),
}

/// Who answered, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The application: all is well.
    TargetWell,
    /// The application: the request is at fault.
    Target4xx,
    /// The application: it is at fault itself.
    Target5xx,
    /// The balancer, in place of a client that has gone.
    Balancer4xx,
    /// The balancer, in place of an application that does not answer.
    Balancer5xx,
}
