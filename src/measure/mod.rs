//! What a simulated run measures: durations, waits, seconds, and where the time went.

pub mod attribution;
pub mod histogram;
pub mod recorder;
pub mod series;
pub mod work;

pub use attribution::Attribution;
pub use histogram::Histogram;
pub use recorder::{Measurements, Recorder, Shape};
pub use series::{Gauge, KeysSecond, Second, SecondSeries};
pub use work::{JobsLeft, Outcomes, Work};
