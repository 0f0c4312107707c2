//! Files that are damaged, packed, huge or of no format: never a panic, never a silent loss.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use plimsoll::recording::read::{read, read_by, read_text};
use plimsoll::recording::{Format, Recording, join};
use tempfile::TempDir;

use super::{has_note, path, value};

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn written(folder: &TempDir, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).expect("written");
    file
}

/// Points of k6, of so many names, every thousandth line broken.
fn points(requests: usize, name: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for i in 0..requests {
        let (time, name) =
            (format!("2025-06-14T09:{:02}:{:02}.{:03}Z", i / 60_000 % 60, i / 1000 % 60, i % 1000), name(i));
        if i % 1000 == 500 {
            text.push_str("{\"metric\":\"http_req_duration\",\"type\":\"Po\n");
        }
        text.push_str(&format!(
            "{{\"metric\":\"http_req_duration\",\"type\":\"Point\",\"data\":{{\"time\":\"{time}\",\"value\":{}.25,\
             \"tags\":{{\"name\":\"{name}\",\"status\":\"{}\"}}}}}}\n",
            i * 7919 % 1000,
            if i % 50 == 0 { 500 } else { 200 }
        ));
    }
    text
}

fn without_name(recording: &Recording) -> Recording {
    let mut recording = recording.clone();
    recording.name.clear();
    recording.files.iter_mut().for_each(|file| file.name.clear());
    recording
}

#[test]
fn the_result_does_not_depend_on_threads_or_packing() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = points(20_000, |i| format!("e{}", i % 7));
    let plain = written(&folder, "a.json", text.as_bytes());
    let gz = written(&folder, "a.bin", &packed(text.as_bytes()));
    let one = read_by(&plain, 1).expect("read");
    assert_eq!(value(&one, "http_reqs", "", "count"), 20_000.0);
    assert_eq!(value(&one, "http_req_failed", "", "rate"), 2.0);
    assert_eq!((one.files[0].lines, one.files[0].broken), (20_020, 20));
    has_note(&one, "20 of 20020 lines could not be read and are left out (line 501: it is cut short; line 1502:");
    for threads in [2, 3, 8] {
        assert_eq!(one, read_by(&plain, threads).expect("read"), "{threads} threads");
        assert_eq!(without_name(&one), without_name(&read_by(&gz, threads).expect("read")));
    }
}

/// Values are 0.25 to 999.25 ms, each twenty times: their ranks are known.
#[test]
fn percentiles_of_many_are_within_a_thousandth() {
    let recording = read_text("k6", &points(20_000, |_| "e".into())).expect("read");
    for (stat, share) in [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)] {
        let rank: f64 = share * 19_999.0;
        let at = |rank: f64| (rank / 20.0).floor() + 0.25;
        let expected = at(rank.floor()) + (at(rank.ceil()) - at(rank.floor())) * rank.fract();
        let seen = value(&recording, "http_req_duration", "e", stat);
        assert!((seen / expected - 1.0).abs() < 0.001, "{stat}: {seen} for {expected}");
    }
}

#[test]
fn too_many_names_are_folded_and_that_is_said() {
    let ids = read_text("k6", &points(2000, |i| format!("http://a/users/{i}?q={i}"))).expect("read");
    assert_eq!(value(&ids, "http_reqs", "http://a/users/{id}", "count"), 2000.0);
    has_note(&ids, "numbers in paths are {id}");
    let words = read_text("k6", &points(2000, |i| format!("word{i}"))).expect("read");
    assert_eq!(value(&words, "http_reqs", "*", "count"), 2000.0);
    has_note(&words, "all requests are one endpoint");
}

#[test]
fn a_packed_file_that_is_cut_off_keeps_what_came() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = packed(points(20_000, |_| "e".into()).as_bytes());
    let file = written(&folder, "cut.gz", &whole[..whole.len() / 2]);
    let recording = read(&file).expect("read");
    let count = value(&recording, "http_reqs", "", "count");
    assert!(count > 1000.0 && count < 20_000.0, "{count}");
    has_note(&recording, "the file ends early");
}

#[test]
fn any_damage_is_survived() {
    let names = std::fs::read_dir(path("")).expect("our files").map(|entry| entry.expect("a file").path());
    let folder = tempfile::tempdir().expect("a folder");
    for file in names {
        let whole = std::fs::read(&file).expect("read");
        let mut damaged = vec![whole[..whole.len() / 2].to_vec(), [&whole[whole.len() / 3..], &whole[..]].concat()];
        for step in [7, 31, 101] {
            let mut bytes = whole.clone();
            bytes.iter_mut().skip(step).step_by(step).for_each(|byte| *byte = byte.wrapping_mul(7).wrapping_add(91));
            damaged.push(bytes);
            let mut bytes = whole.clone();
            bytes.iter_mut().skip(60).step_by(step * 3).for_each(|byte| *byte = 0xff);
            damaged.push(bytes);
        }
        for bytes in damaged {
            // Whatever comes of it, it is a recording or a reason.
            if let Err(error) = read(&written(&folder, "damaged", &bytes)) {
                assert!(!error.problems.is_empty(), "{}", file.display());
            }
        }
    }
}

#[test]
fn what_is_of_no_use_is_refused_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let header = "timeStamp,elapsed,label,success";
    for (bytes, told) in [
        (b"PK\x03\x04abc".to_vec(), "packed with zip"),
        (b"\x10\x00Result\xff\x81Attack\x00Latency".to_vec(), "vegeta encode"),
        (header.as_bytes().to_vec(), "no request is in it"),
        (format!("{header}\nx,y,z,true\n").into_bytes(), "none of its 2 lines could be used, 1 is broken"),
        (b"{\"some\": \"document\"}".to_vec(), "of no known format"),
        (b"first,second\n1,2\n".to_vec(), "unknown format"),
        (packed(b""), "the file is empty"),
        (b"metric,scope,stat\n\xff\xfe".to_vec(), "no longer UTF-8"),
    ] {
        let error = read(&written(&folder, "none", &bytes)).expect_err(told);
        assert!(error.to_string().contains(told), "{told}: {error}");
    }
    assert!(read(folder.path()).expect_err("a folder").to_string().contains("is a folder"));
}

#[test]
fn two_files_of_one_test_are_laid_on_one_clock() {
    let k6 = read(&path("k6.json")).expect("read");
    let aws = read(&path("cloudwatch.json")).expect("read");
    let joined = join(vec![aws, k6]);
    assert_eq!(joined.files.iter().map(|file| file.format).collect::<Vec<_>>(), [Format::CloudWatch, Format::K6Json]);
    has_note(&joined, "begins 0 s after");
}
