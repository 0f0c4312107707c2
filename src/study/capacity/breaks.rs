//! Where each replication breaks, no nearer than they differ and no more of them than are needed.

use super::ladder::Ladder;
use super::search::Search;
use super::trials::Trials;
use super::{CapacityError, Question};
use crate::problem::plural;
use crate::statistics::{deviation, mean, quantile_half_width};
use crate::study::instant::knee;
use crate::study::predict::{Watch, drawn_inputs};

/// Replications that look for the region in which the others begin.
const FEW: usize = 4;
/// Their first step: times or over.
const FIRST_STEP: f64 = 1.25;
/// How near they look at first, as a share of the load.
const COARSE: f64 = 0.16;
/// No nearer than this: about a rung.
const FINEST: f64 = 0.004;
/// Further ones are added so many at a time.
const BATCH: usize = 8;
/// Fewer replications than this say too little of how much they differ.
const FEWEST: usize = 12;
/// A share that falls short by less is rounding.
pub(super) const ROUNDING: f64 = 1e-9;

/// The break points of the replications.
pub(super) struct Breaks {
    pub searches: Vec<Search>,
    /// Factor of each, the middle of its bracket; `None` if any lies beyond the ladder.
    pub factors: Option<Vec<f64>>,
    /// Half the width of the confidence interval of the asked quantile of them.
    pub half: Option<f64>,
    /// Why there are no more of them.
    pub stopped: String,
}

impl Breaks {
    /// The first few replications begin where operational analysis puts the knee; the others begin where these
    /// broke, each by its own knee, in batches, until the interval is as narrow as asked.
    pub fn find<W: Watch>(question: &Question, trials: &mut Trials<W>) -> Result<Breaks, CapacityError> {
        let (ladder, most) = (trials.ladder, question.effort.replications);
        let knees = knees(question, ladder);
        let first = |index: usize| {
            let mut search = Search::new(ladder.near(knees[index]), FIRST_STEP);
            trials.known(ladder.stated(), index).into_iter().for_each(|holds| search.knows(ladder.stated(), holds));
            search
        };
        let mut searches: Vec<Search> = (0..FEW.min(most)).map(first).collect();
        // A quarter of the precision asked for adds nothing to the interval; nor does half of what they differ by.
        let least = question.effort.precision.map_or(FINEST, |precision| (precision / 4.0).max(FINEST));
        let mut apart = COARSE.max(least);
        run(trials, &mut searches, 0, apart)?;
        while apart > least.max(spread(&middles(ladder, &searches)).max(spread(&knees)) / 2.0) {
            apart = (apart / 2.0).max(least);
            run(trials, &mut searches, 0, apart)?;
        }
        let times: Vec<f64> =
            middles(ladder, &searches).iter().zip(&knees).map(|(factor, knee)| factor / knee).collect();
        let times = quantile(&times, 0.5);
        loop {
            let count = searches.len();
            let mut breaks = Breaks::of(question, ladder, searches);
            if let Some(stopped) = breaks.enough(question) {
                breaks.stopped = stopped;
                return Ok(breaks);
            }
            searches = breaks.searches;
            let begin = |index: usize| ladder.near(times * knees[index] / (1.0 + apart).sqrt());
            let more = count..(count + BATCH).min(most);
            let mut others: Vec<Search> = more.map(|index| Search::new(begin(index), 1.0 + apart)).collect();
            run(trials, &mut others, count, apart)?;
            searches.extend(others);
        }
    }

    fn of(question: &Question, ladder: &Ladder, searches: Vec<Search>) -> Breaks {
        let factors: Option<Vec<f64>> =
            searches.iter().map(|search| search.low.and(search.high).map(|_| middle(ladder, search))).collect();
        let half = factors.as_ref().map(|factors| quantile_half_width(factors, 1.0 - question.probability));
        Breaks { searches, factors, half: half.filter(|half| half.is_finite()), stopped: String::new() }
    }

