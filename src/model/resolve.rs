//! From what was written to what it means: a [`Model`], or all problems at once.
//!
//! Everything that can be wrong with a model is found here: unknown references, contradictions,
//! numbers that cannot be. After this nothing is optional and nothing is checked again. A plain load
//! also tries every variant and every test's own changes, so that a slip in them is found today and
//! not on the day they are needed.

mod admission;
mod alarm;
mod api;
mod autoscale;
mod balancer;
mod cache;
mod catalogue;
mod decision;
mod event;
mod flow;
mod host;
mod inputs;
mod iteration;
mod k6;
mod law;
mod lock;
mod memory;
mod names;
mod parameters;
mod pool;
mod preset;
mod queue;
mod replay;
mod replica;
mod samples;
mod scenario;
mod station;
mod storage;
mod test;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Model, VariantInfo};
use crate::problem::{Problem, Problems, suggest};
use crate::spec::change::{self, Change};
use crate::spec::file::FileSpec;
use crate::spec::node::{Node, Span, Value};
use crate::spec::reader::{Finding, Reader, Written};
use crate::spec::text::{self, Texts};
use names::Resolver;
pub use parameters::{parameter_at, parameters};

/// Variants, and tests with changes of their own: each is tried by itself.
const MOST_VARIANTS: usize = 200;

/// What of a file is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The test whose own changes are made first; see [`super::Test::changes`].
    pub test: Option<&'a str>,
    /// The variant whose changes are made next.
    pub variant: Option<&'a str>,
    /// `path=value` changes, made next and in this order.
    pub sets: &'a [String],
    /// Those of a sweep, made last.
    pub varied: &'a [String],
}

/// The model in a file, with the changes of a variant and of `path=value` arguments.
///
/// # Errors
/// All problems of the file and the changes.
pub fn load_model(path: &Path, variant: Option<&str>, sets: &[String]) -> Result<Model, Problems> {
    load_model_for(path, Wanted { variant, sets, ..Wanted::default() })
}

/// As [`load_model`], with the changes that one test makes to the system.
///
/// # Errors
/// All problems of the file and the changes.
pub fn load_model_for(path: &Path, wanted: Wanted) -> Result<Model, Problems> {
    let text = text::read_file(path).map_err(|problem| match path.exists() {
        true => problem,
        false => problem.with_hint("`plimsoll init` writes a model to start from"),
    })?;
    let dir = path.parent().unwrap_or(Path::new(""));
    load_text(&text, &path.display().to_string(), dir, wanted)
}

/// The model in a text. `name` is shown in problems; files named in it are relative to `dir`.
///
/// # Errors
/// All problems of the text and the changes.
pub fn load_model_text(
    text: &str,
    name: &str,
    dir: &Path,
    variant: Option<&str>,
    sets: &[String],
) -> Result<Model, Problems> {
    load_text(text, name, dir, Wanted { variant, sets, ..Wanted::default() })
}

/// Files that a model file names: recordings, samples, traces, catalogues; whatever in it is the path of a file that is
/// there. None of what cannot be read as a model.
#[must_use]
pub fn files_named(path: &Path) -> Vec<PathBuf> {
    let mut files = paths_named(path).unwrap_or_default();
    files.retain(|file| file.is_file());
    files
}

/// The same with what is not there but looks like the path of a file; `None` where a model cannot be read now.
#[must_use]
pub fn paths_named(path: &Path) -> Option<Vec<PathBuf>> {
    let is_model = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    let text = if is_model { text::read_file(path).ok()? } else { String::new() };
    let root = text::parse(&text, 0).ok()?;
    let dir = path.parent().unwrap_or(Path::new(""));
    let mut open = vec![&root];
    let mut files = Vec::new();
    while let Some(node) = open.pop() {
        match &node.value {
            Value::Table(entries) => open.extend(entries.iter().map(|entry| &entry.node)),
            Value::List(items) => open.extend(items),
            Value::Text(written) => files.push(dir.join(written)),
            _ => {}
        }
    }
    let ending = |file: &PathBuf| {
        file.extension().is_some_and(|ending| ending.to_string_lossy().chars().all(char::is_alphabetic))
    };
    files.retain(|file| ending(file) || file.is_file());
    Some(files)
}

