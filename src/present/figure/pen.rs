//! What pictures are drawn with: sizes, fonts and colours, and words that keep to their place.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::theme::Theme;

pub(super) type Area<DB> = DrawingArea<DB, Shift>;
pub(super) type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

/// Sizes in pixels before scaling.
pub(super) const TEXT: f64 = 15.5;
pub(super) const LINE: f64 = 20.0;
pub(super) const MARGIN: f64 = 12.0;

/// Viewers of SVG bring their own font, which may be a tenth wider.
const OTHER_FONTS: f64 = 1.1;

/// Pixels per unit: bitmaps are drawn larger than they are shown, so that small text stays sharp.
#[derive(Clone, Copy, Debug)]
pub struct Pen {
    pub scale: f64,
    pub theme: Theme,
}

impl Pen {
    // Cast: pictures are far smaller than 2^31 pixels
    pub(super) fn px(self, length: f64) -> i32 {
        (length * self.scale).round() as i32
    }

    pub(super) fn width(self, length: f64) -> u32 {
        self.px(length).max(1).unsigned_abs()
    }

    pub(super) fn font(self, size: f64, colour: RGBColor) -> TextStyle<'static> {
        FontDesc::new(FontFamily::SansSerif, size * self.scale, FontStyle::Normal).color(&colour)
    }

    /// Text.
    pub(super) fn words(self) -> TextStyle<'static> {
        self.font(TEXT, self.theme.ink())
    }

    /// Text that says less.
    pub(super) fn pale_words(self) -> TextStyle<'static> {
        self.font(TEXT, self.theme.pale())
    }

    pub(super) fn bold(self, size: f64) -> TextStyle<'static> {
        FontDesc::new(FontFamily::SansSerif, size * self.scale, FontStyle::Bold).color(&self.theme.ink())
    }
}

/// Pixels that `words` take at most, whatever the viewer's font.
pub(super) fn width_of<DB: DrawingBackend>(area: &Area<DB>, words: &str, style: &TextStyle<'_>) -> i32 {
    let width = area.estimate_text_size(words, style).map_or(0.0, |(width, _)| f64::from(width));
    // Cast: a line of text
    (width * OTHER_FONTS).ceil() as i32
}

/// `words` shortened with an ellipsis to `room` pixels.
pub(super) fn cut<DB: DrawingBackend>(area: &Area<DB>, words: &str, style: &TextStyle<'_>, room: i32) -> String {
    let mut shown: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut kept: Vec<char> = shown.chars().collect();
    while kept.len() > 1 && width_of(area, &shown, style) > room {
        kept.pop();
        shown = kept.iter().collect::<String>().trim_end().to_owned() + "…";
    }
    shown
}

/// `words` at `at`, shortened to `room` pixels.
pub(super) fn text<DB: DrawingBackend>(
    area: &Area<DB>,
    words: &str,
    style: &TextStyle<'_>,
    at: (i32, i32),
    room: i32,
) -> Drawn<DB> {
    let shown = cut(area, words, style, room);
    if shown.is_empty() { Ok(()) } else { area.draw(&Text::new(shown, at, style.clone())) }
}
