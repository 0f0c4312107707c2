//! Arguments of how `run` and `check` show their results to somebody at a terminal.

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(super) struct Screen {
    /// Again whenever the model file, or a file that it names, is saved; Ctrl-C ends it, with exit code 3.
    #[arg(long)]
    pub watch: bool,
    /// Charts of characters over the time of the test, in pages of text: auto shows them on a terminal.
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = Charts::Auto)]
    pub charts: Charts,
}

/// When to show charts of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Charts {
    Auto,
    Always,
    Never,
}
