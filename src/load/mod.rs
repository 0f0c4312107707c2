//! k6's schedules as pure functions of time: no chance, no clock, no engine.
//!
//! - [`curve`]: the planned load at an instant, as charts and sums need it;
//! - [`users`]: when each virtual user may begin iterations and when it is cut off;
//! - [`arrivals`]: the instants at which arrival-rate executors start iterations;
//! - `replay`: recorded arrivals again, and more or fewer of them;
//! - [`scale`]: the same profile with more or less load;
//! - [`shorten`]: the same load in less time;
//! - [`mod@spike`]: a load that rises and falls again;
//! - [`windows`]: names and spans of stages, and the busiest span of a test.
//!
//! Instants are integer nanoseconds since the test began, a scenario's own start included.
//! What is planned here is what k6 would plan on one machine with no delay of its own; whether a
//! virtual user is free when an arrival is due is the engine's business. The rules were read in
//! the source of k6 2.2 (`lib/executor`); the few places where we differ say so.

pub mod arrivals;
pub mod curve;
mod replay;
#[cfg(test)]
pub(crate) mod sample;
pub mod scale;
pub mod shorten;
pub mod spike;
pub mod users;
pub mod windows;

pub use arrivals::Arrivals;
pub use curve::{duration_s, end_s, planned_rate, planned_users, regular_end_s};
pub use scale::{Scale, ScaleError, peak, scaled};
pub use shorten::shortened;
pub use spike::{Spike, spike};
pub use users::{VuSpan, vu_spans};
pub use windows::{StageWindow, busiest_window, stage_windows};

const NANOSECONDS_PER_SECOND: f64 = 1e9;

/// Seconds as the nearest nanosecond; negative times and NaN become 0, too long ones the longest.
fn nanoseconds(seconds: f64) -> u64 {
    (seconds * NANOSECONDS_PER_SECOND).round() as u64
}

/// A target number of virtual users: k6 knows whole ones only.
fn whole_users(target: f64) -> u32 {
    target.round() as u32
}
