//! Draws boxes with lines between them: what a system is made of, how far each part is in use, and which limits.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Picture;
use super::layered::{Item, Placed, Spacing, placed};
use super::panel::Ink;
use super::pen::{Area, Drawn, LINE, MARGIN, Pen, TEXT, text, width_of};

const FIGURE_TITLE: f64 = 25.0;
const TITLE: f64 = 16.5;
const PADDING: f64 = 9.0;
/// Of the first line of a box, and of a level of use.
const FIRST: f64 = 26.0;
const LEVEL: f64 = 35.0;
const BAR: f64 = 7.0;
const HEAD: f64 = 68.0;
const SPACING: Spacing = Spacing { column: 196.0, between: 62.0, apart: 22.0, lane: 16.0 };
/// Beyond these shares a part is said to be busy, and to be full.
const BUSY: f64 = 0.7;
const FULL: f64 = 0.9;
const NARROWEST: f64 = 900.0;

/// A part of a system.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub column: usize,
    pub title: String,
    pub lines: Vec<String>,
    /// What of it is in use, and how much of that, 0 to 1.
    pub levels: Vec<(String, f64)>,
    /// What is said of the one that limits, "limits first".
    pub limits: Option<&'static str>,
}

/// A system as a picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Diagram {
    pub title: String,
    pub remark: String,
    /// Further lines below it.
    pub key: Vec<String>,
    pub parts: Vec<Part>,
    /// From part to part of a later column.
    pub lines: Vec<(usize, usize)>,
}

impl Part {
    fn height(&self) -> f64 {
        FIRST + LINE * self.lines.len() as f64 + LEVEL * self.levels.len() as f64 + PADDING
    }
}

impl Diagram {
    fn head(&self) -> f64 {
        HEAD + LINE * self.key.len() as f64 + LINE
    }

    fn placed(&self) -> Placed {
        let items: Vec<Item> =
            self.parts.iter().map(|part| Item { column: part.column, height: part.height() }).collect();
        placed(&items, &self.lines, SPACING)
    }
}

impl Picture for Diagram {
    fn size(&self) -> (u32, u32) {
        let placed = self.placed();
        // Cast: pixels of a picture
        let width = (placed.width + 2.0 * MARGIN).max(NARROWEST).ceil() as u32;
        (width, (placed.height + self.head() + 2.0 * MARGIN).ceil() as u32)
    }

    fn draw<DB: DrawingBackend>(&self, area: &Area<DB>, pen: Pen) -> Drawn<DB> {
        area.fill(&pen.theme.paper())?;
        let (width, _) = area.dim_in_pixel();
        let left = pen.px(MARGIN);
        let room = i32::try_from(width).unwrap_or(i32::MAX) - 2 * left;
        text(area, &self.title, &pen.bold(FIGURE_TITLE), (left, pen.px(12.0)), room)?;
        text(area, &self.remark, &pen.pale_words(), (left, pen.px(41.0)), room)?;
        for (line, entry) in (0_u32..).zip(&self.key) {
            let y = pen.px(41.0 + LINE * f64::from(line + 1));
            text(area, entry, &pen.words(), (left, y), room)?;
        }
        let placed = self.placed();
        let at = |(x, y): (f64, f64)| (pen.px(MARGIN + x), pen.px(self.head() + y));
        for way in &placed.ways {
            arrow(&way.iter().map(|&point| at(point)).collect::<Vec<_>>(), area, pen)?;
        }
        for (part, &place) in self.parts.iter().zip(&placed.boxes) {
            draw_part(part, at(place), area, pen)?;
        }
        area.present()
    }
}

/// A line with a head at its end.
fn arrow<DB: DrawingBackend>(way: &[(i32, i32)], area: &Area<DB>, pen: Pen) -> Drawn<DB> {
    let colour = pen.theme.pale();
    area.draw(&PathElement::new(way.to_vec(), colour.stroke_width(pen.width(1.4))))?;
    let [.., before, end] = way else { return Ok(()) };
    let (dx, dy) = (f64::from(end.0 - before.0), f64::from(end.1 - before.1));
    let length = dx.hypot(dy).max(1.0);
    let (along, across) = ((dx / length, dy / length), (-dy / length, dx / length));
    let (long, wide) = (9.0 * pen.scale, 4.0 * pen.scale);
    let corner = |side: f64| {
        let offset = |along: f64, across: f64| (side * wide * across - long * along).round();
        // Cast: pixels of a picture
        (end.0 + offset(along.0, across.0) as i32, end.1 + offset(along.1, across.1) as i32)
    };
    area.draw(&Polygon::new(vec![*end, corner(1.0), corner(-1.0)], colour))
}

fn draw_part<DB: DrawingBackend>(part: &Part, (x, y): (i32, i32), area: &Area<DB>, pen: Pen) -> Drawn<DB> {
    let (right, bottom) = (x + pen.px(SPACING.column), y + pen.px(part.height()));
    let corners = [(x, y), (right, bottom)];
    area.draw(&Rectangle::new(corners, pen.theme.shaded(pen.theme.grid(), 0.35).filled()))?;
    let (ink, wide) =
        if part.limits.is_some() { (pen.theme.colour(Ink::Vermillion), 3.5) } else { (pen.theme.pale(), 1.2) };
    area.draw(&Rectangle::new(corners, ink.stroke_width(pen.width(wide))))?;
    let (left, room) = (x + pen.px(PADDING), pen.px(SPACING.column - 2.0 * PADDING));
    if let Some(limits) = part.limits {
        let words = pen.font(TEXT, ink).pos(Pos::new(HPos::Left, VPos::Bottom));
        area.draw(&Text::new(limits, (x, y - pen.px(3.0)), words))?;
    }
    text(area, &part.title, &pen.bold(TITLE), (left, y + pen.px(6.0)), room)?;
    let mut top = y + pen.px(FIRST);
    for line in &part.lines {
        text(area, line, &pen.words(), (left, top), room)?;
        top += pen.px(LINE);
    }
    for (what, share) in &part.levels {
        level((what, *share), (left, top), room, area, pen)?;
        top += pen.px(LEVEL);
    }
    Ok(())
}

/// "CPU  72 %" above a bar that is so far filled.
fn level<DB: DrawingBackend>(
    (what, share): (&str, f64),
    (left, top): (i32, i32),
    room: i32,
    area: &Area<DB>,
    pen: Pen,
) -> Drawn<DB> {
    let number = super::super::number::share(share);
    let style = pen.words();
    let wide = width_of(area, &number, &style);
    text(area, what, &pen.pale_words(), (left, top), room - wide - pen.px(8.0))?;
    area.draw(&Text::new(number, (left + room, top), style.pos(Pos::new(HPos::Right, VPos::Top))))?;
    let y = top + pen.px(LINE - 1.0);
    let whole = [(left, y), (left + room, y + pen.px(BAR))];
    area.draw(&Rectangle::new(whole, pen.theme.paper().filled()))?;
    let ink = match share {
        share if share >= FULL => Ink::Vermillion,
        share if share >= BUSY => Ink::Orange,
        _ => Ink::Blue,
    };
    // Cast: pixels of a picture
    let end = left + (f64::from(room) * share.clamp(0.0, 1.0)).round() as i32;
    area.draw(&Rectangle::new([(left, y), (end, y + pen.px(BAR))], pen.theme.colour(ink).filled()))?;
    area.draw(&Rectangle::new(whole, pen.theme.pale().stroke_width(pen.width(1.0))))
}
