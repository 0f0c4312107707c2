//! What may be changed: as `--vary` says, or what a model offers by itself.

use super::output::only;
use crate::catalogue::gives::{alike, family, gives};
use crate::model::{Model, Pool, Remote, Scope};
use crate::problem::{Problem, Problems, quoted};
use crate::spec::axis::{Axis, AxisValue, Varied};
use crate::study::recommend::space::{Knob, KnobValue, covers};

/// Configurations at most.
pub(super) const MOST: usize = 20_000;

/// The knobs of these arguments, or those that the model offers if there are none; values that are instance types
/// only of these families, if there are any.
pub(super) fn knobs(model: &Model, vary: &[String], families: &[String]) -> Result<Vec<Knob>, Problems> {
    let offered = if vary.is_empty() { offered(model) } else { vary.to_vec() };
    let (mut knobs, mut problems): (Vec<Knob>, Vec<Problem>) = (Vec::new(), Vec::new());
    for argument in &offered {
        match Axis::parse(argument).and_then(|axis| knob(model, argument, axis, families)) {
            Ok(knob) if knobs.iter().any(|other| other.path == knob.path) => {
                problems.push(Problem::whole(format!("--vary {argument}"), format!("{} is varied twice", knob.path)));
            }
            Ok(knob) => knobs.push(knob),
            Err(problem) => problems.push(problem),
        }
    }
    let has_types = |knob: &Knob| knob.values.iter().any(|value| is_type(&value.text));
    if problems.is_empty() && !families.is_empty() && !knobs.iter().any(has_types) {
        let problem = Problem::whole("--family", "no instance type is varied, so there is none to leave out");
        problems.push(problem.with_hint("say which may change: --vary tier.app.instance=t3.*"));
    }
    let count = knobs.iter().fold(1usize, |count, knob| count.saturating_mul(knob.values.len()));
    if problems.is_empty() && count > MOST {
        let problem =
            Problem::whole("--vary", format!("these are {count} configurations; at most {MOST} are possible"));
        problems.push(problem.with_hint("make steps wider, or vary less at once"));
    }
    if problems.is_empty() && knobs.is_empty() {
        let problem =
            Problem::whole("recommend", "nothing is to be varied, and the model has no pools and no instance types");
        problems.push(problem.with_hint("say what may change: --vary tier.app.count=1..4:1"));
    }
    Problems::of(problems).map_or(Ok(knobs), Err)
}

fn knob(model: &Model, argument: &str, axis: Axis, families: &[String]) -> Result<Knob, Problem> {
    let place = || format!("--vary {argument}");
    let Varied::Path(path) = &axis.varied else {
        let problem = Problem::whole(place(), format!("{} is the load and no part of the system", axis.name()));
        return Err(problem.with_hint("plimsoll capacity finds the load that a system carries"));
    };
    let mut values: Vec<AxisValue> = Vec::new();
    for value in axis.values {
        if value.text.contains('*') {
            let found = expanded(&value.text);
            if found.is_empty() {
                return Err(Problem::whole(place(), format!("no instance type matches {}", quoted(&value.text)))
                    .with_hint("write a family and a star: t3.*, db.m5.*, cache.r6g.*"));
            }
            values.extend(found);
        } else {
            values.push(value);
        }
    }
    let bare = |name: &str| name.trim_start_matches("db.").trim_start_matches("cache.").to_owned();
    if !families.is_empty() && values.iter().any(|value| is_type(&value.text)) {
        let wanted = |value: &AxisValue| families.iter().any(|wanted| bare(family(&value.text)) == bare(wanted));
        values.retain(wanted);
        if values.is_empty() {
            let what = format!("none of its values is of the families {}", families.join(", "));
            return Err(Problem::whole(place(), what).with_hint("leave --family out, or add values of these families"));
        }
    }
    let order = if values.iter().all(|value| is_type(&value.text)) {
        values.sort_by(|a, b| size(&a.text).total_cmp(&size(&b.text)));
        Some(covers(&values.iter().map(|value| gives(&value.text)).collect::<Vec<_>>()))
    } else {
        let numbers: Option<Vec<f64>> = values.iter().map(|value| value.number).collect();
        let more = numbers.filter(|_| is_capacity(model, path));
        more.map(|numbers| covers(&numbers.iter().map(|number| Some(vec![*number])).collect::<Vec<_>>()))
    };
    let values = values.into_iter().map(|value| KnobValue { text: value.text, number: value.number }).collect();
    Ok(Knob { path: path.clone(), values, covers: order })
}

