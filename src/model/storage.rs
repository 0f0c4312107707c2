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
    pub volume: Volume,
    /// Time of one operation once it has passed.
    pub latency: Law,
}

/// What is paid for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Volume {
    /// "gp3"; for people.
    pub medium: &'static str,
    /// GiB, above 0; `None`: not said.
    pub gib: Option<f64>,
    /// Operations per second that are paid for besides the size; at least 0.
    pub iops: f64,
    pub price: VolumePrice,
}

/// What a volume costs; each amount at least 0, or `None`: not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum VolumePrice {
    /// It comes with its machine.
    OfMachine,
    /// Dollars per hour, as the model says.
    Whole(f64),
    /// Dollars per month for each GiB, and for each operation per second that is paid for.
    Parts { gib: Option<f64>, iops: Option<f64> },
}

impl Default for VolumePrice {
    fn default() -> VolumePrice {
        VolumePrice::Parts { gib: None, iops: None }
    }
}
