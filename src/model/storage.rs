//! Storage of databases.

use super::quantity::Law;

/// A volume: so many operations per second, and more for as long as its credits last.
#[derive(Clone, Debug, PartialEq)]
pub struct Storage {
    /// Operations per second at most, above 0.
    pub most: f64,
    /// Operations per second without credits, and credits earned per second; `0 < base <= most`.
    pub base: f64,
    /// Credits of the full bucket with which it begins; 0 where `base` is `most`.
    pub bucket: f64,
    /// Time of one operation once it has passed.
    pub latency: Law,
}
