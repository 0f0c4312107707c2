//! Arguments of commands that lay several systems side by side.

use std::path::PathBuf;

use clap::Args;

use super::args::{Format, How, precision};

/// Say how much load a test may have before the first required objective breaks, what breaks and what limits
/// there, and how throughput grows on the way.
///
/// The load is the test's own profile times a factor. The model as it is comes first, then each variant, all with
/// the same luck. The exit code is 1 if the model as it is does not carry the stated load.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll capacity models/whatsapp.toml --test baseline
  plimsoll capacity models/whatsapp.toml --test peak --variant pool50 --plot capacity.svg
  plimsoll capacity models/lab.toml --test pool20 --up-to 5 --probability 90% --format json")]
pub(crate) struct CapacityArgs {
    /// Model file (TOML).
    pub model: PathBuf,
    /// Tests whose load is varied; may be left out if the model has only one.
    #[arg(short, long, value_name = "NAME")]
    pub test: Vec<String>,
    /// A variant to lay beside the model as it is. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub variant: Vec<String>,
    /// Times the stated load: no more is tried.
    #[arg(long, value_name = "FACTOR", default_value_t = 20.0, value_parser = factor)]
    pub up_to: f64,
    /// Share of replications that must carry a load.
    #[arg(long, value_name = "SHARE", default_value = "95%", value_parser = precision)]
    pub probability: f64,
    /// Stop before --replications when half the interval of the capacity is no more than this share of it.
    #[arg(long, value_name = "SHARE", default_value = "5%", value_parser = precision)]
    pub precision: f64,
    /// Change anything in the model: pool.main.max=50. May be repeated.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    #[command(flatten)]
    pub each: Each,
}

/// Lay two systems, or two recordings, side by side: what differs, with its interval, per endpoint, cause and stage.
///
/// Each is a model file, a variant of it (FILE@VARIANT, or @VARIANT of the first file), or a recording (.csv, or
/// .json of k6). Systems have the same luck, so that a difference is the change and not chance. The exit code is 1
/// if a required objective fails with the second system.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll compare models/whatsapp.toml @pool50 --test peak
  plimsoll compare models/lab.toml models/lab.toml --test pool20 --set-b pool.main.max=40 --plot compare.svg
  plimsoll compare before.csv after.csv")]
pub(crate) struct CompareArgs {
    /// Model file, FILE@VARIANT, or a recording.
    pub a: String,
    /// The same; @VARIANT: of the first file.
    pub b: String,
    /// Only these tests; all that both have if left out.
    #[arg(short, long, value_name = "NAME")]
    pub test: Vec<String>,
    /// Change anything in both models: pool.main.max=50. May be repeated.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Change anything in the first.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set_a: Vec<String>,
    /// Change anything in the second.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set_b: Vec<String>,
    #[command(flatten)]
    pub each: Each,
}

/// What their predictions have in common.
#[derive(Debug, Args)]
pub(crate) struct Each {
    /// Seed of all chance.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Replications. 39 are the fewest whose range is a 95 % interval by itself.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub replications: u32,
    /// Threads; 0: one per core. Results do not depend on it.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// Form of the result [default: html if the file of --output ends in .html, else text].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write the result to a file instead of stdout.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Draw a figure: .svg or .png.
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
    /// Draw it for a dark page.
    #[arg(long, requires = "plot")]
    pub dark: bool,
    /// Show every row.
    #[arg(long)]
    pub full: bool,
    /// No progress on stderr.
    #[arg(short, long)]
    pub quiet: bool,
}

impl Each {
    /// As of commands with one system.
    pub fn how(&self, set: &[String]) -> How {
        How {
            variant: None,
            set: set.to_vec(),
            seed: self.seed,
            replications: self.replications,
            precision: None,
            max_replications: None,
            threads: self.threads,
            format: self.format,
            output: self.output.clone(),
            plot: self.plot.clone(),
            dark: self.dark,
            full: self.full,
            quiet: self.quiet,
        }
    }
}

/// A number of times, 1 or more.
fn factor(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (1.0..=1e6).contains(&value) => Ok(value),
        _ => Err("a number from 1 to 1000000 is needed, such as 20".into()),
    }
}