fn load_text(text: &str, name: &str, dir: &Path, wanted: Wanted) -> Result<Model, Problems> {
    let text: Arc<str> = text.into();
    let mut texts = Texts::default();
    let file = texts.add(name, Arc::clone(&text), None);
    let problems = |texts: &Texts, findings: Vec<Finding>| {
        findings.into_iter().map(|finding| texts.problem(finding)).collect::<Vec<Problem>>()
    };
    let root = match text::parse(&text, file) {
        Ok(root) => root,
        Err(findings) => {
            let found = problems(&texts, findings);
            return Err(Problems::of(found).unwrap_or_else(|| Problem::whole(name, "this is not TOML").into()));
        }
    };

    let (changes, mut findings) = wanted_changes(&root, &text, name, wanted, &mut texts)?;
    let evaluated = evaluate(&root, &changes, name, dir, &mut findings);
    if wanted.variant.is_none() && wanted.sets.is_empty() && wanted.varied.is_empty() {
        try_own_changes(&root, &text, name, dir, &mut texts, &mut findings);
    }
    match (Problems::of(problems(&texts, findings)), evaluated) {
        (None, Some((mut model, warnings))) => {
            model.warnings = problems(&texts, warnings).iter().map(ToString::to_string).collect();
            Ok(model)
        }
        (Some(problems), _) => Err(problems),
        (None, None) => Err(Problem::whole(name, "cannot be understood").into()),
    }
}

/// The changes to make, in their order, and the problems of their paths.
fn wanted_changes(
    root: &Node,
    text: &Arc<str>,
    name: &str,
    wanted: Wanted,
    texts: &mut Texts,
) -> Result<(Vec<Change>, Vec<Finding>), Problems> {
    let (mut changes, mut findings) = (Vec::new(), Vec::new());
    for (collection, chosen) in [("test", wanted.test), ("variant", wanted.variant)] {
        let Some(chosen) = chosen else { continue };
        let tables = root.entry(collection).and_then(|entry| entry.node.entries()).unwrap_or(&[]);
        let Some(entry) = tables.iter().find(|entry| entry.key == chosen) else {
            let hint = suggest(chosen, collection, tables.iter().map(|entry| entry.key.as_str()));
            return Err(Problem::whole(name, format!("no {collection} \"{chosen}\"")).with_hint(hint).into());
        };
        if let Some(set) = entry.node.entry("set") {
            let source = texts.add(name, Arc::clone(text), Some(format!("[{collection}.{chosen}].set")));
            let (own, problems) = change::of_table(&set.node, source);
            changes.extend(own);
            findings.extend(problems);
        }
    }
    let arguments = wanted.sets.iter().map(|set| ("--set", set));
    for (option, set) in arguments.chain(wanted.varied.iter().map(|set| ("--vary", set))) {
        let source = texts.add(option, set.as_str().into(), Some(format!("{option} {set}")));
        match change::of_argument(set, source) {
            Ok(change) => changes.push(change),
            Err(finding) => findings.push(finding),
        }
    }
    Ok((changes, findings))
}

/// Makes changes, reads and resolves; all problems go to `findings`. Returns the model and its warnings.
fn evaluate(
    root: &Node,
    changes: &[Change],
    name: &str,
    dir: &Path,
    findings: &mut Vec<Finding>,
) -> Option<(Model, Vec<Finding>)> {
    let mut changed = root.clone();
    for change in changes {
        findings.extend(change::apply(&mut changed, change).err());
    }
    let left_out = k6::put_in(&mut changed, dir, findings);
    let mut reader = Reader::default();
    let file = FileSpec::read(&changed, &mut reader);
    findings.append(&mut reader.findings);
    let mut resolver = Resolver::new(file.as_ref()?, dir);
    let model = resolver.model(name);
    if let Some(model) = &model {
        resolver.too_many_from_the_start(model);
    }
    findings.append(&mut resolver.findings);
    resolver.warnings.extend(left_out);
    Some((model?, resolver.warnings))
}

