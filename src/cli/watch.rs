//! `--watch`: a command again whenever a file that it reads is saved.
//!
//! The files are looked at, by name, a few times a second. They are a handful; it works where no system tells of changes
//! (network drives, folders shared with a container); and an editor that puts a new file in the place of the old one is
//! no case of its own.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::args::{Format, How};
use super::exit::Exit;
use super::output::{complain, form, only, print, reader_is_gone, say};
use super::progress::{begin, catch_interrupts, is_interrupted, is_overtaken, overtake};
use crate::model::resolve::paths_named;
use crate::problem::Problem;

/// From one look to the next. A file that is written in pieces is complete when two looks see the same.
const LOOK: Duration = Duration::from_millis(100);
/// Looks for which a file that was there may be gone, as between an editor's removing and writing it.
const GONE: u32 = 10;
/// Columns of the rule between two results.
const RULE: usize = 100;

/// What a look sees of a file: when it was written, and its length; `None` where there is none.
type Look = Option<(Option<SystemTime>, u64)>;

/// Files that a command reads, and what was seen of them before it read them.
struct Files<'a> {
    inputs: &'a [&'a Path],
    seen: BTreeMap<PathBuf, Look>,
}

impl<'a> Files<'a> {
    fn of(inputs: &'a [&'a Path]) -> Files<'a> {
        Files { inputs, seen: inputs.iter().map(|input| (input.to_path_buf(), None)).collect() }
    }

    /// Looks at all files that are named now. A model that cannot be read names those that it named before.
    fn look(&mut self) {
        let named: Option<Vec<Vec<PathBuf>>> = self.inputs.iter().map(|input| paths_named(input)).collect();
        let mut names: Vec<PathBuf> = self.inputs.iter().map(|input| input.to_path_buf()).collect();
        match named {
            Some(named) => names.extend(named.into_iter().flatten()),
            None => names.extend(self.seen.keys().cloned()),
        }
        self.seen = names.into_iter().map(|name| (name.clone(), look_at(&name))).collect();
    }

    fn now(&self) -> BTreeMap<PathBuf, Look> {
        self.seen.keys().map(|name| (name.clone(), look_at(name))).collect()
    }

    /// Files that are there.
    fn count(&self) -> usize {
        self.seen.values().flatten().count()
    }

    /// Waits until a file is other than it was and stays so; the names of those that are, or `None` if interrupted. What
    /// was given up is begun anew in any case: a file may have been gone and come back as it was.
    fn saved(&self, is_given_up: bool) -> Option<Vec<String>> {
        let mut last = self.now();
        let mut gone = 0;
        while !is_interrupted() {
            std::thread::sleep(LOOK);
            let now = self.now();
            let is_gone = |(name, look): (&PathBuf, &Look)| look.is_some() && now.get(name) == Some(&None);
            gone = if self.seen.iter().any(is_gone) { gone + 1 } else { 0 };
            if now == last && (is_given_up || now != self.seen) && (gone == 0 || gone > GONE) {
                let other = now.iter().filter(|(name, look)| self.seen.get(*name) != Some(look));
                return Some(other.map(|(name, _)| name.display().to_string()).collect());
            }
            last = now;
        }
        None
    }

    /// Does the work; if a file is saved meanwhile, what is under way is given up.
    fn until_saved(&self, work: impl FnOnce() -> Exit) -> Exit {
        let is_done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let looking = scope.spawn(|| {
                while !is_done.load(Ordering::Acquire) {
                    std::thread::park_timeout(LOOK);
                    if !is_done.load(Ordering::Acquire) && self.now() != self.seen {
                        return overtake();
                    }
                }
            });
            let exit = work();
            is_done.store(true, Ordering::Release);
            looking.thread().unpark();
            exit
        })
    }
}

fn look_at(file: &Path) -> Look {
    let there = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    Some((there.modified().ok(), there.len()))
}

/// Does the work, and again whenever one of the inputs, or a file that a model among them names, is saved; until Ctrl-C,
/// or until nobody reads the results any more. What is wrong with a file is told, and waited for. An input that is not
/// there from the beginning is wrong usage.
pub(super) fn watch(inputs: &[&Path], how: &How, work: impl Fn() -> Exit) -> Exit {
    if let Some(refused) = refused(how) {
        return complain(&only(refused));
    }
    if inputs.iter().any(|input| !input.is_file()) {
        return work();
    }
    catch_interrupts();
    let mut files = Files::of(inputs);
    loop {
        files.look();
        begin();
        files.until_saved(&work);
        if is_interrupted() || reader_is_gone() {
            return Exit::Interrupted;
        }
        if !is_overtaken() && !how.quiet {
            say(&format!("watching {}; Ctrl-C ends", crate::present::number::counted(files.count(), "file")));
        }
        let Some(saved) = files.saved(is_overtaken()) else { return Exit::Interrupted };
        let what = if saved.is_empty() { "files as before".to_owned() } else { format!("saved: {}", saved.join(", ")) };
        let saved = format!("{} UTC, {what}", time_of_day());
        if std::io::stdout().is_terminal() {
            let rule = "─".repeat(RULE.saturating_sub(saved.chars().count() + 4));
            // A terminal that has gone away is found by the next result.
            let _ = print(&format!("\n── {saved} {rule}\n\n"));
        } else if !how.quiet {
            say(&saved);
        }
    }
}

/// Forms in which several results one after the other are none.
fn refused(how: &How) -> Option<Problem> {
    let form = form(how.format, how.output.as_deref());
    let name = match form {
        Format::Csv => "csv",
        Format::Html => "html",
        Format::Text | Format::Markdown | Format::Json => return None,
    };
    let problem = Problem::whole("--watch", format!("several results as {name} are no {name} on stdout"));
    let hint = "--output FILE has the last result, whole; of --format json each result is a document of its own";
    how.output.is_none().then(|| problem.with_hint(hint))
}

fn time_of_day() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}", since / 3600, since / 60 % 60, since % 60)
}
