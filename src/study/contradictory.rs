//! Objectives of a test that no system can meet: two that contradict each other, and those that ask for more than the
//! test itself does.

use super::instant::{Proof, instant};
use crate::model::{Comparison, Model, Objective, Test};

/// Two required objectives of which one must fail, each as written.
#[must_use]
pub fn contradictory(test: &Test) -> Vec<(String, String)> {
    let fixed: Vec<&Objective> = test.required().filter(|objective| objective.relative.is_none()).collect();
    let mut pairs = Vec::new();
    for upper in fixed.iter().filter(|objective| is_upper(objective.comparison)) {
        for lower in fixed.iter().filter(|objective| is_lower(objective.comparison)) {
            if contradict(upper, lower) {
                pairs.push((upper.text.clone(), lower.text.clone()));
            }
        }
    }
    pairs
}

/// What is wrong with the objectives of a test whatever the system is, in words.
#[must_use]
pub fn beyond_any_system(model: &Model, test: &Test) -> Vec<String> {
    let pairs = contradictory(test);
    let both = |(upper, lower): &(String, String)| {
        format!(
            "test {}: {upper} and {lower} contradict each other: one of them fails whatever the system is",
            test.name
        )
    };
    let mut words: Vec<String> = pairs.iter().map(both).collect();
    // Only these can ask for more than there is.
    if !test.required().any(|objective| objective.metric.name == "http_reqs" && is_lower(objective.comparison)) {
        return words;
    }
    let required = |slo: &str| test.required().any(|objective| objective.text == slo);
    for failed in instant(model, test).map(|known| known.failed).unwrap_or_default() {
        if let Proof::Throughput { resource, .. } = &failed.proof
            && resource.is_empty()
            && required(&failed.slo)
        {
            let slo = &failed.slo;
            words.push(format!("test {}: {slo} asks for more than the test itself does: {}", test.name, failed.why));
        }
    }
    words
}

fn is_upper(comparison: Comparison) -> bool {
    matches!(comparison, Comparison::Less | Comparison::LessOrEqual)
}

fn is_lower(comparison: Comparison) -> bool {
    matches!(comparison, Comparison::Greater | Comparison::GreaterOrEqual)
}

/// Whether nothing is below the one and above the other.
fn contradict(upper: &Objective, lower: &Objective) -> bool {
    let (a, b) = (&upper.metric, &lower.metric);
    let same = a.name == b.name && a.scope == b.scope && upper.span == lower.span;
    // A percentile is no less than any lower one.
    let ordered = match (order(&a.stat), order(&b.stat)) {
        (Some(upper), Some(lower)) => lower <= upper,
        _ => a.stat == b.stat,
    };
    let both = upper.comparison == Comparison::LessOrEqual && lower.comparison == Comparison::GreaterOrEqual;
    same && ordered && (lower.bound > upper.bound || lower.bound == upper.bound && !both)
}

/// Order of a percentile, 0 to 1.
fn order(stat: &str) -> Option<f64> {
    match stat {
        "min" => Some(0.0),
        "med" => Some(0.5),
        "max" => Some(1.0),
        _ => stat.strip_prefix('p')?.parse::<f64>().ok().map(|percent| percent / 100.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::sample;
    use crate::model::{Metric, Severity, TestSpan};

    fn objective(text: &str, stat: &str, comparison: Comparison, bound: f64) -> Objective {
        let metric = Metric { name: "http_req_duration".into(), scope: String::new(), stat: stat.into() };
        let (span, severity) = (TestSpan::Whole, Severity::Required);
        Objective { text: text.into(), metric, span, comparison, bound, relative: None, severity }
    }

    fn found(objectives: Vec<Objective>) -> usize {
        contradictory(&Test { objectives, ..sample::test(Vec::new()) }).len()
    }

    #[test]
    fn what_no_figure_can_meet_contradicts() {
        use Comparison::{Greater, GreaterOrEqual, Less, LessOrEqual};
        let p95 = |comparison, bound| objective("", "p95", comparison, bound);
        assert_eq!(found(vec![p95(Less, 100.0), p95(Greater, 200.0)]), 1);
        assert_eq!(found(vec![p95(Less, 100.0), p95(Greater, 99.0)]), 0);
        assert_eq!(found(vec![p95(LessOrEqual, 100.0), p95(GreaterOrEqual, 100.0)]), 0);
        assert_eq!(found(vec![p95(LessOrEqual, 100.0), p95(Greater, 100.0)]), 1);
        // The median is no more than the 95th percentile, which may be more.
        assert_eq!(found(vec![p95(Less, 100.0), objective("", "med", Greater, 150.0)]), 1);
        assert_eq!(found(vec![p95(Greater, 150.0), objective("", "med", Less, 100.0)]), 0);
        // A mean may be above a percentile.
        assert_eq!(found(vec![p95(Less, 100.0), objective("", "avg", Greater, 150.0)]), 0);
    }

    #[test]
    fn other_spans_and_scopes_and_wishes_do_not() {
        let upper = objective("", "p95", Comparison::Less, 100.0);
        let lower = objective("", "p95", Comparison::Greater, 200.0);
        let elsewhere = Objective { span: TestSpan::LastStage, ..lower.clone() };
        let metric = Metric { scope: "list".into(), ..lower.metric.clone() };
        let scoped = Objective { metric, ..lower.clone() };
        assert_eq!(found(vec![upper, elsewhere, scoped]), 0);
    }
}
