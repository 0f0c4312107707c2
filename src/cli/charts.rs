//! Whether charts of characters are shown, and of which.

use std::io::IsTerminal;

use super::args::{Charts, Format, How, Screen};
use super::output::form;
use crate::present::charts::Glyphs;

/// The characters of charts; `None` where none are wanted: they belong to pages of text only.
pub(super) fn charts_wanted(screen: &Screen, how: &How) -> Option<Glyphs> {
    let is_wanted = match screen.charts {
        Charts::Never => false,
        Charts::Always => true,
        Charts::Auto => how.output.is_none() && std::io::stdout().is_terminal(),
    };
    (is_wanted && form(how.format, how.output.as_deref()) == Format::Text)
        .then(|| glyphs(|name| std::env::var(name).ok()))
}

/// Blocks where the locale is of UTF-8, unless the terminal has no characters for them.
fn glyphs(variable: impl Fn(&str) -> Option<String>) -> Glyphs {
    if cfg!(windows) {
        return Glyphs::Blocks;
    }
    let set = |name: &&str| variable(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(set).unwrap_or_default().to_ascii_lowercase();
    let is_plain = variable("TERM").is_some_and(|terminal| ["linux", "dumb"].contains(&terminal.as_str()));
    let is_utf_8 = locale.contains("utf-8") || locale.contains("utf8");
    if is_utf_8 && !is_plain { Glyphs::Blocks } else { Glyphs::Ascii }
}

#[cfg(all(test, not(windows)))]
mod tests {
    use super::*;

    #[test]
    fn the_locale_says_which_characters_there_are() {
        let of = |set: &'static [(&str, &str)]| {
            glyphs(|name| set.iter().find(|one| one.0 == name).map(|one| one.1.to_owned()))
        };
        assert_eq!(of(&[("LANG", "de_AT.UTF-8")]), Glyphs::Blocks);
        assert_eq!(of(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8"), ("LANG", "C")]), Glyphs::Blocks);
        assert_eq!(of(&[("LC_ALL", "C"), ("LANG", "de_AT.UTF-8")]), Glyphs::Ascii, "the first that is set decides");
        assert_eq!(of(&[("LANG", "C.UTF-8"), ("TERM", "linux")]), Glyphs::Ascii, "its font has no blocks");
        assert_eq!(of(&[]), Glyphs::Ascii);
    }
}
