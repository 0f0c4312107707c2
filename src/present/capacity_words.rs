//! Capacities as sentences.

use super::number::{self, plain, relative, share};
use crate::study::capacity::scaling::Coefficient;
use crate::study::capacity::{Capacity, Load, Outcome, Scaling, Unfinished};

/// "312 users", "40 /s", "312 users and 40 /s".
#[must_use]
pub fn load(load: &Load) -> String {
    let users = load.users.map(|users| match users.round() {
        1.0 => "1 user".to_owned(),
        users => format!("{} users", plain(users)),
    });
    let rate = load.rate.map(|rate| number::with_unit(rate, "1/s"));
    users.into_iter().chain(rate).collect::<Vec<_>>().join(" and ")
}

/// The number of a load, without its unit.
#[must_use]
pub fn bare(load: &Load) -> String {
    plain(if load.users.is_some() { load.number().round() } else { load.number() })
}

/// "as it is", or the variant's name.
#[must_use]
pub fn system(capacity: &Capacity) -> &str {
    if capacity.variant.is_empty() { "as it is" } else { &capacity.variant }
}

/// "+25 %"; what is more than all that was tried, and what is less.
#[must_use]
pub fn headroom(capacity: &Capacity) -> String {
    match (capacity.outcome, capacity.headroom) {
        (Outcome::More, Some(headroom)) => format!("> {}", relative(headroom)),
        (_, Some(headroom)) => relative(headroom),
        (_, None) => format!("< {}", relative(capacity.capacity.factor - 1.0)),
    }
}

/// What was found, in a sentence or two.
#[must_use]
pub fn answer(capacity: &Capacity) -> String {
    let Capacity { test, stated, asked, .. } = capacity;
    let system = if capacity.variant.is_empty() { "as it is".to_owned() } else { format!("with {}", capacity.variant) };
    let found = load(&capacity.capacity);
    let held = share(capacity.probability);
    let mut text = match capacity.outcome {
        Outcome::Found => {
            let interval = match (capacity.low, capacity.high) {
                (Some(low), Some(high)) => format!(" [{}, {}]", bare(&low), bare(&high)),
                _ => String::new(),
            };
            format!(
                "{test}, {system}: carries {found}{interval}, all required objectives in {held} of the replications"
            )
        }
        Outcome::More => format!(
            "{test}, {system}: carries more than {} times its load, {found} (in {held} of the replications)",
            plain(capacity.capacity.factor)
        ),
        Outcome::NotEven => format!(
            "{test}, {system}: does not even carry {found}, {} % of its load: its required objectives hold in {held} of the \
             replications",
            plain(capacity.capacity.factor * 100.0)
        ),
    };
    let carried = share(capacity.stated_probability);
    text += &match capacity.carried {
        true => format!("; the stated {} in {carried}.", load(stated)),
        false => format!("; the stated {} only in {carried}, asked are {}.", load(stated), number::asked(*asked)),
    };
    text
}

/// Where one test breaks, and what does.
#[must_use]
pub fn breaks(capacity: &Capacity) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(point) = capacity.break_point {
        let stated = &capacity.stated;
        let unit = if stated.users.is_some() { " users" } else { " /s" };
        // Between two loads: not whole users.
        let at = |factor: f64| plain(factor * stated.number());
        let mut text = format!("A single test breaks at {}{unit} on average", at(point.value));
        if !point.low.is_nan() {
            text += &format!(
                " (the mean is known to [{}, {}]), 95 % of tests between {} and {}",
                at(point.mean_low),
                at(point.mean_high),
                at(point.low),
                at(point.high),
            );
        }
        texts.push(text + ".");
    }
    let found = capacity.outcome == Outcome::Found;
    for (index, one) in capacity.breaks.iter().enumerate() {
        let first = if index == 0 { "breaks first" } else { "breaks too" };
        let (value, bound) = (|value: f64| number::with_unit(value, &one.unit), one.bound);
        let around = if found {
            format!("on average {} at the capacity and {} just above", value(one.below), value(one.above))
        } else {
            format!("on average {}", value(one.above))
        };
        texts.push(format!(
            "{} {first}, in {} of the replications: {around}; bound {}.",
            one.slo,
            share(one.share),
            value(bound)
        ));
    }
    if let Some(limit) = &capacity.limits {
        texts.push(format!("{} limits there, {} of it in use.", limit.name, share(limit.utilisation)));
    }
    texts.push(format!("Break points of single tests: {}.", capacity.stopped));
    texts
}

