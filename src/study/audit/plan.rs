//! A plan against itself: objectives that exclude each other, are met whatever happens or by nothing, a bound that is a
//! hundred times another, lengths in words that are not those of the stages, alarms that never can sound.

use super::{Finding, Sureness};
use crate::load::regular_end_s;
use crate::model::{Comparison, Executor, Model, Objective, Remote, Test};
use crate::study::alarms::out_of_reach;
use crate::study::contradictory::beyond_any_system;

/// What is found in the plan of a model.
pub(super) fn findings(model: &Model, plan: &[(&Model, &Test)]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (model, test) in plan {
        beyond(model, test, &mut found);
        for objective in &test.objectives {
            out_of_range(model, test, objective, &mut found);
        }
        hundredfold(test, &mut found);
        length_in_words(test, &mut found);
    }
    alarms(model, plan, &mut found);
    found
}

fn finding(law: &str, severity: Sureness, test: &str, statement: &str, numbers: String, would_need: String) -> Finding {
    Finding {
        id: String::new(),
        law: law.to_owned(),
        severity,
        test: test.to_owned(),
        recording: String::new(),
        statement: statement.to_owned(),
        numbers,
        size: None,
        would_need,
        rows: Vec::new(),
    }
}

fn beyond(model: &Model, test: &Test, found: &mut Vec<Finding>) {
    for words in beyond_any_system(model, test) {
        let statement = "Objectives can be met by some system.";
        let need = "another bound, or another load".to_owned();
        found.push(finding("objectives can be met", Sureness::Contradiction, &test.name, statement, words, need));
    }
}

/// The least and the most that a figure may be, in its canonical unit.
fn range(model: &Model, test: &Test, objective: &Objective) -> (f64, f64) {
    let metric = &objective.metric;
    let waits = test.scenarios.iter().map(|scenario| scenario.request_timeout * 1e3).fold(0.0, f64::max);
    match metric.name.as_str() {
        "http_req_failed" | "flow_success" | "step_success" | "hit_ratio" if metric.stat != "count" => (0.0, 100.0),
        "checks" if metric.stat == "rate" => (0.0, 100.0),
        "cpu" | "event_loop_utilisation" if matches!(metric.stat.as_str(), "avg" | "max") => (0.0, 100.0),
        name if name.starts_with("http_req_duration") => (0.0, waits),
        "connections_active" | "connections_open" if matches!(metric.stat.as_str(), "avg" | "max") => {
            (0.0, most_connections(model, &metric.scope))
        }
        // What may be negative.
        "memory" => (f64::NEG_INFINITY, f64::INFINITY),
        _ if metric.stat.starts_with("trend") || metric.stat == "growth" => (f64::NEG_INFINITY, f64::INFINITY),
        _ => (0.0, f64::INFINITY),
    }
}

/// Connections of a pool, or of all pools that lead to a database.
fn most_connections(model: &Model, scope: &str) -> f64 {
    let all = model.pools.iter().enumerate().filter(|(_, pool)| {
        let leads = match pool.remote {
            Remote::Database(number) => model.databases.get(number as usize).map(|database| &database.name),
            Remote::Cache(number) => model.caches.get(number as usize).map(|cache| &cache.name),
        };
        pool.name == scope || leads.is_some_and(|name| name == scope)
    });
    let scaled = model.tiers.iter().any(|tier| tier.autoscale.is_some());
    let of = |(number, pool): (usize, &crate::model::Pool)| {
        f64::from(pool.max) * f64::from(model.copies_of_pool(number as u32).iter().sum::<u32>())
    };
    let most: f64 = all.map(of).sum();
    if most > 0.0 && !scaled { most } else { f64::INFINITY }
}

/// Objectives that every result meets, or none.
fn out_of_range(model: &Model, test: &Test, objective: &Objective, found: &mut Vec<Finding>) {
    if objective.relative.is_some() || !objective.bound.is_finite() {
        return;
    }
    let (least, most) = range(model, test, objective);
    let holds = |value: f64| objective.comparison.holds(value, objective.bound);
    let ordered = !matches!(objective.comparison, Comparison::Equal | Comparison::NotEqual);
    let bounded = match objective.comparison {
        Comparison::Less | Comparison::LessOrEqual => most.is_finite(),
        _ => least.is_finite(),
    };
    let range = match (least.is_finite(), most.is_finite()) {
        (true, true) => format!("between {least} and {most}"),
        (true, false) => format!("at least {least}"),
        _ => return,
    };
    if ordered && bounded && holds(least) && (holds(most) || !most.is_finite()) {
        let numbers = format!("{} holds for every value that the figure may have: it lies {range}", objective.text);
        let need = "a bound that a result can miss".to_owned();
        let statement = "An objective can be missed.";
        found.push(finding("objectives can be missed", Sureness::Doubtful, &test.name, statement, numbers, need));
    }
    if ordered && !holds(least) && (most.is_finite() && !holds(most) || !most.is_finite() && objective.bound < least) {
        let numbers = format!("{} holds for no value that the figure may have: it lies {range}", objective.text);
        let need = "a bound that a result can meet".to_owned();
        let statement = "Objectives can be met by some system.";
        found.push(finding("objectives can be met", Sureness::Contradiction, &test.name, statement, numbers, need));
    }
}

