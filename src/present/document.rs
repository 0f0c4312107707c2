//! A result as a document: headings, words, tables and notes, free of any medium.
//!
//! Pages build documents; only this file knows how they look. Text is for terminals and fits a
//! given width; Markdown and HTML are for files. Whether colour is wanted is the caller's decision.

use super::html;
use super::markdown;
use super::table::{Table, Tone};
use super::wrap::{width, wrap};

/// Tables and bullets stand this far in, so that headings stand out without colour.
const INDENT: usize = 2;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Document {
    pub blocks: Vec<Block>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Block {
    /// Level 1 for the document, 2 for its parts, 3 for parts of these.
    Heading(u8, String),
    Paragraph(String),
    Bullets(Vec<String>),
    Table(Table),
    Note(NoteKind, String),
    Picture(Picture),
}

/// A picture, for media that show one; others tell its caption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// A whole SVG document, trusted: [`super::figure`] makes it.
    pub svg: String,
    pub caption: String,
    /// What is on it, for those who do not see it.
    pub alt: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// Secondary information.
    Aside,
    /// What the reader must know to judge the result.
    Warning,
    /// Referred to as `[n]`.
    Footnote(usize),
}

impl Document {
    pub fn heading(&mut self, level: u8, text: impl Into<String>) {
        self.blocks.push(Block::Heading(level, text.into()));
    }

    pub fn paragraph(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Paragraph(text.into()));
    }

    /// Adds bullets unless there are none.
    pub fn bullets(&mut self, texts: Vec<String>) {
        if !texts.is_empty() {
            self.blocks.push(Block::Bullets(texts));
        }
    }

    /// Adds a table unless it has no rows.
    pub fn table(&mut self, table: Table) {
        if !table.rows.is_empty() {
            self.blocks.push(Block::Table(table));
        }
    }

    pub fn note(&mut self, kind: NoteKind, text: impl Into<String>) {
        self.blocks.push(Block::Note(kind, text.into()));
    }

    pub fn picture(&mut self, picture: Picture) {
        self.blocks.push(Block::Picture(picture));
    }

    /// Lines of at most `width` cells of a terminal (at least 40 are used), with ANSI colours if wanted.
    #[must_use]
    pub fn to_text(&self, width: usize, colour: bool) -> String {
        let width = width.max(40);
        let mut out = String::new();
        for (index, block) in self.blocks.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|index| self.blocks.get(index));
            if before.is_some_and(|before| apart(before, block)) {
                out.push('\n');
            }
            push_text(&mut out, block, width, colour);
        }
        out
    }

    #[must_use]
    pub fn to_markdown(&self) -> String {
        let blocks: Vec<String> = self.blocks.iter().map(markdown_of).collect();
        let mut out = blocks.join("\n");
        if !out.ends_with('\n') {
            out.push('\n');
        }
        out
    }

    /// One file that needs nothing else.
    #[must_use]
    pub fn to_html(&self) -> String {
        html::page(self)
    }
}

/// Whether an empty line stands between two neighbours: not below a heading, not between notes.
fn apart(before: &Block, block: &Block) -> bool {
    match (before, block) {
        (Block::Heading(level, _), Block::Heading(..)) => *level == 1,
        (Block::Heading(..), _) | (Block::Note(..), Block::Note(..)) => false,
        _ => true,
    }
}

