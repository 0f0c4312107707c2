//! What load tools and monitors write, one format per file.
//!
//! Formats of single requests are lines, apart from Gatling's binary log and traces in one JSON document. Formats of
//! figures are read whole.

mod access_log;
mod artillery;
mod autocannon;
mod cloudwatch;
pub mod document;
pub mod gatling_binary;
mod gatling_stats;
mod gatling_text;
mod hdr_text;
mod hlog;
mod influx;
mod jmeter_statistics;
mod jtl_csv;
mod jtl_xml;
mod k6_csv;
mod k6_json;
mod k6_point;
mod locust;
mod oha;
mod pg_stat_statements;
mod prometheus;
mod request_rows;
mod request_table;
mod run_result;
mod span_trees;
mod span_window;
pub mod spans;
mod step_table;
mod sysbench;
pub mod text_figures;
mod text_tool;
mod vegeta;
mod vegeta_report;
mod wrk;

use super::Format;
use super::stream::blocks::LineReader;
use super::stream::fields::Header;

/// A format of lines, as recognised.
pub struct Recognised {
    pub format: Format,
    pub reader: Box<dyn LineReader>,
    /// Whether lines say all by themselves, so that several threads may read.
    pub any_order: bool,
}

/// The format of lines that the first bytes and the first line of substance are of, if any.
pub fn of_lines(head: &[u8], first_line: &[u8]) -> Option<Recognised> {
    fn found<R: LineReader + 'static>(format: Format, any_order: bool, reader: R) -> Option<Recognised> {
        Some(Recognised { format, reader: Box::new(reader), any_order })
    }
    if first_line.starts_with(b"{") {
        return k6_json::recognise(first_line)
            .and_then(|reader| found(Format::K6Json, true, reader))
            .or_else(|| found(Format::Vegeta, true, vegeta::recognise(first_line)?))
            .or_else(|| found(Format::Otlp, false, spans::recognise(first_line)?))
            .or_else(|| found(Format::AccessLog, true, access_log::recognise(first_line)?));
    }
    if let Some((format, reader)) = request_table::recognise(first_line) {
        return found(format, true, reader);
    }
    k6_csv::K6Csv::of(&Header::of(first_line))
        .and_then(|reader| found(Format::K6Csv, true, reader))
        .or_else(|| found(Format::JtlCsv, false, jtl_csv::recognise(first_line)?))
        .or_else(|| found(Format::JtlXml, false, jtl_xml::recognise(head)?))
        .or_else(|| found(Format::GatlingText, false, gatling_text::recognise(first_line)?))
        .or_else(|| found(Format::Vegeta, true, vegeta::recognise(first_line)?))
        .or_else(|| found(Format::Influx, true, influx::recognise(first_line)?))
        .or_else(|| found(Format::AccessLog, true, access_log::recognise(first_line)?))
}
