//! What the requests of a test need on average if nobody waits, for laws that are read backwards.

use super::{Instrument, middle};
use crate::compile::CompileError;
use crate::model::{Model, Test};

/// Means over all requests of a test, uncertain inputs in the middle of their ranges.
#[derive(Clone, Debug, PartialEq)]
pub struct Demands {
    /// Requests of an iteration.
    pub requests: f64,
    /// Seconds between the requests of an iteration, sleeps that pacing adds left out.
    pub think_s: f64,
    /// Whether anything but requests and sleeps decides how long an iteration takes, or when it ends.
    pub paced: bool,
    /// Seconds of a request.
    pub response_s: f64,
    pub resources: Vec<Demand>,
}

/// Of one resource.
#[derive(Clone, Debug, PartialEq)]
pub struct Demand {
    /// As in the bottleneck of a run: "app cpu", "pool main", "storage of main".
    pub name: String,
    /// Servers; of storage operations per second.
    pub servers: f64,
    /// Seconds of it per request; of storage operations.
    pub per_request: f64,
}

/// What the requests of a test need; scenarios count as much as their users, or arrivals, when most is asked.
///
/// # Errors
/// As [`crate::compile::compile`].
pub fn demands(model: &Model, test: &Test) -> Result<Demands, CompileError> {
    let of = Instrument::new(model, test, &middle(model))?;
    let planned = super::load::planned(test, crate::load::busiest_window(test));
    let shares: Vec<f64> = planned.iter().map(|(users, rate)| users + rate).collect();
    let total: f64 = shares.iter().sum();
    let mean = |amount: &dyn Fn(&super::Need) -> f64| {
        of.needs.iter().zip(&shares).map(|(need, share)| share * amount(need)).sum::<f64>() / total
    };
    let requests = mean(&|need| need.requests);
    let resources = of.capacities.iter().map(|capacity| Demand {
        name: capacity.name.clone(),
        servers: capacity.servers,
        per_request: mean(&|need| capacity.demand(need)) / requests,
    });
    Ok(Demands {
        requests,
        think_s: mean(&|need| need.think),
        paced: of.needs.iter().any(|need| need.pace > 0.0 || need.polls || need.stops),
        response_s: mean(&|need| need.seen.alone()) / requests,
        resources: resources.collect(),
    })
}
