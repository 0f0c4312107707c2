//! What was recorded against what was planned: users, arrivals, and requests that users must have made.

use super::figures::{Between, Figures, show, show_between, show_window};
use super::{Contradiction, Facts, Severity, Users};

/// Gauges overshoot, ramps round.
const MARGIN: f64 = 0.02;

/// Users that do nothing but requests and sleeps may be this much slower: connections are set up, checks take time.
const SLOWER: f64 = 0.1;

pub fn contradictions(figures: &Figures, facts: &Facts, found: &mut Vec<Contradiction>) {
    if let Some(users) = facts.load.users {
        more_users(figures, users, found);
        mean_users(figures, facts, users, found);
        no_time_to_sleep(figures, users, found);
        fewest_requests(figures, facts, users, found);
    }
    if let Some(rate) = facts.load.peak_rate.filter(|_| facts.load.users.is_none()) {
        more_arrivals(figures, rate, found);
    }
    inside_the_users(figures, found);
}

fn more_users(figures: &Figures, users: Users, found: &mut Vec<Contradiction>) {
    for figure in figures.all.iter().filter(|figure| figure.observation.metric == "vus") {
        let o = figure.observation;
        let level = matches!(o.stat.as_str(), "avg" | "max");
        if !level || !o.scope.is_empty() || figure.at.low <= users.peak * (1.0 + MARGIN) {
            continue;
        }
        found.push(Contradiction {
            law: "no more users than planned",
            severity: Severity::Impossible,
            statement: "There are no more users than the test has.".into(),
            numbers: format!(
                "{}: {} users ({}), the test has {} at most",
                show_window(o.window),
                show_between(figure.at),
                o.stat,
                show(users.peak)
            ),
            size: figure.at.times_apart(Between::exactly(users.peak)),
            would_need: "another plan".into(),
            rows: vec![figure.row],
        });
    }
}

/// Users over time are those of the plan; a test that never had its most was another.
fn mean_users(figures: &Figures, facts: &Facts, users: Users, found: &mut Vec<Contradiction>) {
    let length = facts.load.seconds(None);
    let mean = Between { low: users.seconds / length.high, high: users.seconds / length.low };
    let most = Between { low: users.peak, high: f64::INFINITY };
    for (stat, planned) in [("avg", mean), ("max", most)] {
        let Some(recorded) = figures.get("vus", "", stat, None) else { continue };
        if !planned.widened(SLOWER / 2.0, 0.5).apart(recorded.at) {
            continue;
        }
        found.push(Contradiction {
            law: "users as planned",
            severity: Severity::Unexplained,
            statement: "A test has the users that its plan gives it.".into(),
            numbers: format!(
                "users ({stat}): {} recorded, {} planned",
                show_between(recorded.at),
                show_between(planned)
            ),
            size: planned.times_apart(recorded.at),
            would_need: "another plan".into(),
            rows: recorded.rows,
        });
    }
}

/// Where no time of answers is recorded: sleeps alone take so long.
fn no_time_to_sleep(figures: &Figures, users: Users, found: &mut Vec<Contradiction>) {
    let Some(requests) = figures.get("http_reqs", "", "count", None) else { return };
    let timed = figures.all.iter().any(|figure| figure.observation.metric == "http_req_duration");
    let needed = requests.at.low * users.think_s;
    let allowed = users.seconds * (1.0 + MARGIN) + users.peak * users.think_s;
    if timed || needed <= allowed {
        return;
    }
    found.push(Contradiction {
        law: "users have only so much time",
        severity: Severity::Impossible,
        statement: "A user does one thing at a time, so requests x think time is at most users x time (Little's law)."
            .into(),
        numbers: format!(
            "{} requests x {} s think are {} user-seconds, there are {}",
            show_between(requests.at),
            show(users.think_s),
            show(needed),
            show(users.seconds)
        ),
        size: Between::exactly(needed).times_apart(Between::exactly(allowed)),
        would_need: format!("{} requests at most, or that many more users", show(requests.at.low * allowed / needed)),
        rows: requests.rows,
    });
}

/// Users who only request and sleep make so many requests at least.
fn fewest_requests(figures: &Figures, facts: &Facts, users: Users, found: &mut Vec<Contradiction>) {
    let Some(think) = users.most_think_s else { return };
    let requests = figures.get("http_reqs", "", "count", None).or_else(|| {
        let rate = figures.get("http_reqs", "", "rate", None)?;
        Some(super::Known { at: rate.at.times(facts.load.seconds(None)), rows: rate.rows })
    });
    let (Some(requests), Some(response)) = (requests, figures.get("http_req_duration", "", "avg", None)) else {
        return;
    };
    let cycle = (response.at.high + think) * (1.0 + SLOWER);
    let least = users.seconds / cycle - 2.0 * users.peak;
    if requests.at.high >= least {
        return;
    }
    found.push(Contradiction {
        law: "users are never idle",
        severity: Severity::Impossible,
        statement: "A user who only requests and sleeps makes a request per response time + think time (Little's law)."
            .into(),
        numbers: format!(
            "{} user-seconds / ({} s response + {} s think) are {} requests at least, recorded are {}",
            show(users.seconds),
            show(response.at.high),
            show(think),
            show(least),
            show_between(requests.at)
        ),
        size: Between::exactly(least).times_apart(requests.at),
        would_need: format!("{} s more per request", show(users.seconds / requests.at.high - cycle)),
        rows: [requests.rows, response.rows].concat(),
    });
}

fn more_arrivals(figures: &Figures, most: f64, found: &mut Vec<Contradiction>) {
    // Arrivals at random may bunch in a short window.
    let Some(rate) = figures.get("http_reqs", "", "rate", None).filter(|rate| rate.at.low > most * (1.0 + SLOWER))
    else {
        return;
    };
    found.push(Contradiction {
        law: "no more requests than planned",
        severity: Severity::Impossible,
        statement: "Requests come no faster than the plan sends them.".into(),
        numbers: format!("{} requests/s, the plan sends {} at most", show_between(rate.at), show(most)),
        size: rate.at.times_apart(Between::exactly(most)),
        would_need: "another plan".into(),
        rows: rate.rows,
    });
}

/// Without any plan: requests under way on average are no more than the recorded users.
fn inside_the_users(figures: &Figures, found: &mut Vec<Contradiction>) {
    for window in figures.windows("vus") {
        let get = |metric, stat| figures.get(metric, "", stat, window);
        let most = get("vus", "avg").or_else(|| get("vus", "max"));
        let (Some(users), Some(rate)) = (most, get("http_reqs", "rate")) else { continue };
        let Some(mean) = get("http_req_duration", "avg") else { continue };
        let inside = rate.at.times(mean.at);
        if inside.low <= users.at.high * (1.0 + SLOWER) + 0.5 {
            continue;
        }
        found.push(Contradiction {
            law: "users have only so much time",
            severity: Severity::Impossible,
            statement: "A user has one request open at a time, so throughput x response time is at most the users \
                        (Little's law)."
                .into(),
            numbers: format!(
                "{}: {} requests/s x {} s are {} under way, there are {} users",
                show_window(window),
                show_between(rate.at),
                show_between(mean.at),
                show_between(inside),
                show_between(users.at)
            ),
            size: inside.times_apart(users.at),
            would_need: "requests in parallel, or more users".into(),
            rows: [rate.rows, mean.rows, users.rows].concat(),
        });
    }
}
