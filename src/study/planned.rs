//! What is planned for the middle of a test, in words.

use super::prediction::PlannedEvent;
use crate::compile::Labels;
use crate::model::{Model, Quantity, Test, What};

/// The events of a test, each with the scope of its figures.
pub(super) fn planned(test: &Test, labels: &Labels, model: &Model) -> Vec<PlannedEvent> {
    let events = test.events.iter().zip(&labels.events);
    let planned = events.map(|(event, label)| PlannedEvent {
        at_s: event.at,
        lasts_s: event.what.lasts(),
        what: event.words.clone(),
        about: about(&event.what, model),
        scope: label.scope(),
    });
    planned.collect()
}

fn about(what: &What, model: &Model) -> String {
    match *what {
        What::Kill { instances, restart, .. } => {
            let then = restart.map_or("not back".to_owned(), |restart| format!("back {}", after(restart)));
            format!("{}, {then}", counted(instances))
        }
        What::Add { instances, start_up, .. } => format!("{}, ready {}", counted(instances), after(start_up)),
        What::Deploy { start_up, .. } => format!("one instance after the other, each ready {}", after(start_up)),
        What::Flush { .. } => "all its keys are gone".to_owned(),
        What::Slow { times: Some(times), lasts, .. } => format!("{times} times as long for {lasts} s"),
        What::Slow { times: None, lasts, .. } => format!("stands still for {lasts} s"),
        What::FailOver { lasts, cold: Some((times, cold)), .. } => {
            format!("another node {}, {times} times as long for {cold} s", after(lasts))
        }
        What::FailOver { lasts, cold: None, .. } => format!("another node {}", after(lasts)),
        What::BrownOut { times, errors, left, lasts, .. } => {
            let mut parts = Vec::new();
            if times != 1.0 {
                parts.push(format!("{times} times as long"));
            }
            if errors != Quantity::Known(0.0) {
                parts.push(format!("{} errors", percent(errors, model)));
            }
            if left != Quantity::Known(1.0) {
                parts.push(format!("{} of its limits", percent(left, model)));
            }
            format!("{} for {lasts} s", parts.join(", "))
        }
    }
}

fn counted(instances: u32) -> String {
    if instances == 1 { "1 instance".to_owned() } else { format!("{instances} instances") }
}

fn after(seconds: f64) -> String {
    if seconds > 0.0 { format!("after {seconds} s") } else { "at once".to_owned() }
}

/// A share in percent, or its range; a millionth of it is no news.
fn percent(share: Quantity, model: &Model) -> String {
    let percent = |share: f64| (share * 1e6).round() / 1e4;
    match share {
        Quantity::Known(share) => format!("{} %", percent(share)),
        Quantity::Uncertain(input) => {
            let range = model.inputs.get(input as usize).map_or((f64::NAN, f64::NAN), |input| (input.low, input.high));
            format!("{} – {} %", percent(range.0), percent(range.1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Station;

    #[test]
    fn events_are_told_as_people_would() {
        let model = Model::default();
        let told = |what: What| about(&what, &model);
        assert_eq!(told(What::Kill { tier: 0, instances: 1, restart: Some(20.0) }), "1 instance, back after 20 s");
        assert_eq!(told(What::Kill { tier: 0, instances: 3, restart: None }), "3 instances, not back");
        assert_eq!(told(What::Add { tier: 0, instances: 2, start_up: 0.0 }), "2 instances, ready at once");
        let slow = What::Slow { of: Station::Database(0), times: Some(2.5), lasts: 60.0 };
        assert_eq!(told(slow), "2.5 times as long for 60 s");
        let (errors, left) = (Quantity::Known(0.07), Quantity::Known(1.0));
        let brown_out = What::BrownOut { api: 0, times: 1.0, errors, left, lasts: 90.0 };
        assert_eq!(told(brown_out), "7 % errors for 90 s");
    }
}
