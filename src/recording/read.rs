//! Reads a recording, whatever its format: files are known by what is in them, not by their names.

use std::io::Read;
use std::path::Path;

use super::formats::{Recognised, document, gatling_binary, of_lines, text_figures};
use super::problems::{ReadError, ReadProblem};
use super::stream::blocks::{self, Lines};
use super::stream::events::Events;
use super::stream::input::Input;
use super::stream::names::Fold;
use super::stream::summary;
use super::{FileFacts, Format, Recording, series, table, tidy};

/// Largest file of figures, which is read whole; no report has as many.
const MOST_FIGURES: u64 = 1 << 30;

pub(super) type Refused = Vec<ReadProblem>;

/// Reads one file, packed with gzip or not.
///
/// # Errors
/// All problems of the file at once: it cannot be opened, is empty, is of no known format, has figures that make no
/// sense, or no request that could be read.
pub fn read(path: &Path) -> Result<Recording, ReadError> {
    read_by(path, std::thread::available_parallelism().map_or(1, usize::from))
}

/// The same on so many threads; the result does not depend on it.
///
/// # Errors
/// As [`read()`].
pub fn read_by(path: &Path, threads: usize) -> Result<Recording, ReadError> {
    let name = path.display().to_string();
    let open = || Input::open(path).map_err(|error| vec![ReadProblem::whole(format!("cannot be read: {error}"))]);
    let result =
        if path.is_dir() { Err(vec![ReadProblem::whole("is a folder")]) } else { dispatch(&name, open, threads) };
    result.map_err(|problems| ReadError { name, problems: in_order(problems) })
}

/// Reads a recording from text; `name` is only for people.
///
/// # Errors
/// All problems of the text at once.
pub fn read_text(name: &str, text: &str) -> Result<Recording, ReadError> {
    read_bytes(name, text.as_bytes())
}

/// Reads a recording from the bytes of a file, packed with gzip or not; `name` is only for people.
///
/// # Errors
/// As [`read()`].
pub fn read_bytes(name: &str, bytes: &[u8]) -> Result<Recording, ReadError> {
    let result = dispatch(name, || in_memory(bytes), 1);
    result.map_err(|problems| ReadError { name: name.to_owned(), problems: in_order(problems) })
}

/// The bytes of a file, as an input.
pub(super) fn in_memory(bytes: &[u8]) -> Result<Input, Refused> {
    Input::of_bytes(bytes.to_vec()).map_err(|error| vec![ReadProblem::whole(format!("cannot be read: {error}"))])
}

/// Recognises the format and reads on.
fn dispatch(name: &str, open: impl Fn() -> Result<Input, Refused>, threads: usize) -> Result<Recording, Refused> {
    let input = open()?;
    match requests(&input.head, open, threads, Events::new)? {
        Some(Requests { format, lines, fold }) => summary::recording(name, format, lines, fold.notes()),
        None => figures(name, &text(input)?),
    }
}

/// What a file of single requests holds.
pub(super) struct Requests {
    pub format: Format,
    pub lines: Lines,
    /// How much of their names is kept.
    pub fold: Fold,
}

/// Reads single requests into counts that begin as `empty` makes them; `None` if these bytes are no head of such a file.
pub(super) fn requests(
    head: &[u8],
    open: impl Fn() -> Result<Input, Refused>,
    threads: usize,
    empty: fn(Fold) -> Events,
) -> Result<Option<Requests>, Refused> {
    if let Some(problem) = no_text(head) {
        return Err(vec![problem]);
    }
    if gatling_binary::recognise(head) {
        let read = |fold| Ok(gatling_binary::read(open()?.into_reader(), empty(fold)));
        return folded(Format::GatlingBinary, read).map(Some);
    }
    let first = first_line(head);
    let Some(Recognised { format, any_order, .. }) = of_lines(head, first) else { return Ok(None) };
    let threads = if any_order { threads.max(1) } else { 1 };
    let read = |fold| {
        let readers = (0..threads).filter_map(|_| Some(of_lines(head, first)?.reader)).collect();
        Ok(blocks::read(open()?.into_reader(), readers, &empty(fold)))
    };
    folded(format, read).map(Some)
}

/// What bytes that are no text may be; `None` if they are text or a format that is read.
fn no_text(head: &[u8]) -> Option<ReadProblem> {
    let packed =
        [("zip", b"PK\x03\x04".as_slice()), ("zstd", b"\x28\xb5\x2f\xfd"), ("bzip2", b"BZh"), ("xz", b"\xfd7zXZ")];
    if let Some((how, _)) = packed.iter().find(|(_, begin)| head.starts_with(begin)) {
        return Some(
            ReadProblem::whole(format!("this file is packed with {how}"))
                .with_hint("unpack it first; gzip need not be"),
        );
    }
    let gob = head.contains(&0) && memchr::memmem::find(head, b"Latency").is_some();
    let vegeta = gob && memchr::memmem::find(head, b"Attack").is_some();
    vegeta.then(|| {
        ReadProblem::whole("these are Vegeta's results as gob").with_hint("vegeta encode --to json FILE > results.json")
    })
}

/// The first line that is neither empty nor a comment.
fn first_line(head: &[u8]) -> &[u8] {
    let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.find(|line| !line.is_empty() && !line.starts_with(b"#")).unwrap_or_default()
}

/// Reads single requests; anew with fewer names where there are too many.
fn folded(format: Format, read: impl Fn(Fold) -> Result<Lines, Refused>) -> Result<Requests, Refused> {
    let mut fold = Fold::Nothing;
    loop {
        let lines = read(fold)?;
        match fold.next().filter(|_| lines.events.too_many) {
            Some(next) => fold = next,
            None => return Ok(Requests { format, lines, fold }),
        }
    }
}

