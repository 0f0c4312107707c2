//! Arguments as typed.

use std::path::PathBuf;

pub(super) use super::args_audit::AuditArgs;
pub(super) use super::args_buying::{Buying, CatalogArgs, Lost, RecommendArgs, Sort};
pub(super) use super::args_fit::FitArgs;
pub(super) use super::args_paired::{CapacityArgs, CompareArgs};
pub(super) use super::args_plot::PlotArgs;
pub(super) use super::args_report::ReportArgs;
pub(super) use super::args_screen::{Charts, Screen};
pub(super) use super::args_serve::ServeArgs;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::study::sweep::Shard;

const EXIT_CODES: &str = "Exit codes: 0 everything held; 1 an objective failed, a check disagreed, or an audit \
found a contradiction; 2 wrong usage or input; 3 interrupted.";

/// Predict how a service behaves under load, and check the prediction against recorded tests.
#[derive(Debug, Parser)]
#[command(name = "plimsoll", version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Run(RunArgs),
    Check(CheckArgs),
    Audit(AuditArgs),
    Alarms(AlarmsArgs),
    Decide(DecideArgs),
    Plot(PlotArgs),
    Report(ReportArgs),
    Inspect(InspectArgs),
    Fit(FitArgs),
    Sweep(SweepArgs),
    Catalog(CatalogArgs),
    Capacity(CapacityArgs),
    Compare(CompareArgs),
    Recommend(RecommendArgs),
    Merge(MergeArgs),
    Serve(ServeArgs),
    Init(InitArgs),
    Demo(DemoArgs),
    Man(ManArgs),
    /// Print the JSON Schema of model files, for completion in editors.
    Schema,
    /// Print a completion script for a shell.
    #[command(after_help = "Example: plimsoll completions bash > /etc/bash_completion.d/plimsoll")]
    Completions {
        shell: clap_complete::Shell,
    },
}

/// Predict a test: percentiles, throughput, errors by cause, use of every resource, verdicts.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll run models/whatsapp.toml --test peak
  plimsoll run models/whatsapp.toml --test peak --set pool.main.max=50
  plimsoll run models/whatsapp.toml --test peak --variant pool50 --plot peak.svg
  plimsoll run models/whatsapp.toml --test peak --instant
  plimsoll run shop.toml --test peak --watch
  plimsoll run models/lab.toml --test pool20 --set test.pool20.stages[0].target=500 --format json")]
pub(super) struct RunArgs {
    /// Model file (TOML).
    pub model: PathBuf,
    /// Test to predict; may be left out if the model has only one.
    #[arg(short, long, value_name = "NAME")]
    pub test: Option<String>,
    /// Do not simulate: bounds, estimates of means, and objectives that must fail, in milliseconds.
    #[arg(long, conflicts_with = "plot")]
    pub instant: bool,
    #[command(flatten)]
    pub screen: Screen,
    #[command(flatten)]
    pub how: How,
}

