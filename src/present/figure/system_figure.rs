//! A system as a picture: who asks whom, how large each part is, how far it is in use in a test, and which limits first.

use super::super::number::{counted, plain, with_unit};
use super::super::wrap::wrap;
use super::diagram::{Diagram, Part};
use super::system_parts::{api_lines, cache_lines, database_lines, pool_lines, pooler_lines, queue_lines, tier_lines};
use super::{FigureError, Target};
use crate::model::{Balancer, Model, Remote, Step, Tier, asks_for};
use crate::study::prediction::{Prediction, Resource};

/// Characters of a line of words.
const KEY_WIDTH: usize = 125;
/// Columns from left to right.
const USERS: usize = 0;
const BALANCERS: usize = 1;
const TIERS: usize = 2;
const POOLS: usize = 3;
const POOLERS: usize = 4;
const REMOTES: usize = 5;

/// Levels of use that a part shows at most, the highest.
const LEVELS: usize = 2;
/// A resource nearer to its bound than this limits already.
const LIMITS_FROM: f64 = 0.9;

/// Users, balancers, tiers, pools, poolers, databases, caches, APIs and queues with their sizes and their use in the busiest
/// stage of a test, into the file of `target` (`.svg` or `.png`).
///
/// # Errors
/// If the ending is neither, or the file cannot be written.
pub fn system_figure(model: &Model, p: &Prediction, target: Target) -> Result<(), FigureError> {
    super::write(&diagram(model, p), target)
}

/// The diagram as it grows.
struct Sketch<'a> {
    p: &'a Prediction,
    parts: Vec<Part>,
    lines: Vec<(usize, usize)>,
}

impl Sketch<'_> {
    /// A part of which `resources` are what is used of it, by their names in a prediction.
    fn part(&mut self, column: usize, title: &str, lines: Vec<String>, resources: &[(&str, String)]) -> usize {
        let find = |name: &String| self.p.bottleneck.resources.iter().find(|resource| resource.name == *name);
        let mut levels: Vec<(&str, &Resource)> =
            resources.iter().filter_map(|(words, name)| Some((*words, find(name)?))).collect();
        levels.retain(|(_, resource)| resource.utilisation.value.is_finite());
        let limiting = levels.iter().find(|(_, resource)| resource.name == self.p.bottleneck.resource);
        let limits = limiting.map(|(_, resource)| match resource.utilisation.value {
            used if used >= LIMITS_FROM => "limits first",
            _ => "would limit first",
        });
        levels.sort_by(|a, b| b.1.utilisation.value.total_cmp(&a.1.utilisation.value));
        levels.truncate(LEVELS);
        let levels = levels.into_iter().map(|(words, resource)| (words.to_owned(), resource.utilisation.value));
        self.parts.push(Part { column, title: title.to_owned(), lines, levels: levels.collect(), limits });
        self.parts.len() - 1
    }

    fn line(&mut self, from: usize, to: usize) {
        if !self.lines.contains(&(from, to)) {
            self.lines.push((from, to));
        }
    }
}

fn diagram(model: &Model, p: &Prediction) -> Diagram {
    let mut sketch = Sketch { p, parts: Vec::new(), lines: Vec::new() };
    let limits: Vec<(&str, String)> =
        model.limits.iter().map(|limit| (limit.name.as_str(), format!("limit {}", limit.name))).collect();
    let users = sketch.part(USERS, "Users", load(p), &limits);
    let tiers: Vec<usize> = (0..model.tiers.len()).map(|tier| entrance(&mut sketch, model, users, tier)).collect();
    let databases: Vec<usize> = model
        .databases
        .iter()
        .map(|one| {
            let used = [("CPU", format!("{} cpu", one.name)), ("storage", format!("storage of {}", one.name))];
            sketch.part(REMOTES, &one.name, database_lines(one, model), &used)
        })
        .collect();
    let caches: Vec<usize> = model
        .caches
        .iter()
        .map(|one| sketch.part(REMOTES, &one.name, cache_lines(one), &[("thread", format!("thread of {}", one.name))]))
        .collect();
    let poolers: Vec<usize> = model
        .poolers
        .iter()
        .map(|one| {
            let part =
                sketch.part(POOLERS, &one.name, pooler_lines(one), &[("in use", format!("pooler {}", one.name))]);
            sketch.line(part, databases[one.database as usize]);
            part
        })
        .collect();
    for (index, pool) in (0u32..).zip(&model.pools) {
        let copies: u32 = model.copies_of_pool(index).into_iter().sum();
        let used = [("in use", format!("pool {}", pool.name))];
        let part = sketch.part(POOLS, &format!("pool {}", pool.name), pool_lines(pool, copies), &used);
        let to = match (pool.pooler, pool.remote) {
            (Some(pooler), _) => poolers[pooler as usize],
            (None, Remote::Database(database)) => databases[database as usize],
            (None, Remote::Cache(cache)) => caches[cache as usize],
        };
        sketch.line(part, to);
        for (tier, &from) in tiers.iter().enumerate() {
            if model.flows_on(tier).any(|steps| asks_for(steps, index)) {
                sketch.line(from, part);
            }
        }
    }
    others(&mut sketch, model, &tiers, &caches);
    sketch.finish(model)
}

