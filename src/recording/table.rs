//! Comma-separated tables (RFC 4180) that know where each field stands.
//!
//! Beyond the standard: lines that begin with `#` are comments, empty lines are skipped, blanks
//! around a field are not part of it, and a byte order mark is ignored. Columns may stand in any
//! order, but every one must be there and no other: a misspelt column would otherwise be a silent
//! loss. Written by hand rather than with a CSV library, which would not say where a field begins
//! nor that a quote is never closed.

use std::iter::Peekable;
use std::str::Chars;

use super::problems::ReadProblem;
use crate::problem::nearest;

/// A field and the place of its first character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub text: String,
    line: u64,
    column: u64,
}

impl Field {
    pub fn problem(&self, what: impl Into<String>) -> ReadProblem {
        ReadProblem::at(self.line, self.column, what)
    }

    /// The field as a finite number; `None` if it is empty.
    pub fn number(&self, column: &str) -> Result<Option<f64>, ReadProblem> {
        if self.text.is_empty() {
            return Ok(None);
        }
        match self.text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some(value)),
            _ => Err(self
                .problem(format!("`{}` in column `{column}` is not a number", self.text))
                .with_hint("write it as 1234.5, without unit or thousands separators")),
        }
    }
}

/// A row whose fields stand in the order in which the columns were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row<const N: usize> {
    pub line: u64,
    pub fields: [Field; N],
}

/// The rows of a table with exactly these columns, and everything that is wrong with its form.
pub(super) fn rows<const N: usize>(text: &str, columns: [&str; N], problems: &mut Vec<ReadProblem>) -> Vec<Row<N>> {
    let mut records = Scanner::new(text).records(problems).into_iter();
    let Some(header) = records.next() else {
        problems.push(ReadProblem::whole("the file is empty"));
        return Vec::new();
    };
    let order = order(&header, columns, problems);
    let mut rows = Vec::new();
    for record in records {
        let line = record.first().map_or(0, |field| field.line);
        if record.len() != header.len() {
            let what = format!("{} fields, but the header has {}", record.len(), header.len());
            problems.push(ReadProblem::at(line, 0, what).with_hint("quote fields that contain commas"));
        } else if let Some(order) = order {
            rows.push(Row { line, fields: order.map(|index| record[index].clone()) });
        }
    }
    rows
}

/// Where each column stands in the header; `None` if one is missing.
fn order<const N: usize>(header: &[Field], columns: [&str; N], problems: &mut Vec<ReadProblem>) -> Option<[usize; N]> {
    let known = || format!("the columns are {}", columns.join(", "));
    for (index, field) in header.iter().enumerate() {
        if !columns.contains(&field.text.as_str()) {
            let hint = nearest(&field.text, columns).map(|name| format!("did you mean `{name}`?"));
            problems
                .push(field.problem(format!("unknown column `{}`", field.text)).with_hint(hint.unwrap_or_else(known)));
        } else if header.iter().take(index).any(|earlier| earlier.text == field.text) {
            problems.push(field.problem(format!("column `{}` stands here a second time", field.text)));
        }
    }
    let places = columns.map(|column| header.iter().position(|field| field.text == column));
    for (column, place) in columns.iter().zip(places) {
        if place.is_none() {
            let line = header.first().map_or(0, |field| field.line);
            problems.push(ReadProblem::at(line, 0, format!("column `{column}` is missing")).with_hint(known()));
        }
    }
    places.iter().all(Option::is_some).then(|| places.map(Option::unwrap_or_default))
}

/// The columns of the first record, to recognise a file by; nothing is judged.
pub(super) fn header(text: &str) -> Vec<String> {
    let first = Scanner::new(text).record(&mut Vec::new());
    first.unwrap_or_default().into_iter().map(|field| field.text).collect()
}

struct Scanner<'t> {
    rest: Peekable<Chars<'t>>,
    line: u64,
    column: u64,
}

