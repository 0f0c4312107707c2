//! Volumes as a program says them, and what statements do on them.

use super::LawId;

/// A volume: operations pass one after the other, at the rate `most` while there are credits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VolumeSpec {
    /// Operations per second at most, above 0.
    pub most: f64,
    /// Operations per second without credits, and credits earned per second; above 0.
    pub base: f64,
    /// Credits that it can hold, and has at the start.
    pub bucket: f64,
}

/// Operations of one kind of statement on a volume.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IoSpec {
    pub volume: u32,
    /// Operations that each statement has, a whole number next to this.
    pub mean: f64,
    /// And for each of so many pages one with the probability `miss`.
    pub pages: u32,
    pub miss: f64,
    /// Time of one operation once it has passed, and the delay processor on which it elapses.
    pub latency: LawId,
    pub delay: u32,
    pub site: u32,
    pub latency_site: u32,
}
