//! Arguments of what to buy: the catalogue and recommendations.

use std::path::PathBuf;

use clap::{Args, Parser, ValueEnum};

use super::args::{Format, How, precision};

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
  plimsoll recommend models/whatsapp.toml --promise 99% --survive instance --budget '$300/month'
  plimsoll recommend models/whatsapp.toml --test peak --growth 5% --months 12
  plimsoll recommend models/whatsapp.toml --test peak --launch hours.csv")]
pub(super) struct RecommendArgs {
    /// Model file (TOML).
    pub model: PathBuf,
    /// Tests whose objectives are to hold [default: all].
    #[arg(short, long, value_name = "NAME")]
    pub test: Vec<String>,
    #[command(flatten)]
    pub buying: Buying,
    #[command(flatten)]
    pub how: How,
}

/// What is asked of a recommendation, wherever it is asked.
#[derive(Clone, Debug, PartialEq, Args)]
pub(super) struct Buying {
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
    /// What load grows by in a month, as 5%: says when the answer runs out.
    #[arg(long, value_name = "SHARE", value_parser = precision)]
    pub growth: Option<f64>,
    /// Months of that growth that the answer has to carry.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=120))]
    pub months: u32,
    /// Users expected in each hour: a CSV file with the columns hour, users and perhaps iterations (of each user; 1). Tests
    /// have the load of the busiest hour.
    #[arg(long, value_name = "FILE")]
    pub launch: Option<PathBuf>,
    /// The test whose load the system has all month, for what is paid for CPU credits [default: the longest].
    #[arg(long, value_name = "TEST")]
    pub month: Option<String>,
    /// A variant of the model to lay beside the answer. May be repeated.
    #[arg(long, value_name = "NAME")]
    pub beside: Vec<String>,
    /// Try every configuration that is cheaper than the answer.
    #[arg(long)]
    pub exhaustive: bool,
}

impl Buying {
    /// Whether none of its arguments is given.
    pub fn is_bare(&self) -> bool {
        #[derive(Parser)]
        struct Bare {
            #[command(flatten)]
            buying: Buying,
        }
        Bare::try_parse_from(["recommend"]).is_ok_and(|bare| bare.buying == *self)
    }
}

/// What may be lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Lost {
    Instance,
    Zone,
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
