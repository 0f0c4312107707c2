//! What is fuzzed: each function takes any bytes, and must come back from them, soon and without a panic.
//!
//! The ordinary test drives them with damaged seeds, cargo-fuzz for as long as one likes (`fuzz/`).

use std::path::Path;

use plimsoll::catalogue::{Catalogue, Sheet};
use plimsoll::cli::{Text, merged_lines};
use plimsoll::compile::compile;
use plimsoll::model::resolve::load_model_text;
use plimsoll::present::inspect_page::{figures_table, inspect_page, series_table};
use plimsoll::recording::traces::traces_of_bytes;
use plimsoll::recording::{Arrivals, Arrived, Observation, Recording, SeriesPoint, arrivals_of_bytes, read_bytes};
use plimsoll::spec::axis::Axis;
use plimsoll::study::fit::draft::draft;
use plimsoll::study::inspect::inspect;

use super::ROOT;
use super::heads::{document, gatling, with_head};

/// A target: its name, its function, and the folders (or files) of its seeds, from the root.
pub struct Target {
    pub name: &'static str,
    pub run: fn(&[u8]),
    pub seeds: &'static [&'static str],
}

const RECORDINGS: &str = "tests/fixtures/recordings";
const FIGURES: &[&str] = &[
    RECORDINGS,
    "tests/fixtures/recorded.csv",
    "tests/fixtures/series.csv",
    "tests/fixtures/k6_summary_export.json",
    "tests/fixtures/k6_handle_summary.json",
    "tests/fixtures/k6_machine_readable.json",
];

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "recording", run: recording, seeds: FIGURES },
    Target { name: "requests", run: requests, seeds: &[RECORDINGS] },
    Target { name: "documents", run: documents, seeds: FIGURES },
    Target { name: "figures", run: figures, seeds: FIGURES },
    Target { name: "gatling_binary", run: gatling_binary, seeds: &["tests/fixtures/recordings/gatling_binary.log"] },
    Target { name: "traces", run: traces, seeds: &[RECORDINGS] },
    Target { name: "arrivals", run: arrivals, seeds: FIGURES },
    Target { name: "model", run: model, seeds: &["tests/good/every_key.toml", "tests/bad", "src/spec/starter.toml"] },
    Target { name: "set", run: set, seeds: &["tests/fuzz/seeds/set"] },
    Target { name: "k6_options", run: k6_options, seeds: &["tests/good/options.json"] },
    Target { name: "vary", run: vary, seeds: &["tests/fuzz/seeds/vary"] },
    Target { name: "catalogue", run: catalogue, seeds: &["tests/fuzz/seeds/catalogue", "tests/good"] },
    Target { name: "results", run: results, seeds: &["tests/fuzz/seeds/results"] },
];

/// A file of any format.
pub fn recording(bytes: &[u8]) {
    survives(bytes);
}

/// A file of lines, of the format of its first line, or of one that is chosen by it.
pub fn requests(bytes: &[u8]) {
    survives(&with_head(super::heads::REQUESTS, bytes));
}

/// A JSON document that has the keys of a known format.
pub fn documents(bytes: &[u8]) {
    survives(&document(bytes));
}

/// A text or table of figures, of the format of its first line, or of one that is chosen by it.
pub fn figures(bytes: &[u8]) {
    survives(&with_head(super::heads::FIGURES, bytes));
}

/// Gatling's binary log.
pub fn gatling_binary(bytes: &[u8]) {
    survives(&gatling(bytes));
}

/// Traces, of which a model is drafted that can be read.
pub fn traces(bytes: &[u8]) {
    let traced = match traces_of_bytes("file", &with_head(super::heads::REQUESTS, bytes)) {
        Ok(traced) => traced,
        Err(error) => return assert!(!error.problems.is_empty()),
    };
    assert!(!traced.requests.is_empty());
    assert!(traced.requests.iter().all(|request| request.begin_s.is_finite() && request.duration_s > 0.0));
    let text = draft("file", None, &traced.requests).text;
    // A time or a number of requests that no model takes is refused with the reason.
    if let Err(problems) = load_model_text(&text, "draft.toml", Path::new(""), None, &[]) {
        assert!(!problems.render(false).is_empty());
    }
}

/// Requests that come again.
pub fn arrivals(bytes: &[u8]) {
    for bytes in [bytes.to_vec(), with_head(super::heads::REQUESTS, bytes)] {
        match arrivals_of_bytes("file", &bytes) {
            Ok(Arrivals { arrived: Arrived::Requests { endpoints, .. }, .. }) => {
                assert!(endpoints.iter().all(|(_, at_ns)| at_ns.is_sorted() && !at_ns.is_empty()));
            }
            Ok(Arrivals { arrived: Arrived::Rates(rates), .. }) => {
                assert!(rates.iter().all(|(span, rate)| *span > 0.0 && *rate >= 0.0));
            }
            Err(error) => assert!(!error.problems.is_empty()),
        }
    }
}

