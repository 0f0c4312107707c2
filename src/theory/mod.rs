//! Closed forms: what queueing theory knows exactly, and laws that no recording can break.
//!
//! Pure functions of plain numbers, each with its formula and source. They know nothing of models,
//! engines or files (only `laws` reads recordings). The simulator is tested against them; they are
//! never used in its place.

pub mod abandonment;
pub mod attempts;
pub mod birth_death;
pub mod bounds;
pub mod caches;
pub mod finite_queues;
pub mod finite_source;
pub mod laws;
pub mod nested_pools;
pub mod networks;
pub mod operational;
pub mod patience;
pub mod queues;
pub mod rate_limits;
pub mod surrogates;
pub mod usl;
