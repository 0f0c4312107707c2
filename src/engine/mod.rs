//! One simulated run of one program.
//!
//! The life of a request: a user (`users`) sends it; it becomes a small record in a slab
//! (`requests`) and interprets its flow's instructions (`flow`) until it must wait: for work to
//! be done ([`processor`]) or for a permit (`slots`). Each of these mechanisms has one row in the
//! [`calendar`]; the `kernel` lets the earliest row act, which makes requests ready again. When
//! the flow is over the answer goes to the recorder and to the user, who goes on as written.
//!
//! The engine knows neither files nor names nor the wall clock, and draws no number from a stream:
//! see [`crate::random`].

mod agenda;
mod branches;
pub mod calendar;
mod choice;
mod flow;
mod guard;
pub mod heap;
mod hub;
mod kernel;
mod level;
mod locks;
mod permits;
pub mod processor;
pub mod program;
mod requests;
mod slots;
mod source;
mod timeouts;
mod users;
mod volume;

pub use kernel::{RunError, run};
pub use program::Program;
