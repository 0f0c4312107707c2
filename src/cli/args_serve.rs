//! Arguments of `plimsoll serve`.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

/// Open the what-if page for a browser on this machine: turn pools, types and load, and see at once what changes.
///
/// The page simulates again as knobs are turned: a rough answer at once, the whole test after it. Nothing is sent anywhere.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  plimsoll serve models/whatsapp.toml
  plimsoll serve models/*.toml --port 9000
  plimsoll serve models/whatsapp.toml --address 0.0.0.0 --name planning.example.com

Whoever reaches the address can simulate, within the limits below, and see the models and their recordings. Only \
requests for the address itself, localhost or a --name are answered; one that speaks TLS may stand before a --name. The API is described at /api/openapi.json.")]
pub(super) struct ServeArgs {
    /// Model files (TOML).
    #[arg(required = true)]
    pub models: Vec<PathBuf>,
    /// Port to listen at; 0 chooses a free one.
    #[arg(short, long, default_value_t = 8017)]
    pub port: u16,
    /// Address to listen at: this machine alone, if nothing else is said.
    #[arg(long, default_value = "127.0.0.1")]
    pub address: IpAddr,
    /// A name of this machine under which browsers ask for the page, besides localhost; may be given several times.
    #[arg(long, value_name = "NAME")]
    pub name: Vec<String>,
    /// Seed of all randomness.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Questions that are simulated at once, each on its share of the cores.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub simulations: u16,
    /// Questions that may wait for that; more are refused with 503.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub waiting: u16,
    /// Seconds that an answer may take.
    #[arg(long, default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub seconds: u64,
}
