//! What breaks next if load grows.

use super::answer::NextBreak;
use super::certainty::share_of;
use super::trial::{Batch, Laboratory, System, worst};

/// Times the load, until most replications miss an objective.
const STEPS: [f64; 6] = [1.1, 1.25, 1.5, 2.0, 3.0, 5.0];
const REPLICATIONS: usize = 3;
/// Share of the load to which the break is told.
const NEAR: f64 = 0.05;

/// Between which loads a system stops to keep the objectives of a test that it keeps at the test's own load.
///
/// # Errors
/// If it cannot be simulated.
pub fn next_break<L: Laboratory>(lab: &mut L, system: &System, test: usize) -> Result<Option<NextBreak>, L::Error> {
    let (mut carries, mut broken): (f64, Option<(f64, Batch)>) = (1.0, None);
    for times in STEPS {
        let Some(batch) = lab.loaded(system, test, times, REPLICATIONS)? else { return Ok(None) };
        if breaks(&batch) {
            broken = Some((times, batch));
            break;
        }
        carries = times;
    }
    while let Some((times, _)) = &broken
        && times / carries - 1.0 > NEAR
    {
        let middle = carries.midpoint(*times);
        let Some(batch) = lab.loaded(system, test, middle, REPLICATIONS)? else { break };
        if breaks(&batch) {
            broken = Some((middle, batch));
        } else {
            carries = middle;
        }
    }
    let limit = |batch: &Batch| batch.point.limit().map_or(f64::NAN, |limit| limit.utilisation);
    let name = lab.tests()[test].clone();
    Ok(Some(NextBreak {
        test: name,
        carries,
        breaks: broken.as_ref().map(|(times, _)| *times),
        objective: broken.as_ref().map_or(String::new(), |(_, batch)| worst(&batch.excess, &batch.point)),
        limits: broken.as_ref().map_or(String::new(), |(_, batch)| batch.point.limits.clone()),
        utilisation: broken.as_ref().map_or(f64::NAN, |(_, batch)| limit(batch)),
        replications: REPLICATIONS,
    }))
}

fn breaks(batch: &Batch) -> bool {
    share_of(&batch.excess.iter().map(|excess| excess.by).collect::<Vec<_>>()) < 0.5
}
