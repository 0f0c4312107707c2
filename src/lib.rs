//! Plimsoll predicts how a service behaves under load, and checks the prediction against recorded tests.
pub mod catalogue;
pub mod cli;
pub mod compile;
pub mod distribution;
pub mod engine;
pub mod load;
pub mod measure;
pub mod model;
pub mod present;
pub mod problem;
pub mod random;
pub mod recording;
pub mod spec;
pub mod statistics;
pub mod study;
pub mod theory;
pub mod units;
