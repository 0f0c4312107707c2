//! Text that Markdown must not read as markup.
//!
//! GitHub's flavour: pipes break tables, a single tilde strikes through, and underscores inside a
//! word (`acquire_timeout`) are harmless and stay readable.

use super::table::Tone;
use super::wrap::printable;

/// `text` as it stands, on one line.
#[must_use]
pub fn escape(text: &str) -> String {
    let text: Vec<char> = printable(text).chars().collect();
    let mut out = String::with_capacity(text.len());
    for (index, &c) in text.iter().enumerate() {
        let inside_word = index > 0
            && text[index - 1].is_alphanumeric()
            && text.get(index + 1).is_some_and(|next| next.is_alphanumeric());
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '_' if inside_word => out.push('_'),
            '\\' | '|' | '*' | '_' | '`' | '~' | '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            '#' | '+' | '-' | '>' if index == 0 && text.get(1).is_none_or(|next| *next == ' ' || c == *next) => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// Markdown knows no colours: what is strong or bad is bold, the rest is plain.
#[must_use]
pub fn toned(text: &str, tone: Tone) -> String {
    let escaped = escape(text);
    match tone {
        Tone::Strong | Tone::Bad if !escaped.trim().is_empty() => format!("**{escaped}**"),
        Tone::Strong | Tone::Bad | Tone::Plain | Tone::Good | Tone::Warn | Tone::Dim => escaped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped_and_words_are_not() {
        assert_eq!(escape("a|b"), "a\\|b");
        assert_eq!(escape("acquire_timeout"), "acquire_timeout");
        assert_eq!(escape("_x_ *y* <b> [z] ~"), "\\_x\\_ \\*y\\* &lt;b> \\[z\\] \\~");
        assert_eq!(escape("# no heading"), "\\# no heading");
        assert_eq!(escape("-34 % - - x"), "-34 % - - x");
        assert_eq!(escape("- x"), "\\- x");
        assert_eq!(escape("two\nlines"), "two lines");
    }

    #[test]
    fn strong_is_bold() {
        assert_eq!(toned("p95", Tone::Strong), "**p95**");
        assert_eq!(toned("", Tone::Bad), "");
        assert_eq!(toned("p95", Tone::Dim), "p95");
    }
}
