//! A closed loop: users cannot spend more time than they have (Little's law, interactive form).
//!
//! Assumes that a user has one request open at a time. Only for tests with virtual users.

use super::figures::{Between, Figures, Known, show, show_between, show_window};
use super::latency::least_mean;
use super::{Contradiction, Facts, Severity, Users, throughput};

/// Ramp-downs let users finish, and samples straddle windows: this share is allowed.
const MARGIN: f64 = 0.03;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    let Some(users) = facts.load.users else { return };
    for window in figures.windows("http_reqs") {
        let Some((requests, available)) = requests_and_time(figures, facts, users, window) else { continue };
        let Some(response) = least_mean(figures, "http_req_duration", "", window) else { continue };
        let needed = requests.at.low * (response.at.low + users.think_s);
        // Every user may finish one request after the end.
        let allowed = available * (1.0 + MARGIN) + users.peak * response.at.low;
        if needed <= allowed {
            continue;
        }
        found.push(Contradiction {
            law: "users have only so much time",
            severity: Severity::Impossible,
            statement:
                "A user does one thing at a time, so requests x (response time + think time) is at most users x time \
                        (Little's law)."
                    .into(),
            numbers: format!(
                "{}: {} requests x ({} s response + {} s think) are {} user-seconds, there are {}",
                show_window(window),
                show_between(requests.at),
                show(response.at.low),
                show(users.think_s),
                show(needed),
                show(available)
            ),
            size: Between::exactly(needed).times_apart(Between::exactly(allowed)),
            would_need: format!(
                "{} requests at most, or that many more users",
                show(requests.at.low * allowed / needed)
            ),
            rows: [requests.rows, response.rows].concat(),
        });
    }
}

/// Requests in a window, and user-seconds that it has at most.
fn requests_and_time(
    figures: &Figures,
    facts: &Facts,
    users: Users,
    window: Option<(f64, f64)>,
) -> Option<(Known, f64)> {
    match window {
        None => Some((figures.get("http_reqs", "", "count", None)?, users.seconds)),
        Some((from, to)) => {
            let flow = throughput(figures, &facts.load, window)?;
            let at = flow.at.times(Between::exactly(to - from));
            Some((Known { at, rows: flow.rows }, users.peak * (to - from)))
        }
    }
}
