//! "Would the alarms have told us?": which alarm sounds in which test and when, which never can and
//! why, and which thresholds would have warned in time.

pub mod evaluate;
mod failing;
mod mixture;
mod report;
#[cfg(test)]
mod sample;
pub mod sound;
pub mod thresholds;
pub mod track;

pub use report::{AlarmReport, AlarmRow, Sounding, out_of_reach};
pub use thresholds::Advice;

use super::observe::{Wanted, observe};
use super::predict::{Effort, PredictError, Watch, compiled, simulate};
use super::trends::trends;
use crate::model::{Model, Test};
use crate::statistics::{Replicated, replicate};
use sound::{Points, alignments};
use track::Track;

/// A test with the model as it sees it.
#[derive(Clone, Copy, Debug)]
pub struct Watched<'a> {
    pub model: &'a Model,
    pub test: &'a Test,
    /// What its objectives want.
    pub wanted: &'a Wanted,
}

/// What is asked of the alarms besides whether they sound.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Demands {
    /// A warning counts if it comes so many seconds before the first minute in which an objective fails.
    pub ahead_s: f64,
    /// Tests in which a useful threshold stays silent.
    pub silent_in: Vec<String>,
}

/// One replication of one test, as the alarms see it.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Per alarm and alignment; none where the alarm sees nothing.
    pub points: Vec<Vec<Points>>,
    /// An objective fails.
    pub failed: bool,
    /// The end of the first minute in which it does, seconds; `None` where that is not known.
    pub failed_at: Option<f64>,
}

/// Simulates all tests and says what the alarms of the model do in them.
///
/// # Errors
/// As those of [`super::predict::predict`].
pub fn sound_alarms(
    tests: &[Watched],
    variant: &str,
    effort: &Effort,
    demands: &Demands,
    watch: &impl Watch,
) -> Result<AlarmReport, PredictError> {
    let first = vec![effort.replications.max(1); tests.len()];
    let seen = replicate(
        &first,
        effort.threads,
        |job, index| one(&tests[job], effort.seed, index, watch),
        |_, _| 0,
        |_, replicated: Replicated<Seen, PredictError>| match replicated.failure {
            Some(failure) => Err(failure),
            None if !replicated.complete => Err(PredictError::interruption()),
            None => Ok(replicated.done),
        },
    );
    let seen: Vec<Vec<Seen>> = seen.into_iter().collect::<Result<_, _>>()?;
    Ok(report::report(tests, variant, effort, demands, &seen))
}

fn one(watched: &Watched, seed: u64, index: usize, watch: &impl Watch) -> Result<Seen, PredictError> {
    let Watched { model, test, wanted } = watched;
    let (m, labels) = simulate(compiled(model, test, seed, index, &wanted.windows)?, watch)?;
    let mut figures = observe(&m, &labels, wanted);
    figures.extend(trends(&m, &labels, wanted));
    // The load generator's end; answers may come a little later.
    let ran = (m.ran as f64 / 1e9).ceil() as i64;
    let of = |alarm: &crate::model::Alarm| {
        let track = alarm.signal.and_then(|signal| Track::of(signal, model, &labels, &m));
        track.map_or_else(Vec::new, |track| alignments(alarm, &track, ran))
    };
    let (failed, failed_at) = failing::first_failing(test, &figures, &m);
    Ok(Seen { points: model.alarms.iter().map(of).collect(), failed: failed || m.cut_at.is_some(), failed_at })
}
