//! A document as one HTML file that needs nothing else: no network, no script, its own style.
//!
//! Light or dark as the reader's system is set, black on white in print. Every table has its headings marked as such, and
//! no meaning is in a colour alone: what is good or bad says so in its text, and bad is bold.

use super::document::{Block, Document, NoteKind, Picture};
use super::table::{Align, Cell, Column, Table, Tone};
use super::wrap::printable;

/// Parts from which on a page has a table of contents.
const CONTENTS_FROM: usize = 4;

/// The whole file.
#[must_use]
pub fn page(document: &Document) -> String {
    let title = document.blocks.iter().find_map(|block| match block {
        Block::Heading(_, text) => Some(text.as_str()),
        _ => None,
    });
    let title = escape(title.unwrap_or("Plimsoll"));
    let style = include_str!("html.css");
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
    );
    let head = document.blocks.iter().position(|block| matches!(block, Block::Heading(2.., _)));
    let (head, body) = document.blocks.split_at(head.unwrap_or(document.blocks.len()));
    let mut writer = Writer::default();
    let (landmark, contents) = if body.is_empty() { ("main", String::new()) } else { ("header", contents(body)) };
    out.push_str(&format!("<{landmark}>\n"));
    head.iter().for_each(|block| writer.block(&mut out, block));
    out.push_str(&format!("</{landmark}>\n{contents}"));
    if !body.is_empty() {
        out.push_str("<main>\n");
        body.iter().for_each(|block| writer.block(&mut out, block));
        out.push_str("</main>\n");
    }
    out.push_str("</body>\n</html>\n");
    out
}

/// `text` as it stands, in an element or in a quoted attribute.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Links to the parts, numbered as their headings are.
fn contents(blocks: &[Block]) -> String {
    let headings = blocks.iter().filter_map(|block| match block {
        Block::Heading(level, text) => Some((*level, text)),
        _ => None,
    });
    let parts: Vec<(usize, &String)> =
        headings.enumerate().filter(|(_, (level, _))| *level == 2).map(|(number, (_, text))| (number, text)).collect();
    if parts.len() < CONTENTS_FROM {
        return String::new();
    }
    let mut out = "<nav aria-labelledby=\"contents\">\n<h2 id=\"contents\">Contents</h2>\n<ol>\n".to_owned();
    for (number, text) in parts {
        out.push_str(&format!("<li><a href=\"#part-{}\">{}</a></li>\n", number + 1, escape(text)));
    }
    out.push_str("</ol>\n</nav>\n");
    out
}

/// What was written so far, as far as what follows depends on it.
#[derive(Default)]
struct Writer {
    /// Headings below the first level.
    parts: usize,
    /// The text of the last heading, and the tables since.
    under: String,
    tables: usize,
}

impl Writer {
    fn block(&mut self, out: &mut String, block: &Block) {
        match block {
            Block::Heading(level, text) => self.heading(out, *level, text),
            Block::Paragraph(text) => out.push_str(&format!("<p>{}</p>\n", escape(text))),
            Block::Bullets(texts) => {
                let items: String = texts.iter().map(|text| format!("<li>{}</li>\n", escape(text))).collect();
                out.push_str(&format!("<ul>\n{items}</ul>\n"));
            }
            Block::Table(table) => self.table(out, table),
            Block::Picture(picture) => draw(out, picture),
            Block::Note(NoteKind::Aside, text) => out.push_str(&format!("<p class=\"aside\">{}</p>\n", escape(text))),
            Block::Note(NoteKind::Warning, text) => {
                out.push_str(&format!("<p class=\"warning\"><strong>Warning:</strong> {}</p>\n", escape(text)));
            }
            Block::Note(NoteKind::Footnote(n), text) => {
                out.push_str(&format!("<p class=\"footnote\">[{n}] {}</p>\n", escape(text)));
            }
        }
    }

    fn heading(&mut self, out: &mut String, level: u8, text: &str) {
        let level = level.clamp(1, 6);
        text.clone_into(&mut self.under);
        self.tables = 0;
        let id = if level == 1 {
            String::new()
        } else {
            self.parts += 1;
            format!(" id=\"part-{}\"", self.parts)
        };
        out.push_str(&format!("<h{level}{id}>{}</h{level}>\n", escape(text)));
    }

    /// A table that is too wide scrolls by itself, by keys too. Each of a part has a name of its own.
    fn table(&mut self, out: &mut String, table: &Table) {
        let name = if table.title.is_empty() { &self.under } else { &table.title };
        self.tables += 1;
        let number = if self.tables > 1 { format!(" {}", self.tables) } else { String::new() };
        let label = if name.is_empty() { format!("Table{number}") } else { format!("Table{number}: {}", escape(name)) };
        out.push_str(&format!(
            "<div class=\"scroll\" role=\"group\" tabindex=\"0\" aria-label=\"{label}\">\n<table>\n"
        ));
        if !table.title.is_empty() {
            out.push_str(&format!("<caption>{}</caption>\n", escape(&table.title)));
        }
        if table.columns.iter().any(|column| !column.name.is_empty()) {
            let names: String = table.columns.iter().map(column_head).collect();
            out.push_str(&format!("<thead>\n<tr>{names}</tr>\n</thead>\n"));
        }
        out.push_str("<tbody>\n");
        for (index, row) in table.rows.iter().enumerate() {
            match row.as_slice() {
                [only] if table.columns.len() > 1 => {
                    if index > 0 {
                        out.push_str("</tbody>\n<tbody>\n");
                    }
                    let (count, text) = (table.columns.len(), escape(&only.text));
                    out.push_str(&format!(
                        "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"{count}\">{text}</th></tr>\n"
                    ));
                }
                cells => out.push_str(&row_of(cells, &table.columns)),
            }
        }
        out.push_str("</tbody>\n</table>\n</div>\n");
    }
}

