//! Recorded lines over time: `t_s,metric,scope,stat,value,unit`, one point per row.
//!
//! Points may come in any order; they are sorted by metric, scope, statistic and time.

use super::metrics::canonical_stat;
use super::problems::ReadProblem;
use super::table::{self, Row};
use super::tidy::figure;
use super::{Recording, SeriesPoint};

pub(super) const COLUMNS: [&str; 6] = ["t_s", "metric", "scope", "stat", "value", "unit"];

/// Reads a whole table, or finds all that is wrong with it.
pub(super) fn read(name: &str, text: &str) -> Result<Recording, Vec<ReadProblem>> {
    let mut problems = Vec::new();
    let rows = table::rows(text, COLUMNS, &mut problems);
    let mut series: Vec<SeriesPoint> = rows.iter().filter_map(|row| point(row, &mut problems)).collect();
    if rows.is_empty() && problems.is_empty() {
        problems.push(ReadProblem::whole("no point below the header"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let key = |point: &SeriesPoint| (point.metric.clone(), point.scope.clone(), point.stat.clone());
    series.sort_by(|a, b| key(a).cmp(&key(b)).then(a.t_s.total_cmp(&b.t_s)));
    Ok(Recording { name: name.to_owned(), series, ..Recording::default() })
}

fn point(row: &Row<6>, problems: &mut Vec<ReadProblem>) -> Option<SeriesPoint> {
    let known = problems.len();
    let [t_s, metric, scope, stat, value, unit] = &row.fields;
    let figure = figure(metric, stat, unit, problems);
    let numbers = [(t_s, "t_s"), (value, "value")].map(|(field, column)| match field.number(column) {
        Ok(Some(number)) => Some(number),
        Ok(None) => {
            problems.push(field.problem(format!("column `{column}` is empty")));
            None
        }
        Err(problem) => {
            problems.push(problem);
            None
        }
    });
    let (Some((unit, factor)), [Some(t_s), Some(value)], true) = (figure, numbers, problems.len() == known) else {
        return None;
    };
    Some(SeriesPoint {
        t_s,
        metric: metric.text.clone(),
        scope: scope.text.clone(),
        stat: canonical_stat(&stat.text),
        value: value * factor,
        unit: unit.word(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_converted_and_sorted() {
        let text = "# one line per second\nt_s,metric,scope,stat,value,unit\n\
                    2,http_reqs,,rate,120,1/min\n1,http_reqs,,rate,3,1/s\n1,cpu,app,avg,0.5,ratio\n";
        let recording = read("s.csv", text).unwrap();
        let shown: Vec<_> = recording.series.iter().map(|p| (p.metric.as_str(), p.t_s, p.value, p.unit)).collect();
        assert_eq!(shown, [("cpu", 1.0, 50.0, "%"), ("http_reqs", 1.0, 3.0, "1/s"), ("http_reqs", 2.0, 2.0, "1/s")]);
    }

    #[test]
    fn both_faults_of_a_row_are_told() {
        let text = "t_s,metric,scope,stat,value,unit\n,cpu,app,p95,x,%\n1,cpu,app,avg,1,%\n";
        let problems: Vec<_> = read("s.csv", text).unwrap_err().iter().map(ToString::to_string).collect();
        let expected = [
            "line 2, column 10: `cpu` has no statistic `p95` (`cpu` has avg, max, trend, trend_low, trend_high)",
            "line 2, column 1: column `t_s` is empty",
            "line 2, column 14: `x` in column `value` is not a number \
             (write it as 1234.5, without unit or thousands separators)",
        ];
        assert_eq!(problems, expected);
    }
}
