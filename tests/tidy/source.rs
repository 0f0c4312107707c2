//! Rust source as the checks see it: code without comments and texts, and what in it is only for tests.

use std::path::{Path, PathBuf};

/// A source file of the crate.
pub struct Source {
    /// Relative to the root of the repository.
    pub path: PathBuf,
    pub text: String,
    /// The text with comments, strings and characters blanked; as many lines, as long.
    pub code: String,
    /// Per line, from 0: inside a `#[cfg(test)]` item.
    pub test_lines: Vec<bool>,
    /// The whole file is a module that exists only in tests.
    pub test_only: bool,
}

/// All `.rs` files under `folder`, sorted by path.
pub fn sources(root: &Path, folder: &str) -> Vec<Source> {
    let mut paths = Vec::new();
    super::walk(&root.join(folder), &mut paths);
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rs"));
    paths.sort();
    let mut sources: Vec<Source> = paths.iter().map(|path| Source::read(root, path)).collect();
    let tests: Vec<PathBuf> = sources.iter().flat_map(Source::test_modules).collect();
    for source in &mut sources {
        source.test_only = tests.contains(&source.path);
    }
    sources
}

impl Source {
    fn read(root: &Path, path: &Path) -> Source {
        let text = std::fs::read_to_string(path).expect("source is text");
        let code = blank(&text);
        let test_lines = test_lines(&code);
        let path = path.strip_prefix(root).expect("below the root").to_owned();
        Source { path, text, code, test_lines, test_only: false }
    }

    /// Lines of code outside tests, with their numbers from 1.
    pub fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.code.lines().zip(&self.test_lines).enumerate();
        lines.filter(|(_, (_, test))| !self.test_only && !**test).map(|(i, (line, _))| (i + 1, line))
    }

    /// Where the files of `#[cfg(test)] mod name;` may stand.
    fn test_modules(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let stem = self.path.file_stem().unwrap_or_default();
        let folder = match stem.to_str() {
            Some("mod" | "lib" | "main") => self.path.with_file_name(""),
            _ => self.path.with_extension(""),
        };
        for ((line, text), test) in self.code.lines().zip(self.text.lines()).zip(&self.test_lines) {
            let declared =
                line.trim().trim_start_matches("pub ").strip_prefix("mod ").and_then(|m| m.strip_suffix(';'));
            let placed = text.trim().strip_prefix("#[path = \"").and_then(|rest| rest.strip_suffix("\"]"));
            if let (true, Some(name)) = (*test, declared) {
                files.extend([folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")]);
            }
            if let (true, Some(name)) = (*test, placed) {
                files.push(self.path.with_file_name(name));
            }
        }
        files
    }

    /// Functions: name, first line (from 1), number of lines.
    pub fn functions(&self) -> Vec<(String, usize, usize)> {
        let mut found = Vec::new();
        for (start, _) in self.code.match_indices("fn ") {
            let before = self.code[..start].chars().next_back();
            let name: String = self.code[start + 3..].chars().take_while(|c| is_word(*c)).collect();
            if before.is_some_and(is_word) || name.is_empty() {
                continue;
            }
            let end = item_end(&self.code, start);
            let lines = self.code[start..end].matches('\n').count() + 1;
            found.push((name, self.code[..start].matches('\n').count() + 1, lines));
        }
        found
    }
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where the item that begins at `start` ends: at the brace that closes its body, or its semicolon.
fn item_end(code: &str, start: usize) -> usize {
    let mut depth = 0;
    for (at, c) in code[start..].char_indices() {
        match c {
            '{' | '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            '}' if depth == 1 => return start + at,
            '}' => depth -= 1,
            ';' if depth == 0 => return start + at,
            _ => {}
        }
    }
    code.len()
}

fn test_lines(code: &str) -> Vec<bool> {
    let mut lines = vec![false; code.lines().count()];
    for (start, _) in code.match_indices("#[cfg(test)]") {
        let number = |at: usize| code[..at].matches('\n').count();
        let last = number(item_end(code, start)).min(lines.len() - 1);
        lines[number(start)..=last].fill(true);
    }
    lines
}

/// Comments, strings and characters replaced by spaces; line ends stay.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let end = skipped(text, at);
        if end > at {
            code.extend(text[at..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            let c = text[at..].chars().next().unwrap_or(' ');
            code.push(c);
            at += c.len_utf8();
        }
    }
    code
}

/// Where the comment, string or character that begins at `at` ends; `at` if none does.
fn skipped(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let to = |len: Option<usize>| len.map_or(text.len(), |len| at + len);
    if rest.starts_with("//") {
        return to(rest.find('\n'));
    }
    if rest.starts_with("/*") {
        return to(rest.find("*/").map(|len| len + 2));
    }
    let after_word = text[..at].chars().next_back().is_some_and(is_word);
    if !after_word && (rest.starts_with("r\"") || rest.starts_with("r#")) {
        let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
        if rest[1 + hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            return to(rest[2 + hashes..].find(&end).map(|len| 2 + hashes + len + end.len()));
        }
    }
    if rest.starts_with('"') {
        return to(quote_end(rest, '"'));
    }
    // A lifetime has no second quote right behind its first letter.
    let character = rest.starts_with('\'') && (rest.starts_with("'\\") || rest.chars().nth(2) == Some('\''));
    if character { to(quote_end(rest, '\'')) } else { at }
}

fn quote_end(rest: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at + c.len_utf8()),
            _ => {}
        }
    }
    None
}

#[test]
fn comments_and_texts_are_blanked_and_tests_are_found() {
    let text =
        "fn a<'x>(y: [u8; 2]) { \"}\"; '}'; r#\"}\"#; // }\n}\n#[cfg(test)]\nmod tests {\n fn b() {}\n}\nfn c();\n";
    let source = Source {
        path: "src/x.rs".into(),
        text: text.into(),
        code: blank(text),
        test_lines: test_lines(&blank(text)),
        test_only: false,
    };
    assert_eq!(source.code.matches('}').count(), 3, "{}", source.code);
    assert_eq!(source.functions(), [("a".into(), 1, 2), ("b".into(), 5, 1), ("c".into(), 7, 1)]);
    assert_eq!(source.test_lines, [false, false, true, true, true, true, false]);
}
