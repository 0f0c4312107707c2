//! From the break points of the replications to the capacity.

use super::search::Search;
use super::trials::Trials;
use super::{Bound, Break, Capacity, CapacityError, Load, LoadPoint, Outcome, Question, scaling};
use crate::statistics::{Estimate, estimate, quantile_half_width};
use crate::study::predict::Watch;

/// Replications that look for the region in which the others begin.
const FEW: usize = 5;
/// First step of those that begin there.
const NEAR: f64 = 1.02;
/// Replications of points that only show the shape of the curve.
const SHAPE: usize = 8;
/// Loads of the curve, times the capacity.
const CURVE: [f64; 7] = [0.1, 0.25, 0.5, 0.75, 1.0, 1.2, 1.5];
/// Points nearer to each other than this show the same of the curve.
const APART: f64 = 1.1;
/// A share that falls short by less is rounding.
const ROUNDING: f64 = 1e-9;

/// Where each replication breaks.
struct Breaks {
    searches: Vec<Search>,
    /// Factor of each, the middle of its bracket; `None` if any lies beyond the ladder.
    factors: Option<Vec<f64>>,
    /// The last rung that each carries, ascending; `None` of those that carry none.
    carried: Vec<Option<usize>>,
}

pub(super) fn answer<W: Watch>(question: &Question, trials: &mut Trials<W>) -> Result<Capacity, CapacityError> {
    let ladder = trials.ladder;
    let stated = trials.whole(ladder.stated())?;
    let breaks = breaks(question, trials)?;
    let (found, outcome, rung) = confirmed(question, trials, &breaks)?;
    let above = match outcome {
        Outcome::Found => Some(trials.whole(rung + 1)?),
        Outcome::More | Outcome::NotEven => None,
    };
    shape(question, trials, rung)?;
    let points = trials.points();
    let load = |factor: f64| Load::of(question.test, factor);
    let half = breaks.factors.as_ref().map(|factors| quantile_half_width(factors, 1.0 - question.probability));
    let ends = half.filter(|half| half.is_finite()).zip(above.as_ref());
    let low = ends.map(|(half, _)| load((found.load.factor - half).max(0.0)));
    let high = ends.map(|(half, above)| load(above.load.factor + half));
    let at = above.as_ref().unwrap_or(&found);
    let objectives = objectives(question, trials, &breaks, &found, at)?;
    Ok(Capacity {
        model: question.model.name.clone(),
        variant: question.variant.to_owned(),
        test: question.test.name.clone(),
        seed: question.effort.seed,
        replications: question.effort.replications,
        asked: question.probability,
        carried: enough(question, stated.probability),
        stated: stated.load,
        stated_probability: stated.probability,
        outcome,
        capacity: found.load,
        probability: found.probability,
        low,
        high,
        headroom: (outcome != Outcome::NotEven).then_some(found.load.factor - 1.0),
        break_point: breaks.factors.as_deref().map(estimate).filter(Estimate::is_known),
        breaks: if outcome == Outcome::More { Vec::new() } else { objectives },
        limits: at.test.limit().cloned(),
        bound: points.iter().find(|point| !point.test.cut).and_then(|light| bound(question, light)),
        scaling: scaling::scaling(&points),
        against: against(question, &points, found.load, outcome),
        points,
    })
}

fn enough(question: &Question, share: f64) -> bool {
    share >= question.probability - ROUNDING
}

/// Searches of all replications, side by side: the first few from the stated load by doubling, the others from
/// where these broke.
fn breaks<W: Watch>(question: &Question, trials: &mut Trials<W>) -> Result<Breaks, CapacityError> {
    let (ladder, replications) = (trials.ladder, question.effort.replications);
    let few = FEW.min(replications);
    let mut searches: Vec<Search> = (0..few).map(|_| Search::new(ladder.stated(), 2.0)).collect();
    run(trials, &mut searches, 0)?;
    let mut broke: Vec<usize> = searches.iter().map(|search| search.low.unwrap_or(0)).collect();
    broke.sort_unstable();
    let mut others: Vec<Search> = (few..replications).map(|_| Search::new(broke[few / 2], NEAR)).collect();
    run(trials, &mut others, few)?;
    searches.extend(others);
    let factor = |search: &Search| {
        let (low, high) = (search.low?, search.high?);
        Some(f64::midpoint(ladder.factor(low), ladder.factor(high)))
    };
    let factors = searches.iter().map(factor).collect();
    let mut carried: Vec<Option<usize>> = searches.iter().map(|search| search.low).collect();
    carried.sort_unstable();
    Ok(Breaks { searches, factors, carried })
}

