//! Where operational analysis puts the knee of a curve, from the demands at one of its ends.
//!
//! Along an axis of load nothing waits at the light end, so there users and demands give the number at which
//! the asymptotes meet, `(D + Z) / M` ([`crate::theory::bounds::knee`]). Along an axis that sizes a resource
//! the large end is where it holds nobody up: what is in use there, by the utilisation law throughput times
//! demand, is the least that carries the load. Which resource that is, is seen from its servers: they grow as
//! the value does.

use serde::Serialize;

use super::Axis;
use super::curve::Curve;
use super::point::{PointResource, TestPoint};
use crate::theory::bounds::knee;

/// A resource that is used more than this at the large end still limits there.
const FREE: f64 = 0.95;

/// A number on the axis, and the resource that it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bound {
    pub resource: String,
    pub at: f64,
}

/// The bound of the test of this index; `None` where the demands give none.
#[must_use]
pub fn bound(axis: &Axis, curve: &Curve, test: usize) -> Option<Bound> {
    let last = curve.len().checked_sub(1)?;
    let at = |index: usize| curve.point(index).tests.get(test);
    if axis.load {
        return of_load(curve.number(0), at(0)?);
    }
    let largest = at(last)?;
    let all: Vec<(f64, &TestPoint)> = (0..=last).filter_map(|i| Some((curve.number(i), at(i)?))).collect();
    // They are in the order of what they let pass: of several that are sized, the first limits first.
    let sized = largest.resources.iter().find(|resource| grows(resource, curve.number(last), &all))?;
    let in_use = curve.number(last) * sized.utilisation;
    (sized.utilisation < FREE && in_use > 0.0).then(|| Bound { resource: sized.name.clone(), at: in_use })
}

fn of_load(number: f64, light: &TestPoint) -> Option<Bound> {
    let (rate, limit) = (light.busiest_rate()?.value, light.limit()?);
    let (largest, cycle) = (1.0 / limit.bound_per_s?, number / rate);
    let at = knee(&[largest], (cycle - largest).max(0.0))?;
    at.is_finite().then(|| Bound { resource: limit.name.clone(), at })
}

/// Whether a resource has servers in proportion to the value, at all points.
fn grows(resource: &PointResource, number: f64, all: &[(f64, &TestPoint)]) -> bool {
    let per_value = resource.servers / number;
    let same = |&(number, point): &(f64, &TestPoint)| {
        let there = point.resources.iter().find(|other| other.name == resource.name);
        there.is_some_and(|there| (there.servers / number - per_value).abs() <= 1e-6 * per_value)
    };
    all.len() > 1 && per_value > 0.0 && all.iter().all(same)
}
