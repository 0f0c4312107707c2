//! Recordings as a table of figures: `metric,scope,stat,from_s,to_s,value,low,high,unit,source`.
//!
//! `from_s,to_s` are seconds since the test began, both empty for the whole test as the load tool
//! reports it. A row has a `value`, or a recorded range in `low,high`, or both. Figures are
//! converted to the unit of their metric. The same figure may stand there twice: reports do
//! contradict themselves, and it is the audit's business to say so.

use super::metrics::{Unknown, canonical_stat, unit_of};
use super::problems::ReadProblem;
use super::table::{self, Field, Row};
use super::units::Unit;
use super::{Observation, Recording};

pub(super) const COLUMNS: [&str; 10] =
    ["metric", "scope", "stat", "from_s", "to_s", "value", "low", "high", "unit", "source"];

/// Reads a whole table, or finds all that is wrong with it.
pub(super) fn read(name: &str, text: &str) -> Result<Recording, Vec<ReadProblem>> {
    let mut problems = Vec::new();
    let rows = table::rows(text, COLUMNS, &mut problems);
    let observations: Vec<Observation> = rows.iter().filter_map(|row| observation(row, &mut problems)).collect();
    if rows.is_empty() && problems.is_empty() {
        problems.push(ReadProblem::whole("no figure below the header"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Recording { name: name.to_owned(), observations, ..Recording::default() })
}

fn observation(row: &Row<10>, problems: &mut Vec<ReadProblem>) -> Option<Observation> {
    let known = problems.len();
    let [metric, scope, stat, from_s, to_s, value, low, high, unit, source] = &row.fields;
    let figure = figure(metric, stat, unit, problems);
    let mut number = |field: &Field, column: &str| match field.number(column) {
        Ok(number) => number,
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let (from, to) = (number(from_s, "from_s"), number(to_s, "to_s"));
    let (middle, least, most) = (number(value, "value"), number(low, "low"), number(high, "high"));
    // An unreadable number would only lead to further complaints that it is missing.
    if problems.len() > known {
        return None;
    }
    let window = window((from_s, from), (to_s, to)).unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    let range = range(low, least, most).unwrap_or_else(|problem| {
        problems.push(problem);
        None
    });
    if (middle, least, most) == (None, None, None) {
        let problem = value.problem("no figure");
        problems.push(problem.with_hint("give `value`, or `low` and `high`, or all three"));
    }
    let (unit, factor) = figure.filter(|_| problems.len() == known)?;
    Some(Observation {
        metric: metric.text.clone(),
        scope: scope.text.clone(),
        stat: canonical_stat(&stat.text),
        window,
        value: middle.map(|value| value * factor),
        range: range.map(|(low, high)| (low * factor, high * factor)),
        unit: unit.word(),
        rounding: [value, low, high].map(|field| half_digit(&field.text)).into_iter().fold(0.0, f64::max) * factor,
        source: source.text.clone(),
        line: row.line,
    })
}

/// Half a unit of the last digit of a written number; 0 for no number.
fn half_digit(text: &str) -> f64 {
    let (digits, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    if !digits.contains(|c: char| c.is_ascii_digit()) {
        return 0.0;
    }
    let decimals = digits.split_once('.').map_or(0, |(_, decimals)| decimals.trim_end().len() as i32);
    0.5 * 10f64.powi(exponent.parse().unwrap_or(0) - decimals)
}

type Span = Option<(f64, f64)>;

fn window(from_s: (&Field, Option<f64>), to_s: (&Field, Option<f64>)) -> Result<Span, ReadProblem> {
    match (from_s.1, to_s.1) {
        (None, None) => Ok(None),
        (Some(from), Some(_)) if from < 0.0 => Err(from_s.0.problem("a test does not begin before 0 s")),
        (Some(from), Some(to)) if from < to => Ok(Some((from, to))),
        (Some(from), Some(to)) => Err(to_s.0.problem(format!("`to_s` ({to}) must lie after `from_s` ({from})"))),
        (Some(_), None) | (None, Some(_)) => {
            let problem = from_s.0.problem("only one of `from_s` and `to_s` is given");
            Err(problem.with_hint("give both, or none for the whole test"))
        }
    }
}

fn range(low: &Field, least: Option<f64>, most: Option<f64>) -> Result<Span, ReadProblem> {
    match (least, most) {
        (None, None) => Ok(None),
        (Some(least), Some(most)) if least <= most => Ok(Some((least, most))),
        (Some(least), Some(most)) => Err(low.problem(format!("`low` ({least}) lies above `high` ({most})"))),
        (Some(_), None) | (None, Some(_)) => Err(low.problem("only one of `low` and `high` is given")),
    }
}

/// The unit in which a figure of this metric and statistic is kept, and how much of it one of the
/// written unit is.
pub(super) fn figure(
    metric: &Field,
    stat: &Field,
    unit: &Field,
    problems: &mut Vec<ReadProblem>,
) -> Option<(Unit, f64)> {
    let canonical = match unit_of(&metric.text, &canonical_stat(&stat.text)) {
        Ok(canonical) => canonical,
        Err(Unknown::Metric { what, hint }) => {
            problems.push(metric.problem(what).with_hint(hint));
            return None;
        }
        Err(Unknown::Stat { what, hint }) => {
            problems.push(stat.problem(what).with_hint(hint));
            return None;
        }
    };
    let Some(factor) = canonical.factor(&unit.text) else {
        let what = match unit.text.as_str() {
            "" => format!("the unit of `{}` is missing", metric.text),
            text => format!("`{text}` is no unit of `{} {}`", metric.text, stat.text),
        };
        problems.push(unit.problem(what).with_hint(format!("use one of {}", canonical.accepted())));
        return None;
    };
    Some((canonical, factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "metric,scope,stat,from_s,to_s,value,low,high,unit,source\n";

    fn read_rows(rows: &str) -> Result<Recording, Vec<String>> {
        read("r.csv", &format!("{HEADER}{rows}")).map_err(|problems| problems.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn figures_come_in_the_unit_of_their_metric() {
        let recording = read_rows(
            "http_req_duration,list,p(95),5,150.5,0.25,,,s,\"table 2, row 1\"\n\
             http_req_failed,,rate,,,0.021,0.02,0.022,ratio,\n\
             memory,cache,max,,,,1,2,GiB,\n\
             errors,acquire_timeout,count,0,1,7,,,,\n",
        )
        .unwrap();
        assert_eq!(
            recording.observations[0],
            Observation {
                metric: "http_req_duration".into(),
                scope: "list".into(),
                stat: "p95".into(),
                window: Some((5.0, 150.5)),
                value: Some(250.0),
                range: None,
                unit: "ms",
                rounding: 5.0,
                source: "table 2, row 1".into(),
                line: 2,
            }
        );
        let failed = &recording.observations[1];
        assert_eq!((failed.window, failed.unit), (None, "%"));
        assert!((failed.value.unwrap() - 2.1).abs() < 1e-12);
        assert_eq!(recording.observations[2].range, Some((1_073.741_824, 2_147.483_648)));
        assert_eq!((recording.observations[3].value, recording.observations[3].unit), (Some(7.0), "1"));
    }

    #[test]
    fn all_problems_come_at_once_each_at_its_field() {
        let problems = read_rows(
            "http_req_duratoin,,p95,,,1,,,ms,\n\
             http_reqs,,p95,,,1,,,1/s,\n\
             cpu,app,avg,,,70,,,,\n\
             cpu,app,avg,,,70,,,cores,\n\
             cpu,app,avg,5,5,70,,,%,\n\
             cpu,app,avg,5,,70,,,%,\n\
             cpu,app,avg,,,,9,8,%,\n\
             cpu,app,avg,,,,9,,%,\n\
             cpu,app,avg,,,,,,%,\n\
             cpu,app,avg,,,abc,,,%,\n\
             cpu,app,avg,-1,5,1,,,%,\n\
             cpu,app,avg\n",
        )
        .unwrap_err();
        let expected = [
            "line 13: 3 fields, but the header has 10 (quote fields that contain commas)",
            "line 2, column 1: unknown metric `http_req_duratoin` (did you mean `http_req_duration`?)",
            "line 3, column 12: `http_reqs` has no statistic `p95` (`http_reqs` has count, rate)",
            "line 4, column 20: the unit of `cpu` is missing (use one of %, ratio)",
            "line 5, column 20: `cores` is no unit of `cpu avg` (use one of %, ratio)",
            "line 6, column 15: `to_s` (5) must lie after `from_s` (5)",
            "line 7, column 13: only one of `from_s` and `to_s` is given (give both, or none for the whole test)",
            "line 8, column 16: `low` (9) lies above `high` (8)",
            "line 9, column 16: only one of `low` and `high` is given",
            "line 10, column 15: no figure (give `value`, or `low` and `high`, or all three)",
            "line 11, column 15: `abc` in column `value` is not a number \
             (write it as 1234.5, without unit or thousands separators)",
            "line 12, column 13: a test does not begin before 0 s",
        ];
        assert_eq!(problems, expected);
    }

    #[test]
    fn a_table_of_nothing_is_no_recording() {
        assert_eq!(read_rows("# nothing\n").unwrap_err(), ["no figure below the header"]);
    }
}
