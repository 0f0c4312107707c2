//! Many replications: how many, in which order, and what they say together.

pub mod interval;
pub mod least_squares;
pub mod moments;
pub mod quantile;
pub mod replicate;
pub mod sampling;
pub mod symmetric;
pub mod trend;

pub use interval::{Estimate, estimate, estimate_within};
pub use least_squares::{Fit, Sample, least_squares};
pub use moments::{deviation, mean};
pub use quantile::quantile_half_width;
pub use replicate::{Replicated, replicate};
pub use symmetric::{Axes, axes};
pub use trend::{Trend, trend};