/// A file that is read whole.
pub(super) fn text(input: Input) -> Result<String, Refused> {
    let mut bytes = Vec::new();
    let read = input.into_reader().take(MOST_FIGURES).read_to_end(&mut bytes);
    if let Err(error) = read {
        return Err(vec![ReadProblem::whole(format!("cannot be read to its end: {error}"))]);
    }
    if bytes.len() as u64 == MOST_FIGURES {
        return Err(vec![ReadProblem::whole("a file of figures of more than a gigabyte is none")]);
    }
    String::from_utf8(bytes).map_err(|error| vec![not_text(error.as_bytes(), error.utf8_error().valid_up_to())])
}

fn not_text(bytes: &[u8], valid_up_to: usize) -> ReadProblem {
    let before = String::from_utf8_lossy(bytes.get(..valid_up_to).unwrap_or_default());
    let line = before.matches('\n').count() as u64 + 1;
    let column = before.chars().rev().take_while(|&c| c != '\n').count() as u64 + 1;
    ReadProblem::at(line, column, "here the file is no longer UTF-8 text").with_hint("save it as UTF-8")
}

/// Reads figures.
pub(super) fn figures(name: &str, text: &str) -> Result<Recording, Refused> {
    let content = text.trim_start();
    if content.is_empty() {
        return Err(vec![ReadProblem::whole("the file is empty")]);
    }
    if content.starts_with(['{', '[']) {
        return json(name, text);
    }
    if let Some(read) = text_figures::read(name, text) {
        return read;
    }
    let (format, recording) = csv(name, text)?;
    Ok(Recording { files: vec![FileFacts::plain(name, format)], ..recording })
}

fn json(name: &str, text: &str) -> Result<Recording, Refused> {
    document::read(name, &json_of(text)?)
}

/// A JSON document.
pub(super) fn json_of(text: &str) -> Result<serde_json::Value, Refused> {
    serde_json::from_str(text).map_err(|error| {
        let what = format!("no valid JSON: {error}");
        vec![ReadProblem::at(error.line() as u64, error.column() as u64, what)]
    })
}

fn csv(name: &str, text: &str) -> Result<(Format, Recording), Refused> {
    let header = table::header(text);
    let has = |column: &&&str| header.iter().any(|known| known == **column);
    let ours = tidy::COLUMNS.iter().filter(has).count();
    // Some other tools' tables have a `metric` or a `t_s` too; half the columns make it ours.
    if has(&&"t_s") && series::COLUMNS.iter().filter(has).count() >= 3 {
        Ok((Format::Series, series::read(name, text)?))
    } else if header.is_empty() || ours >= 5 || ours >= 3 && has(&&"metric") {
        Ok((Format::Tidy, tidy::read(name, text)?))
    } else {
        let what = "unknown format";
        let (figures, series) = (tidy::COLUMNS.join(","), series::COLUMNS.join(","));
        let hint = format!(
            "a table of figures begins with {figures}, a series with {series}; other formats: plimsoll inspect --help"
        );
        Err(vec![ReadProblem::at(1, 0, what).with_hint(hint)])
    }
}

/// Form is judged before content; people read from the top.
pub(super) fn in_order(mut problems: Vec<ReadProblem>) -> Vec<ReadProblem> {
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        read_text("x", text).unwrap_err().problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn formats_are_known_by_their_content() {
        let tidy = read_text("a", include_str!("../../tests/fixtures/recorded.csv")).unwrap();
        assert_eq!((tidy.name.as_str(), tidy.observations.len(), tidy.series.len()), ("a", 6, 0));
        let slow = tidy.find("http_req_duration{ok}", "items", "p99.9").unwrap();
        assert_eq!((slow.value, slow.line), (Some(39.5), 4));
        let series = read_text("b", include_str!("../../tests/fixtures/series.csv")).unwrap();
        assert_eq!((series.observations.len(), series.series.len()), (0, 3));
        let k6 = read_text("c", include_str!("../../tests/fixtures/k6_summary_export.json")).unwrap();
        assert!(k6.find("http_reqs", "", "count").is_some());
        assert_eq!(k6.files[0].format, Format::K6Summary);
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        assert_eq!(problems(" \n"), ["the file is empty"]);
        assert_eq!(problems("# only a comment\n"), ["the file is empty"]);
        assert!(problems("some,other,table\n1,2,3\n")[0].starts_with("line 1: unknown format"));
        assert!(problems("{\"metrics\": {,}}")[0].starts_with("line 1, column 14: no valid JSON"));
        assert!(problems("metric,stat,value\ncpu,avg,1\n")[0].starts_with("line 1: column `scope` is missing"));
    }

    #[test]
    fn problems_come_in_the_order_of_the_file() {
        let rows = "t_s,metric,scope,stat,value,unit\n1,cpu,app,avg,x,%\n1,cpu\n";
        let places: Vec<_> = read_text("x", rows).unwrap_err().problems.iter().map(|p| (p.line, p.column)).collect();
        assert_eq!(places, [(2, 15), (3, 0)]);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_where_they_stand() {
        let problem = not_text(b"ok\nab\xff", 5);
        assert_eq!((problem.line, problem.column), (2, 3));
        let missing = read(Path::new("no/such/file.csv")).unwrap_err();
        assert!(missing.problems[0].what.starts_with("cannot be read"));
    }
}
