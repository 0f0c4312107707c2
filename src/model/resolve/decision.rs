//! Decisions: their criteria, changes and branches.

use super::names::{Resolver, all};
use crate::model::{Branch, Condition, Criterion, Decision, Objective};
use crate::problem::{quoted, suggest};
use crate::spec::decision::{BranchSpec, ConditionSpec, CriterionSpec, DecisionSpec};
use crate::spec::reader::{At, List, NamedEntry};

/// Stands for every criterion that can be simulated.
const EVERY: &str = "*";

impl Resolver<'_> {
    pub fn decisions(&mut self) -> Option<Vec<Decision>> {
        all(&self.file.decision.entries, |entry| self.decision(entry))
    }

    fn decision(&mut self, entry: &NamedEntry<DecisionSpec>) -> Option<Decision> {
        self.check_name(entry, "a decision");
        let spec = entry.value.as_ref()?;
        if spec.criteria.items.is_empty() && spec.criteria.complete {
            self.problem(spec.criteria.span, "a decision needs a criterion");
            return None;
        }
        let criteria = all(&spec.criteria.items, |criterion| self.criterion(criterion));
        let changes = spec.changes.iter().flat_map(|list| &list.items);
        let changes = all(changes, |change| self.change(change));
        let (criteria, changes) = (criteria?, changes?);
        let branches = spec.branches.iter().flat_map(|list| &list.items);
        let branches = all(branches, |branch| self.branch(branch, &criteria, &changes));
        Some(Decision {
            name: entry.name.value.clone(),
            about: spec.about.clone().unwrap_or_default(),
            criteria,
            changes,
            branches: branches?,
        })
    }

    fn change(&mut self, name: &At<String>) -> Option<String> {
        self.reference("variant", &self.file.variant, name).map(|_| name.value.clone())
    }

    fn criterion(&mut self, spec: &CriterionSpec) -> Option<Criterion> {
        self.check_label(&spec.name, "a criterion");
        let file = self.file;
        let written: &[At<String>] = spec.tests.as_ref().map_or(&[], |list| &list.items);
        match (&spec.outside, written) {
            (None, []) => {
                let hint = "name tests = [\"peak\"], or say why not: outside = \"smoke tests are run by hand\"";
                self.problem_with_hint(spec.name.span, "this criterion has no tests", hint);
                return None;
            }
            (Some(outside), [_, ..]) => {
                self.problem(outside.span, "a criterion with tests is not outside of them");
                return None;
            }
            _ => {}
        }
        let tests = all(written, |name| {
            self.reference("test", &file.test, name).and_then(|test| file.test.entries.get(test as usize))
        })?;
        let mut objectives: Vec<Objective> = Vec::new();
        for entry in &tests {
            let test = entry.value.as_ref()?;
            let own = all(&spec.thresholds.entries, |threshold| self.objectives(threshold, test))?;
            self.check_spans(entry, &spec.thresholds.entries, &own);
            // The thresholds are the same in each test; only their names are looked up in each.
            objectives = own.into_iter().flatten().collect();
        }
        Some(Criterion {
            name: spec.name.value.clone(),
            tests: tests.iter().map(|entry| entry.name.value.clone()).collect(),
            objectives,
            outside: spec.outside.as_ref().map(|why| why.value.clone()).unwrap_or_default(),
        })
    }

    fn branch(&mut self, spec: &BranchSpec, criteria: &[Criterion], changes: &[String]) -> Option<Branch> {
        if spec.when.items.is_empty() && spec.when.complete {
            self.problem(spec.when.span, "a branch needs a condition");
        }
        let when = all(&spec.when.items, |condition| self.condition(condition, criteria, changes));
        Some(Branch { when: when?, then: spec.then.clone() })
    }

    fn condition(&mut self, spec: &ConditionSpec, criteria: &[Criterion], changes: &[String]) -> Option<Condition> {
        let with = match &spec.with {
            None => Some(None),
            Some(name) => match changes.iter().position(|change| *change == name.value) {
                Some(change) => Some(Some(change)),
                None => {
                    let hint = suggest(&name.value, "change", changes.iter().map(String::as_str));
                    let what = format!("{} is none of the decision's changes", quoted(&name.value));
                    self.problem_with_hint(name.span, what, hint);
                    None
                }
            },
        };
        if spec.holds.is_none() && spec.fails.is_none() {
            self.problem(spec.span, "a condition says what holds or what fails");
        }
        let holds = self.named_criteria(spec.holds.as_ref(), criteria);
        let fails = self.named_criteria(spec.fails.as_ref(), criteria);
        Some(Condition { with: with?, holds: holds?, fails: fails? })
    }

    fn named_criteria(&mut self, list: Option<&List<At<String>>>, criteria: &[Criterion]) -> Option<Vec<usize>> {
        let names = list.map_or(&[][..], |list| &list.items);
        let simulated = |criterion: &Criterion| !criterion.tests.is_empty();
        let found = all(names, |name| {
            if name.value == EVERY {
                return Some((0..criteria.len()).filter(|&number| simulated(&criteria[number])).collect());
            }
            let Some(number) = criteria.iter().position(|criterion| criterion.name == name.value) else {
                let hint = suggest(&name.value, "criterion", criteria.iter().map(|criterion| criterion.name.as_str()));
                self.problem_with_hint(name.span, format!("no criterion {}", quoted(&name.value)), hint);
                return None;
            };
            if !simulated(&criteria[number]) {
                self.problem(name.span, format!("{} lies outside of any simulation", quoted(&name.value)));
                return None;
            }
            Some(vec![number])
        });
        found.map(|found| found.into_iter().flatten().collect())
    }
}
