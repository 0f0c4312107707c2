//! From the break points of the replications to the capacity.

use super::breaks::{Breaks, ROUNDING};
use super::ladder::Ladder;
use super::search::Search;
use super::trials::Trials;
use super::{Bound, Break, Capacity, CapacityError, Load, LoadPoint, Outcome, Question, scaling};
use crate::model::{Model, Test};
use crate::statistics::{Estimate, estimate};
use crate::study::instant::knee;
use crate::study::predict::Watch;

/// Replications of the two points on either side of the capacity.
const CONFIRMING: usize = 6;
/// Replications of points that only show the shape of the curve.
const SHAPE: usize = 4;
/// Loads of the curve, times the capacity.
const CURVE: [f64; 7] = [0.1, 0.25, 0.5, 0.75, 1.0, 1.2, 1.5];
/// Points nearer to each other than this show the same of the curve.
const APART: f64 = 1.1;

pub(super) fn answer<W: Watch>(question: &Question, trials: &mut Trials<W>) -> Result<Capacity, CapacityError> {
    let ladder = trials.ladder;
    let stated = trials.point(ladder.stated(), SHAPE.min(question.effort.replications))?;
    let breaks = Breaks::find(question, trials)?;
    let stated_probability = breaks.share(trials, ladder.stated());
    let (found, probability, outcome, rung) = confirmed(question, trials, &breaks)?;
    let above = match outcome {
        Outcome::Found => Some(trials.point(breaks.above(rung), confirming(question))?),
        Outcome::More | Outcome::NotEven => None,
    };
    shape(question, trials, rung)?;
    let points = trials.points();
    let load = |factor: f64| Load::of(question.test, factor);
    let ends = breaks.half.zip(above.as_ref());
    let low = ends.map(|(half, _)| load((found.load.factor - half).max(0.0)));
    let high = ends.map(|(half, above)| load(above.load.factor + half));
    let at = above.as_ref().unwrap_or(&found);
    let objectives = objectives(question, trials, &breaks, &found, at)?;
    Ok(Capacity {
        model: question.model.name.clone(),
        variant: question.variant.to_owned(),
        test: question.test.name.clone(),
        seed: question.effort.seed,
        replications: breaks.searches.len(),
        asked: question.probability,
        carried: enough(question, stated_probability),
        stated: stated.load,
        stated_probability,
        outcome,
        capacity: found.load,
        probability,
        low,
        high,
        headroom: (outcome != Outcome::NotEven).then_some(found.load.factor - 1.0),
        break_point: breaks.factors.as_deref().map(estimate).filter(Estimate::is_known),
        breaks: if outcome == Outcome::More { Vec::new() } else { objectives },
        limits: at.test.limit().cloned(),
        bound: bound(question.model, question.test, trials.ladder),
        scaling: scaling::scaling(&points),
        against: against(question, trials, &breaks),
        stopped: breaks.stopped,
        points,
    })
}

fn enough(question: &Question, share: f64) -> bool {
    share >= question.probability - ROUNDING
}

fn confirming(question: &Question) -> usize {
    CONFIRMING.min(question.effort.replications)
}

/// The largest rung that as many replications carry as asked: the break points say which, and some of them confirm
/// it. If they do not (some break and hold again above), the next break points below are tried, ever further away.
fn confirmed<W: Watch>(
    question: &Question,
    trials: &mut Trials<W>,
    breaks: &Breaks,
) -> Result<(LoadPoint, f64, Outcome, usize), CapacityError> {
    let count = breaks.searches.len();
    let asked = (question.probability * count as f64 - ROUNDING).ceil() as usize;
    let mut candidate = breaks.carried().get(count - asked.clamp(1, count)).copied().flatten();
    let mut step = 1;
    while let Some(rung) = candidate {
        let point = trials.point(rung, confirming(question))?;
        let share = breaks.share(trials, rung);
        if enough(question, share) {
            let outcome = if rung == trials.ladder.top() { Outcome::More } else { Outcome::Found };
            return Ok((point, share, outcome, rung));
        }
        candidate = rung.checked_sub(step);
        step *= 2;
    }
    let point = trials.point(0, confirming(question))?;
    Ok((point, breaks.share(trials, 0), Outcome::NotEven, 0))
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

/// What the resource with the lowest bound lets pass, and the load that would ask for as much if nothing waited.
pub(super) fn bound(model: &Model, test: &Test, ladder: &Ladder) -> Option<Bound> {
    let (light, heavy) = (ladder.test(0).ok()?, ladder.test(ladder.top()).ok()?);
    let knee = knee(model, &light, &heavy, None)?;
    let load = Load::of(test, ladder.factor(0) * knee.times);
    Some(Bound { resource: knee.resource, per_s: knee.per_s, load })
}

/// Points at which most replications hold above their own break points, or break below them.
fn against<W: Watch>(question: &Question, trials: &Trials<W>, breaks: &Breaks) -> Vec<Load> {
    let against = |&rung: &usize| {
        let shown = breaks.searches.iter().enumerate().filter_map(|(i, search)| Some((trials.known(rung, i)?, search)));
        let wrong = |(holds, search): &(bool, &Search)| match holds {
            true => search.high.is_some_and(|high| rung >= high),
            false => search.low.is_some_and(|low| rung <= low),
        };
        let shown: Vec<(bool, &Search)> = shown.collect();
        2 * shown.iter().filter(|one| wrong(one)).count() > shown.len()
    };
    let load = |rung: usize| Load::of(question.test, trials.ladder.factor(rung));
    trials.rungs().filter(against).map(load).collect()
}
