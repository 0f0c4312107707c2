//! "Does it contradict itself?": recordings of one system, and the plan of its tests, held against laws.
//!
//! The laws of recordings are those of [`crate::theory::laws`]; `plan` has those of thresholds and alarms. Nothing is
//! simulated, so an audit takes no time and has no chance in it.

mod plan;

use serde::Serialize;

use super::facts::{self, Trusted};
use super::prediction::RecordedFigure;
use crate::model::{Model, Role, Test};
use crate::recording::{Observation, Recording};
use crate::theory::laws::{Calibration, Contradiction, Facts, Load, Severity, System, contradictions, further};

/// A recording, and what is known of its test.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    pub recording: &'a Recording,
    /// The model as its test sees it, the test, and what the recording is for; `None`: nothing is known.
    pub planned: Option<(&'a Model, &'a Test, Role)>,
    /// A model of the system, where no test of it is meant.
    pub system: Option<&'a Model>,
}

/// What was audited, and what was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditReport {
    /// Empty: without a model.
    pub model: String,
    pub audited: Vec<Audited>,
    /// The surest first, of these the largest.
    pub findings: Vec<Finding>,
}

/// A recording that was audited.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audited {
    pub recording: String,
    /// Empty: not known.
    pub test: String,
    pub figures: usize,
    /// Points of series.
    pub points: usize,
}

/// Figures that cannot all be true, or a plan that cannot be meant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// "F1" and so on, in the order of the report.
    pub id: String,
    pub law: String,
    pub severity: Sureness,
    /// Empty: not known, or of no single test.
    pub test: String,
    /// Empty: of the plan.
    pub recording: String,
    /// The law in one sentence, with what it assumes.
    pub statement: String,
    /// The numbers and what follows from them.
    pub numbers: String,
    /// How many times off, every figure rounded in its favour; at least 1. `None`: no matter of size.
    pub size: Option<f64>,
    /// What would have to be so for the numbers to be true.
    pub would_need: String,
    /// The figures that cannot all be true.
    pub rows: Vec<AuditRow>,
}

/// How sure a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Sureness {
    /// The figures cannot all be true.
    #[serde(rename = "contradiction")]
    Contradiction,
    /// They can, if something is so that nobody said.
    #[serde(rename = "doubtful")]
    Doubtful,
    /// Too little was recorded to tell.
    #[serde(rename = "cannot be judged")]
    Unjudged,
}

impl Sureness {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Sureness::Contradiction => "contradiction",
            Sureness::Doubtful => "doubtful",
            Sureness::Unjudged => "cannot be judged",
        }
    }
}

/// A figure as recorded, and where it stands.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditRow {
    /// Line of the recording; `None` if it has none.
    pub line: Option<u64>,
    #[serde(flatten)]
    pub figure: RecordedFigure,
    /// As the recording says where it is from.
    pub source: String,
}

impl AuditReport {
    /// How many findings are so sure.
    #[must_use]
    pub fn count(&self, severity: Sureness) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    /// What is of these tests alone.
    #[must_use]
    pub fn of_tests(mut self, tests: &[String]) -> AuditReport {
        self.audited.retain(|one| tests.contains(&one.test));
        self.findings.retain(|one| tests.contains(&one.test));
        self.number();
        self
    }

    fn number(&mut self) {
        for (number, finding) in self.findings.iter_mut().enumerate() {
            finding.id = format!("F{}", number + 1);
        }
    }
}

/// Audits recordings, each with what is known of it, and the plan of a model if there is one: its tests, each with the
/// model as that test sees it.
#[must_use]
pub fn audit(model: Option<&Model>, plan: &[(&Model, &Test)], cases: &[Case]) -> AuditReport {
    let mut findings: Vec<Finding> = plan.first().map_or_else(Vec::new, |(model, _)| plan::findings(model, plan));
    for (number, case) in cases.iter().enumerate() {
        findings.extend(of_case(case, cases, number));
    }
    // Sorting keeps the order of the laws where nothing else decides.
    findings.sort_by(|a, b| a.severity.cmp(&b.severity).then(b.size.unwrap_or(0.0).total_cmp(&a.size.unwrap_or(0.0))));
    let audited = cases.iter().map(|case| Audited {
        recording: case.recording.name.clone(),
        test: test_of(case),
        figures: case.recording.observations.len(),
        points: case.recording.series.len(),
    });
    let model = model.map(|model| model.name.clone()).unwrap_or_default();
    let mut report = AuditReport { model, audited: audited.collect(), findings };
    report.number();
    report
}

