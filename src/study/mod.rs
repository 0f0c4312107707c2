//! Questions asked of many simulations.

pub mod check_result;
pub mod prediction;
