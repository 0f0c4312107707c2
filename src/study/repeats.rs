//! How far equal runs differ: the noise that no model can predict away.

use crate::model::{Scenario, Test};
use crate::recording::{Observation, Recording};

/// Recordings of equal tests, those of one test together.
#[derive(Debug, Default)]
pub struct Repeats<'a> {
    groups: Vec<(&'a Test, Vec<&'a Recording>)>,
}

impl<'a> Repeats<'a> {
    /// Recordings by the tests they are of; tests are equal that ask for the same load, of the same system, with the same events.
    #[must_use]
    pub fn of(recorded: impl Iterator<Item = (&'a Test, &'a Recording)>) -> Repeats<'a> {
        let mut all = Repeats::default();
        for (test, recording) in recorded {
            match all.groups.iter_mut().find(|(other, _)| alike(other, test)) {
                Some((_, group)) => group.push(recording),
                None => all.groups.push((test, vec![recording])),
            }
        }
        all.groups.retain(|(_, group)| group.len() > 1);
        all
    }

    /// The largest difference between two equal runs in a figure, whatever its span, as a share of their mean; `None`
    /// where no two runs have it.
    #[must_use]
    pub fn spread(&self, o: &Observation) -> Option<f64> {
        let in_group = |group: &Vec<&Recording>| {
            let pairs = (0..group.len()).flat_map(|a| (a + 1..group.len()).map(move |b| (a, b)));
            let differences = pairs.filter_map(|(a, b)| difference(group[a], group[b], o));
            differences.reduce(f64::max)
        };
        self.groups.iter().filter_map(|(_, group)| in_group(group)).reduce(f64::max)
    }
}

fn alike(one: &Test, other: &Test) -> bool {
    let unnamed = |s: &Scenario| Scenario { name: String::new(), ..s.clone() };
    let same = |(a, b)| unnamed(a) == unnamed(b);
    one.scenarios.len() == other.scenarios.len()
        && one.scenarios.iter().zip(&other.scenarios).all(same)
        && one.changes == other.changes
        && one.events == other.events
}

fn difference(one: &Recording, other: &Recording, figure: &Observation) -> Option<f64> {
    let (metric, scope, stat) = (figure.metric.as_str(), figure.scope.as_str(), figure.stat.as_str());
    let same_span = |a: &&Observation| other.of(metric, scope, stat).find(|b| b.window == a.window).map(middle);
    let differences = one.of(metric, scope, stat).filter_map(|a| {
        let (a, b) = (middle(a), same_span(&a)?);
        (a + b > 0.0).then(|| (a - b).abs() / f64::midpoint(a, b))
    });
    differences.reduce(f64::max)
}

fn middle(o: &Observation) -> f64 {
    let (low, high) = o.bounds();
    o.value.unwrap_or(f64::midpoint(low, high))
}
