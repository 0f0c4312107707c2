//! Figures: a check and a prediction as pictures, SVG or PNG by the file's ending.
//!
//! Pictures carry their own font for PNG (Roboto, a subset, Apache License 2.0, see `font/`), so
//! they look the same on every machine; an SVG asks its viewer for a sans-serif one. Pages that hold their
//! pictures take them as text, see [`Drawn`].

use std::fmt;
use std::path::PathBuf;
use std::sync::OnceLock;

use plotters::prelude::*;
use plotters::style::register_font;

use self::panel::Figure;
use self::pen::{Area, Pen};

mod axis;
mod bars;
mod capacity_figure;
mod check_figure;
mod compare_figure;
mod curves;
mod diagram;
mod endpoints_figure;
mod heat;
mod hits_figure;
mod kinds;
mod layered;
mod layers;
mod legend;
mod marks;
mod moments;
pub(super) mod over_time;
mod paint;
mod panel;
mod pen;
mod percentiles_figure;
mod recommend_figure;
mod run_figure;
mod scatter_figure;
mod sweep_figure;
mod system_figure;
mod system_parts;
mod theme;
mod ticks;
mod time_figure;

pub use self::capacity_figure::capacity_figure;
pub use self::check_figure::{check_drawn, check_figure};
pub use self::compare_figure::compare_figure;
pub use self::endpoints_figure::endpoints_figure;
pub use self::hits_figure::hits_figure;
pub use self::percentiles_figure::{PERCENTILES, percentiles_figure};
pub use self::recommend_figure::recommend_figure;
pub use self::run_figure::{run_drawn, run_figure};
pub use self::scatter_figure::{has_points, scatter_figure};
pub use self::sweep_figure::sweep_figure;
pub use self::system_figure::system_figure;
pub use self::theme::{Target, Theme};
pub use self::time_figure::time_figure;

/// Pixels of a bitmap per pixel of the figure.
const BITMAP_SCALE: u32 = 2;

/// Why a figure could not be written.
#[derive(Debug)]
pub enum FigureError {
    /// Neither `.svg` nor `.png`.
    UnknownEnding(PathBuf),
    /// The file could not be written, or the drawing library refused, in its words.
    Write(PathBuf, String),
}

impl fmt::Display for FigureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FigureError::UnknownEnding(path) => {
                write!(f, "cannot tell the format of {}: the name has to end in .svg or .png", path.display())
            }
            FigureError::Write(path, error) => write!(f, "cannot write {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for FigureError {}

/// A figure as SVG, and what is on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    pub svg: String,
    /// Titles of its panels.
    pub panels: Vec<String>,
}

/// Rows of panels that fit a printed page.
const ROWS_OF_A_PAGE: usize = 3;

/// `figure` in pieces that fit a page; none if the drawing library refuses.
fn drawn(figure: &Figure) -> Vec<Drawn> {
    let rows = u32::try_from(figure.rows.len().max(1)).unwrap_or(1);
    let head = paint::head(figure);
    let row = figure.height.saturating_sub(head) / rows;
    let pieces = figure.rows.chunks(ROWS_OF_A_PAGE).filter_map(|rows| {
        let height = head + row * u32::try_from(rows.len()).ok()?;
        let piece = Figure { rows: rows.to_vec(), height, ..figure.clone() };
        let panels = rows.iter().flatten().map(|panel| panel.title.clone()).collect();
        Some(Drawn { svg: svg(&piece)?, panels })
    });
    pieces.collect()
}

fn svg(figure: &Figure) -> Option<String> {
    let mut text = String::new();
    if !register_fonts() {
        return None;
    }
    {
        let area = SVGBackend::with_string(&mut text, (figure.width, figure.height)).into_drawing_area();
        paint::figure(figure, &area, Pen { scale: 1.0, theme: Theme::Light }).ok()?;
    }
    Some(text)
}

/// Something that can be drawn on any backend.
trait Picture {
    /// Pixels across and down.
    fn size(&self) -> (u32, u32);

    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>, pen: Pen) -> pen::Drawn<DB>;
}

impl Picture for Figure {
    fn size(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>, pen: Pen) -> pen::Drawn<DB> {
        paint::figure(self, area, pen)
    }
}

/// Draws `picture` into the file of `target`.
fn write(picture: &impl Picture, target: Target) -> Result<(), FigureError> {
    let Target { path, theme } = target;
    let failed = |error: &dyn fmt::Display| FigureError::Write(path.to_owned(), error.to_string());
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    if !register_fonts() {
        return Err(failed(&"the built-in font is damaged"));
    }
    let (width, height) = picture.size();
    match ending.as_deref() {
        Some("svg") => {
            let area = SVGBackend::new(path, (width, height)).into_drawing_area();
            picture.draw(&area, Pen { scale: 1.0, theme }).map_err(|error| failed(&error))
        }
        Some("png") => {
            let area = BitMapBackend::new(path, (width * BITMAP_SCALE, height * BITMAP_SCALE)).into_drawing_area();
            let pen = Pen { scale: f64::from(BITMAP_SCALE), theme };
            picture.draw(&area, pen).map_err(|error| failed(&error))
        }
        _ => Err(FigureError::UnknownEnding(path.to_owned())),
    }
}

