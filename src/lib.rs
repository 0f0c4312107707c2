//! Plimsoll predicts how a service behaves under load, and checks the prediction against recorded tests.
pub mod load;
pub mod model;
pub mod recording;
pub mod spec;
pub mod study;
