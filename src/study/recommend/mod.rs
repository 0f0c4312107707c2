//! "What do we buy?": the cheapest configuration in which every required objective of every test holds with the
//! probability that is asked.
//!
//! [`space`] orders the configurations by cost, [`mod@search`] finds the first that passes without trying all, [`trial`]
//! says whether one passes, [`answer`] is what comes out, [`explain`] says why: what each change buys, what more
//! would buy, and which measured input decides; and [`growth`] what breaks next.

pub mod answer;
pub mod batch;
pub mod certainty;
pub mod explain;
pub mod growth;
pub mod search;
pub mod space;
pub mod trial;

use std::collections::BTreeMap;

use answer::{FellOut, FrontRow, Growth, KnobRow, Launch, Months, Nothing, Recommendation, Searched, SystemRow};
use batch::{Batch, distances, worst_of};
use certainty::share_of;
use search::{Found, State, search};
use space::{Knob, Space};
use trial::{Laboratory, Record, System, Trials};

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    pub model: String,
    pub variant: String,
    pub set: Vec<String>,
    pub seed: u64,
    /// Share of tests in which all required objectives are to hold.
    pub promise: f64,
    /// Replications of what is reported.
    pub replications: usize,
    /// Replications at most of one that is close.
    pub most: usize,
    /// Requests at most that are simulated of a test for it, and for the answer.
    pub most_requests: f64,
    pub answer_requests: f64,
    /// USD per month at most.
    pub budget: Option<f64>,
    /// All configurations that cost less than the answer are tried.
    pub exhaustive: bool,
    /// Variants of the model to lay beside it.
    pub beside: Vec<String>,
    /// The test whose load all month decides what is paid for CPU credits.
    pub month: String,
    /// What load grows by in a month, and months of it that the tests already have.
    pub growth: Option<f64>,
    pub months: u32,
    /// Times the load that the tests have by it.
    pub times: f64,
    /// The load of a launch, by test.
    pub launch: Vec<Launch>,
}

/// Systems whose costs are known.
pub trait Priced: Laboratory {
    /// USD per month, with what is expected to be paid for CPU credits.
    ///
    /// # Errors
    /// If there is no such system.
    fn cost(&mut self, system: &System) -> Result<f64, Self::Error>;
    /// What is expected to be paid for CPU credits, USD per month.
    ///
    /// # Errors
    /// If there is no such system.
    fn surplus(&mut self, system: &System) -> Result<f64, Self::Error>;
    /// What is less in a system than today and in no figure, for people.
    ///
    /// # Errors
    /// If there is no such system.
    fn caveats(&mut self, system: &System) -> Result<Vec<String>, Self::Error>;
    /// Told before an error ends everything: what is known so far.
    fn stopped(&mut self, so_far: String);
    /// Parts whose price is not known, and so not in the cost.
    ///
    /// # Errors
    /// If there is no such system.
    fn unpriced(&mut self, system: &System) -> Result<Vec<String>, Self::Error>;
    /// Something that differs if systems do.
    ///
    /// # Errors
    /// If there is no such system.
    fn identity(&mut self, system: &System) -> Result<String, Self::Error>;
    /// What was drawn for the uncertain inputs, in the first replications.
    fn inputs(&self, replications: usize) -> Vec<InputDraws>;
}

/// An uncertain input, and what was drawn for it.
#[derive(Clone, Debug, PartialEq)]
pub struct InputDraws {
    pub name: String,
    pub about: String,
    pub low: f64,
    pub high: f64,
    pub unit: &'static str,
    /// One for each replication.
    pub values: Vec<f64>,
}

/// Rows of a table of what fell out or of what is beaten by nothing, at most.
const MOST_ROWS: usize = 8;
/// Configurations at most of which all are asked for a bound.
const MOST_PROVED: usize = 300;

