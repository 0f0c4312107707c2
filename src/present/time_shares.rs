//! Where the time of a request goes, as bars of block characters.

use super::number;
use super::table::{Cell, Column, Table};
use crate::study::prediction::TimeShare;

/// Cells of a bar that stands for the whole time.
const BAR: f64 = 30.0;
/// Parts below this share are counted, not shown, unless there is only one.
const SMALLEST: f64 = 0.01;
const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// One group of bars for each percentile.
#[must_use]
pub fn time_shares(shares: &[TimeShare]) -> Table {
    let columns = vec![Column::words(""), Column::words(""), Column::numbers(""), Column::numbers("")];
    let mut table = Table::new("", columns);
    for share in shares {
        let duration = number::with_unit(share.duration_ms, "ms");
        let what = match share.scope.as_str() {
            "" => "request".to_owned(),
            queue => format!("job of {queue}"),
        };
        table.group(format!("a {} {what} of all replications together: {duration}", share.percentile));
        let (large, small): (Vec<_>, Vec<_>) = share.parts.iter().partition(|part| part.share >= SMALLEST);
        let (shown, counted) = if small.len() > 1 { (large, small.len()) } else { (share.parts.iter().collect(), 0) };
        for part in shown {
            table.rows.push(vec![
                Cell::plain(&part.what),
                Cell::plain(bar(part.share)),
                Cell::plain(number::share(part.share)),
                Cell::dim(number::with_unit(part.ms, "ms")),
            ]);
        }
        if counted > 0 {
            let text = format!("{counted} smaller parts");
            table.rows.push(vec![Cell::dim(text), Cell::default(), Cell::default(), Cell::default()]);
        }
    }
    table
}

/// A bar as long as `share` of the whole, exact to an eighth of a cell.
fn bar(share: f64) -> String {
    // Cast: at most 8 × BAR
    let eighths = (share.clamp(0.0, 1.0) * BAR * 8.0).round() as usize;
    let mut bar = "█".repeat(eighths / 8);
    bar.extend(EIGHTHS.get(eighths % 8).filter(|part| **part != ' '));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::prediction::TimePart;

    #[test]
    fn bars_are_as_long_as_their_shares() {
        let blocks = |share: f64| bar(share).chars().count() as f64;
        assert_eq!(blocks(1.0), BAR);
        assert_eq!(blocks(0.5), BAR / 2.0);
        assert_eq!(bar(0.0), "");
        assert_eq!(bar(f64::NAN), "");
        assert_eq!(bar(0.55 / BAR), "▌");
    }

    #[test]
    fn small_parts_are_counted() {
        let part = |what: &str, share: f64| TimePart { what: what.into(), share, ms: share * 300.0 };
        let table = time_shares(&[TimeShare {
            scope: String::new(),
            percentile: "p95".into(),
            duration_ms: 300.0,
            parts: vec![part("waiting for pool main", 0.61), part("work", 0.385), part("a", 0.004), part("b", 0.001)],
        }]);
        let text = table.to_text(100, false);
        assert!(
            text.contains("a p95 request of all replications together: 300 ms")
                && text.contains("61 %")
                && text.contains("183 ms"),
            "{text}"
        );
        assert!(text.contains("2 smaller parts"));
        assert_eq!(table.rows[0].len(), 1, "the percentile is a heading");
    }
}
