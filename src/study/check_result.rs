//! What a check is: recorded figures, each beside the predicted one, judged one by one.
//!
//! Serialises to the contract's `check` JSON as it stands: a number that does not exist is `None`
//! and becomes null, never NaN. Holds results only; how they come about is `check`'s business, how
//! they look is that of the pages and figures.

use serde::{Serialize, Serializer};

use super::instant::Zone;
use super::misses::Miss;
use super::prediction::{Key, Verdict, Warning};
use super::score::Score;
use crate::model::Role;

/// The answer to "can I trust the model?".
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckReport {
    pub model: String,
    /// Empty: the model as it is.
    pub variant: String,
    pub seed: u64,
    pub replications: usize,
    pub tests: Vec<CheckTest>,
    /// Over the scored rows of all tests.
    pub score: Score,
}

/// A test predicted and judged, and one recording of it, if there is any, laid beside the prediction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckTest {
    pub test: String,
    /// `None`: nothing was recorded, the test is predicted and judged only.
    #[serde(serialize_with = "role_word")]
    pub role: Option<Role>,
    /// Name of the recording, for people; empty if there is none.
    pub recording: String,
    /// The test's objectives against its prediction.
    pub verdicts: Vec<Verdict>,
    pub rows: Vec<CheckRow>,
    /// What the model took from this very test, in words; such rows are not scored.
    pub taken_from_test: Vec<String>,
    /// Other mechanisms laid beside the model, never scored; before them the model itself over the
    /// same replications, with an empty variant.
    pub alternatives: Vec<Alternative>,
    pub warnings: Vec<Warning>,
}

/// One recorded figure beside its prediction. Numbers are in `unit`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckRow {
    #[serde(flatten)]
    pub key: Key,
    pub recorded: Option<f64>,
    /// The recorded range, where a range was recorded.
    pub recorded_low: Option<f64>,
    pub recorded_high: Option<f64>,
    /// `None`: the model does not predict this figure.
    pub predicted: Option<f64>,
    /// 95 % prediction interval of one such test.
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Predicted less recorded, as `error_unit` says; `None` where one of them is missing or the
    /// recorded value is 0.
    pub relative_error: Option<f64>,
    pub error_unit: ErrorUnit,
    pub unit: &'static str,
    /// `None`: nothing to judge; `note` says why.
    pub verdict: Option<CheckVerdict>,
    /// Counts in the score.
    pub scored: bool,
    /// Why a row is not scored, or the numbers that make it impossible; may be empty.
    pub note: String,
    /// The law that an impossible row contradicts, by name.
    pub law: Option<String>,
    /// Where the load of its span stands; `None`: nothing limits, or nothing is predicted.
    pub zone: Option<Zone>,
    /// That load, as a share of what the tightest resource lets pass.
    pub load: Option<f64>,
    /// What a scored row that disagrees more likely is.
    pub miss: Option<Miss>,
}

/// How far a prediction lies from the recording, and in what that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorUnit {
    /// A share of the recorded value: 0.12 is 12 % too high.
    Ratio,
    /// Percentage points, for rates of failure: 0.4 is 2.5 % predicted where 2.1 % was recorded.
    Points,
}

/// What a recorded figure says about the prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckVerdict {
    Agree,
    Disagree,
    /// The recorded figure contradicts a law, or other figures of the same recording.
    Impossible,
}

/// The same recording beside a model with another mechanism.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alternative {
    pub variant: String,
    /// One line for people.
    pub about: String,
    pub rows: Vec<CheckRow>,
}

impl CheckReport {
    /// Each test once, though it may have several recordings: for its verdicts.
    pub fn judged(&self) -> impl Iterator<Item = &CheckTest> {
        let first = |at: usize| self.tests[..at].iter().all(|before| before.test != self.tests[at].test);
        self.tests.iter().enumerate().filter(move |&(at, _)| first(at)).map(|(_, test)| test)
    }
}

impl CheckTest {
    /// Scored rows with this verdict.
    #[must_use]
    pub fn scored(&self, verdict: CheckVerdict) -> usize {
        self.rows.iter().filter(|row| row.scored && row.verdict == Some(verdict)).count()
    }
}

fn role_word<S: Serializer>(role: &Option<Role>, serializer: S) -> Result<S::Ok, S::Error> {
    role.map(|role| match role {
        Role::Calibrate => "calibrate",
        Role::Validate => "validate",
    })
    .serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_the_contracts_fields_and_nulls_for_what_is_absent() {
        let row = CheckRow {
            key: Key {
                metric: "http_req_duration".into(),
                scope: String::new(),
                stat: "p95".into(),
                from_s: None,
                to_s: None,
            },
            recorded: None,
            recorded_low: Some(35.0),
            recorded_high: Some(60.0),
            predicted: Some(f64::NAN),
            low: None,
            high: None,
            relative_error: None,
            error_unit: ErrorUnit::Ratio,
            unit: "ms",
            verdict: Some(CheckVerdict::Impossible),
            scored: true,
            note: "x".into(),
            law: None,
            zone: None,
            load: None,
            miss: None,
        };
        let json = serde_json::to_value(&row).expect("plain data");
        let contract = [
            "metric",
            "scope",
            "stat",
            "from_s",
            "to_s",
            "recorded",
            "recorded_low",
            "recorded_high",
            "predicted",
            "low",
            "high",
            "relative_error",
            "unit",
            "verdict",
            "scored",
            "note",
        ];
        for field in contract {
            assert!(json.get(field).is_some(), "{field} is missing");
        }
        assert!(json["recorded"].is_null() && json["from_s"].is_null());
        assert!(json["predicted"].is_null(), "NaN must not reach JSON");
        assert_eq!(json["recorded_low"], 35.0);
        assert_eq!(json["verdict"], "impossible");
    }

    #[test]
    fn roles_are_written_as_words() {
        let with = |role| CheckTest {
            test: "peak".into(),
            role,
            recording: String::new(),
            verdicts: Vec::new(),
            rows: Vec::new(),
            taken_from_test: Vec::new(),
            alternatives: Vec::new(),
            warnings: Vec::new(),
        };
        let word = |role| serde_json::to_value(with(role)).expect("plain data")["role"].clone();
        assert_eq!(word(Some(Role::Validate)), "validate");
        assert!(word(None).is_null());
    }
}