/// What was found out before all was stopped.
#[must_use]
pub fn unfinished(one: &Unfinished) -> String {
    let with = if one.variant.is_empty() { String::new() } else { format!(", with {}", one.variant) };
    let tried: Vec<String> =
        one.tried.iter().map(|tried| format!("{} in {} of {}", load(&tried.load), tried.carried, tried.of)).collect();
    format!(
        "{}{with}: not found yet. Replications that carried the loads tried so far: {}.",
        one.test,
        tried.join("; ")
    )
}

/// What operational analysis and the law of scaling say beside it.
#[must_use]
pub fn beside(capacity: &Capacity) -> Vec<String> {
    let bound = capacity.bound.as_ref().map(|bound| {
        format!(
            "Operational bound, from means alone: {} lets {} requests pass at most, which {} would ask for if nothing \
             waited; more load gives no more throughput.",
            bound.resource,
            number::with_unit(bound.per_s, "1/s"),
            load(&bound.load),
        )
    });
    bound.into_iter().chain(capacity.scaling.as_ref().map(scaling)).collect()
}

fn scaling(scaling: &Scaling) -> String {
    let coefficient = |c: &Coefficient| match c.low.is_nan() || c.high.is_nan() {
        true => plain(c.value),
        false => format!("{} [{}, {}]", plain(c.value), plain(c.low), plain(c.high)),
    };
    let over = if scaling.over == "users" { "users" } else { "iterations/s offered" };
    let mut text = format!(
        "Universal Scalability Law of requests answered well per second over {over}: lambda {}, sigma {}, kappa {}, R² {:.3}",
        coefficient(&scaling.lambda),
        coefficient(&scaling.sigma),
        coefficient(&scaling.kappa),
        scaling.r_squared,
    );
    text += &match scaling.peak {
        Some(peak) if scaling.follows && peak <= scaling.up_to => format!("; highest at {} {over}.", plain(peak)),
        Some(_) if scaling.follows => {
            format!(
                "; its highest lies beyond the {} {over} that were simulated, where nothing is known.",
                plain(scaling.up_to)
            )
        }
        Some(_) => ".".to_owned(),
        None => "; it never falls.".to_owned(),
    };
    if !scaling.follows {
        text += &format!(
            " The points do not follow it (one lies {} off): throughput meets a hard limit rather than growing \
             contention, so its coefficients and its peak say little.",
            share(scaling.worst)
        );
    }
    text
}

/// Loads that are carried or not against the order.
#[must_use]
pub fn against(capacity: &Capacity) -> Option<String> {
    let loads = |wanted: &dyn Fn(&&Load) -> bool| {
        let loads: Vec<String> = capacity.against.iter().filter(wanted).map(load).collect();
        loads.join(", ")
    };
    let above = loads(&|load| load.factor > capacity.capacity.factor || capacity.outcome == Outcome::NotEven);
    let below = loads(&|load| load.factor <= capacity.capacity.factor && capacity.outcome != Outcome::NotEven);
    let mut texts = Vec::new();
    if !above.is_empty() {
        texts.push(format!("more load is carried again at {above}"));
    }
    if !below.is_empty() {
        texts.push(format!("less load is not carried at {below}"));
    }
    (!texts.is_empty()).then(|| format!("{}, {}: {}", capacity.test, system(capacity), texts.join("; ")))
}
