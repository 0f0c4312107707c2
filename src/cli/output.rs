//! Where results go, and in which form.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::args::{Format, How};
use super::exit::Exit;
use crate::model::resolve::files_named;
use crate::present::detail::Detail;
use crate::present::document::Document;
use crate::present::figure::{FigureError, Target, Theme};
use crate::present::table::Table;
use crate::problem::{Problem, Problems};

/// Columns of a page.
const WIDTH: usize = 100;

/// A result in the form asked for, to where it was asked.
///
/// # Errors
/// The problem, if a file cannot be written.
pub(super) fn deliver(
    how: &How,
    page: impl FnOnce() -> Document,
    json: impl FnOnce() -> serde_json::Value,
    csv: impl FnOnce() -> String,
) -> Result<(), Problems> {
    deliver_to(how.format, how.output.as_deref(), page, json, csv)
}

/// The same for commands that predict nothing.
///
/// # Errors
/// The problem, if a file cannot be written.
pub(super) fn deliver_to(
    format: Option<Format>,
    output: Option<&Path>,
    page: impl FnOnce() -> Document,
    json: impl FnOnce() -> serde_json::Value,
    csv: impl FnOnce() -> String,
) -> Result<(), Problems> {
    let to_terminal = output.is_none() && colour_wanted(&std::io::stdout());
    let text = in_form(form(format, output), to_terminal, page, json, csv);
    match output {
        None => print(&text).map_err(only),
        Some(file) => write_whole(file, text.as_bytes()),
    }
}

/// The form asked for, or that of the file's ending.
pub(super) fn form(format: Option<Format>, output: Option<&Path>) -> Format {
    let ending = output.and_then(Path::extension);
    let html = ending.is_some_and(|ending| ending.eq_ignore_ascii_case("html"));
    format.unwrap_or(if html { Format::Html } else { Format::Text })
}

/// A result for stdout.
pub(super) fn formatted(
    format: Format,
    page: impl FnOnce() -> Document,
    json: impl FnOnce() -> serde_json::Value,
    csv: impl FnOnce() -> String,
) -> String {
    in_form(format, colour_wanted(&std::io::stdout()), page, json, csv)
}

fn in_form(
    format: Format,
    colour: bool,
    page: impl FnOnce() -> Document,
    json: impl FnOnce() -> serde_json::Value,
    csv: impl FnOnce() -> String,
) -> String {
    match format {
        Format::Text => page().to_text(WIDTH, colour),
        Format::Markdown => page().to_markdown(),
        Format::Html => page().to_html(),
        Format::Json => format!("{:#}\n", json()),
        Format::Csv => csv(),
    }
}

/// Refuses CSV for what is no table.
pub(super) fn no_csv(how: &How, command: &str) -> Result<(), Problems> {
    match how.format {
        Some(Format::Csv) => {
            let problem = Problem::whole("--format csv", format!("plimsoll {command} writes no table"));
            Err(only(problem.with_hint("plimsoll run, check and decide do")))
        }
        Some(Format::Text | Format::Json | Format::Markdown | Format::Html) | None => Ok(()),
    }
}

/// How much of a result to show.
pub(super) fn detail(how: &How) -> Detail {
    if how.full { Detail::Full } else { Detail::Compact }
}

/// Whether a stream wants colour: a terminal, and NO_COLOR not set (no-color.org).
pub(super) fn colour_wanted(stream: &impl IsTerminal) -> bool {
    let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    stream.is_terminal() && !no_colour
}

/// Nobody reads stdout any more.
static READER_IS_GONE: AtomicBool = AtomicBool::new(false);

/// Whether something was printed that nobody was there to read.
pub(super) fn reader_is_gone() -> bool {
    READER_IS_GONE.load(Ordering::Relaxed)
}

/// Prints to stdout. A reader that has gone away is no error.
///
/// # Errors
/// Any other failure to write.
pub(super) fn print(text: &str) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Problem::whole("stdout", format!("cannot be written: {error}")))
        }
        Err(_) => {
            READER_IS_GONE.store(true, Ordering::Relaxed);
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// Writes a file whole or not at all: a temporary file beside it takes its place when complete.
/// Links, pipes and devices are written to as they are.
pub(super) fn write_whole(file: &Path, bytes: &[u8]) -> Result<(), Problems> {
    let problem =
        |error: std::io::Error| only(Problem::whole(file.display().to_string(), format!("cannot be written: {error}")));
    if file.symlink_metadata().is_ok_and(|there| !there.is_file()) {
        return std::fs::write(file, bytes).map_err(problem);
    }
    let beside = partial(file);
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, file));
    written.map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        problem(error)
    })
}