/// Runs searches to their ends; the first is that of the replication `from`.
fn run<W: Watch>(trials: &mut Trials<W>, searches: &mut [Search], from: usize) -> Result<(), CapacityError> {
    let stated = trials.ladder.stated();
    let known: Vec<(usize, usize)> = (0..searches.len()).map(|index| (stated, from + index)).collect();
    for (search, shown) in searches.iter_mut().zip(trials.singles(&known)?) {
        search.knows(stated, shown.holds);
    }
    loop {
        let next = searches.iter_mut().enumerate().filter_map(|(index, search)| {
            let rung = search.next(trials.ladder)?;
            Some((index, rung))
        });
        let next: Vec<(usize, usize)> = next.collect();
        if next.is_empty() {
            return Ok(());
        }
        let wanted: Vec<(usize, usize)> = next.iter().map(|&(index, rung)| (rung, from + index)).collect();
        for (&(index, rung), shown) in next.iter().zip(trials.singles(&wanted)?) {
            searches[index].saw(rung, shown.holds);
        }
    }
}

/// The largest rung that as many replications carry as asked: the break points say which, and all replications
/// confirm it. If they do not (some break and hold again above), the next break points below are tried, ever
/// further away.
fn confirmed<W: Watch>(
    question: &Question,
    trials: &mut Trials<W>,
    breaks: &Breaks,
) -> Result<(LoadPoint, Outcome, usize), CapacityError> {
    let count = breaks.carried.len();
    let asked = (question.probability * count as f64 - ROUNDING).ceil() as usize;
    let mut candidate = breaks.carried.get(count - asked.clamp(1, count)).copied().flatten();
    let mut step = 1;
    while let Some(rung) = candidate {
        let point = trials.whole(rung)?;
        if enough(question, point.probability) {
            let outcome = if rung == trials.ladder.top() { Outcome::More } else { Outcome::Found };
            return Ok((point, outcome, rung));
        }
        candidate = rung.checked_sub(step);
        step *= 2;
    }
    Ok((trials.whole(0)?, Outcome::NotEven, 0))
}

/// Further points, so that the curve can be seen from little load to too much.
fn shape<W: Watch>(question: &Question, trials: &mut Trials<W>, rung: usize) -> Result<(), CapacityError> {
    let (ladder, at) = (trials.ladder, trials.ladder.factor(rung));
    let mut there: Vec<f64> = trials.points().iter().map(|point| point.load.factor).collect();
    let mut wanted = Vec::new();
    for near in CURVE.map(|times| ladder.near(at * times)) {
        let factor = ladder.factor(near);
        if there.iter().all(|other| factor.max(*other) / factor.min(*other) >= APART) {
            there.push(factor);
            wanted.push(near);
        }
    }
    trials.add(&wanted, SHAPE.min(question.effort.replications))
}

/// Objectives that break just above the break points of the replications, those that do so most often first.
fn objectives<W: Watch>(
    question: &Question,
    trials: &mut Trials<W>,
    breaks: &Breaks,
    below: &LoadPoint,
    above: &LoadPoint,
) -> Result<Vec<Break>, CapacityError> {
    let broke: Vec<(usize, usize)> =
        breaks.searches.iter().enumerate().filter_map(|(index, search)| Some((search.high?, index))).collect();
    let shown = trials.singles(&broke)?;
    let mut objectives = Vec::new();
    for (number, objective) in question.test.required().enumerate() {
        let count = shown.iter().filter(|shown| shown.broken.get(number).copied().unwrap_or(false)).count();
        let verdict = |point: &LoadPoint| point.test.verdicts.iter().find(|v| v.slo == objective.text).cloned();
        if count > 0
            && let (Some(below), Some(above)) = (verdict(below), verdict(above))
        {
            let share = count as f64 / shown.len() as f64;
            let (slo, unit, bound) = (objective.text.clone(), above.unit, above.bound);
            objectives.push(Break { slo, share, below: below.value, above: above.value, bound, unit });
        }
    }
    objectives.sort_by(|a, b| b.share.total_cmp(&a.share));
    Ok(objectives)
}

/// From a load so light that nothing waits: there throughput is in proportion to the load.
fn bound(question: &Question, light: &LoadPoint) -> Option<Bound> {
    let (limit, rate) = (light.test.limit()?, light.test.busiest_rate()?.value);
    let per_s = limit.bound_per_s?;
    let factor = light.load.factor * per_s / rate;
    factor.is_finite().then(|| Bound { resource: limit.name.clone(), per_s, load: Load::of(question.test, factor) })
}

/// Points above the capacity that are carried although the one next to it is not, and points below that are not.
fn against(question: &Question, points: &[LoadPoint], capacity: Load, outcome: Outcome) -> Vec<Load> {
    let against = |point: &&LoadPoint| {
        let carried = enough(question, point.probability);
        match outcome {
            Outcome::Found => (point.load.factor <= capacity.factor) != carried,
            Outcome::More => !carried,
            Outcome::NotEven => carried,
        }
    };
    points.iter().filter(against).map(|point| point.load).collect()
}
