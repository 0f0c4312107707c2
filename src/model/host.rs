//! What a machine is besides its cores.

use super::quantity::Law;
use super::station::Contention;

/// A machine, as far as it limits or costs anything; nothing of it if the model does not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Host {
    /// Its instance type, for people.
    pub instance: Option<String>,
    /// Dollars per hour, at least 0; `None`: not known.
    pub price: Option<f64>,
    /// `None`: not burstable.
    pub credits: Option<Credits>,
    /// `None`: it never limits.
    pub bandwidth: Option<Bandwidth>,
    /// Index into [`crate::model::Model::hosts`] of the machine that it shares; `None`: it has its own.
    pub on: Option<u32>,
}

/// What a machine's network passes in each direction, bytes per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bandwidth {
    /// In the long run, above 0.
    pub base: f64,
    /// For a while; at least `base`.
    pub burst: f64,
    /// Seconds for which it passes `burst` after a rest.
    pub burst_for: f64,
}

/// One machine that several tiers and databases share.
#[derive(Clone, Debug, PartialEq)]
pub struct SharedHost {
    pub name: String,
    /// Cores, above 0.
    pub cores: f64,
    pub contention: Contention,
    pub host: Host,
    /// CPU time of the load generator for each request, seconds at speed 1; `None`: it runs elsewhere.
    pub load_generator: Option<Law>,
    /// Of one core, for all that runs here.
    pub speed: f64,
}

/// CPU credits of a machine. One credit is one core at work for a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Credits {
    /// Cores at work that cost as much as is earned, above 0.
    pub baseline: f64,
    /// Credits at the beginning of a test; at most `most`.
    pub start: f64,
    /// Of an instance that comes up in the middle of a test; at most `most`.
    pub launch: f64,
    /// Credits that are kept at most.
    pub most: f64,
    /// Without credits: whether it goes on at full speed, and pays.
    pub unlimited: bool,
    /// Dollars for 60 credits more than were earned.
    pub surplus_price: f64,
}
