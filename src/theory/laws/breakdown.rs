//! Sums by another division: errors of an endpoint or a flow by cause, a cause over all endpoints, answers by status,
//! failed flows, attempts of an API.

use super::figures::{Between, Figures, Known, show_between, show_window};
use super::{Contradiction, Facts, Severity};
use crate::model::Cause;

/// Two parts of one tool.
const MARGIN: f64 = 0.02;
const SLACK: f64 = 1.0;

type Window = Option<(f64, f64)>;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    for window in figures.windows("errors") {
        causes_of_each(figures, window, found);
        causes_over_endpoints(figures, window, found);
    }
    for window in figures.windows("http_status") {
        statuses(figures, window, found);
        codes(figures, window, found);
    }
    for window in figures.windows("flow_started") {
        failed_flows(figures, facts, window, found);
    }
    for window in figures.windows("step_success") {
        failed_steps(figures, window, found);
    }
    for window in figures.windows("iterations") {
        iterations(figures, facts, window, found);
    }
    attempts(figures, found);
    rates_of_errors(figures, found);
}

fn cause_of(scope: &str) -> Option<(&str, &str)> {
    scope.rsplit_once(' ').filter(|(_, cause)| Cause::from_word(cause).is_some())
}

/// Names in front of causes, each once.
fn owners<'a>(figures: &Figures<'a>, window: Window) -> Vec<&'a str> {
    let mut owners: Vec<&str> = Vec::new();
    for scope in figures.scopes("errors", "count", window) {
        if let Some((owner, _)) = cause_of(scope)
            && !owners.contains(&owner)
        {
            owners.push(owner);
        }
    }
    owners
}

fn of_owner(figures: &Figures, owner: &str, window: Window) -> Option<Known> {
    figures
        .scopes("errors", "count", window)
        .into_iter()
        .filter(|scope| cause_of(scope).is_some_and(|(of, _)| of == owner))
        .filter_map(|scope| figures.get("errors", scope, "count", window))
        .reduce(Known::plus)
}

fn causes_of_each(figures: &Figures, window: Window, found: &mut Vec<Contradiction>) {
    for owner in owners(figures, window) {
        let total = figures.get("errors", owner, "count", window);
        let (Some(total), Some(sum)) = (total, of_owner(figures, owner, window)) else { continue };
        let names =
            ("causes add up to errors", format!("errors of {owner}"), format!("its causes, {}", show_window(window)));
        held(names, &total, &sum, Severity::Unexplained, found);
    }
}

/// Each cause over the endpoints, and the errors of all endpoints. Flows and steps are no endpoints.
fn causes_over_endpoints(figures: &Figures, window: Window, found: &mut Vec<Contradiction>) {
    let scopes = figures.scopes("errors", "count", window);
    let is_endpoint = |name: &str| {
        !name.is_empty() && !figures.scopes("http_reqs", "count", window).iter().all(|scope| *scope != name)
    };
    let sum = |wanted: &dyn Fn(&str) -> bool| {
        let ours = scopes.iter().filter(|scope| wanted(scope));
        ours.filter_map(|scope| figures.get("errors", scope, "count", window)).reduce(Known::plus)
    };
    for cause in scopes.iter().filter(|scope| Cause::from_word(scope).is_some()) {
        let parts = sum(&|scope| cause_of(scope).is_some_and(|(owner, of)| of == *cause && is_endpoint(owner)));
        let (Some(total), Some(parts)) = (figures.get("errors", cause, "count", window), parts) else { continue };
        let names =
            ("endpoints add up", format!("errors {cause}"), format!("those of the endpoints, {}", show_window(window)));
        held(names, &total, &parts, Severity::Unexplained, found);
    }
    let (Some(total), Some(parts)) = (figures.get("errors", "", "count", window), sum(&is_endpoint)) else { return };
    let names = ("endpoints add up", "errors".to_owned(), format!("those of the endpoints, {}", show_window(window)));
    held(names, &total, &parts, Severity::Unexplained, found);
}

