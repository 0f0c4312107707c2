//! The one table: columns, rows of toned cells, and the forms that it can be printed in.
//!
//! Cells hold text that is ready for people; numbers become text in [`super::number`], raw numbers
//! for programs in [`super::tidy`]. A row of a single cell in a table of several columns is a
//! heading of the rows below it.

use std::io::Write;

use anstyle::{AnsiColor, Style};

use super::markdown;
use super::number::ABSENT;
use super::wrap::{printable, width, wrap};

/// Cells of a terminal between two columns.
const GAP: usize = 2;
/// A column of words is not squeezed below this as long as a wider one can give.
const LEAST: usize = 8;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Table {
    /// May be empty.
    pub title: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// May be empty; if all are, no line of names is printed.
    pub name: String,
    pub align: Align,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    /// Words; such columns give way first when a table is too wide.
    Left,
    /// Numbers.
    Right,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Cell {
    pub text: String,
    pub tone: Tone,
}

/// What a text means to the reader; its colour follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Bad,
    Warn,
    /// Secondary information.
    Dim,
    Strong,
}

impl Tone {
    /// How a terminal shows it.
    #[must_use]
    pub fn style(self) -> Style {
        match self {
            Tone::Plain => Style::new(),
            Tone::Good => AnsiColor::Green.on_default(),
            Tone::Bad => AnsiColor::Red.on_default().bold(),
            Tone::Warn => AnsiColor::Yellow.on_default(),
            Tone::Dim => Style::new().dimmed(),
            Tone::Strong => Style::new().bold(),
        }
    }

    /// `text` in this tone, or as it is where colour is unwanted.
    #[must_use]
    pub fn paint(self, text: &str, colour: bool) -> String {
        if !colour || self == Tone::Plain || text.is_empty() {
            return text.to_owned();
        }
        let style = self.style();
        format!("{style}{text}{style:#}")
    }
}

impl Cell {
    #[must_use]
    pub fn new(text: impl Into<String>, tone: Tone) -> Cell {
        Cell { text: text.into(), tone }
    }

    #[must_use]
    pub fn plain(text: impl Into<String>) -> Cell {
        Cell::new(text, Tone::Plain)
    }

    #[must_use]
    pub fn dim(text: impl Into<String>) -> Cell {
        Cell::new(text, Tone::Dim)
    }
}

impl Column {
    #[must_use]
    pub fn words(name: &str) -> Column {
        Column { name: name.to_owned(), align: Align::Left }
    }

    #[must_use]
    pub fn numbers(name: &str) -> Column {
        Column { name: name.to_owned(), align: Align::Right }
    }
}

impl Table {
    #[must_use]
    pub fn new(title: &str, columns: Vec<Column>) -> Table {
        Table { title: title.to_owned(), columns, rows: Vec::new() }
    }

    /// A heading over the rows that follow.
    pub fn group(&mut self, heading: impl Into<String>) {
        self.rows.push(vec![Cell::new(heading, Tone::Strong)]);
    }

    /// Removes columns of numbers that hold nothing but dashes.
    pub fn drop_absent(&mut self) {
        for index in (0..self.columns.len()).rev() {
            let mut cells = self.rows.iter().filter_map(|row| row.get(index));
            if self.columns[index].align == Align::Right && cells.all(|cell| cell.text == ABSENT) {
                self.columns.remove(index);
                for row in self.rows.iter_mut().filter(|row| row.len() > index) {
                    row.remove(index);
                }
            }
        }
    }

    /// Lines of at most `limit` cells (room for two cells per column and the gaps is always taken).
    #[must_use]
    pub fn to_text(&self, limit: usize, colour: bool) -> String {
        let widths = self.widths(limit);
        let mut out = String::new();
        if !self.title.is_empty() {
            for line in wrap(&self.title, limit) {
                out.push_str(&Tone::Strong.paint(&line, colour));
                out.push('\n');
            }
        }
        if self.columns.iter().any(|column| !column.name.is_empty()) {
            let names: Vec<Cell> = self.columns.iter().map(|column| Cell::dim(&column.name)).collect();
            self.push_row(&mut out, &names, &widths, colour);
        }
        for (index, row) in self.rows.iter().enumerate() {
            match row.as_slice() {
                [heading] if self.columns.len() > 1 => {
                    if index > 0 {
                        out.push('\n');
                    }
                    for line in wrap(&heading.text, limit) {
                        out.push_str(&heading.tone.paint(&line, colour));
                        out.push('\n');
                    }
                }
                cells => self.push_row(&mut out, cells, &widths, colour),
            }
        }
        out
    }

    fn push_row(&self, out: &mut String, cells: &[Cell], widths: &[usize], colour: bool) {
        let wrapped: Vec<Vec<String>> =
            cells.iter().zip(widths).map(|(cell, &column)| wrap(&cell.text, column)).collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        for line in 0..height {
            let mut text = String::new();
            let mut pending = 0;
            for (((cell, lines), column), &cells_wide) in cells.iter().zip(&wrapped).zip(&self.columns).zip(widths) {
                let part = lines.get(line).map_or("", String::as_str);
                let free = cells_wide.saturating_sub(width(part));
                let (before, after) = match column.align {
                    Align::Left => (0, free),
                    Align::Right => (free, 0),
                };
                pending += before;
                if !part.is_empty() {
                    text.extend(std::iter::repeat_n(' ', pending));
                    text.push_str(&cell.tone.paint(part, colour));
                    pending = 0;
                }
                pending += if part.is_empty() { cells_wide - before } else { after } + GAP;
            }
            out.push_str(&text);
            out.push('\n');
        }
    }

