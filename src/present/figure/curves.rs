//! The upright axis of curves over a load or a size.

use super::axis::Axis;
use super::panel::{Layer, Shape};

/// Latencies that differ more than this are drawn on a logarithmic axis.
const WIDE: f64 = 30.0;

/// The axis of what the layers show, logarithmic where latencies need it, and the values at its ends.
pub(super) fn upright_axis(unit: &str, layers: &mut [Layer]) -> (Axis, (f64, f64)) {
    let lines = layers.iter().filter(|layer| matches!(layer.shape, Shape::Line(..)));
    let above = lines.flat_map(Layer::ys).filter(|y| y.is_finite() && *y > 0.0);
    let (least, most) = above.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), y| (low.min(y), high.max(y)));
    let log = unit.ends_with("ms") && most > WIDE * least;
    if log {
        // An interval that reaches 0 has no end on this axis.
        for layer in layers.iter_mut() {
            if let Shape::Band(points) = &mut layer.shape {
                points.iter_mut().for_each(|point| point.1 = point.1.max(least));
            }
        }
    }
    let largest = layers.iter().map(Layer::largest).fold(0.0, f64::max);
    let y = if log { Axis::log(unit, layers.iter().flat_map(Layer::ys)) } else { Axis::from_zero(unit, largest) };
    let (low, high) = if log { (10_f64.powf(y.low), 10_f64.powf(y.high)) } else { (y.low, y.high) };
    (y, (low, high))
}
