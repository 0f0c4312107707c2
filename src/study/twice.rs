//! Figures that a recording holds twice count once in the score.
//!
//! Load tools write the same measurement under several names: of all responses and of the successful ones where nothing failed,
//! as `med` and as `p50`, of the whole test and of a span that is the whole test, of all endpoints and of the only one.

use super::check_result::CheckRow;
use crate::load::regular_end_s;
use crate::model::{Model, Test};

/// Takes the later ones of equal measurements out of the score, and says so.
pub(super) fn counted_once(rows: &mut [CheckRow], model: &Model, test: &Test) {
    let only_one = crate::compile::requested(model, test).iter().filter(|asked| **asked).count() == 1;
    let end = regular_end_s(test);
    let mut seen: Vec<Measured> = Vec::new();
    for row in rows.iter_mut().filter(|row| row.scored) {
        let measured = Measured::of(row, only_one, end);
        if seen.contains(&measured) {
            row.scored = false;
            row.note = "the same measurement under another name, which is scored".into();
            row.miss = None;
        } else {
            seen.push(measured);
        }
    }
}

/// What was measured, whatever it is called.
#[derive(PartialEq)]
struct Measured {
    metric: String,
    scope: String,
    stat: String,
    window: Option<(f64, f64)>,
    recorded: [Option<f64>; 3],
}

impl Measured {
    fn of(row: &CheckRow, only_one: bool, end: f64) -> Measured {
        let key = &row.key;
        let window = key.from_s.zip(key.to_s).filter(|(from, to)| *from > 0.0 || (to - end).abs() > 1e-3);
        let of_requests = key.metric.starts_with("http_req");
        Measured {
            metric: key.metric.strip_suffix("{ok}").unwrap_or(&key.metric).to_owned(),
            scope: if of_requests && only_one { String::new() } else { key.scope.clone() },
            stat: if key.stat == "med" { "p50".to_owned() } else { key.stat.clone() },
            window,
            recorded: [row.recorded, row.recorded_low, row.recorded_high],
        }
    }
}
