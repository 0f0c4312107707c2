//! Why a scored figure missed the prediction: noise of the recording, saturation, or the model.
//!
//! The prediction interval holds what one test may show as the model has it, so what asks for a reason is the distance
//! between it and what was recorded. In this order:
//!
//! 1. *noise*: the distance is no more than the recorded figure is itself unsure of, by the number of its requests or by
//!    the difference of equal runs, or than the edges of the interval are, which come from few tens of replications;
//! 2. *saturation*: at the knee or beyond it, the interval reaches what was recorded when it is stretched by what 5 % more
//!    or less load does to the mean by the instant estimate, and that is more than 10 %: an error of a demand that
//!    would hardly be seen below the knee is magnified at least twice;
//! 3. *model*: neither.

use serde::Serialize;

use super::instant::{NUDGE, Place, Swing, Zone};

/// How many times an error must be magnified before it is blamed on saturation.
const MAGNIFIED: f64 = 2.0;

/// How unsure an edge of the interval is, as a share of its half-width, 95 %: the extremes of 39 normal values have a
/// standard deviation of 0.44, and lie 2.15 from the mean.
const EDGE: f64 = 1.96 * 0.44 / 2.15;

/// What a miss more likely is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    Noise,
    Saturation,
    Model,
}

impl Cause {
    /// As in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Cause::Noise => "noise",
            Cause::Saturation => "saturation",
            Cause::Model => "model",
        }
    }
}

/// A miss explained.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Miss {
    pub cause: Cause,
    /// The numbers, for people.
    pub why: String,
}

/// How unsure a recorded figure is.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Noise {
    /// Half its 95 % interval by the number of requests, in its unit, and that number.
    pub sampling: Option<(f64, f64)>,
    /// The largest difference of equal runs, as a share.
    pub repeats: Option<f64>,
}

/// A figure that was recorded outside its prediction interval; all in one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Missed {
    /// What was recorded, with its rounding.
    pub recorded: (f64, f64),
    /// The prediction interval.
    pub predicted: (f64, f64),
    pub unit: &'static str,
}

impl Missed {
    /// Between the interval and what was recorded.
    fn distance(&self) -> f64 {
        (self.recorded.0 - self.predicted.1).max(self.predicted.0 - self.recorded.1).max(0.0)
    }

    fn middle(&self) -> f64 {
        f64::midpoint(self.recorded.0, self.recorded.1)
    }

    /// An amount of the figure: points of a share, else relative to what was recorded.
    fn told(&self, amount: f64) -> String {
        match self.middle() {
            _ if self.unit == "%" => format!("{amount:.2} points"),
            middle if middle > 0.0 => format!("{:.1} %", 100.0 * amount / middle),
            _ => format!("{amount:.3} {}", self.unit),
        }
    }
}

/// What a miss more likely is. `swing` is what [`NUDGE`] of load does to the mean of such a figure; `None`: not known, or nothing.
#[must_use]
pub fn explain(missed: &Missed, noise: &Noise, place: Option<&Place>, swing: Option<Swing>) -> Miss {
    let distance = missed.distance();
    let beyond = format!("{} beyond the interval", missed.told(distance));
    if let Some((error, requests)) = noise.sampling.filter(|(error, _)| distance <= *error) {
        let why = format!("{beyond}; {requests:.0} requests leave it ±{}", missed.told(error));
        return Miss { cause: Cause::Noise, why };
    }
    if let Some(spread) = noise.repeats.filter(|spread| distance <= spread * missed.middle()) {
        let why = format!("{beyond}; equal runs differ by up to {:.1} %", 100.0 * spread);
        return Miss { cause: Cause::Noise, why };
    }
    let half = 0.5 * (missed.predicted.1 - missed.predicted.0);
    if distance <= EDGE * half {
        let why = format!("{beyond}, whose edges are no better known than ±{}", missed.told(EDGE * half));
        return Miss { cause: Cause::Noise, why };
    }
    let full = place.filter(|place| place.zone != Zone::Below);
    if let Some((place, swing)) = full.zip(swing).filter(|(_, swing)| magnifies(*swing) && reaches(missed, *swing)) {
        let more = if swing.high.is_finite() { format!("{:.2} times", swing.high) } else { "without end".to_owned() };
        let (asked, nudge) = (place.load, 100.0 * NUDGE);
        let why = format!(
            "{beyond}; {asked:.2} of what {} passes: {nudge:.0} % more load lets the mean grow {more}",
            place.resource
        );
        return Miss { cause: Cause::Saturation, why };
    }
    let load =
        place.map_or(String::new(), |place| format!(", load {:.2} of what {} passes", place.load, place.resource));
    Miss { cause: Cause::Model, why: format!("{beyond}{load}") }
}