/// The heading of a column; a nameless column has none.
fn column_head(column: &Column) -> String {
    let class = if column.align == Align::Right { " class=\"number\"" } else { "" };
    if column.name.is_empty() {
        format!("<td{class}></td>")
    } else {
        format!("<th scope=\"col\"{class}>{}</th>", escape(&column.name))
    }
}

/// A row; its first words tell what it is about. Marks before them are no words.
fn row_of(cells: &[Cell], columns: &[Column]) -> String {
    let empty = Cell::default();
    // A verdict may have a letter behind its sign.
    let names_it = |cell: &Cell| cell.text.chars().any(char::is_alphanumeric) && !cell.text.starts_with(['✓', '✗']);
    let head = columns.iter().zip(cells).position(|(column, cell)| column.align == Align::Left && names_it(cell));
    let mut out = "<tr>".to_owned();
    let cells = cells.iter().chain(std::iter::repeat(&empty));
    for (index, (column, cell)) in columns.iter().zip(cells).enumerate() {
        let right = (column.align == Align::Right).then_some("number");
        let classes: Vec<&str> = right.into_iter().chain(tone(cell.tone)).collect();
        let class = if classes.is_empty() { String::new() } else { format!(" class=\"{}\"", classes.join(" ")) };
        let text = escape(&cell.text);
        if Some(index) == head {
            out.push_str(&format!("<th scope=\"row\"{class}>{text}</th>"));
        } else {
            out.push_str(&format!("<td{class}>{text}</td>"));
        }
    }
    out.push_str("</tr>\n");
    out
}

fn tone(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain => None,
        Tone::Good => Some("good"),
        Tone::Bad => Some("bad"),
        Tone::Warn => Some("warn"),
        Tone::Dim => Some("dim"),
        Tone::Strong => Some("strong"),
    }
}

/// A picture in place; its label tells what is on it. Inside a page it needs no name space.
fn draw(out: &mut String, picture: &Picture) {
    let svg = picture.svg.trim();
    let svg = svg.find("<svg").map_or("", |start| &svg[start + "<svg".len()..]);
    if svg.is_empty() {
        return;
    }
    let svg = svg.replacen(" xmlns=\"http://www.w3.org/2000/svg\"", "", 1);
    let (label, caption) = (escape(&picture.alt), escape(&picture.caption));
    out.push_str(&format!(
        "<figure>\n<svg role=\"img\" aria-label=\"{label}\"{svg}\n<figcaption>{caption}</figcaption>\n</figure>\n"
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "<script>alert(\"x\")</script> & 'it'\n\u{1b}[31m";

    fn document() -> Document {
        let mut table = Table::new(HOSTILE, vec![Column::words(""), Column::words(HOSTILE), Column::numbers("value")]);
        table.group(HOSTILE);
        table.rows.push(vec![Cell::new("✗", Tone::Bad), Cell::plain(HOSTILE), Cell::new("187 ms", Tone::Bad)]);
        table.group("another");
        table.rows.push(vec![Cell::new("✓", Tone::Good)]);
        table.rows.push(vec![Cell::new("✓", Tone::Good), Cell::plain("p95")]);
        let mut document = Document::default();
        document.heading(1, HOSTILE);
        document.note(NoteKind::Aside, HOSTILE);
        for part in ["one", "two", HOSTILE, "four"] {
            document.heading(2, part);
            document.paragraph(HOSTILE);
            document.bullets(vec![HOSTILE.to_owned()]);
            document.heading(3, HOSTILE);
        }
        document.table(table);
        document.picture(Picture {
            svg: "<svg width=\"9\" xmlns=\"http://www.w3.org/2000/svg\">\n<text>A</text>\n</svg>\n".to_owned(),
            caption: HOSTILE.to_owned(),
            alt: HOSTILE.to_owned(),
        });
        document.note(NoteKind::Warning, HOSTILE);
        document.note(NoteKind::Footnote(1), HOSTILE);
        document
    }

    #[test]
    fn nothing_of_a_name_is_markup() {
        let html = page(&document());
        assert!(!html.contains("<script") && !html.contains("alert(\"") && !html.contains('\u{1b}'), "{html}");
        assert!(html.contains("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;it&#39;"), "{html}");
    }

    #[test]
    fn headings_link_and_tables_say_what_is_a_heading() {
        let html = page(&document());
        for (number, part) in [(1, "one"), (3, "two"), (7, "four")] {
            assert!(html.contains(&format!("<li><a href=\"#part-{number}\">{part}</a></li>")), "{html}");
            assert!(html.contains(&format!("<h2 id=\"part-{number}\">{part}</h2>")), "{html}");
        }
        assert!(html.contains("<th scope=\"col\" class=\"number\">value</th>"), "{html}");
        assert!(
            html.contains("</tbody>\n<tbody>\n<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"3\">another</th>")
        );
        assert!(html.contains("<td class=\"number bad\">187 ms</td>"), "{html}");
        assert!(
            html.contains("<td class=\"good\">✓</td><th scope=\"row\">p95</th><td class=\"number\"></td>"),
            "{html}"
        );
        assert!(!html.contains("http"), "{html}");
        assert!(html.contains("<svg role=\"img\" aria-label=\"&lt;script"), "{html}");
    }

    #[test]
    fn a_short_page_has_no_contents() {
        let mut short = Document::default();
        short.heading(1, "peak");
        short.paragraph("x");
        let html = page(&short);
        assert!(html.contains("<main>\n<h1>peak</h1>") && !html.contains("<nav"), "{html}");
    }
}
