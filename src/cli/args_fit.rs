//! Arguments of the fit.

use std::path::PathBuf;

use clap::Args;

use super::args::Format;

/// Find the numbers of a model from recorded tests: CPU and connection time per request, think time, times of statements
/// and APIs, operations, mix, failures, spreads; each with a 95 % interval, its law and its figures.
///
/// The model file has the structure and first guesses. A number is found by reading a law backwards; what no
/// figure tells is listed with the measurement that would. Recordings that the model holds out are refused. The exit
/// code is 1 if nothing could be found.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll fit models/whatsapp.toml --test baseline
  plimsoll fit shop.toml --from results.json,postgres.csv --test load -o fitted.toml
  plimsoll fit shop.toml --from spans.csv --test load --write
  plimsoll fit models/lab.toml --format csv")]
pub(super) struct FitArgs {
    /// Model file (TOML).
    pub model: PathBuf,
    /// Recordings, in any format that `plimsoll inspect` knows; files that belong to no test of the model are of --test.
    /// If left out, those that the model calls calibrate.
    #[arg(long, value_name = "FILE,…", value_delimiter = ',')]
    pub from: Vec<PathBuf>,
    /// The test that was recorded; may be left out if the model says it or has only one.
    #[arg(short, long, value_name = "NAME")]
    pub test: Option<String>,
    /// Write the model with the numbers found to this file; comments and order stay.
    #[arg(short, long, value_name = "MODEL", conflicts_with = "write")]
    pub output: Option<PathBuf>,
    /// Write them into the model file itself.
    #[arg(long)]
    pub write: bool,
    /// Fit to recordings that the model holds out as well: its score on them then means nothing.
    #[arg(long)]
    pub use_held_out: bool,
    /// A name in the recordings and the model's name for it.
    #[arg(long, value_name = "RECORDED=MODEL")]
    pub map: Vec<String>,
    /// Form of the result on stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Show every row.
    #[arg(long)]
    pub full: bool,
}
