//! What sysbench prints, of versions 0.5 and 1.0: transactions of a number of threads without think time.

use super::text_figures::{first_number, milliseconds};
use crate::recording::figures::Figures;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

const SCOPE: &str = "";

pub fn read(name: &str, text: &str) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::Sysbench);
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            interval(line, &mut figures);
            continue;
        }
        let Some((key, rest)) = line.split_once(':') else { continue };
        // Version 0.5 says the unit, 1.0 says it once above.
        let ms = || milliseconds(rest).or_else(|| rest.trim().parse().ok());
        match key {
            "Number of threads" => figures.add("vus", "", "max", first_number(rest), Unit::One),
            "transactions" => {
                let rate = rest.split_once('(').and_then(|(_, rate)| first_number(rate));
                figures.counter("transactions", SCOPE, first_number(rest), rate);
                figures.counter("iterations", "", first_number(rest), rate);
            }
            "ignored errors" => figures.counter("rollbacks", SCOPE, first_number(rest), None),
            "total time" => figures.facts.span_s = milliseconds(rest).map(|ms| ms / 1e3),
            "min" | "avg" | "max" => figures.durations("flow_duration", SCOPE, [(key, ms())]),
            key if key.ends_with("95 percentile") || key == "95th percentile" => {
                figures.durations("flow_duration", SCOPE, [("p95", ms())]);
            }
            _ => {}
        }
    }
    figures.notes.push("a transaction is a flow here: its time is the whole of its statements".into());
    let times: Vec<f64> = figures.series.iter().filter(|point| point.metric == "vus").map(|point| point.t_s).collect();
    figures.facts.width_s = times.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    figures.recording()
}

/// "[  10s] threads: 5, tps: 2042.77, …, response time: 2599.65us (95%)" or
/// "[ 1s ] thds: 256 tps: 5252.71 … lat (ms,95%): 81.48 err/s: 0.00".
fn interval(line: &str, figures: &mut Figures) {
    let after = |key: &str| line.split_once(key).map(|(_, rest)| rest.trim_start());
    let Some(t_s) = first_number(line) else { return };
    let first = |key: &str| after(key).and_then(first_number);
    figures.point(t_s, ("vus", "", "avg"), first("threads:").or_else(|| first("thds:")), Unit::One);
    figures.point(t_s, ("iterations", "", "rate"), first("tps:"), Unit::PerSecond);
    let old = after("response time:").and_then(|rest| milliseconds(rest.split_whitespace().next()?));
    figures.point(t_s, ("flow_duration", "", "p95"), old.or_else(|| first("lat (ms,95%):")), Unit::Milliseconds);
}
