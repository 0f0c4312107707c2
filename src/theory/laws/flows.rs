//! Flows against their steps: success rates multiply, times add up.
//!
//! Assumes that a flow is the recorded steps one after the other, each needed, with a success rate
//! of those that reach it. Steps that are not recorded can only lower the success and lengthen the
//! flow, so a flow that is worse than its steps is unexplained at most.

use super::figures::{Between, Figures, Known, show, show_between, show_window};
use super::{Contradiction, Severity};

/// Means of steps and flow may be taken over slightly different requests.
const MARGIN: f64 = 0.02;

/// A flow this many times longer than its steps has a part that nobody measured.
const UNMEASURED: f64 = 1.25;

type Window = Option<(f64, f64)>;

pub fn contradictions(figures: &Figures, found: &mut Vec<Contradiction>) {
    for window in figures.windows("flow_success") {
        for flow in figures.scopes("flow_success", "rate", window) {
            success(figures, flow, window, found);
            completions(figures, flow, window, found);
        }
    }
    for window in figures.windows("flow_duration") {
        for flow in figures.scopes("flow_duration", "avg", window) {
            duration(figures, flow, window, found);
        }
    }
}

/// A metric of each step of a flow (scope "flow step").
fn steps(figures: &Figures, metric: &str, stat: &str, flow: &str, window: Window) -> Vec<Known> {
    figures
        .scopes(metric, stat, window)
        .into_iter()
        .filter(|scope| scope.strip_prefix(flow).is_some_and(|step| step.starts_with(' ')))
        .filter_map(|scope| figures.get(metric, scope, stat, window))
        .collect()
}

fn success(figures: &Figures, flow: &str, window: Window, found: &mut Vec<Contradiction>) {
    let Some(whole) = figures.get("flow_success", flow, "rate", window) else { return };
    let product = steps(figures, "step_success", "rate", flow, window)
        .into_iter()
        .reduce(|a, b| Known { at: a.at.times(b.at), rows: [a.rows, b.rows].concat() });
    let Some(product) = product else { return };
    let percent = |at: Between| show_between(Between { low: at.low * 100.0, high: at.high * 100.0 });
    if whole.at.low <= product.at.high {
        return;
    }
    found.push(Contradiction {
        law: "steps multiply to the flow",
        severity: Severity::Impossible,
        statement: "A flow succeeds when every step does, so its success rate is at most the product of theirs.".into(),
        numbers: format!(
            "{flow}, {}: the steps multiply to {} %, the flow has {} %",
            show_window(window),
            percent(product.at),
            percent(whole.at)
        ),
        size: whole.at.times_apart(product.at),
        would_need: "steps that a flow can do without, or that are tried again".into(),
        rows: [whole.rows, product.rows].concat(),
    });
}

/// Successful flows over started ones are the success rate.
fn completions(figures: &Figures, flow: &str, window: Window, found: &mut Vec<Contradiction>) {
    let Some(rate) = figures.get("flow_success", flow, "rate", window) else { return };
    let Some(done) = figures.get("flow_success", flow, "count", window) else { return };
    let Some(started) = figures.get("flow_started", flow, "count", window) else { return };
    let Some(share) = done.at.divided_by(started.at) else { return };
    if !share.widened(MARGIN, 0.0).apart(rate.at) {
        return;
    }
    found.push(Contradiction {
        law: "success = completed / started",
        severity: Severity::Impossible,
        statement: "Completed flows over started flows are the success rate.".into(),
        numbers: format!(
            "{flow}, {}: {} of {} are {} %, recorded are {} %",
            show_window(window),
            show_between(done.at),
            show_between(started.at),
            show(share.low * 100.0),
            show_between(Between { low: rate.at.low * 100.0, high: rate.at.high * 100.0 })
        ),
        size: share.times_apart(rate.at),
        would_need: "flows that neither completed nor failed".into(),
        rows: [rate.rows, done.rows, started.rows].concat(),
    });
}

fn duration(figures: &Figures, flow: &str, window: Window, found: &mut Vec<Contradiction>) {
    let Some(whole) = figures.get("flow_duration", flow, "avg", window) else { return };
    let Some(sum) = steps(figures, "step_duration", "avg", flow, window).into_iter().reduce(Known::plus) else {
        return;
    };
    let too_long = sum.at.low > whole.at.high * (1.0 + MARGIN);
    let gap = whole.at.low > sum.at.high * UNMEASURED;
    if !too_long && !gap {
        return;
    }
    let left = whole.at.low - sum.at.high;
    found.push(Contradiction {
        law: "steps add up to the flow",
        severity: if too_long { Severity::Impossible } else { Severity::Unexplained },
        statement: "Steps one after the other add up to at most the flow, and to all of it if nothing was left out."
            .into(),
        numbers: format!(
            "{flow}, {}: the steps add up to {} s, the flow takes {} s",
            show_window(window),
            show_between(sum.at),
            show_between(whole.at)
        ),
        size: whole.at.times_apart(sum.at),
        would_need: if too_long {
            "steps at the same time".into()
        } else {
            format!("{} s between the steps that nobody measured", show(left))
        },
        rows: [whole.rows, sum.rows].concat(),
    });
}
