//! Why: what each change buys, what more would buy, which input decides, and what comes nearest where nothing passes.

use super::answer::{Change, InputRow, LeftOut, SystemRow, TestRow, Upgrade};
use super::batch::{Batch, LEAST_SPREAD, distances, said_surely, worst_of};
use super::certainty::{share, share_of};
use super::space::Space;
use super::trial::{Record, System};
use super::{Priced, Question};
use crate::statistics::{Estimate, deviation, estimate, mean};

/// The name of the answer's system.
pub const RECOMMENDED: &str = "recommended";
/// Replications of a test that is far from all its bounds.
const FIRST: usize = 4;
/// Replications at most of systems that are only laid beside the answer.
const BESIDE: usize = 8;
/// Replications of comparisons in pairs.
const PAIRS: usize = 4;
/// Requests of which nobody minds the time they take: all replications that are asked for are run.
const CHEAP: f64 = 5e5;
/// Level of the interval of a probability.
const LEVEL: f64 = 0.95;
/// From here on a probability is known well enough with this half width; below it the promise itself has to be true.
const SAFE: f64 = 0.95;
const KNOWN: f64 = 0.05;
/// A gain below this share of p95 is not worth speaking of.
const WORTH: f64 = 0.01;
/// Inputs that are told at most, and the share of the variance below which none is.
const MOST_INPUTS: usize = 5;
const LEAST_SHARE: f64 = 0.05;

/// A system with all tests: few replications where that leaves no doubt, else as many as are asked, and more of the
/// tests of which some hold and some do not, until the probability is known.
/// What its trial showed, if there was one, counts.
///
/// # Errors
/// If it cannot be simulated.
pub fn option<L: Priced>(
    lab: &mut L,
    name: &str,
    system: &System,
    question: &Question,
    tried: Option<&Record>,
    left_out: &[bool],
) -> Result<SystemRow, L::Error> {
    let names = lab.tests().to_vec();
    let asked = name == RECOMMENDED;
    let (least, mut most) = if asked { (question.replications, question.most) } else { (0, BESIDE) };
    let mut batches: Vec<Batch> = Vec::with_capacity(names.len());
    for test in 0..names.len() {
        let mut batch = lab.simulate(system, test, FIRST)?;
        // The same replications, and more of them.
        let longer = tried.and_then(|tried| tried.tests.get(&test));
        if let Some(longer) = longer.filter(|tried| tried.excess.len() > batch.excess.len()) {
            batch.excess.clone_from(&longer.excess);
        }
        batches.push(batch);
    }
    let work = batches.iter().map(|batch| batch.requests).sum::<f64>() * question.replications as f64;
    let cheap = work < CHEAP;
    if cheap {
        most = most.max(question.replications);
    }
    let mut to = FIRST;
    loop {
        let distances: Vec<Vec<f64>> = batches.iter().map(distances).collect();
        let joint = worst_of(&counted(&distances, left_out));
        let (n, held) = (joint.len(), joint.iter().filter(|by| **by < 0.0).count());
        let (low, high) = share(held, n, LEVEL);
        let known = (high - low) / 2.0 <= KNOWN && share_of(&joint) >= SAFE;
        // Those that are left out are shown with what is enough for a table.
        let unsure = |test: &usize| {
            let all = cheap && distances[*test].len() < question.replications;
            let enough = said_surely(&distances[*test]) || left_out[*test] && to >= BESIDE;
            all || !enough
        };
        let unsure: Vec<usize> = (0..names.len()).filter(unsure).collect();
        let work: f64 = unsure.iter().map(|test| batches[*test].requests).sum::<f64>() * n as f64;
        let enough = known && (n >= least || work > question.most_requests);
        if unsure.is_empty() || enough || to >= most || work > question.answer_requests {
            break;
        }
        to = if cheap { (2 * to).max(question.replications) } else { 2 * n.max(to) }.min(most);
        for test in unsure {
            if batches[test].excess.len() < to {
                batches[test] = lab.simulate(system, test, to)?;
            }
        }
    }
    let excess: Vec<Vec<f64>> = batches.iter().map(distances).collect();
    let tests = names.iter().zip(batches).map(|(name, batch)| test_row(name, batch));
    let mut row = SystemRow {
        name: name.to_owned(),
        cost_per_month: lab.cost(system)?,
        surplus_per_month: lab.surplus(system)?,
        caveats: lab.caveats(system)?,
        unpriced: lab.unpriced(system)?,
        probability: 0.0,
        probability_low: 0.0,
        probability_high: 0.0,
        replications: 0,
        tests: tests.collect(),
        excess,
    };
    count(&mut row, left_out);
    Ok(row)
}

