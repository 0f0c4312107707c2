//! The findings of a sweep as sentences.

use super::number::{self, share};
use crate::study::sweep::bound::Bound;
use crate::study::sweep::curve::Main;
use crate::study::sweep::findings::{Failing, Finding, Place};
use crate::study::sweep::{Axis, Sweep};

/// Points of a frontier that are named.
const MOST_NAMED: usize = 12;

/// One sentence or two for each finding.
#[must_use]
pub fn sentences(sweep: &Sweep) -> Vec<String> {
    sweep.findings.iter().map(|finding| sentence(sweep, finding)).collect()
}

/// "pool.main.max = 20, users = 100".
#[must_use]
pub fn place(axes: &[Axis], at: &[String]) -> String {
    axes.iter().zip(at).map(|(axis, value)| format!("{} = {value}", axis.path)).collect::<Vec<_>>().join(", ")
}

/// The figure of a curve, for sentences.
#[must_use]
pub fn figure(main: Main) -> &'static str {
    match main {
        Main::P95 => "p95",
        Main::Goodput => "what is answered well",
    }
}

fn sentence(sweep: &Sweep, finding: &Finding) -> String {
    let axis = sweep.axes.first().map_or("", |axis| axis.path.as_str());
    match finding {
        Finding::Passes { at, up_to, probability, neighbour, fails_again } => {
            let (how, probability) = (if *up_to { "up to" } else { "from" }, share(*probability));
            let mut text =
                format!("All required objectives hold {how} {axis} = {at}, in {probability} of the replications");
            match neighbour {
                Some(other) => text += &format!("; at {} in {}.", other.at.join(", "), share(other.probability)),
                None if *up_to => text += ", the largest value.",
                None => text += ", the smallest value.",
            }
            if let Some(again) = fails_again {
                text += &format!(" They fail again at {} ({}).", again.at.join(", "), share(again.probability));
            }
            text
        }
        Finding::Frontier { points, passing } => frontier(sweep, points, *passing),
        Finding::NothingPasses { best, failing } => nothing_passes(sweep, best, failing),
        Finding::Knee { test, figure: main, at, gain, gain_high, range, unit, bound } => {
            let (gain, most) = (gain.max(0.0), gain_high.max(0.0));
            format!(
                "Test {test}: the knee is at {axis} = {at}. Larger values improve {} by {} at most, certainly by less than \
                 {}; from the worst value to the best it is {}.{}",
                figure(*main),
                number::with_unit(gain, unit),
                number::with_unit(most, unit),
                number::with_unit(*range, unit),
                bounded(sweep, bound.as_ref()),
            )
        }
        Finding::StillGains { test, figure: main, from, at, gain, range, unit, bound } => format!(
            "Test {test}: {} still improves by {} from {axis} = {from} to {at} (from the worst value to the best it is {}): \
             the knee lies beyond.{}",
            figure(*main),
            number::with_unit(*gain, unit),
            number::with_unit(*range, unit),
            bounded(sweep, bound.as_ref()),
        ),
        Finding::Worse { test, figure: main, past, at, by, by_low, by_high, unit } => format!(
            "Test {test}: past {axis} = {past} more makes it worse: at {at} {} is {} worse than at its best (95 % interval \
             {}).",
            figure(*main),
            number::with_unit(*by, unit),
            number::range(*by_low, *by_high, unit),
        ),
        Finding::NoDifference { test, figure: main } => {
            format!("Test {test}: no value of {axis} makes {} certainly better or worse.", figure(*main))
        }
    }
}

fn bounded(sweep: &Sweep, bound: Option<&Bound>) -> String {
    let Some((bound, axis)) = bound.zip(sweep.axes.first()) else { return String::new() };
    let at = number::with_unit(bound.at, &axis.unit);
    format!(" Operational analysis, from means alone, puts it at {} = {at} (of {}).", axis.path, bound.resource)
}

fn frontier(sweep: &Sweep, points: &[Place], passing: usize) -> String {
    let named = points.iter().take(MOST_NAMED);
    let named: Vec<String> =
        named.map(|p| format!("{} ({})", place(&sweep.axes, &p.at), share(p.probability))).collect();
    let more = points.len().saturating_sub(MOST_NAMED);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    let frontier = if points.len() < passing { "; these need the least" } else { "" };
    format!(
        "All required objectives hold at {passing} of {}{frontier}: {}{more}.",
        number::counted(sweep.points.len(), "point"),
        named.join("; ")
    )
}

fn nothing_passes(sweep: &Sweep, best: &Place, failing: &[Failing]) -> String {
    let one = |f: &Failing| {
        let value = if f.value.is_nan() { "not predicted".to_owned() } else { number::with_unit(f.value, &f.unit) };
        let held = if f.probability.is_nan() { String::new() } else { format!(", holds in {}", share(f.probability)) };
        format!("{} {} is {value}{held}", f.test, f.slo)
    };
    let failing: Vec<String> = failing.iter().map(one).collect();
    let failing = if failing.is_empty() { String::new() } else { format!(": {}", failing.join("; ")) };
    format!(
        "At no point do all required objectives hold. Best is {}, where they hold in {} of the replications{failing}.",
        place(&sweep.axes, &best.at),
        share(best.probability),
    )
}
