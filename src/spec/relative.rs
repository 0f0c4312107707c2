//! Bounds of thresholds that are relative to another part of the test, and the parts themselves.

use crate::model::{Relative, TestSpan};
use crate::units::{Kind, parse_range};

/// A bound: a number, and perhaps so many times another figure besides.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// As written, in k6's unit.
    pub number: f64,
    pub relative: Option<Relative>,
}

const NUMBER: &str = "write a plain number: durations are ms, rates of failure ratios";

/// A bound as written, of a figure with this statistic over this span.
///
/// # Errors
/// What would be right.
pub fn bound(text: &str, stat: &str, span: TestSpan) -> Result<Bound, String> {
    if let Some(share) = text.strip_suffix('%') {
        if stat != "growth" {
            return Err("only `growth` may be bounded by a share of what was at its start".to_owned());
        }
        let times = number(share)? / 100.0;
        return Ok(Bound { number: 0.0, relative: Some(Relative { times, stat: "start".to_owned(), span }) });
    }
    let Some(begin) = text.find("stage:").or_else(|| text.find("span:")) else {
        return Ok(Bound { number: number(text)?, relative: None });
    };
    let (before, rest) = text.split_at(begin);
    let times = match before.trim() {
        "" => 1.0,
        factor => number(factor.strip_suffix('*').ok_or("write 1.1*stage:first")?)?,
    };
    // A sign behind the part: "stage:first + 2".
    let sign = rest.find(['+', '-']).unwrap_or(rest.len());
    let (written, offset) = rest.split_at(sign);
    let offset = offset.replace(' ', "");
    let added = if offset.is_empty() { 0.0 } else { number(&offset)? };
    let relative = Relative { times, stat: stat.to_owned(), span: part(written)? };
    Ok(Bound { number: added, relative: Some(relative) })
}

/// A part of a test: `stage:last`, `span:60s..6m`.
///
/// # Errors
/// What would be right.
pub fn part(text: &str) -> Result<TestSpan, String> {
    const FORM: &str = "write stage:first, stage:last or stage:1, or span:60s..6m";
    let (kind, value) = text.trim().split_once(':').ok_or(FORM)?;
    match (kind.trim(), value.trim()) {
        ("stage", "first") => Ok(TestSpan::Stage(0)),
        ("stage", "last") => Ok(TestSpan::LastStage),
        ("stage", number) => match number.parse::<usize>() {
            Ok(0) => Err("stages are counted from 1".to_owned()),
            Ok(number) => Ok(TestSpan::Stage(number - 1)),
            Err(_) => Err(FORM.to_owned()),
        },
        ("span", range) => match parse_range(Kind::Duration, range) {
            Ok((from, to)) if from < to => Ok(TestSpan::Seconds(from, to)),
            Ok(_) => Err(FORM.to_owned()),
            Err(refused) => Err(refused.what),
        },
        _ => Err(FORM.to_owned()),
    }
}

fn number(text: &str) -> Result<f64, String> {
    text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).ok_or_else(|| NUMBER.to_owned())
}
