//! How files of each format begin, so that damage further down meets the reader of that format and not only the
//! question of which it is.

use serde_json::Value;

macro_rules! heads {
    ($($lines:literal of $file:literal),* $(,)?) => {
        &[$(Head { lines: $lines, file: include_bytes!(concat!("../fixtures/", $file)) }),*]
    };
}

/// The first lines of one of our files.
pub struct Head {
    lines: usize,
    file: &'static [u8],
}

/// Files of single requests.
pub const REQUESTS: &[Head] = heads![
    1 of "recordings/k6.json",
    1 of "recordings/k6.csv",
    1 of "recordings/k6_influx.txt",
    1 of "recordings/jmeter.jtl",
    2 of "recordings/jmeter_xml.jtl",
    1 of "recordings/gatling.log",
    1 of "recordings/vegeta.json",
    1 of "recordings/vegeta.csv",
    1 of "recordings/nginx.log",
    1 of "recordings/balancer.log",
    1 of "recordings/access.jsonl",
    1 of "recordings/requests.csv",
    1 of "recordings/spans.csv",
    1 of "recordings/otlp.jsonl",
    1 of "recordings/hey.csv",
    1 of "recordings/oha.csv",
];

/// Texts and tables of figures.
pub const FIGURES: &[Head] = heads![
    1 of "recorded.csv",
    2 of "series.csv",
    3 of "recordings/wrk.txt",
    4 of "recordings/hey.txt",
    3 of "recordings/intervals.hlog",
    1 of "recordings/locust_history.csv",
    1 of "recordings/locust_stats.csv",
    1 of "recordings/percentiles.txt",
    1 of "recordings/pg_stat_statements.csv",
    1 of "recordings/pg_stat_statements_12.csv",
    4 of "recordings/sysbench.txt",
    3 of "recordings/sysbench05.txt",
    1 of "recordings/vegeta.txt",
];

/// Gatling's binary log: the record of a run, with a version of six characters.
const GATLING: &[u8] = &[0, 0, 0, 0, 6, b'3'];

/// JSON documents.
const DOCUMENTS: &[&str] = &[
    include_str!("../fixtures/recordings/artillery.json"),
    include_str!("../fixtures/recordings/artillery_v1.json"),
    include_str!("../fixtures/recordings/autocannon.json"),
    include_str!("../fixtures/recordings/cloudwatch.json"),
    include_str!("../fixtures/recordings/gatling_stats.json"),
    include_str!("../fixtures/recordings/jaeger.json"),
    include_str!("../fixtures/recordings/oha.json"),
    include_str!("../fixtures/recordings/prometheus.json"),
    include_str!("../fixtures/recordings/statistics.json"),
    include_str!("../fixtures/recordings/vegeta_report.json"),
    include_str!("../fixtures/k6_summary_export.json"),
    include_str!("../fixtures/k6_handle_summary.json"),
    include_str!("../fixtures/k6_machine_readable.json"),
];

impl Head {
    fn bytes(&self) -> &'static [u8] {
        let ends = self.file.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        let end = ends.map(|(at, _)| at + 1).nth(self.lines - 1).unwrap_or(self.file.len());
        &self.file[..end]
    }
}

/// The bytes if they begin as one of these, or else with their first line replaced by such a beginning, which that
/// line chooses.
pub fn with_head(heads: &[Head], bytes: &[u8]) -> Vec<u8> {
    if heads.iter().any(|head| bytes.starts_with(head.bytes())) {
        return bytes.to_vec();
    }
    let end = bytes.iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |end| end + 1);
    let (first, rest) = bytes.split_at(end);
    [heads[chosen(first, heads.len())].bytes(), rest].concat()
}

/// The bytes, the first of them replaced by those by which Gatling's log is known.
pub fn gatling(bytes: &[u8]) -> Vec<u8> {
    [GATLING, bytes.get(GATLING.len()..).unwrap_or_default()].concat()
}

/// The bytes, or if they are a JSON object, that with the keys of the known document that it is most like.
pub fn document(bytes: &[u8]) -> Vec<u8> {
    let Ok(Value::Object(mut object)) = serde_json::from_slice(bytes) else { return bytes.to_vec() };
    let known = DOCUMENTS.iter().filter_map(|text| serde_json::from_str::<serde_json::Map<_, _>>(text).ok());
    let known: Vec<_> = known.collect();
    let common = |known: &serde_json::Map<String, Value>| known.keys().filter(|key| object.contains_key(*key)).count();
    let best = known.iter().max_by_key(|known| common(known)).filter(|known| common(known) > 0);
    let like = best.unwrap_or(&known[chosen(bytes, known.len())]);
    for (key, value) in like {
        object.entry(key).or_insert_with(|| value.clone());
    }
    Value::Object(object).to_string().into_bytes()
}

fn chosen(bytes: &[u8], of: usize) -> usize {
    bytes.iter().map(|byte| usize::from(*byte)).sum::<usize>() % of
}
