//! What breaks next if load grows.

use super::answer::NextBreak;
use super::batch::{Batch, distances};
use super::certainty::share_of;
use super::trial::{Laboratory, System};

/// Times the load, until most replications miss an objective.
const STEPS: [f64; 6] = [1.1, 1.25, 1.5, 2.0, 3.0, 5.0];
const REPLICATIONS: usize = 3;
/// Share of the load to which the break is told.
const NEAR: f64 = 0.1;

/// Between which loads a system stops to keep the objectives of one of these tests, all of which it keeps at their own
/// loads: of the one that breaks first. The earlier ones are the likelier; `None` if none can be scaled.
///
/// # Errors
/// If it cannot be simulated.
pub fn next_break<L: Laboratory>(lab: &mut L, system: &System, tests: &[usize]) -> Result<Option<NextBreak>, L::Error> {
    let mut next: Option<NextBreak> = None;
    for &test in tests {
        let found = match next.as_ref().map(|next| next.breaks) {
            None => upwards(lab, system, test, &STEPS)?,
            // It carries more than the others do unless it breaks where they do.
            Some(Some(others)) => upwards(lab, system, test, &[others])?.filter(|found| found.breaks.is_some()),
            Some(None) => upwards(lab, system, test, &STEPS[STEPS.len() - 1..])?.filter(|found| found.breaks.is_some()),
        };
        next = found.or(next);
    }
    Ok(next)
}

/// The same of one test, at these multiples of its load and between them; `None` if it cannot be scaled.
fn upwards<L: Laboratory>(
    lab: &mut L,
    system: &System,
    test: usize,
    steps: &[f64],
) -> Result<Option<NextBreak>, L::Error> {
    let (mut carries, mut broken): (f64, Option<(f64, Batch)>) = (1.0, None);
    for &times in steps {
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
        objective: broken.as_ref().map_or(String::new(), |(_, batch)| batch.worst()),
        limits: broken.as_ref().map_or(String::new(), |(_, batch)| batch.point.limits.clone()),
        utilisation: broken.as_ref().map_or(f64::NAN, |(_, batch)| limit(batch)),
        replications: REPLICATIONS,
    }))
}

fn breaks(batch: &Batch) -> bool {
    share_of(&distances(batch)) < 0.5
}
