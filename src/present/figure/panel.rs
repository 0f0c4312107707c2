//! What a figure shows, as data: panels made of layers. [`super::paint`] draws them.
//!
//! The visual language: predicted is solid and filled, recorded is dashed and hollow, so that the
//! two differ in black and white. Colours tell metrics apart and are safe for the colour-blind
//! (Okabe and Ito, "Color universal design", 2008).

use super::axis::Axis;
use super::moments::Moment;

/// A page of panels, row by row; all rows are equally high.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    pub title: String,
    /// One line below the title.
    pub remark: String,
    /// Further lines below it: what the letters of moments stand for.
    pub key: Vec<String>,
    pub rows: Vec<Vec<Panel>>,
    /// Pixels.
    pub width: u32,
    pub height: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    /// Drawn in this order; named ones make up the legend. Coordinates are values, not positions.
    pub layers: Vec<Layer>,
    /// What happens at a time, behind the layers.
    pub moments: Vec<Moment>,
    /// Shown in the middle instead of an empty chart.
    pub empty: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Empty: not in the legend.
    pub name: String,
    pub ink: Ink,
    pub shape: Shape,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Area between two lines: x, low, high.
    Band(Vec<(f64, f64, f64)>),
    /// Broken where a point has no place.
    Line(Vec<(f64, f64)>, Dash),
    /// Vertical intervals with caps: x, low, high.
    Intervals(Vec<(f64, f64, f64)>),
    /// Level intervals with caps: y, from, to.
    Across(Vec<(f64, f64, f64)>, Dash),
    /// Level bars with this hatching.
    Bars(Vec<Bar>, Hatch),
    Marks(Vec<(f64, f64)>, Mark),
    /// Dashed outlines of recorded ranges: x from, x to, low, high. Equal ends make a line.
    Ranges(Vec<(f64, f64, f64, f64)>),
    /// A map: a square of size 1 around each place.
    Cells(Vec<HeatCell>),
}

/// A level bar, or a piece of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    pub y: f64,
    pub from: f64,
    pub to: f64,
    /// Inside, if there is room.
    pub text: String,
}

/// Lines on an area, so that areas differ without colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hatch {
    /// Filled.
    Full,
    /// Half filled.
    Half,
    /// Rising to the right.
    Rising,
    Falling,
    /// Both.
    Crossed,
    Upright,
    Level,
    /// Upright and level.
    Grid,
    /// Paper.
    Empty,
}

/// A square of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatCell {
    pub x: f64,
    pub y: f64,
    /// 0: the palest, 1: the darkest; NaN: empty.
    pub shade: f64,
    pub text: String,
    pub framed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dash {
    Solid,
    Dashed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    pub form: Form,
    pub filled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Circle,
    Square,
    Triangle,
    Diamond,
    /// Triangle on its tip.
    Wedge,
    Cross,
}

impl Form {
    pub const ALL: [Form; 6] = [Form::Circle, Form::Square, Form::Triangle, Form::Diamond, Form::Wedge, Form::Cross];
}

/// Colours of the Okabe-Ito palette that stand out on white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Blue,
    Vermillion,
    Green,
    Orange,
    Purple,
    Sky,
    Black,
    /// For what is not judged.
    Grey,
}

impl Ink {
    /// For one thing after another.
    pub const CYCLE: [Ink; 6] = [Ink::Blue, Ink::Vermillion, Ink::Green, Ink::Orange, Ink::Purple, Ink::Sky];

    #[must_use]
    pub fn rgb(self) -> (u8, u8, u8) {
        match self {
            Ink::Blue => (0, 114, 178),
            Ink::Vermillion => (213, 94, 0),
            Ink::Green => (0, 158, 115),
            Ink::Orange => (230, 159, 0),
            Ink::Purple => (204, 121, 167),
            Ink::Sky => (86, 180, 233),
            Ink::Black => (0, 0, 0),
            Ink::Grey => (130, 130, 130),
        }
    }
}

impl Layer {
    #[must_use]
    pub fn new(name: impl Into<String>, ink: Ink, shape: Shape) -> Layer {
        Layer { name: name.into(), ink, shape }
    }

    /// Largest y that is a number; 0 if there is none.
    #[must_use]
    pub fn largest(&self) -> f64 {
        self.ys().into_iter().filter(|y| y.is_finite()).fold(0.0, f64::max)
    }

    /// Every y of the layer.
    #[must_use]
    pub fn ys(&self) -> Vec<f64> {
        match &self.shape {
            Shape::Line(points, _) | Shape::Marks(points, _) => points.iter().map(|point| point.1).collect(),
            Shape::Band(points) | Shape::Intervals(points) => points.iter().flat_map(|p| [p.1, p.2]).collect(),
            Shape::Across(points, _) => points.iter().map(|point| point.0).collect(),
            Shape::Bars(bars, _) => bars.iter().map(|bar| bar.y).collect(),
            Shape::Ranges(ranges) => ranges.iter().flat_map(|r| [r.2, r.3]).collect(),
            Shape::Cells(cells) => cells.iter().map(|cell| cell.y).collect(),
        }
    }
}
