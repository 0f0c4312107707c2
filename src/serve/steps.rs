//! A question is answered in steps: means at once, then the test in a share of its time, then ever more of the whole test.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc::Sender;

use super::House;
use super::answer::{Answer, Estimated, Failed, Step};
use super::pages::Wanted as Still;
use crate::load::{regular_end_s, shortened};
use crate::model::{Model, Test};
use crate::study::asked::asked;
use crate::study::instant::{Instant, instant};
use crate::study::kept::Kept;
use crate::study::predict::{Effort, Job, PredictError, Watch, predict_on};
use crate::study::prediction::Prediction;
use crate::study::sweep::identity::identity;

/// Requests of a rough answer, some tens of milliseconds of work.
const ROUGH_REQUESTS: f64 = 12_000.0;
/// A rough answer is of so many seconds of the test at least.
const ROUGH_LEAST_S: f64 = 10.0;
/// Saves too little to be worth an answer that is wrong.
const ROUGH_MOST: f64 = 0.5;
const ROUGH_REPLICATIONS: usize = 2;
/// Replications after which the page is told.
const TOLD_AFTER: [usize; 6] = [2, 4, 8, 16, 24, 32];

/// What is to be simulated.
pub(super) struct Ready {
    pub model: Model,
    pub test: Test,
    pub replications: usize,
}

/// A part of an answer: a line of JSON.
pub(super) type Told = Arc<[u8]>;

/// Work that is done bit by bit.
struct Work {
    ready: Ready,
    wanted: crate::study::observe::Wanted,
    effort: Effort,
    kept: Kept,
    still: Arc<Still>,
    give_way: Arc<AtomicBool>,
}

/// Answers until all is said or nobody listens.
pub(super) async fn answer(house: Arc<House>, ready: Ready, still: Arc<Still>, to: Sender<Told>) {
    // What is the last word for one page is not for another that asks for more.
    let identity = format!("{} {}", identity([(&ready.model, &ready.test)]), ready.replications);
    let estimate = instant(&ready.model, &ready.test).ok();
    if let Some(estimated) = estimate.as_ref().and_then(Estimated::of)
        && to.send(line(&estimated)).await.is_err()
    {
        return;
    }
    let mut told = 0;
    if let Some((replications, known)) = house.known.best(&identity) {
        told = replications;
        if to.send(known).await.is_err() || told >= ready.replications {
            return;
        }
    }
    let share = if told == 0 { rough_share(&ready.test, estimate.as_ref()) } else { None };
    let wanted = asked(&ready.test);
    let effort = Effort {
        seed: house.seed,
        replications: ready.replications,
        precision: None,
        max_replications: ready.replications,
        threads: house.limits.threads,
    };
    let mut work = Work { ready, wanted, effort, kept: Kept::default(), still, give_way: Arc::default() };
    if let Some((share, short)) = share.and_then(|share| Some((share, shortened(&work.ready.test, share)?))) {
        let rough = move |work: &mut Work| work.rough(&short, share);
        let Some((back, Ok(line))) = turn(&house, work, &to, rough).await else { return };
        work = back;
        if to.send(line).await.is_err() {
            return;
        }
    }
    let last = work.ready.replications;
    let steps = TOLD_AFTER.iter().copied().filter(|step| *step < last).chain([last]);
    for step in steps {
        let Some((back, result)) = turn(&house, work, &to, move |work| work.further(step, step == last)).await else {
            return;
        };
        work = back;
        let (line, ended) = match result {
            Ok(line) => (line, false),
            Err(words) => (self::line(&Failed { step: Step::Failed, error: words }), true),
        };
        if !ended && step > told {
            house.known.keep(&identity, step, Arc::clone(&line));
        }
        // What is known to be better is not told again.
        let listens = if ended || step > told { to.send(line).await.is_ok() } else { true };
        if ended || !listens {
            return;
        }
    }
}

/// Does a bit of the work when it is its turn, and goes on after giving way; `None` if nobody listens any more.
async fn turn(
    house: &Arc<House>,
    mut work: Work,
    to: &Sender<Told>,
    bit: impl Fn(&mut Work) -> Bit + Clone + Send + 'static,
) -> Option<(Work, Result<Told, String>)> {
    loop {
        let turn = tokio::select! {
            turn = house.turns.turn(work.kept.len()) => turn,
            () = to.closed() => return None,
        };
        let still = Arc::clone(&work.still);
        let bit = bit.clone();
        let mut working = tokio::task::spawn_blocking(move || {
            work.give_way = turn.give_way();
            let done = bit(&mut work);
            // Others may begin only when this has ended, whoever still listens.
            drop(turn);
            (work, done)
        });
        let (back, done) = tokio::select! {
            done = &mut working => done.ok()?,
            () = to.closed() => {
                still.no_more();
                return None;
            }
        };
        work = back;
        match done {
            Bit::Told(line) => return Some((work, Ok(line))),
            Bit::Failed(words) => return Some((work, Err(words))),
            Bit::GaveWay => {}
        }
    }
}

/// What came of a bit of work.
enum Bit {
    Told(Told),
    Failed(String),
    /// Somebody who has less waits: replications that were done are kept.
    GaveWay,
}

impl Watch for Work {
    fn replication_done(&self) {}

    fn keep_going(&self) -> bool {
        self.still.keep_going() && !self.give_way.load(Ordering::Relaxed)
    }
}

impl Work {
    fn rough(&self, test: &Test, share: f64) -> Bit {
        let wanted = asked(test);
        let effort = Effort { replications: ROUGH_REPLICATIONS, ..self.effort };
        let job = Job { model: &self.ready.model, test, variant: "", wanted: &wanted, effort, series: true };
        let predicted = predict_on(&job, &mut Kept::default(), ROUGH_REPLICATIONS, effort.threads, self);
        self.told(predicted, Step::Rough, share)
    }

    fn further(&mut self, to: usize, last: bool) -> Bit {
        // Taken out, since the work itself watches.
        let mut kept = std::mem::take(&mut self.kept);
        let Ready { model, test, .. } = &self.ready;
        let job = Job { model, test, variant: "", wanted: &self.wanted, effort: self.effort, series: true };
        let predicted = predict_on(&job, &mut kept, to, self.effort.threads, self);
        self.kept = kept;
        self.told(predicted, if last { Step::Done } else { Step::Better }, 1.0)
    }

    fn told(&self, predicted: Result<Prediction, PredictError>, step: Step, share: f64) -> Bit {
        match predicted {
            Ok(prediction) if !prediction.interrupted => Bit::Told(line(&Answer::of(&prediction, step, share))),
            Err(error) if !error.is_interruption() => Bit::Failed(error.to_string()),
            _ if self.still.keep_going() => Bit::GaveWay,
            _ => {
                Bit::Failed("this takes too long to be simulated here, or a later question has replaced it".to_owned())
            }
        }
    }
}

/// Share of the test's time that a rough answer simulates; `None` if that is not worth it.
fn rough_share(test: &Test, estimate: Option<&Instant>) -> Option<f64> {
    let busiest = estimate?.windows.iter().find(|window| window.busiest)?;
    let per_s = busiest.estimate.as_ref().map_or(busiest.throughput_high, |means| means.throughput);
    let seconds = regular_end_s(test);
    let share = (ROUGH_REQUESTS / (per_s * seconds)).max(ROUGH_LEAST_S / seconds);
    (share < ROUGH_MOST).then_some(share)
}

fn line<T: serde::Serialize>(value: &T) -> Told {
    // Figures and words can always be written.
    let mut bytes = serde_json::to_vec(value).unwrap_or_default();
    bytes.push(b'\n');
    bytes.into()
}
