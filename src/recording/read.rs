//! Reads a recording, whatever its format: files are known by what is in them, not by their names.

use std::path::Path;

use super::problems::{ReadError, ReadProblem};
use super::{Recording, k6_summary, series, table, tidy};

/// Reads one file.
///
/// # Errors
/// All problems of the file at once: it cannot be opened, is empty, is not UTF-8, is of no known
/// format, or holds figures that make no sense.
pub fn read(path: &Path) -> Result<Recording, ReadError> {
    let name = path.display().to_string();
    let failed = |problem| ReadError { name: name.clone(), problems: vec![problem] };
    let bytes = std::fs::read(path).map_err(|error| failed(ReadProblem::whole(format!("cannot be read: {error}"))))?;
    match String::from_utf8(bytes) {
        Ok(text) => read_text(&name, &text),
        Err(error) => Err(failed(not_text(error.as_bytes(), error.utf8_error().valid_up_to()))),
    }
}

fn not_text(bytes: &[u8], valid_up_to: usize) -> ReadProblem {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        return ReadProblem::whole("this file is compressed").with_hint("unpack it with gunzip first");
    }
    let before = String::from_utf8_lossy(bytes.get(..valid_up_to).unwrap_or_default());
    let line = before.matches('\n').count() as u64 + 1;
    let column = before.chars().rev().take_while(|&c| c != '\n').count() as u64 + 1;
    ReadProblem::at(line, column, "here the file is no longer UTF-8 text").with_hint("save it as UTF-8")
}

/// Reads a recording from text; `name` is only for people.
///
/// # Errors
/// All problems of the text at once.
pub fn read_text(name: &str, text: &str) -> Result<Recording, ReadError> {
    let content = text.trim_start_matches('\u{feff}').trim_start();
    let result = if content.is_empty() {
        Err(vec![ReadProblem::whole("the file is empty")])
    } else if content.starts_with(['{', '[']) {
        json(name, text.trim_start_matches('\u{feff}'))
    } else {
        csv(name, text)
    };
    result.map_err(|problems| ReadError { name: name.to_owned(), problems: in_order(problems) })
}

fn json(name: &str, text: &str) -> Result<Recording, Vec<ReadProblem>> {
    match serde_json::from_str(text) {
        Ok(root) => k6_summary::read(name, &root),
        Err(error) => {
            let problem =
                ReadProblem::at(error.line() as u64, error.column() as u64, format!("no valid JSON: {error}"));
            let hint = "one object per line is k6's --out json; give its end-of-test summary instead";
            Err(vec![if error.to_string().starts_with("trailing") { problem.with_hint(hint) } else { problem }])
        }
    }
}

fn csv(name: &str, text: &str) -> Result<Recording, Vec<ReadProblem>> {
    let header = table::header(text);
    let has = |column: &&&str| header.iter().any(|known| known == **column);
    // Some other tools' tables have a `metric` or a `t_s` too; half the columns make it ours.
    if has(&&"t_s") && series::COLUMNS.iter().filter(has).count() >= 3 {
        series::read(name, text)
    } else if header.is_empty() || tidy::COLUMNS.iter().filter(has).count() >= 3 {
        tidy::read(name, text)
    } else {
        let what = "unknown format: neither a table of figures, nor a series, nor a k6 summary";
        let (figures, series) = (tidy::COLUMNS.join(","), series::COLUMNS.join(","));
        let hint = format!("a table of figures begins with {figures}, a series with {series}");
        Err(vec![ReadProblem::at(1, 0, what).with_hint(hint)])
    }
}

/// Form is judged before content; people read from the top.
fn in_order(mut problems: Vec<ReadProblem>) -> Vec<ReadProblem> {
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
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        assert_eq!(problems(" \n"), ["the file is empty"]);
        assert_eq!(problems("# only a comment\n"), ["the file is empty"]);
        assert!(problems("timeStamp,elapsed,label\n1,2,3\n")[0].starts_with("line 1: unknown format"));
        assert!(problems("{\"metrics\": {,}}")[0].starts_with("line 1, column 14: no valid JSON"));
        assert!(problems("{\"type\":\"Metric\"}\n{\"type\":\"Point\"}\n")[0].contains("--out json"));
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
        assert!(not_text(&[0x1f, 0x8b, 8], 0).what.contains("compressed"));
        let missing = read(Path::new("no/such/file.csv")).unwrap_err();
        assert!(missing.problems[0].what.starts_with("cannot be read"));
    }
}
