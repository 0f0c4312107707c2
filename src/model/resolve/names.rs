//! What all parts of resolving share: the problems found, and references by name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::inputs::Known;
use crate::catalogue::{Catalogue, Sheet};
use crate::model::Input;
use crate::problem::{quoted, suggest};
use crate::spec::file::FileSpec;
use crate::spec::node::Span;
use crate::spec::reader::{At, Finding, MOST_FINDINGS, Named};

/// A model in the making.
#[derive(Debug)]
pub struct Resolver<'a> {
    pub file: &'a FileSpec,
    /// What paths in the file are relative to.
    pub dir: &'a Path,
    pub findings: Vec<Finding>,
    /// The instance types and prices that may be named.
    pub catalogue: Catalogue,
    /// Sheets of it with a file that cannot be understood.
    pub broken_sheets: Vec<Sheet>,
    /// What is allowed but hardly meant.
    pub warnings: Vec<Finding>,
    pub inputs: Vec<Input>,
    /// What presets have set, in words.
    pub presets: Vec<String>,
    /// The primary and the pools of its replicas that stand for a pool.
    pub replica_pools: BTreeMap<u32, (u32, Vec<u32>)>,
    /// Pools of the transactions that the present step stands in, the innermost last.
    pub transactions: Vec<u32>,
    /// Of each endpoint: the queues into which its requests, or jobs that they set off, put jobs. None if
    /// something of endpoints or queues is wrong.
    pub filled: Option<Vec<BTreeSet<u32>>>,
    /// The inputs that have names.
    pub known: BTreeMap<&'a str, Known>,
    /// Ranges that became inputs, by their path: one that is looked at twice is still one.
    pub ranges: BTreeMap<String, u32>,
    /// Laws that share a random number, by its name.
    pub draws: BTreeMap<String, u32>,
}

impl<'a> Resolver<'a> {
    pub fn new(file: &'a FileSpec, dir: &'a Path) -> Self {
        Resolver {
            file,
            dir,
            findings: Vec::new(),
            catalogue: Catalogue::default(),
            broken_sheets: Vec::new(),
            warnings: Vec::new(),
            inputs: Vec::new(),
            presets: Vec::new(),
            replica_pools: BTreeMap::new(),
            transactions: Vec::new(),
            filled: None,
            known: BTreeMap::new(),
            ranges: BTreeMap::new(),
            draws: BTreeMap::new(),
        }
    }

    pub fn problem(&mut self, span: Span, what: impl Into<String>) {
        self.note(Finding { span, what: what.into(), hint: None });
    }

    pub fn problem_with_hint(&mut self, span: Span, what: impl Into<String>, hint: impl Into<String>) {
        self.note(Finding { span, what: what.into(), hint: Some(hint.into()) });
    }

    fn note(&mut self, finding: Finding) {
        // What several steps refer to is looked at for each.
        let known = self.findings.iter().any(|known| known.span == finding.span && known.what == finding.what);
        if !known && self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        }
    }

    /// The index of what a name stands for.
    pub fn reference<T>(&mut self, what: &str, all: &Named<T>, name: &At<String>) -> Option<u32> {
        let position = all.position(&name.value);
        if position.is_none() && self.findings.len() < MOST_FINDINGS {
            let hint = suggest(&name.value, what, all.names());
            self.problem_with_hint(name.span, format!("no {what} {}", quoted(&name.value)), hint);
        }
        position.map(index)
    }

    /// As [`Self::reference`]; without a name, the only one there is.
    pub fn reference_or_only<T>(
        &mut self,
        what: &str,
        all: &Named<T>,
        name: Option<&At<String>>,
        span: Span,
    ) -> Option<u32> {
        if let Some(name) = name {
            return self.reference(what, all, name);
        }
        match all.entries.len() {
            1 => return Some(0),
            0 => self.problem(span, format!("this needs a {what}, and the model has none")),
            _ => {
                let hint = suggest("", what, all.names());
                self.problem_with_hint(span, format!("this must say which {what} it means"), hint);
            }
        }
        None
    }
}

/// Resolves all items and notes all their problems; `None` if one could not be resolved.
pub fn all<T, U>(items: impl IntoIterator<Item = T>, mut resolve: impl FnMut(T) -> Option<U>) -> Option<Vec<U>> {
    let mut resolved = Some(Vec::new());
    for item in items {
        match (resolve(item), &mut resolved) {
            (Some(value), Some(values)) => values.push(value),
            (Some(_), None) => {}
            (None, _) => resolved = None,
        }
    }
    resolved
}

/// Positions are those of things in a file of at most 16 MiB.
pub fn index(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

/// Of two keys that contradict each other, the one that was changed last: it is to blame.
pub fn latest(a: Span, b: Span) -> Span {
    if b.source > a.source { b } else { a }
}