/// Predict tests, judge their objectives, and lay each recorded figure beside the prediction.
///
/// A test without a recording is predicted and judged only.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll check models/whatsapp.toml
  plimsoll check models/whatsapp.toml --test peak --full
  plimsoll check models/*.toml
  plimsoll check models/lab.toml --test pool20 --against summary.json --map pool=main
  plimsoll check models/lab.toml --plot lab.png")]
pub(super) struct CheckArgs {
    /// Model files (TOML). Of several the track record is told: of each its recorded tests, without other mechanisms.
    #[arg(required = true)]
    pub models: Vec<PathBuf>,
    /// Only these tests.
    #[arg(short, long, value_name = "NAME")]
    pub test: Vec<String>,
    /// Check against this recording instead of the model's own, in any format that `plimsoll inspect` knows; given
    /// several times, the files are of one test.
    #[arg(long, value_name = "FILE")]
    pub against: Vec<PathBuf>,
    /// A name in the recording and the model's name for it.
    #[arg(long, value_name = "RECORDED=MODEL")]
    pub map: Vec<String>,
    /// Leave the alternative mechanisms out; without --full they are laid only beside tests that come to the knee.
    #[arg(long)]
    pub no_alternatives: bool,
    #[command(flatten)]
    pub screen: Screen,
    #[command(flatten)]
    pub how: How,
}

/// Show what was understood of recordings: format, endpoints, load over time, errors, and what was left out.
///
/// Files are known by what is in them, gzip or not. Single requests: k6 JSON, CSV and InfluxDB lines, JMeter JTL, Gatling
/// logs, Vegeta results, access logs with request times, hey and oha CSV, OpenTelemetry and Jaeger traces, tables of
/// requests or spans. Figures: summaries and reports of k6, JMeter, Locust, Gatling, Vegeta, wrk, hey, oha, autocannon,
/// Artillery and sysbench, HdrHistogram logs, pg_stat_statements, Prometheus, CloudWatch, own tables.
///
/// Several files are of one test: they are laid on one clock, which is said. --format csv converts any of them to a
/// table of figures that all commands read.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll inspect results.json.gz
  plimsoll inspect results.jtl access.log
  plimsoll inspect results.json --format csv --output recorded.csv
  plimsoll inspect results.json --format csv --series --output series.csv")]
pub(super) struct InspectArgs {
    /// What load tools and monitors wrote.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Form of the result [default: html if the file of --output ends in .html, else text].
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// With --format csv: the lines over time instead of the figures.
    #[arg(long)]
    pub series: bool,
    /// Write the result to a file instead of stdout.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Show every row.
    #[arg(long)]
    pub full: bool,
}

/// Say which alarms sound in which test and when, which never can and why, and which thresholds would do.
///
/// Alarms are evaluated as Amazon CloudWatch does it, once a minute, for every second of the minute at
/// which the test may begin. The exit code is 1 if an alarm never can sound, or if no alarm sounds in a
/// test that fails its objectives.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll alarms models/whatsapp.toml
  plimsoll alarms models/whatsapp.toml --test peak --silent-in baseline --ahead 2m")]
pub(super) struct AlarmsArgs {
    /// Model file (TOML).
    pub model: PathBuf,
    /// Only these tests.
    #[arg(short, long, value_name = "NAME")]
    pub test: Vec<String>,
    /// A test in which a useful threshold stays silent; those with a calibration recording if left out.
    #[arg(long, value_name = "NAME")]
    pub silent_in: Vec<String>,
    /// A warning counts if it comes this long before the first minute in which an objective fails.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub ahead: f64,
    #[command(flatten)]
    pub how: How,
}

/// Say how probable each criterion and each branch of a decision is, before and after each change.
///
/// All changes are tried with the same luck. The exit code is 0 if after the last change every criterion
/// holds in 95 % of the replications.
#[derive(Debug, Args)]
#[command(after_help = "Example: plimsoll decide models/whatsapp.toml")]
pub(super) struct DecideArgs {
    /// Model file (TOML).
    pub model: PathBuf,
    /// Decision of the model; may be left out if there is only one.
    #[arg(short, long, value_name = "NAME")]
    pub decision: Option<String>,
    #[command(flatten)]
    pub how: How,
}

/// Predict tests at many values of one or more things: curves with bands, the knee, the first value that meets all
/// objectives, and the value past which more makes it worse.
///
/// All values have the same luck, so small differences show. The exit code is 1 if no value meets all required
/// objectives.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll sweep models/whatsapp.toml --test peak --vary pool.main.max=5..60:5 --plot pool.svg
  plimsoll sweep models/whatsapp.toml --test peak --vary users=100..1000 --results users.jsonl
  plimsoll sweep models/whatsapp.toml --test peak --vary pool.main.max=20..60:10 --vary database.main.instance=db.t3.large,db.m5.large
  plimsoll sweep models/whatsapp.toml --test peak --vary pool.main.max=5..60:5 --results part2.jsonl --shard 2/4")]
pub(super) struct SweepArgs {
    /// Model file (TOML).
    pub model: PathBuf,
    /// Tests to predict at each value; may be left out if the model has only one.
    #[arg(short, long, value_name = "NAME")]
    pub test: Vec<String>,
    /// What to vary: a path as of --set, or users, rate or load; and its values: low..high:step, low..high
    /// (finer where the curve bends), or a list. Several make a grid.
    #[arg(long, value_name = "PATH=VALUES", required = true)]
    pub vary: Vec<String>,
    /// Add each point to this file as it is finished, and take over those that are there.
    #[arg(long, value_name = "FILE")]
    pub results: Option<PathBuf>,
    /// Do only every N-th point, beginning with the K-th, for a machine of several; `plimsoll merge` joins their
    /// files. auto: as the array job of Slurm, Kubernetes or AWS Batch says.
    #[arg(long, value_name = "K/N|auto", requires = "results", value_parser = shard)]
    pub shard: Option<ShardArg>,
    /// How many shards there are, for --shard auto where the array job does not tell (Kubernetes).
    #[arg(long, value_name = "N", requires = "shard", value_parser = clap::value_parser!(u32).range(1..))]
    pub shards: Option<u32>,
    #[command(flatten)]
    pub how: How,
}

/// Which part of a sweep to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShardArg {
    This(Shard),
    Auto,
}

/// Join the results files of a sweep's shards to the file that one machine alone would have written.
///
/// The sweep itself, with --results OUT and without --shard, then shows what all points say. Only files of the same
/// sweep are joined. The exit code is 1 if points are missing; the file then has those that are there.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  plimsoll sweep shop.toml -t peak --vary pool.main.max=5..60:5 --results part1.jsonl --shard 1/2
  plimsoll sweep shop.toml -t peak --vary pool.main.max=5..60:5 --results part2.jsonl --shard 2/2
  plimsoll merge all.jsonl part1.jsonl part2.jsonl
  plimsoll sweep shop.toml -t peak --vary pool.main.max=5..60:5 --results all.jsonl")]
pub(super) struct MergeArgs {
    /// File to write; one that is there is replaced only if nothing in it is lost.
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
    /// Results files of shards.
    #[arg(value_name = "IN", required = true)]
    pub parts: Vec<PathBuf>,
}

/// Write a commented model to begin with.
#[derive(Debug, Args)]
#[command(after_help = "Example: plimsoll init shop.toml && plimsoll run shop.toml --test peak")]
pub(super) struct InitArgs {
    /// File to write; must not exist.
    #[arg(default_value = "model.toml")]
    pub file: PathBuf,
}

/// Write a model with its recordings to try everything on, out of the program itself.
#[derive(Debug, Args)]
#[command(after_help = "Example: plimsoll demo && cd plimsoll-demo && plimsoll check models/whatsapp.toml")]
pub(super) struct DemoArgs {
    /// Folder to write into; nothing that is there is changed.
    #[arg(default_value = "plimsoll-demo")]
    pub folder: PathBuf,
}

/// Write manual pages of all commands.
#[derive(Debug, Args)]
#[command(after_help = "Example: plimsoll man /usr/local/share/man/man1")]
pub(super) struct ManArgs {
    /// Folder to write into.
    #[arg(default_value = ".")]
    pub folder: PathBuf,
}

/// What all predictions have in common.
#[derive(Clone, Debug, Args)]
pub(super) struct How {
    /// A named variant of the model.
    #[arg(long, value_name = "NAME")]
    pub variant: Option<String>,
    /// Change anything in the model: pool.main.max=50. May be repeated.
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Seed of all chance.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Replications, at least. 39 are the fewest whose range is a 95 % interval by itself.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub replications: u32,
    /// Go on until the means of throughput and p95 are known to this share, for example 1%.
    #[arg(long, value_name = "SHARE", value_parser = precision)]
    pub precision: Option<f64>,
    /// Most replications that --precision may run; not below --replications [default: 1000, or
    /// --replications if that is more].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_replications: Option<u32>,
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

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
    Csv,
    #[value(alias = "md")]
    Markdown,
    /// One file that needs nothing else.
    Html,
}

/// A time such as "2m", in seconds.
fn duration(text: &str) -> Result<f64, String> {
    crate::units::parse(crate::units::Kind::Duration, text).map_err(|refused| refused.what)
}

/// A part of a sweep such as "2/4", or "auto".
fn shard(text: &str) -> Result<ShardArg, String> {
    match text {
        "auto" => Ok(ShardArg::Auto),
        text => Shard::try_from(text.to_owned()).map(ShardArg::This).map_err(|refused| format!("{refused}, or auto")),
    }
}

/// A share such as "1%" or "0.01", above 0 and below 1.
pub(super) fn precision(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('%').map_or(text, str::trim_end);
    let scale = if number.len() < text.len() { 0.01 } else { 1.0 };
    match number.parse::<f64>() {
        Ok(value) if value * scale > 0.0 && value * scale < 1.0 => Ok(value * scale),
        _ => Err("a share above 0 % and below 100 % is needed, such as 1%".into()),
    }
}