/// Counts in how many replications all tests hold, but for those left out.
pub fn count(row: &mut SystemRow, left_out: &[bool]) {
    let joint = worst_of(&counted(&row.excess, left_out));
    let held = joint.iter().filter(|by| **by < 0.0).count();
    (row.probability_low, row.probability_high) = share(held, joint.len(), LEVEL);
    (row.probability, row.replications) = (share_of(&joint), joint.len());
}

fn counted(excess: &[Vec<f64>], left_out: &[bool]) -> Vec<Vec<f64>> {
    excess.iter().zip(left_out).filter(|(_, left_out)| !**left_out).map(|(excess, _)| excess.clone()).collect()
}

fn test_row(name: &str, batch: Batch) -> TestRow {
    let (point, excess) = (&batch.point, &batch.excess);
    let figure = |metric: &str, stat: &str| point.figure(metric, "", stat);
    let nothing = Estimate { value: f64::NAN, low: f64::NAN, high: f64::NAN, mean_low: f64::NAN, mean_high: f64::NAN };
    let value = |metric: &str, stat: &str| figure(metric, stat).map_or(f64::NAN, |figure| figure.value);
    let worst = excess.iter().max_by(|a, b| a.by.total_cmp(&b.by));
    let mut required = point.verdicts.iter().filter(|verdict| !verdict.wished);
    let nearest = worst.and_then(|worst| required.nth(worst.objective)).map_or(String::new(), |v| v.slo.clone());
    TestRow {
        test: name.to_owned(),
        probability: share_of(&distances(&batch)),
        p95: figure("http_req_duration", "p95").map_or(nothing, |figure| estimate(&figure.values)),
        requests_per_s: value("http_reqs", "rate"),
        failed: value("http_req_failed", "rate"),
        nearest,
        excess: mean(&distances(&batch)).exp() - 1.0,
        limits: point.limits.clone(),
        utilisation: point.limit().map_or(f64::NAN, |limit| limit.utilisation),
        slow: batch.slow.clone(),
        batch: Some(batch),
    }
}

/// A test that nothing mends, as the most of everything keeps it.
#[must_use]
pub fn left_out(name: &str, test: usize, record: &Record) -> LeftOut {
    let shown = record.tests.get(&test);
    LeftOut {
        test: name.to_owned(),
        objective: shown.map_or(String::new(), Batch::worst),
        probability: shown.map_or(0.0, |shown| share_of(&distances(shown))),
    }
}

/// p95 of all responses, replication by replication.
fn p95(batch: &Batch) -> &[f64] {
    batch.point.figure("http_req_duration", "", "p95").map_or(&[], |figure| &figure.values)
}

/// By how much p95 is lower in `after`, in pairs.
fn gain(before: &[f64], after: &[f64]) -> Estimate {
    estimate(&before.iter().zip(after).map(|(before, after)| before - after).collect::<Vec<_>>())
}

/// The test that holds least often; of those that hold as often the one whose nearest objective is the fewest standard deviations
/// from its bound.
#[must_use]
pub fn hardest(answer: &SystemRow, left_out: &[bool]) -> usize {
    let nearness = |test: usize| mean(&answer.excess[test]) / deviation(&answer.excess[test]).max(LEAST_SPREAD);
    let order = |a: &usize, b: &usize| {
        let rarer = answer.tests[*b].probability.total_cmp(&answer.tests[*a].probability);
        rarer.then(nearness(*a).total_cmp(&nearness(*b)))
    };
    (0..answer.tests.len()).filter(|&test| !left_out[test]).max_by(order).unwrap_or(0)
}

/// The tests, those first that use most of what limits them.
#[must_use]
pub fn by_use(answer: &SystemRow, left_out: &[bool]) -> Vec<usize> {
    let mut tests: Vec<usize> = (0..answer.tests.len()).filter(|&test| !left_out[test]).collect();
    let used = |test: usize| Some(answer.tests[test].utilisation).filter(|used| used.is_finite()).unwrap_or(0.0);
    tests.sort_by(|&a, &b| used(b).total_cmp(&used(a)));
    tests
}

/// Each change from today, taken back alone.
pub fn changes<L: Priced>(
    lab: &mut L,
    space: &Space,
    values: &[usize],
    today: &SystemRow,
    answer: &SystemRow,
    left_out: &[bool],
) -> Result<Vec<Change>, L::Error> {
    let all = System::of(values);
    let identity = lab.identity(&all)?;
    // What fails today is what the changes are for.
    let missed = |test: &usize| today.tests[*test].probability;
    let test = (0..today.tests.len())
        .filter(|&test| !left_out[test])
        .min_by(|a, b| missed(a).total_cmp(&missed(b)))
        .unwrap_or(0);
    let Some(with) = answer.tests.get(test).and_then(|row| row.batch.as_ref()) else { return Ok(Vec::new()) };
    let mut changes = Vec::new();
    for (knob, &value) in values.iter().enumerate() {
        let without = System::but(values, knob, None);
        if lab.identity(&without)? == identity {
            continue;
        }
        let batch = lab.simulate(&without, test, PAIRS)?;
        changes.push(Change {
            path: space.knobs[knob].path.clone(),
            to: space.knobs[knob].values[value].text.clone(),
            test: lab.tests()[test].clone(),
            p95_gain: gain(p95(&batch), p95(with)),
            probability_without: share_of(&distances(&batch)),
            cost_per_month: lab.cost(&all)? - lab.cost(&without)?,
            replications: batch.excess.len(),
        });
    }
    Ok(changes)
}

