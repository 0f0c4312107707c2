//! What wrk and wrk2 print.
//!
//! wrk adds samples that it never took to its percentiles (for coordinated omission), and knows no p95. Percentiles of
//! wrk2 are read from its short list; the detailed spectrum says the same.

use super::text_figures::{first_number, milliseconds, with_prefix};
use crate::recording::figures::Figures;
use crate::recording::units::Unit;
use crate::recording::{Format, ReadProblem, Recording};

pub fn read(name: &str, text: &str) -> Result<Recording, Vec<ReadProblem>> {
    let mut figures = Figures::new(name, Format::Wrk);
    let (mut requests, mut rate, mut failed) = (None, None, 0.0);
    let mut reports = 0;
    let mut spectrum = false;
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        reports += u32::from(line.contains("test @ "));
        if reports > 1 {
            figures.notes.push("the text holds several reports; the first is read".into());
            break;
        }
        match words.as_slice() {
            ["Detailed", "Percentile", "spectrum:"] => spectrum = true,
            ["Requests/sec:", ..] => spectrum = false,
            _ => {}
        }
        match words.as_slice() {
            ["Latency", mean, _, most, _] => {
                figures.durations("http_req_duration", "", [("avg", milliseconds(mean)), ("max", milliseconds(most))]);
            }
            [share, value] if share.ends_with('%') && !spectrum => {
                let share = share.trim_end_matches('%').parse::<f64>().ok().filter(|share| *share < 100.0);
                if let Some(share) = share {
                    figures.durations("http_req_duration", "", [(format!("p{share}").as_str(), milliseconds(value))]);
                }
            }
            [count, "requests", "in", span, bytes, "read"] => {
                requests = count.parse::<f64>().ok();
                figures.facts.span_s = milliseconds(span.trim_end_matches(',')).map(|ms| ms / 1e3);
                figures.add("data_received", "", "count", with_prefix(bytes).map(|bytes| bytes / 1e6), Unit::Megabytes);
            }
            ["Requests/sec:", value] => rate = value.parse::<f64>().ok(),
            ["Socket", "errors:", rest @ ..] => failed += socket_errors(rest, &mut figures),
            ["Non-2xx", "or", "3xx", "responses:", count] => {
                let count = count.parse().unwrap_or(0.0);
                failed += count;
                figures.facts.failures.push(("status neither 2xx nor 3xx".into(), count as u64));
            }
            [_, "threads", "and", connections, "connections"] => {
                figures.add("vus", "", "max", first_number(connections), Unit::One);
            }
            _ => {}
        }
    }
    figures.counter("http_reqs", "", requests, rate);
    if let Some(requests) = requests.filter(|requests| *requests > 0.0) {
        figures.counter("errors", "", Some(failed), None);
        figures.add("http_req_failed", "", "rate", (100.0 * failed / requests).min(100.0), Unit::Percent);
    }
    figures.notes.push("wrk 4 corrects its percentiles for coordinated omission with samples it never took; wrk2 measures from the planned start".into());
    figures.recording()
}

/// "connect 0, read 0, write 0, timeout 12": how many, all together.
fn socket_errors(words: &[&str], figures: &mut Figures) -> f64 {
    let mut sum = 0.0;
    for pair in words.chunks(2) {
        let [what, count] = pair else { continue };
        let count: f64 = count.trim_end_matches(',').parse().unwrap_or(0.0);
        sum += count;
        if count > 0.0 {
            figures.facts.failures.push((format!("socket error: {what}"), count as u64));
        }
        if *what == "timeout" && count > 0.0 {
            figures.counter("errors", "client_timeout", Some(count), None);
        }
    }
    sum
}
