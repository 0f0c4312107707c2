//! An SVG as tests see it: its elements, and its words with their places.

use plotters::prelude::{FontDesc, FontFamily, FontStyle};
use plotters::style::register_font;

/// A text and the box that it fills, pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Words {
    pub text: String,
    pub left: f64,
    pub top: f64,
    pub right: f64,
    pub bottom: f64,
}

impl Words {
    /// Whether two texts cover the same place.
    pub fn touches(&self, other: &Words) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }
}

/// Width and height of a picture.
pub fn size(svg: &str) -> (f64, f64) {
    let head = svg.lines().next().expect("a first line");
    (number(head, "width"), number(head, "height"))
}

/// Names of the elements, each once, sorted.
pub fn elements(svg: &str) -> Vec<String> {
    let names = svg.split('<').skip(1).filter(|tag| !tag.starts_with('/'));
    let mut names: Vec<String> = names.map(|tag| tag.chars().take_while(char::is_ascii_alphabetic).collect()).collect();
    names.sort();
    names.dedup();
    names
}

/// All texts in order.
pub fn words(svg: &str) -> Vec<Words> {
    let fonts = [
        (FontStyle::Normal, include_bytes!("../../src/present/figure/font/Roboto-Regular.ttf").as_slice()),
        (FontStyle::Bold, include_bytes!("../../src/present/figure/font/Roboto-Bold.ttf").as_slice()),
    ];
    for (style, bytes) in fonts {
        assert!(register_font("sans-serif", style, bytes).is_ok(), "the font is whole");
    }
    svg.split("<text ").skip(1).map(one).collect()
}

fn one(element: &str) -> Words {
    let (tag, rest) = element.split_once('>').expect("a tag ends");
    let text = rest.split("</text>").next().expect("a text ends").trim().to_owned();
    let text = text
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&");
    let (x, y, size) = (number(tag, "x"), number(tag, "y"), number(tag, "font-size"));
    let style = if tag.contains("font-weight=\"bold\"") { FontStyle::Bold } else { FontStyle::Normal };
    // The library writes its sizes as those of a browser, 1.24 times smaller.
    let font = FontDesc::new(FontFamily::SansSerif, size * 1.24, style);
    let wide = f64::from(font.box_size(&text).expect("a width").0);
    let left = match attribute(tag, "text-anchor") {
        "middle" => x - wide / 2.0,
        "end" => x - wide,
        _ => x,
    };
    // From the top of a capital to the bottom of a g, of the size of the font.
    let (above, below) = match attribute(tag, "dy") {
        "0.76em" => (0.0, 0.95),
        "0.5ex" => (0.45, 0.5),
        _ => (0.75, 0.2),
    };
    Words { text, left, top: y - above * size, right: left + wide, bottom: y + below * size }
}

fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
    let from = format!("{name}=\"");
    let found = tag.match_indices(&from).find(|(at, _)| *at == 0 || tag.as_bytes()[at - 1] == b' ');
    found.and_then(|(at, _)| tag[at + from.len()..].split('"').next()).unwrap_or_default()
}

fn number(tag: &str, name: &str) -> f64 {
    attribute(tag, name).parse().unwrap_or_else(|_| panic!("{name} in {tag}"))
}
