//! Where a load stands against what the system can carry, and what a little more of it would do.
//!
//! Load here is what the test asks for if nothing ever waited, as a share of what the tightest resource lets pass: for
//! users `N / (D + Z)` over `servers / Dmax`, which is `N / N*` (Denning & Buzen 1978, Lazowska et al. 1984, ch. 5); for arrivals
//! their rate over the same bound. Uncertain inputs stand in the middle of their ranges.

use serde::Serialize;

use super::estimate::{Asked, Steady, steady, unhindered};
use super::{Instrument, load, middle};
use crate::compile::CompileError;
use crate::load::busiest_window;
use crate::model::{Model, Test};

/// Below this share of what the tightest resource lets pass a load is below the knee.
pub const KNEE_FROM: f64 = 0.7;

/// Users who wait send nothing meanwhile, so the knee reaches beyond the point where the asymptotes meet; arrivals at
/// a rate have no steady state beyond it.
pub const KNEE_TO_USERS: f64 = 1.3;
pub const KNEE_TO_ARRIVALS: f64 = 1.0;

/// How far a demand or a load may be off, relatively, when it is asked what that would do.
pub const NUDGE: f64 = 0.05;

/// Where a load stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Zone {
    Below,
    Knee,
    Saturated,
}

impl Zone {
    pub const ALL: [Zone; 3] = [Zone::Below, Zone::Knee, Zone::Saturated];

    /// The zone of a load, as a share of what the tightest resource lets pass.
    #[must_use]
    pub fn of(load: f64, arrivals: bool) -> Zone {
        match load {
            load if load < KNEE_FROM => Zone::Below,
            load if load < if arrivals { KNEE_TO_ARRIVALS } else { KNEE_TO_USERS } => Zone::Knee,
            _ => Zone::Saturated,
        }
    }

    /// As in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Zone::Below => "below",
            Zone::Knee => "knee",
            Zone::Saturated => "saturated",
        }
    }
}

/// Factors of a mean when the load is [`NUDGE`] lower and higher.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Swing {
    pub low: f64,
    pub high: f64,
}

/// A load placed.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// As a share of what the tightest resource lets pass.
    pub load: f64,
    pub zone: Zone,
    /// The tightest resource.
    pub resource: String,
    /// Of the mean response; `None`: no estimate.
    pub response: Option<Swing>,
    /// Of all that waits.
    pub waiting: Option<Swing>,
}

/// A test made ready to be placed, span by span.
#[derive(Debug)]
pub struct Placing<'a> {
    of: Instrument,
    test: &'a Test,
}

impl<'a> Placing<'a> {
    /// # Errors
    /// As [`crate::compile::compile`].
    pub fn new(model: &Model, test: &'a Test) -> Result<Placing<'a>, CompileError> {
        Ok(Placing { of: Instrument::new(model, test, &middle(model))?, test })
    }

    /// The load in the middle of a span, or of the busiest one; `None` where nothing is asked for or nothing limits.
    #[must_use]
    pub fn at(&self, span: Option<(f64, f64)>) -> Option<Place> {
        let span = span.unwrap_or_else(|| busiest_window(self.test));
        let planned = load::planned(self.test, span);
        let asked: Vec<Asked> = planned.iter().map(|&(users, rate)| Asked { users, rate }).collect();
        let arrivals = asked.iter().all(|asked| asked.users <= 0.0);
        let wanted = unhindered(&self.of, &asked).filter(|&wanted| wanted > 0.0)?;
        let resources = self.of.resources(&asked, None);
        let tightest = resources.into_iter().min_by(|a, b| a.bound_per_s.total_cmp(&b.bound_per_s))?;
        let load = wanted / tightest.bound_per_s;
        let zone = Zone::of(load, arrivals);
        let nudged = |factor: f64| {
            let asked: Vec<Asked> =
                asked.iter().map(|one| Asked { users: one.users * factor, rate: one.rate * factor }).collect();
            steady(&self.of, &asked)
        };
        let found = [nudged(1.0 - NUDGE), nudged(1.0), nudged(1.0 + NUDGE)];
        let swing = |of: fn(&Steady) -> f64| swing(&found, arrivals, of);
        let response = swing(|found| found.response);
        let waiting = swing(|found| found.waiting.iter().sum());
        Some(Place { load, zone, resource: tightest.name, response, waiting })
    }
}

/// Whether the busiest span of a test comes to the knee: below it hardly anything waits, and who waits how decides little.
#[must_use]
pub fn reaches_the_knee(model: &Model, test: &Test) -> bool {
    let place = Placing::new(model, test).ok().and_then(|placing| placing.at(None));
    place.is_some_and(|place| place.zone != Zone::Below)
}

/// Arrivals that no steady state carries may wait for any time.
fn swing([less, same, more]: &[Option<Steady>; 3], arrivals: bool, of: fn(&Steady) -> f64) -> Option<Swing> {
    let of = |found: &Option<Steady>| found.as_ref().map(of).filter(|mean| *mean > 0.0);
    match (of(less), of(same), of(more)) {
        (Some(less), Some(same), Some(more)) => Some(Swing { low: less / same, high: more / same }),
        (Some(less), Some(same), None) if arrivals => Some(Swing { low: less / same, high: f64::INFINITY }),
        (_, None, None) if arrivals => Some(Swing { low: 0.0, high: f64::INFINITY }),
        _ => None,
    }
}
