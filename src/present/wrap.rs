//! Text in columns of a terminal: how wide it is, and where it breaks.
//!
//! Width is counted in terminal cells, so names in any script stay aligned. Control characters,
//! which a name in a file may hold, are turned into spaces: they could move the cursor.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Terminal cells that `text` takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` with control characters replaced by spaces.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Lines of at most `limit` cells, broken at spaces, or inside words longer than a line. At least
/// one line. A `limit` below 2 is taken as 2, since some characters are two cells wide.
#[must_use]
pub fn wrap(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(2);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in printable(text).split(' ').filter(|word| !word.is_empty()) {
        let gap = usize::from(!line.is_empty());
        if width(&line) + gap + width(word) > limit && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        for c in word.chars() {
            if width(&line) + c.width().unwrap_or(0) > limit {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_at_spaces_and_inside_long_words() {
        assert_eq!(wrap("waiting for pool main", 11), ["waiting for", "pool main"]);
        assert_eq!(wrap("abcdefgh ij", 3), ["abc", "def", "gh", "ij"]);
        assert_eq!(wrap("", 5), [""]);
    }

    #[test]
    fn counts_cells_not_bytes() {
        assert_eq!(width("µ–✓"), 3);
        assert_eq!(width("会话"), 4);
        assert_eq!(wrap("会话会话", 5), ["会话", "会话"]);
    }

    #[test]
    fn names_cannot_move_the_cursor() {
        assert_eq!(printable("a\x1b[31m\nb"), "a [31m b");
    }
}
