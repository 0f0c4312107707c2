//! Exit codes (CONTRACT.md).

use std::process::{ExitCode, Termination};

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, and everything asked for held.
    Done,
    /// Done, but an objective failed or a check disagreed.
    Failed,
    /// Wrong usage or wrong input.
    Usage,
    /// Interrupted; what was finished is kept.
    Interrupted,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Interrupted => 3,
        })
    }
}