/// A single code is no more than its class, and answers that say of failure are the requests that failed; of these some may have
/// got no answer at all.
fn codes(figures: &Figures, window: Window, found: &mut Vec<Contradiction>) {
    let scopes = figures.scopes("http_status", "count", window);
    let get = |scope: &str| figures.get("http_status", scope, "count", window);
    let sum = |wanted: &dyn Fn(&str) -> bool| {
        scopes.iter().filter(|scope| wanted(scope)).filter_map(|scope| get(scope)).reduce(Known::plus)
    };
    let is_code = |scope: &str| scope.len() == 3 && scope.parse::<u16>().is_ok();
    for class in scopes.iter().filter(|scope| scope.ends_with("xx")) {
        let first = class.get(..1).unwrap_or_default();
        let codes = sum(&|scope| is_code(scope) && scope.starts_with(first));
        let (Some(class_count), Some(codes)) = (get(class), codes) else { continue };
        if codes.at.low > class_count.at.widened(MARGIN, SLACK).high {
            let names = (
                "a code is in its class",
                format!("status {class}"),
                format!("its single codes, {}", show_window(window)),
            );
            held(names, &class_count, &codes, Severity::Impossible, found);
        }
    }
    let classes = scopes.iter().any(|scope| scope.ends_with("xx"));
    let ours = |scope: &str| if classes { scope.ends_with("xx") } else { is_code(scope) };
    let (Some(all), requests) = (sum(&|scope| ours(scope)), figures.get("http_reqs", "", "count", window)) else {
        return;
    };
    let failing = sum(&|scope| ours(scope) && scope.starts_with(['4', '5']));
    let failing = failing.unwrap_or(Known { at: Between::exactly(0.0), rows: all.rows.clone() });
    let share = || {
        let share = figures.get("http_req_failed", "", "rate", window)?;
        let requests = requests.clone()?;
        Some(Known { at: share.at.times(requests.at), rows: [share.rows, requests.rows].concat() })
    };
    let Some(failed) = figures.get("errors", "", "count", window).or_else(share) else { return };
    let unanswered = requests.map_or(f64::INFINITY, |requests| (requests.at.high - all.at.low).max(0.0));
    let possible = Between { low: failing.at.low, high: failing.at.high + unanswered };
    let possible = Known { at: possible, rows: failing.rows };
    if failed.at.widened(MARGIN, SLACK).apart(possible.at) {
        let names = (
            "failing answers are failed requests",
            "requests that failed".to_owned(),
            format!("answers from 400 on, and requests without an answer, {}", show_window(window)),
        );
        found.push(describe(names.0, (names.1, names.2), &failed, &possible, Severity::Unexplained));
    }
}

/// Answers by status are all answers; what got none may have no status.
fn statuses(figures: &Figures, window: Window, found: &mut Vec<Contradiction>) {
    let scopes = figures.scopes("http_status", "count", window);
    // Classes and single codes side by side would count twice.
    let classes = scopes.iter().any(|scope| scope.ends_with("xx"));
    let ours = scopes.iter().filter(|scope| !classes || scope.ends_with("xx") || scope.parse::<u32>().is_err());
    let sum = ours.clone().filter_map(|scope| figures.get("http_status", scope, "count", window)).reduce(Known::plus);
    let total = figures.get("http_reqs", "", "count", window);
    if let (Some(total), Some(sum)) = (&total, &sum) {
        let names = ("answers by status add up", "requests".to_owned(), format!("by status, {}", show_window(window)));
        held(names, total, sum, Severity::Unexplained, found);
    }
    for scope in ours {
        let get = |stat| figures.get("http_status", scope, stat, window);
        let (Some(share), Some(count), Some(total)) = (get("share"), get("count"), &total) else { continue };
        let counted = Known { at: share.at.times(total.at), rows: [share.rows, total.rows.clone()].concat() };
        let names = (
            "answers by status add up",
            format!("status {scope}"),
            format!("its share x requests, {}", show_window(window)),
        );
        held(names, &count, &counted, Severity::Impossible, found);
    }
}

/// Flows that started and did not succeed have failed.
fn failed_flows(figures: &Figures, facts: &Facts, window: Window, found: &mut Vec<Contradiction>) {
    for flow in figures.scopes("flow_started", "count", window) {
        let Some(started) = figures.get("flow_started", flow, "count", window) else { continue };
        let done = figures.get("flow_success", flow, "count", window);
        if let Some(done) = done.clone().filter(|done| done.at.low > started.at.widened(MARGIN, SLACK).high) {
            let names =
                ("no more than started", format!("flows {flow} that succeeded"), "those that started".to_owned());
            held(names, &done, &started, Severity::Impossible, found);
        }
        let failed = figures.get("errors", flow, "count", window).or_else(|| of_owner(figures, flow, window));
        let (Some(done), Some(failed)) = (done, failed) else { continue };
        // Some are under way when the test, or the window, begins and ends.
        let open = facts.load.users.map_or(started.at.high * MARGIN, |users| users.peak);
        let before = if window.is_some() { open } else { 0.0 };
        let left = Between {
            low: (started.at.low - done.at.high - open).max(0.0),
            high: (started.at.high - done.at.low + before).max(0.0),
        };
        let left = Known { at: left, rows: [started.rows, done.rows].concat() };
        let names = (
            "failed = started - succeeded",
            format!("flows {flow} that started and did not succeed"),
            "those that failed".into(),
        );
        held(names, &left, &failed, Severity::Unexplained, found);
    }
}

