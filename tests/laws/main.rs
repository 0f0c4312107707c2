//! Laws that hold for every system, whatever its numbers: books that balance, luck that is shared,
//! intervals that hold what they promise, and honest ends of runs that cannot go on.

mod books;
mod coverage;
mod database_books;
mod databases;
mod ends;
mod incidents;
mod luck;
mod machines;
mod pairs;
mod scaled;
mod shaken;
#[path = "../theory/system.rs"]
#[allow(dead_code, reason = "shared with the theory tests, which use the rest")]
mod system;
mod systems;