/// The answer.
///
/// # Errors
/// If a system cannot be simulated, or the work was interrupted.
pub fn recommend<L: Priced>(space: &Space, question: &Question, lab: &mut L) -> Result<Recommendation, L::Error> {
    let as_is = System::as_is(space.knobs.len());
    let all = vec![false; lab.tests().len()];
    let mut today = explain::option(lab, "today", &as_is, question, None, &all)?;
    let mut trials = Trials::new(lab, space, question);
    trials.learn(&today.excess);
    let before = trials.lab.replications();
    let count = question.budget.map_or(space.len(), |budget| space.within(budget));
    let batches: Vec<Option<&Batch>> = today.tests.iter().map(|row| row.batch.as_ref()).collect();
    // What nothing can mend must not hide what can be mended.
    let hopeless = match count.checked_sub(1) {
        Some(dearest) => trials.hopeless(&batches, dearest)?,
        None => Vec::new(),
    };
    let left_out = hopeless.iter().map(|(test, record)| explain::left_out(&trials.lab.tests()[*test], *test, record));
    let left_out = left_out.collect();
    hopeless.iter().for_each(|(test, _)| trials.left_out[*test] = true);
    let found = match search(space, count, question.exhaustive, &mut trials) {
        Ok(found) => found,
        Err(stopped) => {
            let words = so_far(space, &trials.records);
            trials.lab.stopped(words);
            return Err(stopped);
        }
    };
    let replications = trials.lab.replications() - before;
    let Trials { records, left_out: skipped, .. } = trials;
    explain::count(&mut today, &skipped);
    let mut answer = unexplained(space, question, lab.tests(), &found, &records, replications);
    answer.left_out = left_out;
    if let Some(first) = found.first {
        let best =
            explain::option(lab, explain::RECOMMENDED, &space.system(first), question, records.get(&first), &skipped)?;
        let values = space.config(first);
        answer.changes = explain::changes(lab, space, values, &today, &best, &skipped)?;
        answer.upgrades = explain::upgrades(lab, space, values, &best, &skipped)?;
        answer.inputs = explain::inputs(lab, &best, &skipped);
        answer.next = growth::next_break(lab, &space.system(first), &explain::by_use(&best, &skipped))?;
        answer.growth = growth(lab, question, space.knobs.len(), &today, (answer.next.as_ref(), &skipped))?;
        if let Some(&busiest) = explain::by_use(&best, &skipped).first() {
            answer.front = front(space, &found, &records, busiest);
            answer.front_test.clone_from(&answer.tests[busiest]);
        }
        answer.options = vec![today, best];
    } else {
        let (nearest, system) = nothing(lab, space, count, &records, question)?.unzip();
        answer.nothing = nearest;
        answer.options = std::iter::once(today).chain(system).collect();
    }
    for variant in &question.beside {
        answer.options.push(explain::option(
            lab,
            variant,
            &System::Variant(variant.clone()),
            question,
            None,
            &skipped,
        )?);
    }
    Ok(answer)
}

/// What was asked and found, before anything is said of why.
fn unexplained(
    space: &Space,
    question: &Question,
    tests: &[String],
    found: &Found,
    records: &BTreeMap<usize, Record>,
    replications: usize,
) -> Recommendation {
    Recommendation {
        model: question.model.clone(),
        variant: question.variant.clone(),
        set: question.set.clone(),
        seed: question.seed,
        tests: tests.to_vec(),
        promise: question.promise,
        budget: question.budget,
        month: question.month.clone(),
        times: question.times,
        growth: None,
        launch: question.launch.clone(),
        knobs: knobs(space, found.first),
        options: Vec::new(),
        searched: searched(space, found.states.len(), found, replications),
        fell_out: fell_out(space, found, records, tests),
        front: Vec::new(),
        front_test: String::new(),
        changes: Vec::new(),
        upgrades: Vec::new(),
        inputs: Vec::new(),
        next: None,
        nothing: None,
        left_out: Vec::new(),
    }
}

/// When the answer and the system as it is run out.
fn growth<L: Priced>(
    lab: &mut L,
    question: &Question,
    knobs: usize,
    today: &SystemRow,
    (next, left_out): (Option<&answer::NextBreak>, &[bool]),
) -> Result<Option<Growth>, L::Error> {
    let Some(per_month) = question.growth else { return Ok(None) };
    let months = |times: f64| f64::from(question.months) + times.ln() / per_month.ln_1p();
    let between = |next: &answer::NextBreak| Some(Months { low: months(next.carries), high: months(next.breaks?) });
    let as_is = System::as_is(knobs);
    let today = match today.probability >= question.promise {
        true => growth::next_break(lab, &as_is, &explain::by_use(today, left_out))?.as_ref().and_then(between),
        // With the load of then; of now it was not asked.
        false if question.months > 0 => None,
        false => Some(Months { low: 0.0, high: 0.0 }),
    };
    Ok(Some(Growth { per_month, months: question.months, answer: next.and_then(between), today }))
}

/// What is known before the search is over.
fn so_far(space: &Space, records: &BTreeMap<usize, Record>) -> String {
    let passing = records.iter().find(|(_, record)| record.failed.is_none() && !record.tests.is_empty());
    let tried = records.len();
    match passing {
        Some((&index, _)) => format!(
            "so far {tried} were tried; the cheapest that passes as far as it was tried, at ${:.2} a month: {}",
            space.cost(index),
            space.words(index)
        ),
        None => format!("so far {tried} were tried, and none passes"),
    }
}

/// Which value of each knob is there today: the one that changes nothing; `None` if there is none such.
///
/// # Errors
/// If a value of a knob cannot be.
pub fn today<L: Priced>(knobs: &[Knob], lab: &mut L) -> Result<Vec<Option<usize>>, L::Error> {
    let identity = lab.identity(&System::as_is(knobs.len()))?;
    let mut today = vec![None; knobs.len()];
    for (number, knob) in knobs.iter().enumerate() {
        for value in 0..knob.values.len() {
            let mut config = vec![None; knobs.len()];
            config[number] = Some(value);
            if lab.identity(&System::Config(config))? == identity {
                today[number] = Some(value);
                break;
            }
        }
    }
    Ok(today)
}

