//! Files of single requests, read as they come: constant memory whatever their size.
//!
//! `input` unpacks, `blocks` cuts whole lines and hands them to as many threads as there are cores, a
//! format's reader turns lines into requests, `events` counts them, and `summary` says what they were. All counts are
//! whole numbers that may be added in any order, so that the result does not depend on the number of threads.

pub mod blocks;
pub mod decimal;
pub mod durations;
pub mod events;
pub mod fields;
pub mod input;
pub mod instants;
pub mod names;
pub mod other_clock;
pub mod remarks;
pub mod seconds;
pub mod summary;
pub mod traced;
