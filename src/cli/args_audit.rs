//! Arguments of `plimsoll audit`.

use std::path::PathBuf;

use clap::Args;

use super::args::Format;

/// Say whether recordings, or a model with its tests, objectives, alarms and recordings, contradict themselves.
///
/// Sums and rates, percentiles, Little's law, the utilisation law across tests, time-outs against queues, evictions
/// against memory, series against figures: each finding with the law, the numbers and where they stand, the size of the
/// contradiction when every figure is rounded in its favour, and what it would take to be true. Nothing is simulated.
///
/// Each recording is one test; a file of series alone belongs to the recording before it. With a model all recordings
/// that it names are audited. The exit code is 1 if there are contradictions; what is doubtful, or cannot be judged, is
/// told only.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll audit models/whatsapp.toml
  plimsoll audit data/lab/f1_cal.csv data/lab/f1_cal_series.csv data/lab/f1_pool20.csv
  plimsoll audit summary.json --model models/lab.toml --test pool20 --map pool=main
  plimsoll audit models/whatsapp.toml --test peak --format json")]
pub(crate) struct AuditArgs {
    /// Recordings (tidy CSV, series CSV, k6 summary), or a model file (TOML).
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// The model of the system that was recorded.
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// Only these tests of the model; with recordings, the test that they are of.
    #[arg(short, long, value_name = "NAME")]
    pub test: Vec<String>,
    /// A name in a recording and the model's name for it.
    #[arg(long, value_name = "RECORDED=MODEL")]
    pub map: Vec<String>,
    /// Form of the result [default: html if the file of --output ends in .html, else text].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write the result to a file instead of stdout.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
