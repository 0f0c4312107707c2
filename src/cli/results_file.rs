//! The file of a sweep: a line that says what decides, then a finished point per line.
//!
//! Lines are only ever added, each in one piece, so whatever ends a sweep leaves whole lines and at most one torn
//! one, which is cut off. Points of another model, version, seed or test are refused in words: they cannot be laid
//! beside these.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::output::only;
use super::run::without_noise;
use crate::problem::{Problem, Problems};
use crate::study::sweep::{Point, Shard};

/// What is said of any other file.
pub(super) const NO_RESULTS: &str = "is no results file of a sweep";
/// Characters of a value in a message at most.
const LONGEST_VALUE: usize = 120;

/// What decides about every point of a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Header {
    pub schema: String,
    /// "sweep".
    pub kind: String,
    /// Version of the program.
    pub plimsoll: String,
    pub model: String,
    /// Of everything in the model that a simulation looks at, changes included.
    pub identity: String,
    pub variant: String,
    pub set: Vec<String>,
    pub tests: Vec<String>,
    pub seed: u64,
    pub replications: usize,
    pub precision: Option<f64>,
    /// Only where there is a precision.
    pub max_replications: Option<usize>,
    /// Paths of the axes.
    pub vary: Vec<String>,
    /// Only of a part of a sweep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shard: Option<Shard>,
    /// Only of a part of a sweep: all values of each axis, so that what the parts make up is known from any of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid: Option<Vec<Vec<String>>>,
}

/// Finished points, in a file if there is one.
pub(super) struct ResultsFile {
    file: Option<(PathBuf, File)>,
    /// By their values.
    points: BTreeMap<Vec<String>, Point>,
}

impl ResultsFile {
    /// Begins a file, or takes over the points of one that is there. Without a path nothing is kept.
    ///
    /// # Errors
    /// If the file cannot be read or written, is something else, or has points of something else.
    pub fn open(path: Option<&Path>, header: &Header) -> Result<ResultsFile, Problems> {
        let Some(path) = path else { return Ok(ResultsFile { file: None, points: BTreeMap::new() }) };
        let name = path.display().to_string();
        let failed = |error: std::io::Error| only(Problem::whole(name.clone(), format!("cannot be used: {error}")));
        if path.metadata().is_ok_and(|there| !there.is_file()) {
            return Err(only(Problem::whole(name, "is no plain file")));
        }
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(failed)?,
        };
        let begin = line(header);
        let (points, whole) = if begin.starts_with(&bytes) && bytes.len() < begin.len() {
            // New, or stopped in its very first line.
            (BTreeMap::new(), 0)
        } else {
            read(&bytes, header, &name)?
        };
        let mut file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        if whole < bytes.len() {
            file.set_len(whole as u64).map_err(failed)?;
        }
        if whole == 0 {
            file.write_all(&begin).map_err(failed)?;
        }
        Ok(ResultsFile { file: Some((path.to_owned(), file)), points })
    }

    /// The point at these values, if it is finished.
    pub fn at(&self, values: &[String]) -> Option<&Point> {
        self.points.get(values)
    }

    /// Adds a finished point, and returns it as a reader of the file gets it: whoever takes it over later goes on
    /// from the same numbers.
    pub fn add(&mut self, point: &Point) -> Result<Point, Problems> {
        let bytes = line(point);
        if let Some((path, file)) = &mut self.file {
            let written = file.write_all(&bytes).and_then(|()| file.flush());
            let name = path.display().to_string();
            written.map_err(|error| only(Problem::whole(name, format!("cannot be written: {error}"))))?;
        }
        let read: Point = serde_json::from_slice(&bytes).unwrap_or_else(|_| point.clone());
        self.points.insert(read.at.clone(), read.clone());
        Ok(read)
    }
}

/// One line of JSON, with its end.
pub(super) fn line(what: &impl Serialize) -> Vec<u8> {
    let mut value = serde_json::to_value(what).unwrap_or(Value::Null);
    without_noise(&mut value);
    format!("{value}\n").into_bytes()
}

