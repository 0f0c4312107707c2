//! The squares of a map: the darker, the more.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::paint::Chart;
use super::panel::{HeatCell, Ink};
use super::pen::{Drawn, Pen, TEXT};

/// Share of the full colour that the palest square has.
const PALEST: f64 = 0.06;
/// Text on fuller squares has the colour of the paper.
const DARK: f64 = 0.55;
/// Half a square that is not framed, and one that is, in squares.
const HALF: f64 = 0.48;
const FRAMED: f64 = 0.45;

/// A square with its number, in shades of a colour.
pub(super) fn cell<DB: DrawingBackend>(chart: &mut Chart<'_, DB>, cell: &HeatCell, ink: Ink, pen: Pen) -> Drawn<DB> {
    if cell.shade.is_nan() {
        return Ok(());
    }
    let square = |half: f64| [(cell.x - half, cell.y - half), (cell.x + half, cell.y + half)];
    let fill = pen.theme.shaded(pen.theme.colour(ink), PALEST + (1.0 - PALEST) * cell.shade.clamp(0.0, 1.0)).filled();
    chart.draw_series(std::iter::once(Rectangle::new(square(HALF), fill)))?;
    let ink = if cell.shade > DARK { pen.theme.paper() } else { pen.theme.colour(Ink::Black) };
    if cell.framed {
        let frame = ink.stroke_width(pen.width(2.0));
        chart.draw_series(std::iter::once(Rectangle::new(square(FRAMED), frame)))?;
    }
    let style = pen.font(TEXT, ink).pos(Pos::new(HPos::Center, VPos::Center));
    chart.draw_series(std::iter::once(Text::new(cell.text.clone(), (cell.x, cell.y), style)))?;
    Ok(())
}