/// The next larger value of each knob, alone, in the test that uses most of what limits it.
pub fn upgrades<L: Priced>(
    lab: &mut L,
    space: &Space,
    values: &[usize],
    answer: &SystemRow,
    left_out: &[bool],
) -> Result<Vec<Upgrade>, L::Error> {
    let Some(&test) = by_use(answer, left_out).first() else { return Ok(Vec::new()) };
    let Some(with) = answer.tests.get(test).and_then(|row| row.batch.as_ref()) else { return Ok(Vec::new()) };
    let mut upgrades = Vec::new();
    for knob in 0..values.len() {
        let Some(next) = larger(lab, space, values, knob)? else { continue };
        let (all, larger) = (System::of(values), System::but(values, knob, Some(next)));
        let batch = lab.simulate(&larger, test, PAIRS)?;
        let gain = gain(p95(with), p95(&batch));
        let path = &space.knobs[knob].path;
        // "database.main.instance" enlarges what is called "main …".
        let part = path.split('.').nth(1).unwrap_or_default();
        let of_pools = path.starts_with("pool");
        let words = |name: &str| name.starts_with("pool") == of_pools && name.split(' ').any(|word| word == part);
        let of_part = with.point.resources.iter().filter(|resource| words(&resource.name));
        let used = of_part.max_by(|a, b| a.utilisation.total_cmp(&b.utilisation));
        upgrades.push(Upgrade {
            path: path.clone(),
            to: space.knobs[knob].values[next].text.clone(),
            test: lab.tests()[test].clone(),
            buys: gain.mean_low > 0.0 && gain.value > WORTH * estimate(p95(with)).value,
            breaks: (share_of(&distances(&batch)) < 0.5).then(|| batch.worst()),
            p95_gain: gain,
            cost_per_month: lab.cost(&larger)? - lab.cost(&all)?,
            resource: used.map(|resource| resource.name.clone()),
            utilisation: used.map(|resource| resource.utilisation),
            replications: batch.excess.len(),
        });
    }
    Ok(upgrades)
}

/// The cheapest value of a knob that gives more, or the next number.
fn larger<L: Priced>(lab: &mut L, space: &Space, values: &[usize], knob: usize) -> Result<Option<usize>, L::Error> {
    let value = values[knob];
    let Some(covers) = &space.knobs[knob].covers else {
        return Ok((value + 1 < space.knobs[knob].values.len()).then_some(value + 1));
    };
    let mut cheapest: Option<(f64, usize)> = None;
    for next in (0..covers.len()).filter(|&next| covers[next].contains(&value) && !covers[value].contains(&next)) {
        let cost = lab.cost(&System::but(values, knob, Some(next)))?;
        if cheapest.is_none_or(|(least, _)| cost < least) {
            cheapest = Some((cost, next));
        }
    }
    Ok(cheapest.map(|(_, next)| next))
}

/// Uncertain inputs with which the distance of the nearest objective goes, the most telling first: the square of
/// the correlation, where it is certain that there is one.
#[must_use]
pub fn inputs<L: Priced>(lab: &L, answer: &SystemRow, left_out: &[bool]) -> Vec<InputRow> {
    let Some(excess) = answer.excess.get(hardest(answer, left_out)) else { return Vec::new() };
    let mut rows: Vec<InputRow> = Vec::new();
    for input in lab.inputs(excess.len()) {
        let r = correlation(&input.values, excess);
        // Above this it is no chance, at 1 %: inputs are many.
        let certain = r.abs() > 2.6 / (excess.len() as f64).sqrt();
        if certain && r * r >= LEAST_SHARE {
            rows.push(InputRow {
                input: input.name,
                about: input.about,
                low: input.low,
                high: input.high,
                unit: input.unit,
                share: r * r,
                worse_if_larger: r > 0.0,
            });
        }
    }
    rows.sort_by(|a, b| b.share.total_cmp(&a.share));
    rows.truncate(MOST_INPUTS);
    rows
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len().min(b.len()) as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        ab += (a - mean_a) * (b - mean_b);
        aa += (a - mean_a).powi(2);
        bb += (b - mean_b).powi(2);
    }
    if aa > 0.0 && bb > 0.0 { ab / (aa * bb).sqrt() } else { 0.0 }
}
