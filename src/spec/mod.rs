//! What was written in files.

pub mod threshold;
