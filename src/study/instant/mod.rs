//! "What will this test show?", in a millisecond: bounds that hold, and estimates that need not.
//!
//! The compiled program is walked instead of run. From what an iteration needs (`walk`) follow an estimate of each
//! span of steady load (`estimate`); from the least that it can need (`least`) follow bounds that no run can break
//! but by a chance of one in a thousand million (`bound`), and from these objectives that must fail (`proof`). Uncertain
//! inputs stand in the middle of their ranges; a proof must hold at the corner of the ranges that speaks against it
//! most, input by input. Pure and deterministic: nothing is drawn.
//!
//! Sources: Denning & Buzen 1978 (operational laws); Lazowska, Zahorjan, Graham & Sevcik 1984 (bounds, mean value
//! analysis); Jacobson & Lazowska 1982 (surrogate delays).

mod beside;
mod bound;
mod demands;
mod estimate;
mod graph;
mod least;
mod load;
mod place;
mod proof;
mod resources;
mod walk;

use serde::Serialize;

pub use beside::{Beside, BesideRow, beside};
pub use demands::{Demand, Demands, demands};
pub use place::{KNEE_FROM, KNEE_TO_ARRIVALS, KNEE_TO_USERS, NUDGE, Place, Placing, Swing, Zone, reaches_the_knee};
pub use proof::{Failed, Proof};

use super::contradictory::contradictory;
use crate::compile::{CompileError, Labels, compile};
use crate::engine::Program;
use crate::load::{busiest_window, stage_windows};
use crate::model::{Model, Test};
use estimate::{Asked, Steady, steady};
use graph::{Graph, Limits};
use least::Least;
use resources::{Capacity, Use, capacities};
use walk::{Need, Part, need};

/// What is known of a test without simulating it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Instant {
    /// Spans of steady load in order of time, the busiest among them.
    pub windows: Vec<Window>,
    /// Objectives that must fail, each with the reason.
    pub failed: Vec<Failed>,
    /// What the figures do not contain.
    pub caveats: Vec<String>,
}

/// A span of steady load.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Window {
    pub from_s: f64,
    pub to_s: f64,
    /// Whether the test asks most then.
    pub busiest: bool,
    pub offered: Offered,
    /// Those that are used, the one with the lowest bound first.
    pub resources: Vec<Capacities>,
    /// Requests per second that cannot be passed in the long run, uncertain inputs in the middle of their ranges.
    pub throughput_high: f64,
    /// What sets it; empty if it is the users themselves.
    pub limited_by: String,
    /// Requests that no run answers more of in the span.
    pub most_requests: f64,
    /// The mean response cannot be shorter in the long run, s.
    pub response_low_s: f64,
    /// `None`: there is no steady state.
    pub estimate: Option<Means>,
    /// Seconds that an iteration takes by that, with its think times and pacing; `None` where nothing is estimated.
    pub iteration_s: Option<f64>,
    /// More arrives than a resource can serve.
    pub overload: Option<Overload>,
}

/// Arrivals at a rate that a resource cannot serve: as long as it lasts requests wait ever longer, are refused, or find no
/// user. By the means: no proof.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Overload {
    pub resource: String,
    /// Requests per second that arrive.
    pub arrive_per_s: f64,
    /// Requests per second that it can serve.
    pub serves_per_s: f64,
}

/// What a span asks for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Offered {
    pub users: f64,
    /// Iterations per second that arrive.
    pub iterations_per_s: f64,
}

/// A resource and what it can give.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Capacities {
    /// As in the bottleneck of a run.
    pub name: String,
    /// Servers; of storage operations per second.
    pub servers: f64,
    /// Seconds of it that a request needs if nobody waits (of storage: operations), on average.
    pub demand_s: f64,
    /// Share in use by the estimate.
    pub utilisation: Option<f64>,
    /// Requests that wait for it by the estimate.
    pub waiting: Option<f64>,
    /// Servers / demand.
    pub bound_per_s: f64,
}

/// Means of a span.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Means {
    /// Requests per second.
    pub throughput: f64,
    pub response_s: f64,
    /// Requests that are sent and not answered.
    pub in_flight: f64,
}

/// A program made ready to be asked.
#[derive(Debug)]
struct Instrument {
    program: Program,
    labels: Labels,
    graph: Graph,
    least: Least,
    /// By scenario.
    needs: Vec<Need>,
    capacities: Vec<Capacity>,
    /// By resource: whether it says how long work takes, of several that the same work goes through.
    times_of: Vec<bool>,
    /// By resource: requests that may be there at once, since they hold something else.
    rooms: Vec<f64>,
}

