//! Alarms: what they watch, in which tests they sound and when, why some never can, and what would do.

use super::document::{Document, NoteKind};
use super::number::{self, ABSENT, machine, plain, share};
use super::table::{Cell, Column, Table, Tone};
use crate::study::alarms::{Advice, AlarmReport, AlarmRow, Sounding};

/// The page.
#[must_use]
pub fn alarm_page(report: &AlarmReport) -> Document {
    let mut page = Document::default();
    let variant = if report.variant.is_empty() { String::new() } else { format!(", variant {}", report.variant) };
    page.heading(1, format!("{} · alarms{variant}", report.model));
    let never = report.alarms.iter().filter(|alarm| alarm.never_sounds()).count();
    let all = report.alarms.len();
    page.paragraph(format!("{never} of {all} alarms never can sound."));
    page.note(
        NoteKind::Aside,
        "share of replications and alignments of the periods with the test in which it sounds; when it first does, \
         after the begin of the test: middle [earliest, latest]; in time: before the first minute in which an \
         objective fails, where that is known",
    );
    for alarm in &report.alarms {
        page.heading(2, &alarm.alarm);
        page.paragraph(watches(alarm));
        for why in &alarm.never {
            page.note(NoteKind::Warning, format!("never sounds: {why}"));
        }
        if !alarm.unsimulated.is_empty() {
            page.note(NoteKind::Warning, format!("nothing is known of it: {}", alarm.unsimulated));
        }
        page.table(soundings(alarm));
        page.bullets(alarm.advice.iter().map(|advice| advised(alarm, advice, report)).collect());
    }
    page.heading(2, "To repeat");
    page.note(
        NoteKind::Aside,
        format!(
            "model {}, variant {}, seed {}, {}, plimsoll {}",
            report.model,
            if report.variant.is_empty() { "none" } else { &report.variant },
            report.seed,
            number::counted(report.replications, "replication"),
            env!("CARGO_PKG_VERSION")
        ),
    );
    page
}

/// "AWS/RDS DatabaseConnections: Average of 300 s > 40, 2 of 2 periods".
fn watches(alarm: &AlarmRow) -> String {
    let about = if alarm.about.is_empty() { String::new() } else { format!(". {}", alarm.about) };
    format!(
        "{} {}: {} of {} s {} {}, {} of {} periods{about}",
        alarm.namespace,
        alarm.metric,
        alarm.statistic,
        alarm.period_s,
        alarm.comparison,
        value(alarm, alarm.threshold),
        alarm.datapoints_to_alarm,
        alarm.evaluation_periods,
    )
}

fn soundings(alarm: &AlarmRow) -> Table {
    let columns = vec![
        Column::words("test"),
        Column::numbers("sounds in"),
        Column::numbers("first after"),
        Column::numbers("test fails in"),
        Column::numbers("from"),
        Column::numbers("in time"),
    ];
    let mut table = Table::new("", columns);
    let seconds = |seconds: Option<f64>| seconds.map_or(ABSENT.to_owned(), |s| number::with_unit(s, "s"));
    for one in &alarm.tests {
        let first = match (one.median_s, one.first_s, one.last_s) {
            (Some(median), Some(first), Some(last)) => number::interval(median, first, last, "s"),
            _ => ABSENT.to_owned(),
        };
        table.rows.push(vec![
            Cell::plain(&one.test),
            Cell::new(one.sounds.map_or(ABSENT.to_owned(), share), tone(one)),
            Cell::plain(first),
            Cell::plain(share(one.failing)),
            Cell::plain(seconds(one.failing_from_s)),
            Cell::plain(one.in_time.map_or(ABSENT.to_owned(), share)),
        ]);
    }
    table
}

/// Good: it sounds where a test fails, and only there.
fn tone(one: &Sounding) -> Tone {
    match one.sounds {
        Some(sounds) if (sounds > 0.5) == (one.failing > 0.5) => Tone::Good,
        Some(_) => Tone::Bad,
        None => Tone::Dim,
    }
}

/// The thresholds that would have done in a test.
fn advised(alarm: &AlarmRow, advice: &Advice, report: &AlarmReport) -> String {
    let shown = |threshold: f64| format!("{} {}", alarm.comparison, value(alarm, threshold));
    let mut parts = vec![match advice.sounds_at {
        Some(at) => format!("in {} it sounds in 95 % with a threshold up to {}", advice.test, shown(at)),
        None => format!("in {} no threshold makes it sound in 95 %", advice.test),
    }];
    let ahead = match report.ahead_s {
        0.0 => "before an objective first fails".to_owned(),
        ahead => format!("{} before an objective first fails", number::with_unit(ahead, "s")),
    };
    parts.push(match advice.in_time_at {
        Some(at) => format!("up to {} also {ahead}", shown(at)),
        None => format!("none does so {ahead}"),
    });
    if let Some(at) = advice.silent_at {
        parts.push(format!("silent in {} from {}", report.silent_in.join(", "), shown(at)));
        let reaches = |far: f64| if alarm.comparison.starts_with('>') { far >= at } else { far <= at };
        if !advice.sounds_at.is_some_and(reaches) {
            parts.push("so no threshold does both".to_owned());
        }
    }
    parts.join("; ")
}

/// A value in the metric's unit.
fn value(alarm: &AlarmRow, value: f64) -> String {
    match alarm.unit.as_str() {
        "Percent" => number::with_unit(value, "%"),
        "Seconds" => number::with_unit(value, "s"),
        "Bytes" => number::with_unit(value / 1e6, "MB"),
        _ => plain(value),
    }
}

/// One line per alarm and test, for other programs.
#[must_use]
pub fn alarm_table(report: &AlarmReport) -> Table {
    let names = [
        "alarm",
        "namespace",
        "metric",
        "statistic",
        "period_s",
        "datapoints_to_alarm",
        "evaluation_periods",
        "comparison",
        "threshold",
        "test",
        "sounds",
        "first_s",
        "median_s",
        "last_s",
        "failing",
        "failing_from_s",
        "in_time",
        "sounds_at",
        "in_time_at",
        "silent_at",
        "never",
        "unsimulated",
    ];
    let mut table = Table::new("", names.map(Column::words).into());
    let number = |value: Option<f64>| Cell::plain(value.map_or(String::new(), |value| machine(value).to_string()));
    for alarm in &report.alarms {
        for one in &alarm.tests {
            let advice = alarm.advice.iter().find(|advice| advice.test == one.test);
            let mut cells = vec![
                Cell::plain(&alarm.alarm),
                Cell::plain(&alarm.namespace),
                Cell::plain(&alarm.metric),
                Cell::plain(&alarm.statistic),
            ];
            let counts = [alarm.period_s, alarm.datapoints_to_alarm, alarm.evaluation_periods];
            cells.extend(counts.map(|count| Cell::plain(count.to_string())));
            cells.extend([Cell::plain(alarm.comparison), number(Some(alarm.threshold)), Cell::plain(&one.test)]);
            let times = [one.sounds, one.first_s, one.median_s, one.last_s, Some(one.failing)];
            cells.extend(times.map(number));
            cells.extend([one.failing_from_s, one.in_time].map(number));
            let thresholds = [advice.and_then(|a| a.sounds_at), advice.and_then(|a| a.in_time_at)];
            cells.extend(thresholds.map(number));
            cells.push(number(advice.and_then(|a| a.silent_at)));
            cells.extend([alarm.never.join("; "), alarm.unsimulated.clone()].map(Cell::plain));
            table.rows.push(cells);
        }
    }
    table
}
