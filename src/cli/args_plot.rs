//! Arguments of the figures.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::args::How;

/// Draw a figure: SVG or PNG, by the file's ending.
///
/// Predicted is filled and solid, recorded hollow and dashed, in all of them; they are readable in print and by the colour-blind.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll plot scatter models/whatsapp.toml -o scatter.svg
  plimsoll plot percentiles models/whatsapp.toml --test peak -o percentiles.png
  plimsoll plot time models/whatsapp.toml --test peak --dark -o time.svg
  plimsoll plot hits models/lab.toml --test f3_lru4 -o hits.svg
  plimsoll plot hits models/lab.toml --test f3_lru4 --vary cache.redis.maxmemory=2MiB,4MiB,8MiB -o hits.svg
  plimsoll plot system models/whatsapp.toml --test peak -o system.svg
  plimsoll plot scatter models/*.toml -o record.png

Other figures come with the commands whose results they show:
  curves and maps of a sweep:  plimsoll sweep MODEL --vary PATH=VALUES --plot FILE (two --vary: a map)
  load and its limit:          plimsoll capacity MODEL --plot FILE
  what differs:                plimsoll compare MODEL @VARIANT --plot FILE
  cost against p95 (Pareto):   plimsoll recommend MODEL --plot FILE
  recorded beside predicted:   plimsoll check MODEL --plot FILE")]
pub(super) struct PlotArgs {
    /// What to draw.
    #[arg(value_enum)]
    pub kind: PlotKind,
    /// Model files (TOML); several for scatter only.
    #[arg(required = true)]
    pub models: Vec<PathBuf>,
    /// The test; several for scatter, which draws all recorded ones if none is named.
    #[arg(short, long, value_name = "NAME")]
    pub test: Vec<String>,
    /// Only this endpoint, in percentiles and time.
    #[arg(long, value_name = "NAME")]
    pub endpoint: Option<String>,
    /// The cache of hits; may be left out if the model has only one.
    #[arg(long, value_name = "NAME")]
    pub cache: Option<String>,
    /// Sizes of hits, as cache.NAME.maxmemory=4MiB..64MiB:4MiB [default: from a tenth to four times today's].
    #[arg(long, value_name = "PATH=VALUES")]
    pub vary: Option<String>,
    /// A named variant of the model.
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Change anything in the model: pool.main.max=50. May be repeated.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Seed of all chance.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Replications. 39 are the fewest whose range is a 95 % interval by itself.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub replications: u32,
    /// Threads; 0: one per core. Figures do not depend on it.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// File to write: .svg or .png.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Draw for a dark page.
    #[arg(long)]
    pub dark: bool,
    /// No progress on stderr.
    #[arg(short, long)]
    pub quiet: bool,
}

/// Kinds of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum PlotKind {
    /// Predicted against recorded: every judged figure as a point.
    Scatter,
    /// Percentiles of durations, recorded and predicted, far into the tail.
    Percentiles,
    /// p50, p95 and p99 by endpoint, predicted beside recorded.
    Endpoints,
    /// The whole test over time, what was recorded on top.
    Timeline,
    /// Where the time of requests goes, by endpoint and percentile.
    Time,
    /// The hit ratio of a cache over its memory, with theory.
    Hits,
    /// The system as a diagram: sizes, use, and what limits first.
    System,
    #[value(hide = true)]
    Sweep,
    #[value(hide = true)]
    Heat,
    #[value(hide = true)]
    Capacity,
    #[value(hide = true)]
    Compare,
    #[value(hide = true)]
    Pareto,
}

impl PlotArgs {
    /// As of commands that draw besides.
    pub fn how(&self) -> How {
        How {
            variant: self.variant.clone(),
            set: self.set.clone(),
            seed: self.seed,
            replications: self.replications,
            precision: None,
            max_replications: None,
            threads: self.threads,
            format: None,
            output: None,
            plot: Some(self.output.clone()),
            dark: self.dark,
            full: false,
            quiet: self.quiet,
        }
    }
}