/// Where the asymptotes of a test meet that has more and more load.
#[derive(Clone, Debug, PartialEq)]
pub struct Knee {
    /// The resource with the lowest bound in the busiest span.
    pub resource: String,
    /// Requests per second that it lets pass at most.
    pub per_s: f64,
    /// Times the light load that would ask for as much if nothing waited.
    pub times: f64,
}

/// The knee from the means of a test with a light load and of the same with a heavy one, at these values of the uncertain
/// inputs (`None`: the middle of their ranges); `None` if nothing limits or neither compiles.
#[must_use]
pub fn knee(model: &Model, light: &Test, heavy: &Test, inputs: Option<&[f64]>) -> Option<Knee> {
    let middle = middle(model);
    let inputs = inputs.unwrap_or(&middle);
    let busiest =
        |test: &Test| Some(Instrument::new(model, test, inputs).ok()?.window(test, busiest_window(test), true));
    let resource = busiest(heavy)?.resources.into_iter().next()?;
    let times = resource.bound_per_s / busiest(light)?.estimate?.throughput;
    times.is_finite().then_some(Knee { resource: resource.name, per_s: resource.bound_per_s, times })
}

fn middle(model: &Model) -> Vec<f64> {
    model.inputs.iter().map(|input| f64::midpoint(input.low, input.high)).collect()
}

/// Bounds, an estimate, and objectives that must fail.
///
/// # Errors
/// As [`compile`].
pub fn instant(model: &Model, test: &Test) -> Result<Instant, CompileError> {
    let middle = middle(model);
    let of = Instrument::new(model, test, &middle)?;
    let windows = spans(test).into_iter().map(|(span, busiest)| of.window(test, span, busiest)).collect();
    let mut failed = proof::failed(model, test, &of, &middle)?;
    failed.extend(contradictory(test).into_iter().map(|(slo, other)| {
        let proof = Proof::Contradiction { other };
        Failed { slo, why: proof.to_string(), proof }
    }));
    Ok(Instant { windows, failed, caveats: caveats(&of, model, test) })
}

/// Spans of steady load, and whether each is the busiest.
fn spans(test: &Test) -> Vec<((f64, f64), bool)> {
    let busiest = busiest_window(test);
    let level = |from: f64, to: f64| {
        let edge = (to - from) * 1e-3;
        let (a, b) = (load::planned(test, (from, from + 2.0 * edge)), load::planned(test, (to - 2.0 * edge, to)));
        let same = |((u, r), (v, s)): (&(f64, f64), &(f64, f64))| (u - v).abs() < 1e-6 && (r - s).abs() < 1e-6;
        a.iter().zip(&b).all(same) && a.iter().any(|(users, rate)| *users > 0.0 || *rate > 0.0)
    };
    let stages = stage_windows(test).into_iter().map(|stage| (stage.from_s, stage.to_s));
    let mut spans: Vec<(f64, f64)> = stages.filter(|&(from, to)| level(from, to)).collect();
    if busiest.1 > busiest.0 {
        spans.push(busiest);
    }
    spans.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    spans.dedup();
    spans.into_iter().map(|span| (span, span == busiest)).collect()
}

impl Instrument {
    fn new(model: &Model, test: &Test, inputs: &[f64]) -> Result<Instrument, CompileError> {
        let compiled = compile(model, test, inputs, &[])?;
        let (program, labels) = (compiled.program, compiled.labels);
        let graph = Graph::of(&program, labels.queues.iter().any(|queue| queue.used));
        let needs: Vec<Need> = program.sources.iter().map(|source| need(&program, &graph, source.first_move)).collect();
        let used = |endpoint: &usize| needs.iter().any(|need| need.endpoints[*endpoint] > 0.0);
        let starts: Vec<u32> = (0..program.endpoints.len()).filter(used).map(|e| program.endpoints[e]).collect();
        let least = Least::new(&graph, &starts);
        let capacities = capacities(&program, &labels);
        let (times_of, rooms) = (times_of(&capacities, &program), rooms(&capacities, &needs));
        Ok(Instrument { program, labels, graph, least, needs, capacities, times_of, rooms })
    }