/// A tier, with its balancer before it if it has several hosts. Users lead to it only if it has endpoints.
fn entrance(sketch: &mut Sketch, model: &Model, users: usize, index: usize) -> usize {
    let tier = &model.tiers[index];
    let name = &tier.name;
    let used = [
        ("CPU", format!("{name} cpu")),
        ("event loops", format!("{name} event loops")),
        ("CPU limit", format!("{name} cpu limit")),
        ("threads", format!("threads of {name}")),
        ("admission", format!("admission of {name}")),
        ("network out", format!("network {name} out")),
    ];
    let part = sketch.part(TIERS, name, tier_lines(tier, model), &used);
    if !model.endpoints.iter().any(|endpoint| endpoint.tier as usize == index) {
        return part;
    }
    if tier.count > 1 || tier.autoscale.is_some() {
        let balancer = sketch.part(BALANCERS, "balancer", balancer_lines(tier), &[]);
        sketch.line(users, balancer);
        sketch.line(balancer, part);
    } else {
        sketch.line(users, part);
    }
    part
}

fn balancer_lines(tier: &Tier) -> Vec<String> {
    let rule = match tier.balancer {
        Balancer::RoundRobin => "round robin",
        Balancer::LeastOutstanding => "least outstanding",
        Balancer::Random => "random",
        Balancer::PowerOfTwo => "power of two",
        Balancer::Weighted => "weighted",
        Balancer::Sticky => "sticky",
    };
    let timeout = tier.balancer_timeout.map(|seconds| format!("time-out {}", with_unit(seconds, "s")));
    std::iter::once(rule.to_owned()).chain(timeout).collect()
}

/// What tiers use without a pool: APIs, queues, and caches by a connection that all share.
fn others(sketch: &mut Sketch, model: &Model, tiers: &[usize], caches: &[usize]) {
    for (index, api) in (0u32..).zip(&model.apis) {
        let name = &api.name;
        let used = [
            ("rate limit", format!("rate limit of {name}")),
            ("concurrency", format!("{name} concurrency")),
            ("sockets", format!("sockets to {name}")),
        ];
        let part = sketch.part(REMOTES, &format!("API {name}"), api_lines(api), &used);
        join(sketch, model, tiers, part, &|step| matches!(step, Step::Call(call) if call.api == index));
    }
    for (index, queue) in (0u32..).zip(&model.queues) {
        let used = [("workers", format!("workers of {}", queue.name))];
        let part = sketch.part(POOLS, &format!("queue {}", queue.name), queue_lines(queue, model), &used);
        join(sketch, model, tiers, part, &|step| matches!(step, Step::Enqueue { queue } if *queue == index));
    }
    for (index, &part) in (0u32..).zip(caches) {
        join(sketch, model, tiers, part, &|step| match step {
            Step::CacheRead { key, .. } | Step::CacheWrite { key, .. } | Step::CacheDelete { key } => {
                key.cache == index && key.pool.is_none()
            }
            _ => false,
        });
    }
}

/// A line from each tier of which any step does this.
fn join(sketch: &mut Sketch, model: &Model, tiers: &[usize], part: usize, does: &dyn Fn(&Step) -> bool) {
    for (tier, &from) in tiers.iter().enumerate() {
        if model.flows_on(tier).any(|steps| any(steps, does)) {
            sketch.line(from, part);
        }
    }
}

fn any(steps: &[Step], does: &dyn Fn(&Step) -> bool) -> bool {
    steps.iter().any(|step| does(step) || step.inside().into_iter().any(|inside| any(inside, does)))
}

/// How many users there are, and what they send.
fn load(p: &Prediction) -> Vec<String> {
    let value = |metric: &str, stat: &str, span| p.row(metric, "", stat, span).map(|row| row.estimate.value);
    let busiest = Some((p.bottleneck.from_s, p.bottleneck.to_s));
    let users = value("vus", "max", None)
        .filter(|users| *users > 0.0)
        .map(|users| format!("up to {} at once", plain(users.round())));
    let rate = value("http_reqs", "rate", busiest).map(|rate| format!("{} requests/s", plain(rate)));
    users.into_iter().chain(rate).collect()
}

impl Sketch<'_> {
    /// Columns that nothing stands in are left out.
    fn finish(self, model: &Model) -> Diagram {
        let Sketch { p, mut parts, lines } = self;
        let mut columns: Vec<usize> = parts.iter().map(|part| part.column).collect();
        columns.sort_unstable();
        columns.dedup();
        for part in &mut parts {
            part.column = columns.iter().position(|column| *column == part.column).unwrap_or(0);
        }
        let variant = if p.variant.is_empty() { String::new() } else { format!(", variant {}", p.variant) };
        let (from, to) = (p.bottleneck.from_s, p.bottleneck.to_s);
        Diagram {
            title: format!("{}{variant} · the system in test {}", model.name, p.test),
            remark: format!(
                "Bars: share in use from {} to {}, mean of {}. Thick frame: what limits, or would limit first.",
                with_unit(from, "s"),
                with_unit(to, "s"),
                counted(p.replications, "replication")
            ),
            key: wrap(&p.bottleneck.explanation, KEY_WIDTH),
            parts,
            lines,
        }
    }
}
