//! The exit code and nothing else.

use plimsoll::cli::{self, Exit};

fn main() -> Exit {
    cli::main()
}