fn magnifies(swing: Swing) -> bool {
    swing.high >= 1.0 + MAGNIFIED * NUDGE || swing.low <= 1.0 - MAGNIFIED * NUDGE
}

/// Whether the stretched interval meets what was recorded.
fn reaches(missed: &Missed, swing: Swing) -> bool {
    let (low, high) = missed.predicted;
    let high = if swing.high.is_finite() { high * swing.high } else { f64::INFINITY };
    low * swing.low <= missed.recorded.1 && missed.recorded.0 <= high
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded 120 ms, predicted 90 to 110.
    const SLOWER: Missed = Missed { recorded: (120.0, 120.0), predicted: (90.0, 110.0), unit: "ms" };
    /// Within what the edge of the interval is unsure of, 4 ms.
    const HARDLY: Missed = Missed { recorded: (114.0, 114.0), predicted: (90.0, 110.0), unit: "ms" };
    const SURE: Noise = Noise { sampling: Some((4.0, 2000.0)), repeats: Some(0.03) };

    fn place(load: f64) -> Place {
        Place { load, zone: Zone::of(load, false), resource: "pool main".into(), response: None, waiting: None }
    }

    fn cause(missed: &Missed, noise: &Noise, load: f64, swing: Option<(f64, f64)>) -> Cause {
        let swing = swing.map(|(low, high)| Swing { low, high });
        explain(missed, noise, Some(&place(load)), swing).cause
    }

    #[test]
    fn what_the_recording_cannot_tell_is_noise() {
        let few = Noise { sampling: Some((12.0, 200.0)), repeats: None };
        let apart = Noise { sampling: Some((4.0, 2000.0)), repeats: Some(0.1) };
        for noise in [few, apart] {
            assert_eq!(cause(&SLOWER, &noise, 0.3, None), Cause::Noise, "{noise:?}");
            // Even where it might be magnified.
            assert_eq!(cause(&SLOWER, &noise, 1.1, Some((0.7, 1.4))), Cause::Noise, "{noise:?}");
        }
    }

    #[test]
    fn what_the_edge_of_the_interval_cannot_tell_is_noise() {
        assert_eq!(cause(&HARDLY, &Noise::default(), 0.3, None), Cause::Noise);
        assert_eq!(cause(&SLOWER, &Noise::default(), 0.3, None), Cause::Model);
    }

    #[test]
    fn what_a_little_load_does_at_the_knee_is_saturation() {
        assert_eq!(cause(&SLOWER, &SURE, 0.95, Some((0.8, 1.2))), Cause::Saturation);
        assert_eq!(cause(&SLOWER, &SURE, 2.0, Some((0.0, f64::INFINITY))), Cause::Saturation);
        let faster = Missed { recorded: (80.0, 80.0), ..SLOWER };
        assert_eq!(cause(&faster, &SURE, 0.95, Some((0.8, 1.2))), Cause::Saturation);
    }

    #[test]
    fn the_rest_is_the_model() {
        let far = Missed { recorded: (200.0, 200.0), ..SLOWER };
        assert_eq!(cause(&far, &SURE, 0.95, Some((0.8, 1.2))), Cause::Model);
        // Below the knee nothing is magnified, whatever an estimate says; and 6 % for 5 % is not magnified.
        assert_eq!(cause(&SLOWER, &SURE, 0.5, Some((0.8, 1.2))), Cause::Model);
        let slightly = Missed { recorded: (116.0, 116.0), ..SLOWER };
        assert_eq!(cause(&slightly, &SURE, 1.4, Some((0.94, 1.06))), Cause::Model);
        assert_eq!(explain(&SLOWER, &Noise::default(), None, None).cause, Cause::Model);
    }

    #[test]
    fn the_numbers_are_told() {
        let few = Noise { sampling: Some((12.0, 200.0)), repeats: None };
        assert_eq!(explain(&SLOWER, &few, None, None).why, "8.3 % beyond the interval; 200 requests leave it ±10.0 %");
        let failed = Missed { recorded: (3.0, 3.0), predicted: (2.0, 2.5), unit: "%" };
        let told = explain(&failed, &Noise::default(), Some(&place(1.5)), None).why;
        assert_eq!(told, "0.50 points beyond the interval, load 1.50 of what pool main passes");
    }
}