    /// Why there are replications enough; `None`: more of them are needed.
    fn enough(&self, question: &Question) -> Option<String> {
        let (count, most) = (self.searches.len(), question.effort.replications);
        let (Some(precision), true) = (question.effort.precision, count >= fewest(question)) else {
            return (count >= most).then(|| format!("{} asked for", replications(most)));
        };
        let Some((factors, half)) = self.factors.as_ref().zip(self.half) else {
            return Some(format!("{}, of which some break beyond the loads tried", replications(count)));
        };
        let reached = half / quantile(factors, 1.0 - question.probability);
        let after = replications(count);
        let known = match reached {
            0.0 => format!("the same in {after}, as near as loads differ"),
            reached => format!("the capacity is known to {:.1} % after {after}", reached * 100.0),
        };
        match () {
            () if reached <= precision => Some(known),
            () if count >= most => Some(format!("{known}, and no more were asked for")),
            () => None,
        }
    }

    /// Share of the replications that carry a rung: as simulated, or else as their break points say.
    pub fn share<W: Watch>(&self, trials: &Trials<W>, rung: usize) -> f64 {
        let carries = |(index, search): &(usize, &Search)| {
            trials.known(rung, *index).unwrap_or(search.low.is_some_and(|low| rung <= low))
        };
        self.searches.iter().enumerate().filter(carries).count() as f64 / self.searches.len() as f64
    }

    /// The last rungs that the replications carry, ascending; `None` of those that carry none.
    pub fn carried(&self) -> Vec<Option<usize>> {
        let mut carried: Vec<Option<usize>> = self.searches.iter().map(|search| search.low).collect();
        carried.sort_unstable();
        carried
    }

    /// The rung at which the first of the replications that carry this one is known to break.
    pub fn above(&self, rung: usize) -> usize {
        self.searches.iter().filter_map(|search| search.high.filter(|high| *high > rung)).min().unwrap_or(rung + 1)
    }
}

fn replications(count: usize) -> String {
    format!("{count} {}", plural(count, "replication"))
}

/// So many that one of them may be expected on the far side of the capacity.
fn fewest(question: &Question) -> usize {
    let rarer = question.probability.min(1.0 - question.probability);
    FEWEST.max((1.0 / rarer - ROUNDING).ceil() as usize).min(question.effort.replications)
}

/// Runs searches until their brackets are no wider than `apart`; the first is that of the replication `from`.
fn run<W: Watch>(
    trials: &mut Trials<W>,
    searches: &mut [Search],
    from: usize,
    apart: f64,
) -> Result<(), CapacityError> {
    loop {
        let next = searches.iter_mut().enumerate().filter_map(|(index, search)| {
            let rung = search.next(trials.ladder, apart)?;
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

/// Factors at which the replications have their knees, each with its own values of uncertain inputs; 1 where there is
/// none.
fn knees(question: &Question, ladder: &Ladder) -> Vec<f64> {
    let Question { model, effort, .. } = *question;
    let tests = ladder.test(0).ok().zip(ladder.test(ladder.top()).ok());
    let at = |inputs: &[f64]| {
        let (light, heavy) = tests.as_ref()?;
        knee(model, light, heavy, Some(inputs)).map(|knee| ladder.factor(0) * knee.times)
    };
    let own = |index: usize| at(&drawn_inputs(model, effort.seed, index)).unwrap_or(1.0);
    if model.inputs.is_empty() {
        vec![own(0); effort.replications]
    } else {
        (0..effort.replications).map(own).collect()
    }
}

/// Middle of a bracket, or the end of the ladder beyond which it lies.
fn middle(ladder: &Ladder, search: &Search) -> f64 {
    let (low, high) = (search.low.unwrap_or(0), search.high.unwrap_or(ladder.top()));
    f64::midpoint(ladder.factor(low), ladder.factor(high))
}

fn middles(ladder: &Ladder, searches: &[Search]) -> Vec<f64> {
    searches.iter().map(|search| middle(ladder, search)).collect()
}

/// Standard deviation as a share of the mean.
fn spread(factors: &[f64]) -> f64 {
    deviation(factors) / mean(factors)
}

/// The value of the rank that stands for the quantile.
fn quantile(values: &[f64], order: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (order * sorted.len() as f64) as usize;
    sorted.get(rank).or(sorted.last()).copied().unwrap_or(f64::NAN)
}
