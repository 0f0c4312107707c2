//! Pauses between attempts.

/// Waiting before another attempt: `first * factor^(attempt - 1)`, at most `max`, ns.
#[derive(Clone, Copy, Debug)]
pub struct WaitSpec {
    pub first: f64,
    pub factor: f64,
    pub max: f64,
    /// Share of that which is certain; the rest is uniform.
    pub certain: f64,
    /// The delay processor on which it passes, and the part to which it is accounted.
    pub processor: u32,
    pub part: u16,
    pub site: u32,
}
