//! One simulated run of one program.
//!
//! The life of a request: a user (`users`) sends it; it becomes a small record in a slab
//! (`requests`) and interprets its flow's instructions (`flow`) until it must wait: for work to
//! be done ([`processor`]), for a permit (`slots`) or for tokens ([`meter`]). Each of these mechanisms has one row in the
//! [`calendar`]; the `kernel` lets the earliest row act, which makes requests ready again. When
//! the flow is over the answer goes to the recorder and to the user, who goes on as written. A job is a
//! request that nobody waits for: it stands in a queue until a worker takes it (`jobs`).
//!
//! The engine knows neither files nor names nor the wall clock, and draws no number from a stream:
//! see [`crate::random`].

mod agenda;
mod alarm;
mod attempts;
mod branches;
pub mod breaker;
pub mod calendar;
mod choice;
mod connecting;
mod expiries;
mod feeds;
mod flow;
mod flow_runs;
mod flows;
pub mod governor;
mod groups;
pub mod guards;
pub mod heap;
mod hedge;
mod hub;
mod incidents;
mod jobs;
mod kernel;
mod keys;
mod keyspace;
mod level;
mod locks;
mod memory;
pub mod meter;
mod moves;
mod permits;
pub mod processor;
pub mod program;
mod rates;
mod requests;
mod run_error;
pub mod scaling;
mod shared;
mod slots;
mod source;
mod spans;
mod statements;
pub mod store;
mod timeouts;
mod users;
mod volume;

pub use kernel::run;
pub use program::Program;
pub use run_error::RunError;
