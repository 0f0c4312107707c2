//! The targets of `tests/fuzz`, for cargo-fuzz.

#[path = "../../tests/fuzz/heads.rs"]
mod heads;
#[path = "../../tests/fuzz/targets.rs"]
pub mod targets;

pub use libfuzzer_sys;

/// The root of the repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// A binary that drives one target.
#[macro_export]
macro_rules! target {
    ($name:ident) => {
        $crate::libfuzzer_sys::fuzz_target!(|bytes: &[u8]| $crate::targets::$name(bytes));
    };
}