/// A share written once as per cent and once as a share of 1: two bounds on one figure that are 100 times apart.
fn hundredfold(test: &Test, found: &mut Vec<Finding>) {
    for (number, one) in test.objectives.iter().enumerate() {
        for other in &test.objectives[number + 1..] {
            let same = one.metric == other.metric && one.span == other.span && one.comparison == other.comparison;
            let share = one.metric.name == "http_req_failed";
            let (small, large) = (one.bound.min(other.bound), one.bound.max(other.bound));
            let hundred = small > 0.0 && (large / small / 100.0 - 1.0).abs() < 1e-9;
            if !same || !share || !hundred || one.relative.is_some() || other.relative.is_some() {
                continue;
            }
            let numbers = format!("{} and {}: {small} % and {large} %, exactly 100 times apart", one.text, other.text);
            found.push(finding(
                "a share is not a percentage",
                Sureness::Doubtful,
                &test.name,
                "k6 takes the rate of failures as a share of 1: rate<0.1 is below 10 %, not below 0.1 %.",
                numbers,
                "two bounds that are meant to be 100 times apart".to_owned(),
            ));
        }
    }
}

/// Lengths in the words of a test that neither the test nor a stage of it has, and after which no stage ends.
fn length_in_words(test: &Test, found: &mut Vec<Finding>) {
    let mut lengths = vec![regular_end_s(test)];
    for scenario in &test.scenarios {
        let stages = match &scenario.executor {
            Executor::RampingVus { stages, .. } | Executor::RampingArrivalRate { stages, .. } => stages,
            Executor::ConstantVus { duration, .. } | Executor::ConstantArrivalRate { duration, .. } => {
                lengths.extend([*duration, scenario.start]);
                continue;
            }
            Executor::Replay(replay) => {
                lengths.extend([replay.duration(), scenario.start]);
                continue;
            }
        };
        let mut since = 0.0;
        for stage in stages {
            since += stage.duration;
            lengths.extend([stage.duration, since]);
        }
    }
    let said = lengths_said(&test.about);
    let is = |length: f64, seconds: f64| (length - seconds).abs() <= seconds * 0.02;
    // A text that says how long the test is may say other lengths too, as of another test.
    if said.iter().any(|(_, seconds)| is(regular_end_s(test), *seconds)) {
        return;
    }
    for (words, seconds) in said {
        if seconds >= 30.0 && !lengths.iter().any(|length| is(*length, seconds)) {
            let total = regular_end_s(test);
            let numbers = format!(
                "the test is said to take {words}; its stages take {total} s in all, and none ends then or takes that long"
            );
            found.push(finding(
                "stages add up to the test",
                Sureness::Doubtful,
                &test.name,
                "The stages of a test add up to its length.",
                numbers,
                format!("stages of {seconds} s"),
            ));
        }
    }
}

/// A text without what stands in brackets: remarks on where a number is from.
fn without_brackets(text: &str) -> String {
    let mut depth = 0usize;
    let outside = |c: &char| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    text.chars().filter(outside).collect()
}

/// Lengths of time in a text, besides those in brackets: "13 minutes", "30s", "2 h".
fn lengths_said(text: &str) -> Vec<(String, f64)> {
    let text = without_brackets(text);
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '-')).collect();
    let mut found = Vec::new();
    for (number, word) in words.iter().enumerate() {
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
        let (Ok(value), own) = (digits.parse::<f64>(), &word[digits.len()..]) else { continue };
        let unit = if own.is_empty() { words.get(number + 1).copied().unwrap_or_default() } else { own };
        let seconds = match unit.trim_end_matches(['.', ':']) {
            "s" | "sec" | "second" | "seconds" => 1.0,
            "m" | "min" | "mins" | "minute" | "minutes" => 60.0,
            "h" | "hour" | "hours" => 3600.0,
            _ => continue,
        };
        found.push((format!("{digits} {unit}"), value * seconds));
    }
    found
}

/// Alarms that get no data, whose threshold is out of reach, or that need more periods than any test touches.
fn alarms(model: &Model, plan: &[(&Model, &Test)], found: &mut Vec<Finding>) {
    for (number, alarm) in model.alarms.iter().enumerate() {
        let mut never = alarm.never.clone();
        let of_test = |(model, _): &(&Model, &Test)| out_of_reach(model.alarms.get(number)?, model);
        let beyond: Vec<String> = plan.iter().filter_map(of_test).collect();
        if !plan.is_empty() && beyond.len() == plan.len() {
            never.extend(beyond.into_iter().next());
        }
        for why in never {
            let statement = "An alarm sounds in some state of the system.";
            let need = "another metric, dimension or threshold".to_owned();
            let numbers = format!("alarm {}: {why}", alarm.name);
            found.push(finding("alarms can sound", Sureness::Contradiction, "", statement, numbers, need));
        }
        let longest = plan.iter().map(|(_, test)| regular_end_s(test)).fold(0.0, f64::max);
        // However the periods lie.
        let touched = (longest / f64::from(alarm.period)).ceil() + 1.0;
        if longest > 0.0 && f64::from(alarm.datapoints_to_alarm) > touched {
            let numbers = format!(
                "alarm {}: {} periods of {} s have to breach, the longest test of {longest} s touches {touched}",
                alarm.name, alarm.datapoints_to_alarm, alarm.period
            );
            let need =
                format!("a test of {} s", (f64::from(alarm.datapoints_to_alarm) - 1.0) * f64::from(alarm.period));
            let statement = "An alarm is tried by a test that is as long as its periods.";
            found.push(finding("alarms are tried", Sureness::Doubtful, "", statement, numbers, need));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_from_words() {
        let seconds = |text| lengths_said(text).into_iter().map(|(_, seconds)| seconds).collect::<Vec<_>>();
        assert_eq!(seconds("500 users, 13 minutes"), [780.0]);
        assert_eq!(seconds("30s at 0, 2m at 300; 1 hour"), [30.0, 120.0, 3600.0]);
        assert_eq!(seconds("10 users, 300 s (by Little's law: the repository gives 120 s [or 90 s])"), [300.0]);
        assert!(seconds("from 50 to 500 users, p95 below 200 ms").is_empty());
    }
}
