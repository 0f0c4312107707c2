//! Arguments as typed.

use std::path::PathBuf;

pub(super) use super::args_paired::{CapacityArgs, CompareArgs};

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXIT_CODES: &str = "Exit codes: 0 everything held; 1 an objective failed or a check disagreed; \
2 wrong usage or input; 3 interrupted.";

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
    Alarms(AlarmsArgs),
    Decide(DecideArgs),
    Report(ReportArgs),
    Sweep(SweepArgs),
    Catalog(CatalogArgs),
    Capacity(CapacityArgs),
    Compare(CompareArgs),
    Recommend(RecommendArgs),
    Init(InitArgs),
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
    pub how: How,
}

/// Predict tests, judge their objectives, and lay each recorded figure beside the prediction.
///
/// A test without a recording is predicted and judged only.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll check models/whatsapp.toml
  plimsoll check models/whatsapp.toml --test peak --full
  plimsoll check models/lab.toml --test pool20 --against summary.json --map pool=main
  plimsoll check models/lab.toml --plot lab.png")]
pub(super) struct CheckArgs {
    /// Model files (TOML).
    #[arg(required = true)]
    pub models: Vec<PathBuf>,
    /// Only these tests.
    #[arg(short, long, value_name = "NAME")]
    pub test: Vec<String>,
    /// Check against this recording instead of the model's own (tidy CSV, series CSV, k6 summary);
    /// given several times, the files are of one test.
    #[arg(long, value_name = "FILE")]
    pub against: Vec<PathBuf>,
    /// A name in the recording and the model's name for it.
    #[arg(long, value_name = "RECORDED=MODEL")]
    pub map: Vec<String>,
    /// Leave the alternative mechanisms out.
    #[arg(long)]
    pub no_alternatives: bool,
    #[command(flatten)]
    pub how: How,
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

/// Write a load-test report from the prediction of every test: go or no-go, environment, scenarios, results, use of
/// resources, what limits, recommendations, approval, assumptions, and how to repeat it.
///
/// The changes of the model's decision are laid beside the system as it is. The exit code is 1 if a required
/// objective fails.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll report models/alphapulse.toml --format md --output report.md
  plimsoll report models/whatsapp.toml --test peak --compare pool50 --format md")]
pub(super) struct ReportArgs {
    /// Model file (TOML).
    pub model: PathBuf,
    /// Only these tests.
    #[arg(short, long, value_name = "NAME")]
    pub test: Vec<String>,
    /// A variant to lay beside the system as it is.
    #[arg(long, value_name = "VARIANT")]
    pub compare: Vec<String>,
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
  plimsoll sweep models/whatsapp.toml --test peak --vary pool.main.max=20..60:10 --vary database.main.instance=db.t3.large,db.m5.large")]
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
    #[command(flatten)]
    pub how: How,
}

/// List the instance types that models may name: cores, memory, speed, CPU credits, network, limits and prices.
///
/// Figures are of us-east-1, on demand; --show tells their sources and dates. Filters leave out the types of which it is
/// not known.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll catalog ec2 --family t3,m5 --max-price '$0.20/h' --sort price
  plimsoll catalog rds 'db.t3.*'
  plimsoll catalog --show cache.t3.medium
  plimsoll catalog ec2 --file ec2=machines.csv --format csv")]
pub(super) struct CatalogArgs {
    /// ec2, rds, elasticache or storage; all if left out.
    #[arg(value_name = "SHEET")]
    pub sheet: Option<String>,
    /// Only types of this name; * stands for any text, ? for one character.
    #[arg(value_name = "NAME")]
    pub pattern: Option<String>,
    /// Only these families, with or without the service: t3,db.m5.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub family: Vec<String>,
    /// Only types with at least so many vCPUs.
    #[arg(long, value_name = "N")]
    pub min_vcpu: Option<u32>,
    /// Only types with at most so many vCPUs.
    #[arg(long, value_name = "N")]
    pub max_vcpu: Option<u32>,
    /// Only types with at least so much memory, such as 8GiB.
    #[arg(long, value_name = "SIZE", value_parser = size)]
    pub min_memory: Option<f64>,
    /// Only types that cost at most so much, such as '$0.20/h' or '$100/month'.
    #[arg(long, value_name = "PRICE", value_parser = price)]
    pub max_price: Option<f64>,
    /// Only this architecture.
    #[arg(long, value_parser = ["x86_64", "arm64"])]
    pub arch: Option<String>,
    /// Sort by this, the smallest first.
    #[arg(long, value_enum)]
    pub sort: Option<Sort>,
    /// All that is known of one type, with sources and dates.
    #[arg(long, value_name = "TYPE", conflicts_with_all = ["sheet", "family", "min_vcpu", "max_vcpu", "min_memory", "max_price", "arch", "sort"])]
    pub show: Option<String>,
    /// Own rows, as [catalogue] of a model: ec2=machines.csv. May be repeated.
    #[arg(long, value_name = "SHEET=FILE")]
    pub file: Vec<String>,
    /// Form of the result on stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Sort {
    Price,
    Vcpu,
    Memory,
    Name,
}

/// Find the cheapest configuration in which every objective of every test holds, and say why.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll recommend models/whatsapp.toml
  plimsoll recommend models/whatsapp.toml --test peak --test spike --beside pool50
  plimsoll recommend models/whatsapp.toml --vary pool.main.max=20..60:5 --vary tier.app.instance=t3.*,m5.*
  plimsoll recommend models/whatsapp.toml --promise 99% --survive instance --budget '$300/month'")]
pub(super) struct RecommendArgs {
    /// Model file (TOML).
    pub model: PathBuf,
    /// Tests whose objectives are to hold [default: all].
    #[arg(short, long, value_name = "NAME")]
    pub test: Vec<String>,
    /// What may change, and to what: a path as of --set, and low..high:step, a list, or instance types by family
    /// (t3.*) [default: pools, instance types within their families, and how many machines].
    #[arg(long, value_name = "PATH=VALUES")]
    pub vary: Vec<String>,
    /// Share of tests in which all objectives are to hold.
    #[arg(long, value_name = "SHARE", value_parser = precision, default_value = "95%")]
    pub promise: f64,
    /// Instance types of these families only, as t3,m5.
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub family: Vec<String>,
    /// Dollars per month at most, as '$300/month'.
    #[arg(long, value_name = "MONEY", value_parser = price)]
    pub budget: Option<f64>,
    /// Objectives hold with one instance, or one zone, of each tier down as well.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub survive: Option<Lost>,
    /// Zones over which instances are spread evenly.
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(2..=6))]
    pub zones: u32,
    /// A variant of the model to lay beside the answer. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub beside: Vec<String>,
    /// Try every configuration that is cheaper than the answer.
    #[arg(long)]
    pub exhaustive: bool,
    #[command(flatten)]
    pub how: How,
}

