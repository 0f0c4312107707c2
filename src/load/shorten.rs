//! The same test in less time: for a first look, while the whole one is being simulated.

use crate::model::{Executor, Objective, Recorded, Stage, Stretch, Test, TestSpan, What};

/// The test with everything that is planned in it lasting this share of its time, in `(0, 1]`: stages, starts, events, and
/// the spans that objectives look at. Loads, think times, time-outs and service times stay, so what takes its time all
/// the same (caches that fill, credits that run out) is further behind than in the whole test. `None`: recorded instants come
/// when they came.
#[must_use]
pub fn shortened(test: &Test, share: f64) -> Option<Test> {
    let mut short = test.clone();
    for scenario in &mut short.scenarios {
        scenario.start *= share;
        match &mut scenario.executor {
            Executor::ConstantVus { duration, .. } | Executor::ConstantArrivalRate { duration, .. } => {
                *duration *= share;
            }
            Executor::RampingVus { stages, .. } | Executor::RampingArrivalRate { stages, .. } => {
                stages.iter_mut().for_each(|stage: &mut Stage| stage.duration *= share);
            }
            Executor::Replay(replay) => {
                let Recorded::Rates { rates, .. } = &mut replay.recorded else { return None };
                let shorter = |stretch: &Stretch| Stretch { duration: stretch.duration * share, ..*stretch };
                *rates = rates.iter().map(shorter).collect();
                replay.profile = replay.profile.iter().map(shorter).collect();
            }
        }
    }
    for event in &mut short.events {
        event.at *= share;
        if let What::Slow { lasts, .. } | What::FailOver { lasts, .. } | What::BrownOut { lasts, .. } = &mut event.what
        {
            *lasts *= share;
        }
    }
    short.objectives.iter_mut().for_each(|objective| shorten(objective, share));
    Some(short)
}

fn shorten(objective: &mut Objective, share: f64) {
    let relative = objective.relative.as_mut().map(|relative| &mut relative.span);
    for span in std::iter::once(&mut objective.span).chain(relative) {
        if let TestSpan::Seconds(from, to) = span {
            (*from, *to) = (*from * share, *to * share);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::sample::test;
    use crate::load::{busiest_window, peak, regular_end_s};

    #[test]
    fn a_tenth_of_the_time_has_the_same_load() {
        let stages = vec![Stage { duration: 60.0, target: 500.0 }, Stage { duration: 300.0, target: 500.0 }];
        let ramp = Executor::RampingVus { start_vus: 0, stages, graceful_ramp_down: 30.0 };
        let own = test(vec![(0.0, ramp.clone()), (100.0, ramp)]);
        let short = shortened(&own, 0.1).expect("no instants");
        assert_eq!(peak(&short), peak(&own));
        assert_eq!(short.scenarios[1].start, 10.0);
        let (from, to) = busiest_window(&own);
        assert_eq!(busiest_window(&short), (from / 10.0, to / 10.0));
        assert_eq!((regular_end_s(&own), regular_end_s(&short)), (460.0, 46.0));
    }
}