    fn window(&self, test: &Test, span: (f64, f64), busiest: bool) -> Window {
        let planned = load::planned(test, span);
        let asked: Vec<Asked> = planned.iter().map(|&(users, rate)| Asked { users, rate }).collect();
        let offered = Offered {
            users: planned.iter().map(|one| one.0).sum(),
            iterations_per_s: planned.iter().map(|one| one.1).sum(),
        };
        let limit = bound::limit(self, &load::asks(&self.program, test, span), span);
        let think = self.needs.iter().zip(&asked).filter(|(_, asked)| asked.users > 0.0);
        let think =
            think.map(|(need, _)| (need.think + need.pace) / need.requests.max(f64::MIN_POSITIVE)).fold(0.0, f64::max);
        let cycle = offered.users / limit.per_s;
        // Of the difference of two that are equal but for rounding nothing is left.
        let response_low_s = Some(cycle - think).filter(|low| *low > 1e-9 * cycle).unwrap_or(0.0);
        let found = steady(self, &asked);
        let estimate = found.as_ref().map(|found| Means {
            throughput: found.throughput,
            response_s: found.response,
            in_flight: found.throughput * found.response,
        });
        let mut resources = self.resources(&asked, found.as_ref());
        resources.sort_by(|a, b| a.bound_per_s.total_cmp(&b.bound_per_s));
        let iteration = |found: &Steady| {
            let of = |need: &Need| need.think + need.pace + need.requests * found.response;
            let shares = || self.needs.iter().zip(&asked).map(|(need, asked)| (need, asked.users + asked.rate));
            shares().map(|(need, share)| share * of(need)).sum::<f64>() / shares().map(|(_, share)| share).sum::<f64>()
        };
        let iteration_s = found.as_ref().map(iteration).filter(|seconds| seconds.is_finite());
        let (throughput_high, limited_by) = (limit.per_s, limit.resource);
        let (from_s, to_s) = span;
        let overload = self.overload(&asked, &resources);
        let most_requests = limit.most;
        Window {
            from_s,
            to_s,
            busiest,
            offered,
            resources,
            throughput_high,
            limited_by,
            most_requests,
            response_low_s,
            estimate,
            iteration_s,
            overload,
        }
    }

    /// Where arrivals alone are too many; users who wait send no more.
    fn overload(&self, asked: &[Asked], resources: &[Capacities]) -> Option<Overload> {
        let arrive_per_s = self.needs.iter().zip(asked).map(|(need, asked)| asked.rate * need.requests).sum::<f64>();
        let tightest = resources.first().filter(|_| asked.iter().all(|asked| asked.users == 0.0))?;
        let (resource, serves_per_s) = (tightest.name.clone(), tightest.bound_per_s);
        (arrive_per_s > serves_per_s).then_some(Overload { resource, arrive_per_s, serves_per_s })
    }

    fn resources(&self, asked: &[Asked], found: Option<&Steady>) -> Vec<Capacities> {
        // Scenarios in proportion to what is asked of them.
        let shares = || self.needs.iter().zip(asked).map(|(need, asked)| (need, asked.users + asked.rate));
        let requests: f64 = shares().map(|(need, share)| share * need.requests).sum();
        let shown = self.capacities.iter().enumerate().filter(|(_, capacity)| capacity.shown);
        let resources = shown.map(|(at, capacity)| {
            let demand_s = shares().map(|(need, share)| share * capacity.demand(need)).sum::<f64>() / requests;
            Capacities {
                name: capacity.name.clone(),
                servers: capacity.servers,
                demand_s,
                utilisation: found.map(|found| found.used[at]),
                waiting: found.map(|found| found.waiting[at]),
                bound_per_s: capacity.servers / demand_s,
            }
        });
        resources.filter(|resource| resource.demand_s > 0.0).collect()
    }

    /// Resources that have the least to spare.
    fn tightest(&self, most: usize) -> Vec<&Capacity> {
        let need = |capacity: &Capacity| self.needs.iter().map(|need| capacity.demand(need)).fold(0.0, f64::max);
        let mut all: Vec<(f64, &Capacity)> =
            self.capacities.iter().map(|capacity| (need(capacity) / capacity.most, capacity)).collect();
        all.retain(|(share, _)| *share > 0.0);
        all.sort_by(|a, b| b.0.total_cmp(&a.0));
        all.into_iter().take(most).map(|(_, capacity)| capacity).collect()
    }