fn test_of(case: &Case) -> String {
    case.planned.map(|(_, test, _)| test.name.clone()).unwrap_or_default()
}

fn of_case(case: &Case, cases: &[Case], number: usize) -> Vec<Finding> {
    let (load, system) = match (case.planned, case.system) {
        (Some((model, test, _)), _) => (facts::load(model, test), facts::system(model, test)),
        (None, Some(model)) => (Load::unknown(), facts::sizes(model)),
        (None, None) => (Load::unknown(), System::default()),
    };
    let calibrations = held_against(case, cases, number);
    let facts = Facts { recording: case.recording, load, system: &system, calibrations: &calibrations };
    let mut found = contradictions(&facts);
    found.extend(further(&facts));
    let found = without_repetition(found);
    found.into_iter().map(|contradiction| finding(contradiction, case)).collect()
}

/// The recordings that a recording is held against: those that the model was made from, or, where nobody says which
/// those are, the ones given before it.
fn held_against<'a>(case: &Case<'a>, cases: &[Case<'a>], number: usize) -> Vec<Calibration<'a>> {
    let made_from = |other: &Case| matches!(other.planned, Some((_, _, Role::Calibrate)));
    let any = cases.iter().any(made_from);
    match case.planned {
        Some((_, _, Role::Calibrate)) => Vec::new(),
        Some((model, test, Role::Validate)) => {
            let trusted = cases.iter().enumerate().filter_map(|(place, other)| {
                let (model, test, _) = other.planned.filter(|_| if any { made_from(other) } else { place < number })?;
                Some(Trusted { model, test, recording: other.recording })
            });
            facts::calibrations(&trusted.collect::<Vec<_>>(), model, test)
        }
        None => {
            let before = cases.iter().take(number).filter(|other| other.planned.is_none());
            before.map(|other| Calibration { recording: other.recording, load: Load::unknown() }).collect()
        }
    }
}

/// Of findings that speak of the very same figures only the surest, of these the largest, is told.
fn without_repetition(found: Vec<Contradiction>) -> Vec<Contradiction> {
    let key = |one: &Contradiction| {
        let mut rows = one.rows.clone();
        rows.sort_unstable();
        rows
    };
    let sure = |one: &Contradiction| match one.severity {
        Severity::Impossible => 2,
        Severity::Unexplained => 1,
        Severity::Unjudged => 0,
    };
    let mut kept: Vec<Contradiction> = Vec::new();
    for one in found {
        let same = kept.iter_mut().find(|other| !one.rows.is_empty() && key(other) == key(&one));
        match same {
            Some(other) if (sure(&one), one.size) > (sure(other), other.size) => *other = one,
            Some(_) => {}
            None => kept.push(one),
        }
    }
    kept
}

fn finding(contradiction: Contradiction, case: &Case) -> Finding {
    let Contradiction { law, severity, statement, numbers, size, rows, would_need } = contradiction;
    let observations = &case.recording.observations;
    Finding {
        id: String::new(),
        law: law.to_owned(),
        severity: match severity {
            Severity::Impossible => Sureness::Contradiction,
            Severity::Unexplained => Sureness::Doubtful,
            Severity::Unjudged => Sureness::Unjudged,
        },
        test: test_of(case),
        recording: case.recording.name.clone(),
        statement,
        numbers,
        size: Some(size.max(1.0)),
        would_need,
        rows: rows.into_iter().filter_map(|row| observations.get(row)).map(row).collect(),
    }
}

fn row(o: &Observation) -> AuditRow {
    AuditRow { line: (o.line > 0).then_some(o.line), figure: RecordedFigure::from(o), source: o.source.clone() }
}