    /// Each column as wide as its text, then the widest squeezed until the table fits: columns of
    /// words first, since a broken number is hard to read.
    fn widths(&self, limit: usize) -> Vec<usize> {
        let mut widths: Vec<usize> = self.columns.iter().map(|column| width(&column.name)).collect();
        for row in self.rows.iter().filter(|row| row.len() > 1 || self.columns.len() == 1) {
            for (widest, cell) in widths.iter_mut().zip(row) {
                *widest = (*widest).max(width(&printable(&cell.text)));
            }
        }
        let room = limit.saturating_sub(GAP * widths.len().saturating_sub(1));
        for (align, least) in [(Some(Align::Left), LEAST), (None, 2)] {
            while widths.iter().sum::<usize>() > room {
                let candidates = widths.iter_mut().zip(&self.columns);
                let widest = candidates
                    .filter(|(width, column)| **width > least && align.is_none_or(|align| column.align == align))
                    .max_by_key(|(width, _)| **width);
                match widest {
                    Some((width, _)) => *width -= 1,
                    None => break,
                }
            }
        }
        widths
    }

    /// A pipe table of GitHub's Markdown.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        if !self.title.is_empty() {
            out.push_str(&format!("**{}**\n\n", markdown::escape(&self.title)));
        }
        let line = |cells: &mut dyn Iterator<Item = String>| format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "));
        out.push_str(&line(&mut self.columns.iter().map(|column| markdown::escape(&column.name))));
        out.push_str(&line(&mut self.columns.iter().map(|column| match column.align {
            Align::Left => ":--".to_owned(),
            Align::Right => "--:".to_owned(),
        })));
        for row in &self.rows {
            let cells = row.iter().chain(std::iter::repeat(&EMPTY)).take(self.columns.len());
            out.push_str(&line(&mut cells.map(|cell| markdown::toned(&cell.text, cell.tone))));
        }
        out
    }

    /// Comma-separated values by RFC 4180: the columns' names, then the rows. Headings inside the
    /// table are left out, since every line has to be a record.
    ///
    /// # Errors
    /// What `to` reports when it cannot be written.
    pub fn write_csv(&self, to: impl Write) -> Result<(), csv::Error> {
        let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(to);
        writer.write_record(self.columns.iter().map(|column| column.name.as_str()))?;
        for row in self.rows.iter().filter(|row| row.len() > 1 || self.columns.len() == 1) {
            writer.write_record(row.iter().map(|cell| cell.text.as_str()))?;
        }
        writer.flush()?;
        Ok(())
    }
}

static EMPTY: Cell = Cell { text: String::new(), tone: Tone::Plain };

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str) -> Table {
        let mut table = Table::new("Figures", vec![Column::words("metric"), Column::numbers("value")]);
        table.rows.push(vec![Cell::plain(name), Cell::new("187 ms", Tone::Good)]);
        table.rows.push(vec![Cell::plain("p99"), Cell::plain("1.25 s")]);
        table
    }

    #[test]
    fn numbers_are_aligned_right_and_nothing_trails() {
        let text = table("p95").to_text(100, false);
        assert_eq!(text, "Figures\nmetric   value\np95     187 ms\np99     1.25 s\n");
    }

    #[test]
    fn a_table_never_exceeds_its_width() {
        for name in ["GET /a b/".repeat(40), "x".repeat(500), "会话".repeat(90)] {
            for limit in [40, 100] {
                let text = table(&name).to_text(limit, false);
                assert!(text.lines().all(|line| width(line) <= limit), "{text}");
                assert!(text.contains("187 ms"), "a number was broken: {text}");
            }
        }
    }

    #[test]
    fn even_many_numbers_are_squeezed_into_the_width() {
        let mut table = Table::new("", (0..20).map(|_| Column::numbers("a long column name")).collect());
        table.rows.push((0..20).map(|_| Cell::plain("187 [96, 265] ms")).collect());
        assert!(table.to_text(100, false).lines().all(|line| width(line) <= 100));
    }

    #[test]
    fn columns_of_dashes_go() {
        let mut table = table("p95");
        table.columns.push(Column::numbers("p50"));
        table.columns.push(Column::words("note"));
        for row in &mut table.rows {
            row.extend([Cell::plain(ABSENT), Cell::plain(ABSENT)]);
        }
        table.group("Latency");
        table.drop_absent();
        let names: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["metric", "value", "note"]);
        assert_eq!((table.rows[0].len(), table.rows[2].len()), (3, 1));
    }

    #[test]
    fn colour_changes_bytes_but_no_letters() {
        let table = table("p95");
        let plain = table.to_text(100, false);
        let coloured = table.to_text(100, true);
        assert!(!plain.contains('\x1b') && coloured.contains('\x1b'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }

    #[test]
    fn markdown_escapes_pipes_and_keeps_the_columns() {
        let text = table("a|b").to_markdown();
        assert!(text.contains("| a\\|b | 187 ms |"), "{text}");
        assert!(text.contains("| :-- | --: |"));
        let mut grouped = table("x");
        grouped.group("Latency");
        assert!(grouped.to_markdown().ends_with("| **Latency** |  |\n"));
    }

    #[test]
    fn csv_quotes_what_must_be_quoted_and_leaves_headings_out() {
        let mut table = table("say \"hi\", now");
        table.group("Latency");
        let mut bytes = Vec::new();
        table.write_csv(&mut bytes).expect("memory");
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a record")).collect();
        assert_eq!(rows.len(), 2);
        assert_eq!(&rows[0][0], "say \"hi\", now");
    }
}