impl<'t> Scanner<'t> {
    fn new(text: &'t str) -> Scanner<'t> {
        Scanner { rest: text.trim_start_matches('\u{feff}').chars().peekable(), line: 1, column: 1 }
    }

    fn records(mut self, problems: &mut Vec<ReadProblem>) -> Vec<Vec<Field>> {
        let mut records = Vec::new();
        while let Some(record) = self.record(problems) {
            records.push(record);
        }
        records
    }

    /// The next record that is neither comment nor empty.
    fn record(&mut self, problems: &mut Vec<ReadProblem>) -> Option<Vec<Field>> {
        loop {
            match self.rest.peek()? {
                '#' => while self.take_if(|c| c != '\n').is_some() {},
                _ => {
                    let mut record = vec![self.field(problems)];
                    while self.take_if(|c| c == ',').is_some() {
                        record.push(self.field(problems));
                    }
                    let empty = matches!(&record[..], [only] if only.text.is_empty());
                    self.take_if(|c| c == '\n');
                    if !empty {
                        return Some(record);
                    }
                    continue;
                }
            }
            self.take_if(|c| c == '\n');
        }
    }

    /// One field; afterwards a comma, the end of the line or the end of the text is next.
    fn field(&mut self, problems: &mut Vec<ReadProblem>) -> Field {
        while self.take_if(|c| c == ' ' || c == '\t').is_some() {}
        let mut field = Field { text: String::new(), line: self.line, column: self.column };
        if self.take_if(|c| c == '"').is_some() {
            match self.quoted() {
                Some(text) => field.text = text,
                None => problems.push(field.problem("this quote is never closed")),
            }
            let rest = self.plain();
            if !rest.is_empty() {
                let what = format!("`{rest}` follows the end of a quoted field");
                problems.push(field.problem(what).with_hint("a quote inside quotes is written twice"));
            }
        } else {
            field.text = self.plain();
        }
        field
    }

    /// What stands before the next comma or end of line.
    fn plain(&mut self) -> String {
        let mut text = String::new();
        while let Some(c) = self.take_if(|c| c != ',' && c != '\n') {
            text.push(c);
        }
        text.truncate(text.trim_end().len());
        text
    }

    /// The rest of a quoted field; `None` if the quote is never closed.
    fn quoted(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            match self.take_if(|_| true)? {
                '"' if self.take_if(|c| c == '"').is_some() => text.push('"'),
                '"' => return Some(text),
                c => text.push(c),
            }
        }
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        let taken = self.rest.next_if(|&c| wanted(c))?;
        (self.line, self.column) = if taken == '\n' { (self.line + 1, 1) } else { (self.line, self.column + 1) };
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Vec<[String; 2]>, Vec<String>) {
        let mut problems = Vec::new();
        let rows = rows(text, ["a", "b"], &mut problems);
        let texts = rows.into_iter().map(|row| row.fields.map(|field| field.text)).collect();
        (texts, problems.iter().map(ToString::to_string).collect())
    }

    fn texts(rows: &[[&str; 2]]) -> Vec<[String; 2]> {
        rows.iter().map(|row| row.map(str::to_owned)).collect()
    }

    #[test]
    fn quotes_comments_blanks_and_line_ends() {
        let text = "\u{feff}# first\r\nb,a\r\n1,2\r\n# between, with a comma\n\n \"x, \"\"y\"\"\" , two words \n\"two\nlines\",#no comment";
        let (rows, problems) = read(text);
        assert_eq!(problems, Vec::<String>::new());
        assert_eq!(rows, texts(&[["2", "1"], ["two words", "x, \"y\""], ["#no comment", "two\nlines"]]));
    }

    #[test]
    fn every_fault_of_form_is_found_at_its_place() {
        let (rows, problems) = read("a,b\n1\n1,2,3\n1,2\n1,\"x\"y\n1,\"never\n");
        assert_eq!(rows.len(), 3, "faulty fields are still rows, so that the rest of them is judged too");
        let expected = [
            "line 5, column 3: `y` follows the end of a quoted field (a quote inside quotes is written twice)",
            "line 6, column 3: this quote is never closed",
            "line 2: 1 fields, but the header has 2 (quote fields that contain commas)",
            "line 3: 3 fields, but the header has 2 (quote fields that contain commas)",
        ];
        assert_eq!(problems, expected);
    }

    #[test]
    fn columns_must_be_these() {
        let (rows, problems) = read("\n a , bb,a\n1,2,3\n");
        assert!(rows.is_empty());
        let expected = [
            "line 2, column 6: unknown column `bb` (did you mean `b`?)",
            "line 2, column 9: column `a` stands here a second time",
            "line 2: column `b` is missing (the columns are a, b)",
        ];
        assert_eq!(problems, expected);
        assert_eq!(read("# only this\n\n").1, ["the file is empty"]);
    }

    #[test]
    fn numbers_are_finite_and_plain() {
        let field = |text: &str| Field { text: text.into(), line: 1, column: 1 };
        assert_eq!(field("-1.5e3").number("v"), Ok(Some(-1500.0)));
        assert_eq!(field("").number("v"), Ok(None));
        for text in ["1,234", "12%", "inf", "NaN", "x"] {
            assert!(field(text).number("v").is_err(), "{text}");
        }
    }
}
