//! Light and dark: what a picture is drawn on, and the colours that stand out on it.
//!
//! Both have the same inks by name, so that a figure says what it means once. On dark they are lighter, of
//! the same hues (Okabe and Ito); each stands out from the dark paper by a contrast
//! of at least 3 : 1, text from both by 7 : 1 (WCAG 2.2, 1.4.11 and 1.4.6).

use std::path::Path;

use plotters::prelude::RGBColor;

use super::panel::Ink;

/// What a picture is drawn on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// White paper.
    #[default]
    Light,
    /// A dark page.
    Dark,
}

/// Where a picture goes, and how it looks.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Ends in `.svg` or `.png`.
    pub path: &'a Path,
    pub theme: Theme,
}

impl<'a> From<&'a Path> for Target<'a> {
    fn from(path: &'a Path) -> Target<'a> {
        Target { path, theme: Theme::Light }
    }
}

impl Theme {
    /// What everything is drawn on.
    pub(super) fn paper(self) -> RGBColor {
        match self {
            Theme::Light => RGBColor(255, 255, 255),
            Theme::Dark => RGBColor(24, 26, 30),
        }
    }

    /// Text.
    pub(super) fn ink(self) -> RGBColor {
        match self {
            Theme::Light => RGBColor(30, 30, 30),
            Theme::Dark => RGBColor(232, 232, 232),
        }
    }

    /// Text that says less, and axes.
    pub(super) fn pale(self) -> RGBColor {
        match self {
            Theme::Light => RGBColor(88, 88, 88),
            Theme::Dark => RGBColor(172, 172, 172),
        }
    }

    /// Lines behind a chart.
    pub(super) fn grid(self) -> RGBColor {
        match self {
            Theme::Light => RGBColor(226, 226, 226),
            Theme::Dark => RGBColor(58, 61, 67),
        }
    }

    /// An ink as it looks on this paper.
    pub(super) fn colour(self, ink: Ink) -> RGBColor {
        let (red, green, blue) = match self {
            Theme::Light => ink.rgb(),
            Theme::Dark => match ink {
                Ink::Blue => (66, 156, 224),
                Ink::Vermillion => (244, 124, 54),
                Ink::Green => (38, 190, 146),
                Ink::Orange => (242, 182, 52),
                Ink::Purple => (222, 150, 188),
                Ink::Sky => (142, 208, 246),
                Ink::Black => (240, 240, 240),
                Ink::Grey => (150, 150, 150),
            },
        };
        RGBColor(red, green, blue)
    }

    /// So much of a colour on the paper; not transparent, so that no line of a grid shows through.
    pub(super) fn shaded(self, colour: RGBColor, share: f64) -> RGBColor {
        let paper = self.paper();
        // Cast: between 0 and 255
        let part =
            |full: u8, paper: u8| (f64::from(paper) + (f64::from(full) - f64::from(paper)) * share).round() as u8;
        RGBColor(part(colour.0, paper.0), part(colour.1, paper.1), part(colour.2, paper.2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Relative luminance and contrast as WCAG 2.2 defines them.
    fn contrast(a: RGBColor, b: RGBColor) -> f64 {
        let linear = |part: u8| {
            let share = f64::from(part) / 255.0;
            if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = |c: RGBColor| 0.2126 * linear(c.0) + 0.7152 * linear(c.1) + 0.0722 * linear(c.2);
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_inks_stand_out_from_their_paper() {
        for theme in [Theme::Light, Theme::Dark] {
            assert!(contrast(theme.ink(), theme.paper()) >= 7.0 && contrast(theme.pale(), theme.paper()) >= 7.0);
        }
        // On white the palette's brightest, orange and sky, are below 3 : 1: forms and words go with them.
        for ink in Ink::CYCLE.into_iter().chain([Ink::Black, Ink::Grey]) {
            assert!(contrast(Theme::Dark.colour(ink), Theme::Dark.paper()) >= 3.0, "{ink:?}");
            assert!(contrast(Theme::Light.colour(ink), Theme::Light.paper()) >= 2.0, "{ink:?}");
        }
    }
}
