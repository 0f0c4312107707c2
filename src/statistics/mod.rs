//! Many replications: how many, in which order, and what they say together.

pub mod interval;
pub mod replicate;
pub mod trend;

pub use interval::{Estimate, estimate, estimate_within};
pub use replicate::{Replicated, replicate};
pub use trend::{Trend, trend};
