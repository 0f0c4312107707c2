//! What a process lets in.

use super::quantity::Quantity;

/// Requests that each process of a tier lets in; the others wait or are refused before they cost it anything.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Admission {
    /// Inside at once (at first, where it adapts), at least 1.
    pub in_flight: u32,
    /// How the limit follows response times; `None`: it stays.
    pub adaptive: Option<Adaptive>,
    /// Requests that may wait to be let in.
    pub backlog: u32,
    /// Longest wait, seconds, above 0; `None`: for ever.
    pub wait: Option<f64>,
}

/// Additive increase, multiplicative decrease, after each answer: `AIMDLimit` of Netflix's concurrency-limits,
/// <https://github.com/Netflix/concurrency-limits>.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adaptive {
    /// Answers that take longer are slow, seconds, above 0.
    pub latency: f64,
    /// The limit is at least `min`, at least 1, and at most `max`.
    pub min: u32,
    pub max: u32,
    /// What is left of the limit after a slow answer, in `[0, 1]`.
    pub backoff: Quantity,
}
