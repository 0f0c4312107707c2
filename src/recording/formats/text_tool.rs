//! What hey, oha and Vegeta print.

use super::text_figures::{first_number, milliseconds};
use crate::recording::causes;
use crate::recording::figures::Figures;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

/// Reads a text of one of them.
pub fn read(name: &str, text: &str, head: &str) -> Option<Result<Recording, Vec<ReadProblem>>> {
    if head.contains("Latencies ") && head.contains("Requests ") && head.contains('[') {
        Some(vegeta(name, text))
    } else if head.contains("Requests/sec:") && head.contains("Slowest:") && head.contains("Total:") {
        let format = if head.contains("Success rate:") { Format::Oha } else { Format::Hey };
        Some(blocks(name, text, format))
    } else {
        None
    }
}

/// hey and oha: "Total: 2.0007 secs", "95% in 0.0111 secs", "[200] 1000 responses".
fn blocks(name: &str, text: &str, format: Format) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, format);
    let (mut rate, mut all, mut failed, mut errors) = (None, 0.0, 0.0, false);
    for line in text.lines().map(str::trim) {
        let ms = |rest: &str| {
            let words: Vec<&str> = rest.split_whitespace().collect();
            let plain = words.first().and_then(|word| word.parse::<f64>().ok());
            plain.map_or_else(
                || milliseconds(rest),
                |number| milliseconds(&format!("{number}{}", words.get(1).unwrap_or(&"s"))),
            )
        };
        errors |= line.starts_with("Error distribution");
        if let Some((key, rest)) = line.split_once(':') {
            match key {
                "Total" => figures.facts.span_s = ms(rest).map(|ms| ms / 1e3),
                "Slowest" => figures.durations("http_req_duration", "", [("max", ms(rest))]),
                "Fastest" => figures.durations("http_req_duration", "", [("min", ms(rest))]),
                "Average" => figures.durations("http_req_duration", "", [("avg", ms(rest))]),
                "Requests/sec" => rate = first_number(rest),
                _ => {}
            }
        }
        if let Some((share, rest)) = line.split_once(" in ").filter(|(share, _)| share.ends_with('%')) {
            let share = share.trim_end_matches('%').parse::<f64>().ok();
            let stat = share.map(|share| format!("p{share}"));
            stat.iter().for_each(|stat| figures.durations("http_req_duration", "", [(stat.as_str(), ms(rest))]));
        } else if let Some((inside, rest)) = line.strip_prefix('[').and_then(|line| line.split_once(']')) {
            let Ok(number) = inside.parse::<f64>() else { continue };
            // Of statuses the number comes behind, of errors it stands in the brackets.
            let (count, what) = if errors {
                (number, rest.trim().to_owned())
            } else {
                (first_number(rest).unwrap_or(0.0), format!("status {inside}"))
            };
            let fails = errors || number >= 400.0;
            all += count;
            failed += if fails { count } else { 0.0 };
            if fails {
                let cause = if errors { causes::of_text(what.as_bytes()) } else { causes::of_status(number as u16) };
                cause.into_iter().for_each(|cause| figures.counter("errors", cause, Some(count), None));
                figures.facts.failures.push((what, count as u64));
            }
        }
    }
    figures.counter("http_reqs", "", Some(all).filter(|all| *all > 0.0), rate);
    if all > 0.0 {
        figures.counter("errors", "", Some(failed), None);
        figures.add("http_req_failed", "", "rate", 100.0 * failed / all, Unit::Percent);
    }
    if format == Format::Hey {
        figures.notes.push("hey's times are of answers only".into());
    }
    figures.recording()
}

/// Vegeta: the brackets name the numbers behind them.
fn vegeta(name: &str, text: &str) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::VegetaReport);
    let (mut requests, mut reports) = (None, 0);
    for line in text.lines() {
        let Some((key, names, values)) = bracketed(line) else { continue };
        reports += u32::from(key == "Requests");
        if reports > 1 {
            figures.notes.push("the text holds several reports; the first is read".into());
            break;
        }
        let value = |name: &str| names.iter().position(|known| *known == name).and_then(|at| values.get(at)).copied();
        let number = |name: &str| value(name).and_then(|text| text.trim_end_matches('%').parse::<f64>().ok());
        match key {
            "Requests" => {
                requests = number("total");
                figures.counter("http_reqs", "", requests, number("rate"));
            }
            "Duration" => figures.facts.span_s = value("attack").and_then(milliseconds).map(|ms| ms / 1e3),
            "Latencies" => {
                for (name, text) in names.iter().zip(&values) {
                    let stat = match *name {
                        "mean" => "avg".to_owned(),
                        "min" | "max" => (*name).to_owned(),
                        share => format!("p{share}"),
                    };
                    figures.durations("http_req_duration", "", [(stat.as_str(), milliseconds(text))]);
                }
            }
            "Success" => {
                let failed = number("ratio").map(|share| 100.0 - share);
                figures.add("http_req_failed", "", "rate", failed, Unit::Percent);
                let count = failed.zip(requests).map(|(share, requests)| (share * requests / 100.0).round());
                figures.counter("errors", "", count, None);
            }
            _ => {}
        }
    }
    figures.recording()
}

/// "Latencies     [mean, 50]  681ms, 51ms": the word, the names and the values.
fn bracketed(line: &str) -> Option<(&str, Vec<&str>, Vec<&str>)> {
    let (key, rest) = line.split_once('[')?;
    let (names, values) = rest.split_once(']')?;
    let list = |text| str::split(text, ',').map(str::trim).collect();
    Some((key.trim(), list(names), list(values)))
}