/// The points of a file, and the length of its whole lines.
fn read(bytes: &[u8], header: &Header, name: &str) -> Result<(BTreeMap<Vec<String>, Point>, usize), Problems> {
    let whole = whole(bytes);
    let other = || Problem::whole(name, NO_RESULTS).with_hint("name a file that does not exist yet");
    let (theirs, rest) = first(whole).ok_or_else(|| only(other()))?;
    agree(&theirs, header, name)?;
    let mut points = BTreeMap::new();
    for kept in kept(rest, header, name) {
        let Kept { point, .. } = kept.map_err(only)?;
        points.entry(point.at.clone()).or_insert(point);
    }
    Ok((points, whole.len()))
}

/// What a file has without a last line that was not written to its end.
pub(super) fn whole(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    bytes.get(..end).unwrap_or_default()
}

/// The first line of whole ones, and the rest; `None` if it is none of a results file.
pub(super) fn first(whole: &[u8]) -> Option<(Header, &[u8])> {
    let end = whole.iter().position(|byte| *byte == b'\n').map_or(whole.len(), |end| end + 1);
    let (first, rest) = whole.split_at(end);
    Some((serde_json::from_slice(first).ok()?, rest))
}

/// A point as a file has it.
pub(super) struct Kept<'b> {
    pub point: Point,
    /// Its line, end included.
    pub bytes: &'b [u8],
    /// From 1.
    pub line: u64,
}

/// The points of whole lines that follow the first one, or what is wrong with a line.
pub(super) fn kept<'b>(rest: &'b [u8], header: &Header, name: &str) -> impl Iterator<Item = Result<Kept<'b>, Problem>> {
    rest.split_inclusive(|byte| *byte == b'\n').zip(2u64..).map(move |(bytes, line)| {
        let broken = |what: String| Problem::line(name, line, None, what).with_hint("take this line out");
        let point: Point = serde_json::from_slice(bytes).map_err(|error| broken(format!("is no point: {error}")))?;
        let tests = point.tests.iter().map(|test| &test.test);
        if point.at.len() != header.vary.len() || !header.tests.iter().eq(tests) {
            return Err(broken("is a point of another sweep".to_owned()));
        }
        Ok(Kept { point, bytes, line })
    })
}

/// Refuses a file whose points cannot be laid beside these, with the first difference in words.
fn agree(theirs: &Header, ours: &Header, name: &str) -> Result<(), Problems> {
    let refuse = |what: String, hint: &str| Err(only(Problem::whole(name, what).with_hint(hint)));
    if let (Some(shard), None) = (theirs.shard, ours.shard) {
        let what = format!("is shard {shard} of a sweep, and not all of it");
        return refuse(what, "join the files of all shards first: plimsoll merge OUT IN...");
    }
    match difference(theirs, ours) {
        Some(Difference::In { word, theirs, ours }) => {
            let what = format!("has points of another sweep: {word} {theirs} there, {ours} here");
            refuse(what, "name another file, or ask for the same")
        }
        Some(Difference::Model) => {
            let what = "has points of another state of the model: it was changed since".to_owned();
            refuse(what, "name another file, or ask for the same")
        }
        None => Ok(()),
    }
}

