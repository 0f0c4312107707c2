//! Decisions as they are written: criteria, changes, and the branches of a decision tree.

use super::keys::keys;
use super::reader::{At, List, Named};
use super::test::ThresholdsSpec;

keys! {
    /// A decision, such as go or no-go: `plimsoll decide` says how probable each criterion and each branch is,
    /// with the system as it is and after each change.
    DecisionSpec "a decision" {
        /// One paragraph for people.
        about: Option<String>,
        /// What has to hold.
        criteria: List<CriterionSpec>,
        /// Variants to decide on, one after the other.
        changes: Option<List<At<String>>>,
        /// The branches of the decision tree.
        branches: Option<List<BranchSpec>>,
    }
}

keys! {
    /// Something that has to hold.
    CriterionSpec "a criterion" {
        /// Its name, for results and branches.
        name: At<String>,
        /// Tests in which it has to hold.
        tests: Option<List<At<String>>>,
        /// What has to hold in each of them; the tests' own required thresholds if left out.
        thresholds: Named<ThresholdsSpec>,
        /// Instead of tests: why a simulation says nothing on it. Shown, and left to people.
        outside: Option<At<String>>,
    }
}

keys! {
    /// A branch of a decision tree.
    BranchSpec "a branch" {
        /// All of these have to be so.
        when: List<ConditionSpec>,
        /// What is decided then, in words.
        then: String,
    }
}

keys! {
    /// What has to be so for a branch to be taken.
    ConditionSpec "a condition" {
        /// The variant that is tested; the system as it is if left out.
        with: Option<At<String>>,
        /// Criteria that all hold; "*" is every one that can be simulated.
        holds: Option<List<At<String>>>,
        /// Criteria of which at least one fails; "*" likewise.
        fails: Option<List<At<String>>>,
    }
}