/// Types that a pattern with a star at its end stands for.
fn expanded(pattern: &str) -> Vec<AxisValue> {
    let stem = pattern.trim_end_matches('*');
    let table = match stem {
        db if db.starts_with("db.") => alike("db.t3.large"),
        cache if cache.starts_with("cache.") => alike("cache.t3.medium"),
        _ => alike("t3.large"),
    };
    let value = |name: &str| AxisValue { text: name.to_owned(), number: None };
    table.into_iter().filter(|name| name.starts_with(stem)).map(value).collect()
}

/// Whether this is the name of an instance type.
fn is_type(text: &str) -> bool {
    !alike(text).is_empty()
}

/// Numbers of which more is never less to give: machines, replicas, operations of a disk.
fn is_capacity(model: &Model, path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or_default();
    // More machines with pools of their own open more connections, which may hurt.
    let shared = |pool: &Pool| pool.scope == Scope::Total || !matches!(pool.remote, Remote::Database(_));
    match (path.split('.').next(), last) {
        (Some("tier"), "count") => model.pools.iter().all(shared),
        (_, "replicas" | "cores" | "iops") => true,
        _ => false,
    }
}

/// Work per second of all its cores, or memory: larger sizes later.
fn size(name: &str) -> f64 {
    gives(name).map_or(f64::INFINITY, |gives| gives.iter().skip(2).take(2).fold(0.0, |all, one| all + one.ln_1p()))
}

/// What a model offers: the pools to its databases, its instance types within their families, and how many there are.
fn offered(model: &Model) -> Vec<String> {
    let mut offered = Vec::new();
    for pool in model.pools.iter().filter(|pool| matches!(pool.remote, Remote::Database(_))) {
        let times = [0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0];
        let mut sizes: Vec<u32> = times.iter().map(|times| (f64::from(pool.max) * times).round() as u32).collect();
        sizes.retain(|&size| size >= pool.min.max(1));
        sizes.dedup();
        let sizes: Vec<String> = sizes.iter().map(u32::to_string).collect();
        offered.push(format!("pool.{}.max={}", pool.name, sizes.join(",")));
    }
    for tier in &model.tiers {
        if let Some(sizes) = tier.host.instance.as_deref().and_then(sizes) {
            offered.push(format!("tier.{}.instance={sizes}", tier.name));
        }
        // Who scales by itself is not counted by hand.
        if tier.host.instance.is_some() && tier.autoscale.is_none() {
            offered.push(format!("tier.{}.count=1..{}:1", tier.name, 2 * tier.count));
        }
    }
    for database in &model.databases {
        if let Some(sizes) = database.host.instance.as_deref().and_then(sizes) {
            offered.push(format!("database.{}.instance={sizes}", database.name));
        }
    }
    for cache in &model.caches {
        if let Some(sizes) = cache.node.as_deref().and_then(sizes) {
            offered.push(format!("cache.{}.node={sizes}", cache.name));
        }
    }
    offered
}

/// Sizes of the same family, from half of a type to four times as much.
fn sizes(name: &str) -> Option<String> {
    // Of machines work per second, of caches memory.
    let place = if name.starts_with("cache.") { 1 } else { 2 };
    let gives = |name: &str| gives(name).and_then(|gives| gives.get(place).copied());
    let own = gives(name)?;
    let near = |other: &&str| {
        family(other) == family(name) && gives(other).is_some_and(|other| (0.3..=4.1).contains(&(other / own)))
    };
    let sizes: Vec<&str> = alike(name).into_iter().filter(near).collect();
    (!sizes.is_empty()).then(|| sizes.join(","))
}

/// A share as `--promise` takes it.
pub(super) fn promise(share: f64) -> Result<f64, Problems> {
    if (0.5..1.0).contains(&share) {
        return Ok(share);
    }
    let problem = Problem::whole("--promise", "a promise lies between 50% and below 100%");
    Err(only(problem.with_hint("write --promise 95%")))
}