fn knobs(space: &Space, first: Option<usize>) -> Vec<KnobRow> {
    let row = |(number, knob): (usize, &Knob)| KnobRow {
        path: knob.path.clone(),
        values: knob.values.iter().map(|value| value.text.clone()).collect(),
        today: space.today[number].map(|today| knob.values[today].text.clone()),
        recommended: first.map(|first| knob.values[space.config(first)[number]].text.clone()),
    };
    space.knobs.iter().enumerate().map(row).collect()
}

fn searched(space: &Space, count: usize, found: &Found, replications: usize) -> Searched {
    let states = |is: fn(&State) -> bool| found.states.iter().filter(|state| is(state)).count();
    let proven = states(|state| matches!(state, State::Fails(by) if by.is_infinite()));
    Searched {
        configurations: space.len(),
        affordable: count,
        dearer: states(|state| *state == State::Open),
        simulated: states(|state| matches!(state, State::Passes | State::Fails(_))) - proven,
        proven,
        covered: states(|state| matches!(state, State::Covered(_))),
        beyond: states(|state| matches!(state, State::Beyond(_))),
        spot_checked: found.spot_checked,
        assumed_wrongly: found.assumed_wrongly,
        replications,
    }
}

/// What was tried, comes before the answer and fails, from the dearest.
fn fell_out(space: &Space, found: &Found, records: &BTreeMap<usize, Record>, tests: &[String]) -> Vec<FellOut> {
    let before = found.first.unwrap_or(usize::MAX);
    let failing = records.iter().rev().filter(|(index, record)| **index < before && record.failed.is_some());
    let row = |(index, record): (&usize, &Record)| {
        let (test, why) = record.failed.clone().unwrap_or_default();
        let shown = record.tests.get(&test);
        FellOut {
            values: space.texts(*index),
            cost_per_month: space.cost(*index),
            test: tests.get(test).cloned().unwrap_or_default(),
            why,
            proven: record.proven,
            p95: shown.and_then(p95),
            holds: shown.map_or(0.0, |shown| share_of(&distances(shown))),
            replications: shown.map_or(0, |shown| shown.excess.len()),
        }
    };
    failing.take(MOST_ROWS).map(row).collect()
}

/// Of those that pass as far as they were tried, the ones of which none is both cheaper and faster in this test.
fn front(space: &Space, found: &Found, records: &BTreeMap<usize, Record>, test: usize) -> Vec<FrontRow> {
    let mut rows: Vec<FrontRow> = Vec::new();
    for (&index, record) in records.iter().filter(|(index, _)| found.states.get(**index) == Some(&State::Passes)) {
        let Some((batch, p95)) = record.tests.get(&test).and_then(|batch| Some((batch, p95(batch)?))) else { continue };
        if rows.last().is_none_or(|last| p95 < last.p95) {
            rows.push(FrontRow {
                values: space.texts(index),
                cost_per_month: space.cost(index),
                p95,
                holds: share_of(&distances(batch)),
                replications: batch.point.replications,
            });
        }
    }
    rows.truncate(MOST_ROWS);
    rows
}

fn p95(batch: &Batch) -> Option<f64> {
    batch.point.figure("http_req_duration", "", "p95").map(|figure| figure.value)
}

/// What comes nearest where nothing passes, and what proves that nothing can.
fn nothing<L: Priced>(
    lab: &mut L,
    space: &Space,
    count: usize,
    records: &BTreeMap<usize, Record>,
    question: &Question,
) -> Result<Option<(Nothing, SystemRow)>, L::Error> {
    let excess = |record: &Record| {
        let joint = worst_of(&record.tests.values().map(distances).collect::<Vec<_>>());
        if joint.is_empty() { f64::INFINITY } else { joint.iter().sum::<f64>() / joint.len() as f64 }
    };
    let all = vec![false; lab.tests().len()];
    let nearest = records.iter().min_by(|a, b| excess(a.1).total_cmp(&excess(b.1)));
    let Some((&index, _)) = nearest else { return Ok(None) };
    let system = explain::option(lab, answer::NEAREST, &space.system(index), question, records.get(&index), &all)?;
    let worst = system.tests.iter().max_by(|a, b| a.excess.total_cmp(&b.excess));
    let (test, objective, missed) =
        worst.map_or_else(Default::default, |row| (row.test.clone(), row.nearest.clone(), row.excess));
    // Only what is proved of every one of them is proved of all.
    let mut proof = None;
    for test in (0..lab.tests().len()).filter(|_| count <= MOST_PROVED) {
        let mut last = None;
        for index in 0..count {
            last = lab.proof(&space.system(index), test)?;
            if last.is_none() {
                break;
            }
        }
        proof = proof.or(last);
    }
    let nothing = Nothing {
        values: space.texts(index),
        cost_per_month: space.cost(index),
        test,
        objective,
        excess: missed,
        proof,
    };
    Ok(Some((nothing, system)))
}
