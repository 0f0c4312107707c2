//! Arguments of a load-test report.

use std::path::PathBuf;

use clap::Args;

use super::args::{Buying, How};

/// Write a load-test report from the prediction of every test: go or no-go, of each objective too, environment, cost,
/// scenarios, results, use of resources, predicted against recorded, what limits and how much room there is,
/// recommendations, approval, assumptions, audit, track record, and how to repeat it.
///
/// The changes of the model's decision are laid beside the system as it is. As HTML it is one file with all figures in
/// it, that needs no network and prints. The exit code is 1 if a required objective fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll report models/whatsapp.toml --output report.html
  plimsoll report models/alphapulse.toml --format md --output report.md
  plimsoll report models/whatsapp.toml --test peak --compare pool50 --format md
  plimsoll report models/whatsapp.toml --recommend --vary pool.main.max=20..60:10 --budget '$300/month' --output report.html")]
pub(super) struct ReportArgs {
    /// Model file (TOML).
    pub model: PathBuf,
    /// Only these tests.
    #[arg(short, long, value_name = "NAME")]
    pub test: Vec<String>,
    /// A variant to lay beside the system as it is.
    #[arg(long, value_name = "VARIANT")]
    pub compare: Vec<String>,
    /// Say what to buy too: searched for as `plimsoll recommend` does it, which takes its time.
    #[arg(long)]
    pub recommend: bool,
    #[command(flatten)]
    pub how: How,
    #[command(flatten, next_help_heading = "Options of --recommend")]
    pub buying: Buying,
}