/// A step fails for the share that does not succeed of those that start, at most; by cause they are as many.
fn failed_steps(figures: &Figures, window: Window, found: &mut Vec<Contradiction>) {
    for scope in figures.scopes("step_success", "rate", window) {
        let Some(rate) = figures.get("step_success", scope, "rate", window) else { continue };
        let flows = figures.scopes("flow_started", "count", window);
        let flow = flows.into_iter().find(|flow| scope.strip_prefix(flow).is_some_and(|step| step.starts_with(' ')));
        let started = flow.and_then(|flow| figures.get("flow_started", flow, "count", window));
        let (Some(started), Some(causes)) = (started, of_owner(figures, scope, window)) else { continue };
        let share = Between { low: (1.0 - rate.at.high).max(0.0), high: (1.0 - rate.at.low).max(0.0) };
        let failed = Known { at: share.times(started.at), rows: [rate.rows, started.rows].concat() };
        // A step may be tried again, so there may be more failures, but not fewer.
        if causes.at.widened(MARGIN, SLACK).high < failed.at.low {
            let what = (format!("failures of {scope} by cause"), "the share that fails x flows started is".to_owned());
            found.push(describe("failures by cause add up", what, &causes, &failed, Severity::Unexplained));
        }
    }
}

/// Iterations x requests per iteration are the requests; those under way at the end have sent some too.
fn iterations(figures: &Figures, facts: &Facts, window: Window, found: &mut Vec<Contradiction>) {
    let (least, most) = facts.load.requests_per_iteration;
    let Some(done) = figures.get("iterations", "", "count", window) else { return };
    let Some(requests) = figures.get("http_reqs", "", "count", window) else { return };
    if !most.is_finite() || most <= 0.0 {
        return;
    }
    let open = facts.load.users.map_or(0.0, |users| users.peak);
    let open = if facts.load.peak_rate.is_some() { f64::INFINITY } else { open };
    let at = Between { low: (done.at.low - open).max(0.0) * least, high: (done.at.high + open) * most };
    let sent = Known { at, rows: done.rows };
    let names =
        ("iterations x requests", "requests".to_owned(), format!("what iterations send, {}", show_window(window)));
    held(names, &requests, &sent, Severity::Impossible, found);
}

/// Each attempt at an API has a latency, and an error at most.
fn attempts(figures: &Figures, found: &mut Vec<Contradiction>) {
    for window in figures.windows("api_attempts") {
        for api in figures.scopes("api_attempts", "count", window) {
            let attempts = figures.get("api_attempts", api, "count", window);
            let answers = figures.get("api_latency", api, "count", window);
            let (Some(attempts), Some(answers)) = (attempts, answers) else { continue };
            if answers.at.low > attempts.at.widened(MARGIN, SLACK).high {
                let names = ("no more than tried", format!("answers of {api}"), "attempts".to_owned());
                held(names, &answers, &attempts, Severity::Impossible, found);
            }
        }
    }
}

/// Errors per second over requests per second are the share that fails.
fn rates_of_errors(figures: &Figures, found: &mut Vec<Contradiction>) {
    for window in figures.windows("http_req_failed") {
        for scope in figures.scopes("http_req_failed", "rate", window) {
            let Some(share) = figures.get("http_req_failed", scope, "rate", window) else { continue };
            for stat in ["rate", "count"] {
                // The whole test's count is told by its own law.
                if stat == "count" && scope.is_empty() {
                    continue;
                }
                let errors = figures.get("errors", scope, stat, window);
                let (Some(errors), Some(requests)) = (errors, figures.get("http_reqs", scope, stat, window)) else {
                    continue;
                };
                let slack = if stat == "rate" { 0.0 } else { SLACK };
                let expected = share.at.times(requests.at);
                if !expected.widened(MARGIN, slack).apart(errors.at) {
                    continue;
                }
                let expected = Known { at: expected, rows: [share.rows.clone(), requests.rows].concat() };
                let what = (format!("errors {scope} ({stat})"), format!("share x requests, {}", show_window(window)));
                found.push(describe("errors = share x requests", what, &errors, &expected, Severity::Impossible));
            }
        }
    }
}

/// Two figures for one number; where the second may leave something out, too little is only `if_less`.
fn held(
    (law, what, against): (&'static str, String, String),
    total: &Known,
    parts: &Known,
    if_less: Severity,
    found: &mut Vec<Contradiction>,
) {
    if !total.at.widened(MARGIN, SLACK).apart(parts.at) {
        return;
    }
    let severity = if parts.at.low > total.at.high { Severity::Impossible } else { if_less };
    found.push(describe(law, (what, against), total, parts, severity));
}

fn describe(
    law: &'static str,
    (what, against): (String, String),
    total: &Known,
    parts: &Known,
    severity: Severity,
) -> Contradiction {
    let missing = parts.at.high < total.at.low;
    let gap = if missing { total.at.low - parts.at.high } else { parts.at.low - total.at.high };
    Contradiction {
        law,
        severity,
        statement: "The same things, divided in another way, are as many.".into(),
        numbers: format!("{what} are {}, {against} {}", show_between(total.at), show_between(parts.at)),
        size: total.at.times_apart(parts.at),
        would_need: if missing {
            format!("{} more among the latter", super::figures::show(gap))
        } else {
            format!("{} fewer among the latter, or counted twice there", super::figures::show(gap))
        },
        rows: [total.rows.clone(), parts.rows.clone()].concat(),
    }
}