/// Why the points of two files cannot lie side by side.
pub(super) enum Difference {
    /// A key, in words, with what either says.
    In { word: &'static str, theirs: String, ours: String },
    /// The model is of the same name, but not the same.
    Model,
}

/// The first difference between two files.
pub(super) fn difference(theirs: &Header, ours: &Header) -> Option<Difference> {
    let json = |header: &Header| serde_json::to_value(header).unwrap_or(Value::Null);
    let (there, here) = (json(theirs), json(ours));
    let words = [
        ("kind", "kind"),
        ("schema", "format"),
        ("plimsoll", "version of plimsoll"),
        ("model", "model"),
        ("tests", "tests"),
        ("vary", "axes"),
        ("variant", "variant"),
        ("set", "--set"),
        ("seed", "seed"),
        ("replications", "replications"),
        ("precision", "precision"),
        ("max_replications", "--max-replications"),
        ("shard", "shard"),
        ("grid", "values"),
    ];
    let different = words.into_iter().find(|(key, _)| there[*key] != here[*key]);
    match different {
        Some((key, word)) => Some(Difference::In { word, theirs: short(&there[key]), ours: short(&here[key]) }),
        None => (theirs.identity != ours.identity).then_some(Difference::Model),
    }
}

/// A value as JSON, the middle of a long one left out.
fn short(value: &Value) -> String {
    let text: Vec<char> = value.to_string().chars().collect();
    let (head, tail) = (LONGEST_VALUE * 2 / 3, LONGEST_VALUE / 3);
    if text.len() <= LONGEST_VALUE {
        return text.into_iter().collect();
    }
    let end = text.len() - tail;
    text.iter().take(head).chain(&[' ', '…', ' ']).chain(text.iter().skip(end)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            schema: "plimsoll/1".into(),
            kind: "sweep".into(),
            plimsoll: "0".into(),
            model: "shop".into(),
            identity: "1f".into(),
            variant: String::new(),
            set: vec!["pool.main.min=1".into()],
            tests: Vec::new(),
            seed: 1,
            replications: 2,
            precision: None,
            max_replications: None,
            vary: vec!["pool.main.max".into()],
            shard: None,
            grid: None,
        }
    }

    fn point(at: &str, probability: f64) -> Point {
        Point { at: vec![at.into()], probability, tests: Vec::new(), usd_per_month: None }
    }

    /// Three points, those that are there taken over.
    fn sweep(path: &Path) -> Vec<Point> {
        let mut file = ResultsFile::open(Some(path), &header()).unwrap_or_else(|problems| panic!("{problems:?}"));
        let one = |(at, probability): (&str, f64)| match file.at(&[at.to_owned()]) {
            Some(point) => point.clone(),
            None => file.add(&point(at, probability)).unwrap_or_else(|problems| panic!("{problems:?}")),
        };
        [("1", 0.0), ("2", 1.0 / 3.0), ("3", f64::NAN)].map(one).into()
    }

    /// Told apart by their text: NaN is not equal to itself.
    fn told(points: &[Point]) -> String {
        format!("{points:?}")
    }

    #[test]
    fn a_file_cut_at_any_byte_is_finished_with_the_same_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("results.jsonl");
        let points = sweep(&path);
        let whole = std::fs::read(&path).expect("written");
        assert_eq!(whole.iter().filter(|byte| **byte == b'\n').count(), 4);
        for cut in 0..=whole.len() {
            std::fs::write(&path, &whole[..cut]).expect("cut");
            assert_eq!(told(&sweep(&path)), told(&points), "cut at {cut}");
            assert_eq!(std::fs::read(&path).expect("written"), whole, "cut at {cut}");
        }
    }

    #[test]
    fn what_cannot_be_laid_beside_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("results.jsonl");
        sweep(&path);
        let whole = std::fs::read_to_string(&path).expect("written");
        let refused = |text: &str| {
            std::fs::write(&path, text).expect("written");
            let problems = ResultsFile::open(Some(&path), &header()).err().expect("refused");
            assert_eq!(std::fs::read_to_string(&path).expect("there"), text);
            problems.to_string()
        };
        for (from, to, told) in [
            ("\"seed\":1", "\"seed\":2", "seed 2 there, 1 here"),
            ("\"model\":\"shop\"", "\"model\":\"bank\"", "model \"bank\" there, \"shop\" here"),
            ("\"plimsoll\":\"0\"", "\"plimsoll\":\"9\"", "version of plimsoll \"9\" there, \"0\" here"),
            ("\"1f\"", "\"2f\"", "another state of the model"),
            ("\"vary\":[\"pool.main.max\"]", "\"vary\":[]", "axes [] there"),
            ("\"at\":[\"2\"]", "\"at\":[]", "is a point of another sweep"),
            ("\"at\":[\"2\"]", "\"at\":2", "is no point"),
            ("{\"identity\"", "[", "is no results file of a sweep"),
        ] {
            let text = whole.replacen(from, to, 1);
            assert_ne!(text, whole, "{from}");
            let problem = refused(&text);
            assert!(problem.contains(told), "{to}: {problem}");
        }
        assert!(refused("notes\n").contains("is no results file"));
        assert!(refused("notes").contains("is no results file"));
    }
}
