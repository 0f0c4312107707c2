//! `--map recorded=model`: names of a recording and the model's names for the same things.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::args::CheckArgs;
use super::load;
use super::output::only;
use crate::model::Model;
use crate::problem::{Problem, Problems, nearest, quoted};
use crate::recording::Recording;
use crate::study::names::scope_names;

/// Names listed in a hint.
const MOST_LISTED: usize = 24;

/// The pairs as written.
pub(super) fn bridges(map: &[String]) -> Result<Vec<(String, String)>, Problems> {
    let pair = |text: &String| {
        // URLs have such signs in them.
        let (recorded, model) = text.rsplit_once('=')?;
        Some((recorded.trim().to_owned(), model.trim().to_owned()))
    };
    let problem = |text: &String| {
        let hint = "write recorded=model, for example --map postgres=main";
        only(Problem::whole(format!("--map {text}"), "has no '='").with_hint(hint))
    };
    map.iter().map(|text| pair(text).ok_or_else(|| problem(text))).collect()
}

/// Gives a recording's scopes the model's names.
pub(super) fn bridge(recording: &mut Recording, map: &[(String, String)]) {
    let observed = recording.observations.iter_mut().map(|observation| &mut observation.scope);
    let over_time = recording.series.iter_mut().map(|point| &mut point.scope);
    observed.chain(over_time).for_each(|scope| bridge_scope(scope, map));
}

/// A scope in the model's names: whole, or the first word of "endpoint cause".
fn bridge_scope(scope: &mut String, map: &[(String, String)]) {
    for (recorded, model) in map {
        if let Some(rest) = rest_after(scope, recorded) {
            *scope = format!("{model}{rest}");
            return;
        }
    }
}

/// What follows a name in a scope that it begins: nothing, or " cause".
fn rest_after<'s>(scope: &'s str, name: &str) -> Option<&'s str> {
    scope.strip_prefix(name).filter(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// A model, and the files of recordings that are laid beside it.
pub(super) type Laid = (Model, Vec<PathBuf>);

/// The models, each with the files that are laid beside it; nothing is read unless names are bridged.
pub(super) fn laid(args: &CheckArgs) -> Result<Vec<Laid>, Problems> {
    let mut all = Vec::new();
    for path in args.models.iter().filter(|_| !args.map.is_empty()) {
        let model = load::model_for(path, None, args.how.variant.as_deref(), &args.how.set)?;
        let own = model.tests.iter().flat_map(|test| &test.recordings).map(|recording| recording.path.clone());
        let files = if args.against.is_empty() { own.collect() } else { args.against.clone() };
        all.push((model, files));
    }
    Ok(all)
}

/// Refuses bridges from names that no recording has and to names that no model has: a misspelt one
/// would bridge nothing, and the figures would silently not be compared.
pub(super) fn refuse_unknown(written: &[String], laid: &[Laid]) -> Result<(), Problems> {
    let map = bridges(written)?;
    if map.is_empty() {
        return Ok(());
    }
    let (mut recorded, mut known) = (BTreeSet::new(), BTreeSet::new());
    for (model, files) in laid {
        known.extend(scope_names(model));
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        let recording = load::recording(&files, &[])?;
        recorded.extend(recording.observations.into_iter().map(|observation| observation.scope));
        recorded.extend(recording.series.into_iter().map(|point| point.scope));
    }
    recorded.remove("");
    let mut problems = Vec::new();
    for ((from, to), text) in map.iter().zip(written) {
        let problem = |what: &str, name: &str, names: &BTreeSet<String>| {
            Problem::whole(format!("--map {text}"), format!("{what} {}", quoted(name))).with_hint(hint(name, names))
        };
        if !recorded.iter().any(|scope| rest_after(scope, from).is_some()) {
            problems.push(problem("no recording names", from, &recorded));
        }
        let joined = to.rsplit_once(' ').is_some_and(|(a, b)| known.contains(a) && known.contains(b));
        if !known.contains(to) && !joined {
            problems.push(problem("the model has nothing called", to, &known));
        }
    }
    Problems::of(problems).map_or(Ok(()), Err)
}

/// The nearest right spelling, and what is right.
fn hint(name: &str, names: &BTreeSet<String>) -> String {
    let near = nearest(name, names.iter().map(String::as_str));
    let near = near.map_or(String::new(), |near| format!("did you mean {}? ", quoted(near)));
    let listed: Vec<String> = names.iter().take(MOST_LISTED).map(|name| quoted(name)).collect();
    let more = names.len().saturating_sub(MOST_LISTED);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{near}valid: {}{more}", listed.join(", "))
}
