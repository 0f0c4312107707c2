//! The instant estimate against what it stands for: exact theory, the simulator, and random systems.

#[path = "../laws/databases.rs"]
#[allow(dead_code, reason = "shared with the laws, which use the rest")]
mod databases;
mod exact;
#[path = "../laws/machines.rs"]
#[allow(dead_code, reason = "shared with the laws, which use the rest")]
mod machines;
mod models;
mod place;
mod proofs;
mod random;
#[path = "../theory/system.rs"]
#[allow(dead_code, reason = "shared with the theory tests, which use the rest")]
mod system;
#[path = "../laws/systems.rs"]
#[allow(dead_code, reason = "shared with the laws, which use the rest")]
mod systems;