/// A file of the options of a k6 script.
pub fn k6_options(bytes: &[u8]) {
    const MODEL: &str = "[tier.app]\ncores = 2\n[endpoint.a]\nsteps = [ { cpu = \"1ms\" } ]\n[iteration.visit]\npick = [ { weight = 1, \
                         request = \"a\" } ]\n[test.t]\niteration = \"visit\"\nk6 = \"options.json\"\n";
    let dir = std::env::temp_dir().join(format!("plimsoll-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&dir).expect("a folder");
    std::fs::write(dir.join("options.json"), bytes).expect("a file");
    loaded_from(MODEL, &[], &dir);
}

/// A model file; what can be compiled is compiled.
pub fn model(bytes: &[u8]) {
    loaded(&String::from_utf8_lossy(bytes), &[]);
}

/// Changes to a model that has every key, one per line.
pub fn set(bytes: &[u8]) {
    const MOST: usize = 8;
    let text = String::from_utf8_lossy(bytes);
    let sets: Vec<String> = text.lines().take(MOST).map(str::to_owned).collect();
    loaded(include_str!("../good/every_key.toml"), &sets);
}

/// What a sweep goes through.
pub fn vary(bytes: &[u8]) {
    match Axis::parse(&String::from_utf8_lossy(bytes)) {
        Ok(axis) => assert!(!axis.values.is_empty()),
        Err(problem) => assert!(!problem.to_string().is_empty()),
    }
}

/// A user's own table of types and prices.
pub fn catalogue(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for sheet in Sheet::ALL {
        let added = Catalogue::default().add(sheet, "own.csv", &text);
        assert!(added.err().is_none_or(|problems| !problems.is_empty()));
    }
}

/// Files of the shards of a sweep, with a line `----` between them: what is joined is joined to itself again.
pub fn results(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let part = |(number, part): (usize, &str)| Text { name: number.to_string(), bytes: part.into() };
    let texts: Vec<Text> = text.split("----\n").enumerate().map(part).collect();
    let out = Path::new("out.jsonl");
    let lines = merged_lines(&texts, out);
    let twice: Vec<Text> = texts.iter().chain(&texts).cloned().collect();
    match (lines, merged_lines(&twice, out)) {
        (Ok(lines), Ok(again)) => assert_eq!(lines, again),
        (lines, again) => assert_eq!(lines.is_ok(), again.is_ok()),
    }
}

fn loaded(text: &str, sets: &[String]) {
    loaded_from(text, sets, &Path::new(ROOT).join("tests/good"));
}

fn loaded_from(text: &str, sets: &[String], dir: &Path) {
    let model = match load_model_text(text, "model.toml", dir, None, sets) {
        Ok(model) => model,
        Err(problems) => {
            assert!(!problems.render(false).is_empty());
            return;
        }
    };
    let inputs: Vec<f64> = model.inputs.iter().map(|input| f64::midpoint(input.low, input.high)).collect();
    for test in &model.tests {
        // A test that cannot be compiled says why.
        let compiled = compile(&model, test, &inputs, &[]);
        assert!(compiled.err().is_none_or(|error| !error.0.is_empty()));
    }
}

/// Whatever comes of it, it is a recording that can be shown, written and read again, or a reason.
fn survives(bytes: &[u8]) {
    let recording = match read_bytes("file", bytes) {
        Ok(recording) => recording,
        Err(error) => {
            assert!(!error.problems.is_empty());
            return;
        }
    };
    for file in &recording.files {
        assert!(file.broken <= file.lines + 1, "{} of {} lines are broken", file.broken, file.lines);
    }
    let lost = |note: &String| note.contains("a thread that read it was lost");
    assert!(!recording.notes.iter().any(lost), "{:?}", recording.notes);
    assert!(!inspect_page(&inspect(&recording), true).to_text(100, false).is_empty());
    written_and_read(&recording);
}

/// Its tables of figures and points, written and read, are the same.
fn written_and_read(recording: &Recording) {
    let read = |table: plimsoll::present::table::Table| {
        let mut bytes = Vec::new();
        table.write_csv(&mut bytes).expect("memory");
        read_bytes("table", &bytes).unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&bytes)))
    };
    if !recording.observations.is_empty() {
        let again = read(figures_table(recording)).observations;
        assert_eq!(again.len(), recording.observations.len());
        let same = |(a, b): (&Observation, &Observation)| {
            let names = (&a.metric, &a.scope, &a.unit, &a.source) == (&b.metric, &b.scope, &b.unit, &b.source);
            let window = near(a.window.map(|w| w.0), b.window.map(|w| w.0))
                && near(a.window.map(|w| w.1), b.window.map(|w| w.1));
            let range =
                near(a.range.map(|r| r.0), b.range.map(|r| r.0)) && near(a.range.map(|r| r.1), b.range.map(|r| r.1));
            assert!(names && a.stat == b.stat && window && range && near(a.value, b.value), "{a:?}\n{b:?}");
        };
        recording.observations.iter().zip(&again).for_each(same);
    }
    if !recording.series.is_empty() {
        let mut points: Vec<&SeriesPoint> = recording.series.iter().collect();
        let key = |p: &SeriesPoint| (p.metric.clone(), p.scope.clone(), p.stat.clone());
        points.sort_by(|a, b| key(a).cmp(&key(b)).then(a.t_s.total_cmp(&b.t_s)));
        let again = read(series_table(recording)).series;
        assert_eq!(again.len(), points.len());
        for (a, b) in points.into_iter().zip(&again) {
            assert!(key(a) == key(b) && a.unit == b.unit, "{a:?}\n{b:?}");
            assert!(near(Some(a.t_s), Some(b.t_s)) && near(Some(a.value), Some(b.value)), "{a:?}\n{b:?}");
        }
    }
}

/// Equal but for the noise of the last digits, which is not written.
fn near(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
        (a, b) => a.is_none() && b.is_none(),
    }
}
