//! Prices: dollars per hour, or for longer.

use super::{Kind, Refused, factor, needed, split_number};
use crate::problem::{quoted as in_quotes, suggest};

/// Hours in a month as cloud price lists count them.
const HOURS_PER_MONTH: f64 = 730.0;

const PERIODS: &[(&str, f64)] =
    &[("h", 1.0), ("hour", 1.0), ("day", 24.0), ("month", HOURS_PER_MONTH), ("year", 8766.0)];

/// Dollars per hour: "$0.09/h", "$70/month".
pub(super) fn read(text: &str) -> Option<f64> {
    let (value, period) = split_number(text.strip_prefix('$')?)?;
    Some(value / factor(PERIODS, period.strip_prefix('/')?.trim())?)
}

/// What a price lacks; `None` if it is no price at all.
pub(super) fn explain(text: &str, quoted: &str) -> Option<Refused> {
    let refused = |what: String, hint: String| Some(Refused { what, hint: Some(hint) });
    if read(&format!("${text}")).is_some() {
        return refused(format!("{quoted} has no currency"), format!("write \"${text}\""));
    }
    if text.starts_with(['€', '£', '¥']) {
        return refused(format!("{quoted} is not in dollars"), needed(Kind::Money));
    }
    let (_, period) = split_number(text.strip_prefix('$')?)?;
    let periods: Vec<&str> = PERIODS.iter().map(|(name, _)| *name).collect();
    match period.strip_prefix('/') {
        None if period.is_empty() => {
            refused(format!("{quoted} has no period"), format!("write \"{text}/h\" or \"{text}/month\""))
        }
        None => None,
        Some(period) => {
            let hint = suggest(period.trim(), "period", periods);
            refused(format!("{quoted} is not a price per {}", in_quotes(period.trim())), hint)
        }
    }
}