    /// Time on processors of pure delays.
    fn pure_delay(&self, part: &Part) -> f64 {
        let delays = self.labels.processors.iter().zip(&part.work);
        delays.filter(|(label, _)| label.kind == crate::compile::ProcessorKind::Delay).map(|(_, work)| work).sum()
    }

    /// How many times as long work on processors of a gauge takes.
    fn stretch_of_gauge(&self, gauge: usize, stretch: &[f64]) -> f64 {
        let of = |at: &usize| matches!(&self.capacities[*at].of, Use::Work(gauges) if gauges.contains(&gauge));
        (0..self.capacities.len()).filter(|&at| self.times_of[at]).find(of).map_or(1.0, |at| stretch[at])
    }
}

/// Of the resources that the same work goes through the smallest says how long it takes; a shared machine before all.
fn times_of(capacities: &[Capacity], program: &Program) -> Vec<bool> {
    let mut chosen = vec![false; capacities.len()];
    for gauge in 0..program.processor_gauges as usize {
        let through = capacities.iter().enumerate().filter_map(|(at, capacity)| match &capacity.of {
            Use::Work(gauges) if gauges.contains(&gauge) => Some((gauges.len(), capacity.servers, at)),
            _ => None,
        });
        let first = through.min_by(|a, b| b.0.cmp(&a.0).then(a.1.total_cmp(&b.1)));
        if let Some((_, _, at)) = first {
            chosen[at] = true;
        }
    }
    chosen
}

/// How many requests may be at each resource at once, if all who come hold something else.
fn rooms(capacities: &[Capacity], needs: &[Need]) -> Vec<f64> {
    const ALL: f64 = 1.0 - 1e-9;
    let lets_in = |inner: &Capacity, outer: &Capacity| {
        let part = |need: &Need, held: &Part| -> [f64; 2] {
            let sum = |part: &Part| match &inner.of {
                Use::Work(gauges) => gauges.iter().map(|&gauge| part.work[gauge]).sum(),
                Use::Lanes(gauge) => part.turns[*gauge],
                Use::Permits(gauge) => part.visits[*gauge],
                Use::Volume(volume) => part.operations[*volume],
            };
            [sum(held), sum(&need.load)]
        };
        match (&outer.of, &inner.of) {
            (Use::Permits(gauge), _) => needs.iter().all(|need| {
                let [held, load] = part(need, &need.held[*gauge]);
                held >= load * ALL
            }),
            // What turns on lanes is on a processor by its lane.
            (Use::Lanes(gauge), Use::Work(gauges)) => {
                gauges.len() == 1 && gauges.contains(gauge) && needs.iter().all(|need| need.load.slices[*gauge] > 0.0)
            }
            _ => false,
        }
    };
    let room = |(at, inner): (usize, &Capacity)| {
        let outer = capacities.iter().enumerate().filter(|&(other, outer)| other != at && lets_in(inner, outer));
        outer.map(|(_, outer)| outer.servers).fold(f64::INFINITY, f64::min)
    };
    capacities.iter().enumerate().map(room).collect()
}

/// What is in the model and not in the figures.
fn caveats(of: &Instrument, model: &Model, test: &Test) -> Vec<String> {
    let Limits { keys, races, meters, alarms, locks, collections, feeds, hedges, loses } = of.graph.limits;
    let polls = of.needs.iter().any(|need| need.polls);
    let told = [
        (keys, "the estimate takes every look into a cache for a hit; bounds hold either way"),
        (races, "time-outs behind which work goes on: the estimate lets none pass, bounds do not count that work"),
        (hedges, "hedged attempts: the estimate has the first one only"),
        (meters, "rate limits: the estimate refuses nobody"),
        (alarms, "statements that may be stopped: bounds do not count their work"),
        (locks, "waiting for row locks is in no figure"),
        (collections, "pauses to collect garbage are in no figure"),
        (feeds, "what replicas repeat is in no figure"),
        (polls, "polls: the estimate finds each job done at the first look"),
        (!test.events.is_empty(), "events: the estimate has none of them"),
        (
            loses,
            "hosts that come and go, or are short of memory: the estimate has all that there may ever be, and nothing is proved",
        ),
        (
            !model.inputs.is_empty(),
            "uncertain inputs stand in the middle of their ranges, for bounds as for estimates; what must fail fails at their best ends too",
        ),
    ];
    told.into_iter().filter(|(there, _)| *there).map(|(_, words)| words.to_owned()).collect()
}
