//! Questions asked of many simulations.

pub mod prediction;