/// Tries each variant and each test's changes alone, and adds the problems that only they have.
fn try_own_changes(
    root: &Node,
    text: &Arc<str>,
    name: &str,
    dir: &Path,
    texts: &mut Texts,
    findings: &mut Vec<Finding>,
) {
    for collection in ["test", "variant"] {
        let tables = root.entry(collection).and_then(|entry| entry.node.entries()).unwrap_or(&[]);
        let with_changes = tables.iter().filter_map(|entry| Some((entry, entry.node.entry("set")?)));
        for (count, (table, set)) in with_changes.enumerate() {
            if count == MOST_VARIANTS {
                let what = format!("there are more than {MOST_VARIANTS} sets of changes");
                findings.push(Finding { span: table.key_span, what, hint: None });
                break;
            }
            let source = texts.add(name, Arc::clone(text), Some(format!("[{collection}.{}].set", table.key)));
            let (changes, mut found) = change::of_table(&set.node, source);
            evaluate(root, &changes, name, dir, &mut found);
            for mut finding in found {
                let known = |other: &Finding| other.span == finding.span && other.what == finding.what;
                if !findings.iter().any(known) {
                    // The text is that of the file: only the change makes this place a problem.
                    finding.span = Span { source, ..finding.span };
                    findings.push(finding);
                }
            }
        }
    }
}

impl Resolver<'_> {
    fn model(&mut self, name: &str) -> Option<Model> {
        let file = self.file;
        self.declare_inputs();
        self.read_catalogue();
        let hosts = self.hosts();
        let tiers = self.tiers();
        let databases = self.databases();
        let caches = self.caches();
        let locks = self.locks();
        let poolers = self.poolers();
        let pools = self.pools();
        let (mut databases, mut poolers, mut pools) = (databases, poolers, pools);
        if let (Some(databases), Some(poolers), Some(pools)) = (&mut databases, &mut poolers, &mut pools) {
            self.replicate(databases, poolers, pools);
        }
        let apis = self.apis();
        let limits = self.limits();
        let queues = self.queues();
        let endpoints = self.endpoints();
        self.filled = endpoints.as_deref().zip(queues.as_deref()).map(|(e, q)| queue::filled(e, q));
        let mut iterations = self.iterations();
        let tests = self.tests(iterations.as_mut());
        if let (Some(tiers), Some(hosts)) = (&tiers, &hosts) {
            self.refuse_events(tiers, hosts);
            self.warn_of_too_many_killed(tiers);
            self.refuse_autoscaling(tiers, hosts);
        }
        let alarms = self.alarms();
        let decisions = self.decisions();
        self.refuse_unused_changes();
        let system = file.system.as_ref();
        let written_name = system.and_then(|system| system.name.as_ref()).map(|name| name.value.clone());
        let stem = Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        Some(Model {
            name: written_name.or(stem).unwrap_or_default(),
            about: system.and_then(|system| system.about.clone()).unwrap_or_default(),
            sources: system
                .and_then(|system| system.sources.as_ref())
                .map(|list| list.items.clone())
                .unwrap_or_default(),
            hosts: hosts?,
            tiers: tiers?,
            databases: databases?,
            caches: caches?,
            locks: locks?,
            poolers: poolers?,
            pools: pools?,
            presets: std::mem::take(&mut self.presets),
            apis: apis?,
            limits: limits?,
            queues: queues?,
            endpoints: endpoints?,
            iterations: iterations?,
            tests: tests?,
            alarms: alarms?,
            decisions: decisions?,
            inputs: std::mem::take(&mut self.inputs),
            variants: self.variants(),
            warnings: Vec::new(),
        })
    }

    fn variants(&self) -> Vec<VariantInfo> {
        let known = self.file.variant.entries.iter().filter_map(|entry| Some((entry, entry.value.as_ref()?)));
        known
            .map(|(entry, variant)| VariantInfo {
                name: entry.name.value.clone(),
                about: variant.about.clone().unwrap_or_default(),
                alternative: variant.alternative.unwrap_or(false),
            })
            .collect()
    }
}
