//! Decisions: what has to hold, what is to be changed, and what is decided then.

use super::objective::Objective;

/// A decision, such as go or no-go.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    pub name: String,
    /// One paragraph for people; may be empty.
    pub about: String,
    /// At least one.
    pub criteria: Vec<Criterion>,
    /// Names of variants, in the order in which they are looked at.
    pub changes: Vec<String>,
    pub branches: Vec<Branch>,
}

/// Something that has to hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Criterion {
    pub name: String,
    /// Names of the tests in which it has to hold; none: it lies outside of any simulation.
    pub tests: Vec<String>,
    /// What has to hold in each of them; none: the tests' own required objectives.
    pub objectives: Vec<Objective>,
    /// Why a simulation says nothing on it; empty if it does.
    pub outside: String,
}

/// A branch of a decision tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// All have to be so; at least one.
    pub when: Vec<Condition>,
    pub then: String,
}

/// What has to be so for a branch to be taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Index into [`Decision::changes`]; `None`: the system as it is.
    pub with: Option<usize>,
    /// Indices of criteria that all hold.
    pub holds: Vec<usize>,
    /// Indices of criteria of which at least one fails; none: nothing is asked.
    pub fails: Vec<usize>,
}