fn push_text(out: &mut String, block: &Block, limit: usize, colour: bool) {
    match block {
        Block::Heading(level, text) => {
            let lines = wrap(text, limit);
            for line in &lines {
                push_line(out, "", line, Tone::Strong, colour);
            }
            if *level == 1 {
                let widest = lines.iter().map(|line| width(line)).max().unwrap_or(0);
                push_line(out, "", &"─".repeat(widest), Tone::Dim, colour);
            }
        }
        Block::Paragraph(text) => {
            for line in wrap(text, limit) {
                push_line(out, "", &line, Tone::Plain, colour);
            }
        }
        Block::Bullets(texts) => {
            for text in texts {
                push_hanging(out, "  • ", text, Tone::Plain, limit, colour);
            }
        }
        Block::Table(table) => {
            for line in table.to_text(limit - INDENT, colour).lines() {
                if !line.is_empty() {
                    out.push_str(&" ".repeat(INDENT));
                    out.push_str(line);
                }
                out.push('\n');
            }
        }
        Block::Note(kind, text) => match kind {
            NoteKind::Aside => push_hanging(out, "", text, Tone::Dim, limit, colour),
            NoteKind::Warning => push_hanging(out, "! ", text, Tone::Warn, limit, colour),
            NoteKind::Footnote(n) => push_hanging(out, &format!("  [{n}] "), text, Tone::Dim, limit, colour),
        },
        Block::Picture(picture) => push_hanging(out, "", &picture.caption, Tone::Dim, limit, colour),
    }
}

/// A text behind a mark, its further lines as far in as the first.
fn push_hanging(out: &mut String, mark: &str, text: &str, tone: Tone, limit: usize, colour: bool) {
    let indent = " ".repeat(width(mark));
    for (index, line) in wrap(text, limit - width(mark)).iter().enumerate() {
        push_line(out, if index == 0 { mark } else { &indent }, line, tone, colour);
    }
}

fn push_line(out: &mut String, lead: &str, text: &str, tone: Tone, colour: bool) {
    out.push_str(&tone.paint(&format!("{lead}{text}"), colour));
    out.push('\n');
}

fn markdown_of(block: &Block) -> String {
    match block {
        Block::Heading(level, text) => {
            format!("{} {}\n", "#".repeat(usize::from(*level).clamp(1, 6)), markdown::escape(text))
        }
        Block::Paragraph(text) => format!("{}\n", markdown::escape(text)),
        Block::Bullets(texts) => texts.iter().map(|text| format!("- {}\n", markdown::escape(text))).collect(),
        Block::Table(table) => table.to_markdown(),
        Block::Note(NoteKind::Aside, text) => format!("{}\n", markdown::escape(text)),
        Block::Note(NoteKind::Warning, text) => format!("> **Warning:** {}\n", markdown::escape(text)),
        Block::Note(NoteKind::Footnote(n), text) => format!("\\[{n}\\] {}\n", markdown::escape(text)),
        Block::Picture(picture) => format!("{}\n", markdown::escape(&picture.caption)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{Cell, Column};
    use super::*;

    fn document() -> Document {
        let mut table = Table::new("", vec![Column::words("name"), Column::numbers("value")]);
        table.rows.push(vec![Cell::plain("GET /a|b/".repeat(60)), Cell::plain("187 [96, 265] ms")]);
        let mut document = Document::default();
        document.heading(1, "A model with a name ".repeat(9));
        document.heading(2, "Part");
        document.paragraph("word ".repeat(70));
        document.bullets(vec!["item ".repeat(50), "y".repeat(300)]);
        document.table(table);
        document.table(Table::new("without rows", vec![Column::words("x")]));
        document.note(NoteKind::Warning, "too wide ".repeat(40));
        document.note(NoteKind::Footnote(12), "law ".repeat(60));
        document
    }

    #[test]
    fn text_fits_the_width_whatever_the_names() {
        for limit in [40, 80, 100] {
            let text = document().to_text(limit, false);
            assert!(text.lines().all(|line| width(line) <= limit), "{text}");
        }
    }

    #[test]
    fn colour_is_the_callers_choice() {
        let document = document();
        let plain = document.to_text(100, false);
        assert!(!plain.contains('\x1b'));
        assert_eq!(anstream::adapter::strip_str(&document.to_text(100, true)).to_string(), plain);
    }

    #[test]
    fn markdown_has_one_block_of_each_kind() {
        let text = document().to_markdown();
        assert!(text.starts_with("# A model"));
        assert!(text.contains("\n## Part\n\nword"));
        assert!(text.contains("\n- item"));
        assert!(text.contains("a\\|b"));
        assert!(text.contains("\n> **Warning:** too wide"));
        assert!(text.contains("\n\\[12\\] law"));
        assert!(!text.contains("without rows"), "an empty table says nothing");
    }
}