/// Refuses, before any work is done, files that cannot be written and figures that no format fits.
/// `inputs` are files that are read and must not be overwritten, nor what models among them name.
pub(super) fn writable(how: &How, inputs: &[&Path]) -> Result<(), Problems> {
    let inputs = with_named(inputs);
    for file in [&how.output, &how.plot].into_iter().flatten() {
        writable_file(file, &inputs)?;
    }
    let Some(plot) = &how.plot else { return Ok(()) };
    let problem = |what: &str| Err(only(Problem::whole(plot.display().to_string(), what)));
    if how.output.as_ref().is_some_and(|output| same(output, plot)) {
        return problem("is the result and the figure at once");
    }
    if plot.symlink_metadata().is_ok_and(|there| !there.is_file()) {
        return problem("is no plain file");
    }
    let ending = plot.extension().map(|ending| ending.to_ascii_lowercase());
    if ending.is_some_and(|ending| ending == "svg" || ending == "png") {
        return Ok(());
    }
    let problem = Problem::whole(plot.display().to_string(), "the name of a figure has to end in .svg or .png");
    Err(only(problem))
}

/// Files that are read, and those that models among them name.
pub(super) fn with_named(inputs: &[&Path]) -> Vec<PathBuf> {
    inputs.iter().flat_map(|input| files_named(input).into_iter().chain([input.to_path_buf()])).collect()
}

/// Refuses a file that cannot be written or is among those that are read.
pub(super) fn writable_file(file: &Path, inputs: &[impl AsRef<Path>]) -> Result<(), Problems> {
    let problem = |what: &str| Err(only(Problem::whole(file.display().to_string(), what)));
    if inputs.iter().any(|input| same(input.as_ref(), file)) {
        return problem("is read as well, and would be overwritten");
    }
    if file.metadata().is_ok_and(|there| there.permissions().readonly()) {
        return problem("may not be written");
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if folder.is_some_and(|folder| !folder.is_dir()) {
        return problem("its folder does not exist");
    }
    if file.is_dir() { problem("is a folder") } else { Ok(()) }
}

/// Whether two paths lead to the same file.
pub(super) fn same(a: &Path, b: &Path) -> bool {
    a == b || a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
}

/// Draws the figure asked for, if one was; it takes its name when it is complete.
pub(super) fn draw(how: &How, figure: impl FnOnce(Target) -> Result<(), FigureError>) -> Result<(), Problems> {
    let Some(plot) = &how.plot else { return Ok(()) };
    let problem = |what: String| only(Problem::whole(plot.display().to_string(), what));
    let beside = partial(plot);
    let theme = if how.dark { Theme::Dark } else { Theme::Light };
    let drawn = figure(Target { path: &beside, theme }).map_err(|error| problem(error.to_string()));
    let placed = drawn
        .and_then(|()| std::fs::rename(&beside, plot).map_err(|error| problem(format!("cannot be written: {error}"))));
    if placed.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    placed
}

/// A table as CSV.
pub(super) fn csv(table: &Table) -> String {
    let mut bytes = Vec::new();
    // Writing to memory cannot fail.
    let _ = table.write_csv(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The name under which a file is written until it is complete; its ending stays.
fn partial(file: &Path) -> PathBuf {
    let name = file.file_name().map_or_else(Default::default, |name| name.to_string_lossy().into_owned());
    file.with_file_name(format!(".partial-{}-{name}", std::process::id()))
}

/// A list of one problem.
pub(super) fn only(problem: Problem) -> Problems {
    Problems::one(problem)
}

/// Tells problems on stderr.
pub(super) fn complain(problems: &Problems) -> Exit {
    let colour = colour_wanted(&std::io::stderr());
    let _ = writeln!(std::io::stderr(), "{}", problems.render(colour).trim_end());
    Exit::Usage
}

/// Warns on stderr.
pub(super) fn warn(text: &str) {
    say(&format!("warning: {text}"));
}

/// Tells something on stderr.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