/// What may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Lost {
    Instance,
    Zone,
}

/// Write a commented model to begin with.
#[derive(Debug, Args)]
#[command(after_help = "Example: plimsoll init shop.toml && plimsoll run shop.toml --test peak")]
pub(super) struct InitArgs {
    /// File to write; must not exist.
    #[arg(default_value = "model.toml")]
    pub file: PathBuf,
}

/// What all predictions have in common.
#[derive(Debug, Args)]
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
    /// Form of the result on stdout.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the result to a file instead of stdout.
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Draw a figure: .svg or .png.
    #[arg(long, value_name = "FILE")]
    pub plot: Option<PathBuf>,
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
}

/// A time such as "2m", in seconds.
fn duration(text: &str) -> Result<f64, String> {
    crate::units::parse(crate::units::Kind::Duration, text).map_err(|refused| refused.what)
}

/// A size such as "8GiB", in bytes.
fn size(text: &str) -> Result<f64, String> {
    number(crate::units::Kind::Size, text)
}

/// A price such as "$0.20/h", in dollars per hour.
fn price(text: &str) -> Result<f64, String> {
    number(crate::units::Kind::Money, text)
}

fn number(kind: crate::units::Kind, text: &str) -> Result<f64, String> {
    crate::units::parse(kind, text).map_err(|refused| match refused.hint {
        Some(hint) => format!("{}; {hint}", refused.what),
        None => refused.what,
    })
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