/// Gives plotters its font; once is enough.
fn register_fonts() -> bool {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let regular: &'static [u8] = include_bytes!("font/Roboto-Regular.ttf");
    let bold: &'static [u8] = include_bytes!("font/Roboto-Bold.ttf");
    *REGISTERED.get_or_init(|| {
        register_font("sans-serif", FontStyle::Normal, regular).is_ok()
            && register_font("sans-serif", FontStyle::Bold, bold).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    fn draw(name: &str) -> Result<Vec<u8>, FigureError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(name);
        let p = sample::prediction("peak <&> \"spike\"");
        run_figure(&p, Some(&sample::recording("peak.csv")), path.as_path().into())?;
        Ok(std::fs::read(path).expect("written"))
    }

    /// Names of the elements in order, if every one that opens also closes.
    fn elements(svg: &str) -> Option<Vec<String>> {
        let (mut open, mut all) = (Vec::new(), Vec::new());
        for tag in svg.split('<').skip(1) {
            let (tag, text) = tag.split_once('>')?;
            let bare = text.replace("&lt;", "").replace("&gt;", "").replace("&amp;", "").replace("&quot;", "");
            if bare.contains('&') && !bare.contains("&apos;") {
                return None;
            }
            if let Some(name) = tag.strip_prefix('/') {
                if open.pop()? != name {
                    return None;
                }
            } else {
                let name = tag.split([' ', '/']).next()?.to_owned();
                if tag.matches('"').count() % 2 != 0 {
                    return None;
                }
                if !tag.ends_with('/') {
                    open.push(name.clone());
                }
                all.push(name);
            }
        }
        open.is_empty().then_some(all)
    }

    #[test]
    fn an_svg_is_well_formed_and_labelled() {
        let svg = String::from_utf8(draw("figure.svg").expect("drawn")).expect("text");
        let elements = elements(&svg).expect("well-formed");
        assert_eq!(elements.first().map(String::as_str), Some("svg"));
        for label in
            ["Users", "Throughput", "Latency", "Errors", "Connections main", "CPU", "duration, ms", "p95 predicted"]
        {
            assert!(svg.contains(label), "{label} is missing");
        }
        assert!(svg.contains("peak &lt;&amp;&gt;"));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn drawing_twice_gives_the_same_bytes() {
        assert_eq!(draw("a.svg").expect("drawn"), draw("b.svg").expect("drawn"));
        assert_eq!(draw("a.png").expect("drawn"), draw("b.png").expect("drawn"));
    }

    #[test]
    fn a_png_is_one_and_not_blank() {
        let png = draw("figure.PNG").expect("drawn");
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert!(png.len() > 20_000, "{} bytes hold no figure", png.len());
    }

    #[test]
    fn no_number_and_no_name_breaks_a_picture() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut p = sample::prediction("peak");
        p.model = "a model\nwith a name ".repeat(40);
        for line in &mut p.series {
            line.scope = if line.scope.is_empty() { String::new() } else { "name/".repeat(80) };
            line.mean[100..110].fill(f64::INFINITY);
            line.mean[200..210].fill(-1.0);
            line.low.clear();
        }
        p.series[0].mean.clear();
        let mut report = sample::report(&["peak"]);
        for row in report.tests.iter_mut().flat_map(|test| &mut test.rows) {
            row.high = Some(f64::INFINITY);
            row.low = Some(0.0);
        }
        for name in ["a.svg", "a.png"] {
            run_figure(&p, None, folder.path().join(name).as_path().into()).expect("drawn");
            check_figure(&report, &[p.clone()], &[], folder.path().join(name).as_path().into()).expect("drawn");
        }
        let svg = std::fs::read_to_string(folder.path().join("a.svg")).expect("text");
        assert!(elements(&svg).is_some() && !svg.contains("NaN") && svg.contains('…'));
    }

    #[test]
    fn other_endings_and_bad_places_are_errors() {
        assert!(matches!(draw("figure.pdf"), Err(FigureError::UnknownEnding(_))));
        assert!(matches!(draw("figure"), Err(FigureError::UnknownEnding(_))));
        for name in ["no/such/folder.svg", "no/such/folder.png"] {
            let error = draw(name).expect_err("there is no such folder");
            assert!(error.to_string().contains("folder"), "{error}");
        }
    }
}
