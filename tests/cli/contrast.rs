//! Whether what is written can be read: WCAG 2.2, 1.4.3, wants 4.5 to 1 between text and what is behind it.
//! <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>

use super::{Folder, MODEL};

const LEAST: f64 = 4.5;

/// Relative luminance of "#rrggbb".
fn luminance(colour: &str) -> f64 {
    let part = |from: usize| {
        let part = u8::from_str_radix(&colour[from..from + 2], 16).unwrap_or_else(|_| panic!("{colour}"));
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

fn contrast(a: &str, b: &str) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The colours of each `:root` of a style sheet, by their names.
fn palettes(css: &str) -> Vec<Vec<(&str, &str)>> {
    let blocks = css.split(":root {").skip(1).filter_map(|rest| rest.split('}').next());
    blocks
        .map(|block| {
            let lines =
                block.lines().filter_map(|line| line.trim().strip_prefix("--")?.strip_suffix(';')?.split_once(": "));
            lines.filter(|(_, colour)| colour.starts_with('#')).collect()
        })
        .collect()
}

#[test]
fn the_ratio_is_that_of_the_standard() {
    assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
    assert!((contrast("#777777", "#ffffff") - 4.48).abs() < 0.005, "the grey that just fails");
}

#[test]
fn every_colour_of_text_can_be_read_on_every_ground() {
    // What lies behind, and what only lines and dots of figures have.
    const NO_TEXT: [&str; 4] = ["ground", "panel", "line", "today"];
    let sheets = [
        ("html.css", include_str!("../../src/present/html.css"), 3),
        ("style.css", include_str!("../../src/serve/page/style.css"), 2),
    ];
    let mut pairs = 0;
    for (name, css, least) in sheets {
        let palettes = palettes(css);
        assert!(palettes.len() >= least, "{name}: light, dark, and print of a report");
        for palette in palettes {
            let grounds = palette.iter().filter(|(name, _)| ["ground", "panel"].contains(name));
            for (ground, behind) in grounds {
                for (text, colour) in palette.iter().filter(|(name, _)| !NO_TEXT.contains(name)) {
                    let ratio = contrast(colour, behind);
                    assert!(ratio >= LEAST, "{name}: {text} {colour} on {ground} {behind}: {ratio:.2}");
                    pairs += 1;
                }
            }
        }
    }
    assert!(pairs > 40, "{pairs} pairs");
}

/// Figures have their own ground, white in a dark page too.
#[test]
fn every_text_of_a_figure_can_be_read_on_its_white() {
    let folder = Folder::with_model(MODEL);
    let ran = folder.plimsoll("run model.toml --replications 2 --quiet --plot figure.svg");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let figure = folder.read("figure.svg");
    let mut texts = 0;
    for text in figure.split("<text ").skip(1) {
        let colour = text.split_once("fill=\"").and_then(|(_, rest)| rest.split('"').next()).expect("a colour");
        assert!(contrast(colour, "#ffffff") >= LEAST, "{colour}: {}", text.split("</text>").next().unwrap_or_default());
        texts += 1;
    }
    assert!(texts > 20, "{texts} texts");
}
