//! What is known of the tests of a report besides their predictions: what was recorded, and what an audit finds.

use std::path::Path;

use super::load;
use crate::model::{Model, Role, Test};
use crate::problem::Problems;
use crate::recording::Recording;
use crate::study::audit::{Case, audit};
use crate::study::check::{Recorded, check_test, report as checked, wanted as recorded_in};
use crate::study::decide::Predicted;
use crate::study::facts::Trusted;
use crate::study::observe::Wanted;
use crate::study::repeats::Repeats;
use crate::study::report::Evidence;

/// A test of the model as it sees the system, and what was recorded of it, calibration first.
pub(super) struct Seen {
    model: Model,
    test: Test,
    recordings: Vec<(Role, Recording)>,
}

impl Seen {
    /// All that was recorded of it.
    pub(super) fn recordings(&self) -> impl Iterator<Item = &Recording> {
        self.recordings.iter().map(|(_, recording)| recording)
    }
}

/// The tests that are reported on, by their names, and of the others what the model was made from.
///
/// # Errors
/// The problems of the model with one of its tests, or of a recording.
pub(super) fn seen(path: &Path, plain: &Model, tests: &[String], set: &[String]) -> Result<Vec<Seen>, Problems> {
    let mut all = Vec::new();
    for test in &plain.tests {
        let (model, mut test) = load::seen_by(path, &test.name, None, set)?;
        if !tests.contains(&test.name) {
            test.recordings.retain(|one| one.role == Role::Calibrate);
            if test.recordings.is_empty() {
                continue;
            }
        }
        let recordings = load::recorded(&test, &[])?;
        all.push(Seen { model, test, recordings });
    }
    Ok(all)
}

/// What a prediction of the test must contain to be laid beside what was recorded of it.
pub(super) fn wanted(seen: &[Seen], test: &Test) -> Wanted {
    let mut all = Wanted::default();
    let of_test = seen.iter().filter(|one| one.test.name == test.name);
    of_test.flat_map(Seen::recordings).for_each(|recording| all.add(recorded_in(recording, test)));
    all
}

/// The recorded ones of the predicted tests checked, and recordings and plan of them audited. `predicted` has the tests
/// of each change, the system as it is first.
pub(super) fn evidence(
    plain: &Model,
    seen: &[Seen],
    predicted: &[Vec<Predicted>],
    seed: u64,
    replications: usize,
) -> Evidence {
    let predicted = predicted.first().map_or(&[][..], |tests| tests);
    let all =
        || seen.iter().flat_map(|one| one.recordings.iter().map(move |(role, recording)| (one, *role, recording)));
    let trusted: Vec<Trusted> = all()
        .filter(|(_, role, _)| *role == Role::Calibrate)
        .map(|(Seen { model, test, .. }, _, recording)| Trusted { model, test, recording })
        .collect();
    let repeats = Repeats::of(all().map(|(one, _, recording)| (&one.test, recording)));
    let checks = predicted.iter().flat_map(|Predicted { model, test, prediction }| {
        let of_test = all().filter(|(one, ..)| one.test.name == test.name);
        let checks = of_test.map(|(_, role, recording)| {
            check_test(&Recorded { model, test, role, recording, prediction }, &trusted, &repeats, &[])
        });
        checks.collect::<Vec<_>>()
    });
    let checks: Vec<_> = checks.collect();
    let check = (!checks.is_empty()).then(|| checked(plain, "", seed, replications, checks));
    let names: Vec<String> = predicted.iter().map(|one| one.test.name.clone()).collect();
    let reported = seen.iter().filter(|one| names.contains(&one.test.name));
    let plan: Vec<(&Model, &Test)> = reported.map(|one| (&one.model, &one.test)).collect();
    let cases = all().map(|(Seen { model, test, .. }, role, recording)| Case {
        recording,
        planned: Some((model, test, role)),
        system: None,
    });
    let audit = audit(Some(plain), &plan, &cases.collect::<Vec<_>>());
    Evidence {
        check,
        recommendation: None,
        audit: if names.len() == seen.len() { audit } else { audit.of_tests(&names) },
    }
}
