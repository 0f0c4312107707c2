//! What load tools and monitors write, read back: the figures of small files that were worked out by hand.

mod damage;
mod figures;
mod requests;

use std::path::PathBuf;

use plimsoll::recording::{Format, Recording, read};

/// The path of one of our own files.
fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/recordings").join(name)
}

/// One of them, read; it has to be of this format.
fn recording(name: &str, format: Format) -> Recording {
    let recording = read(&path(name)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(recording.files[0].format, format, "{name}");
    recording
}

/// A figure, which has to be there exactly once.
fn value(recording: &Recording, metric: &str, scope: &str, stat: &str) -> f64 {
    let found: Vec<f64> = recording.of(metric, scope, stat).map(|observation| observation.middle()).collect();
    assert_eq!(found.len(), 1, "{}: {metric} · {scope} · {stat}", recording.name);
    found[0]
}

fn assert_values(recording: &Recording, expected: &[(&str, &str, &str, f64)]) {
    for &(metric, scope, stat, expected) in expected {
        let seen = value(recording, metric, scope, stat);
        let near = (seen - expected).abs() <= 1e-9 * expected.abs();
        assert!(near, "{}: {metric} · {scope} · {stat}: {seen}, not {expected}", recording.name);
    }
}

/// Points of a line over time.
fn points(recording: &Recording, metric: &str, scope: &str, stat: &str) -> Vec<(f64, f64)> {
    let of = recording.series.iter().filter(|p| p.metric == metric && p.scope == scope && p.stat == stat);
    of.map(|point| (point.t_s, point.value)).collect()
}

fn has_note(recording: &Recording, part: &str) {
    assert!(recording.notes.iter().any(|note| note.contains(part)), "{}: {:?}", recording.name, recording.notes);
}
