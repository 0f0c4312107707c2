//! The metrics of the contract: their statistics, units, and what their scopes are.
//!
//! One table for everyone who reads a metric's name: recordings, thresholds, messages. A metric
//! that is not in it is refused, with the nearest spelling, rather than carried along unread.
//!
//! Percentiles (`p95`, `p99.9`) are k6's: linear interpolation between the two nearest of the
//! sorted values at position `p * (n - 1)` (Hyndman and Fan's type 7). `med` is `p50`.

use super::units::Unit;
use crate::problem::nearest;

/// A statistic that a metric has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stat {
    Named(&'static str, Unit),
    /// Any percentile from `p0` to `p100`.
    Percentiles(Unit),
}

/// Metrics that share statistics and kinds of scope.
struct Definition {
    names: &'static [&'static str],
    /// What a scope names, and so the tags that thresholds may use for it.
    scopes: &'static [&'static str],
    stats: &'static [Stat],
}

use Stat::{Named, Percentiles};

const COUNT: Stat = Named("count", Unit::One);
const RATE: Stat = Named("rate", Unit::PerSecond);
const SHARE: Stat = Named("rate", Unit::Percent);
const COUNTER: &[Stat] = &[COUNT, RATE];
const SHARE_OF_COUNT: &[Stat] = &[COUNT, SHARE];
const LEVEL: &[Stat] = &[
    Named("avg", Unit::One),
    Named("max", Unit::One),
    Named("trend", Unit::One),
    Named("trend_low", Unit::One),
    Named("trend_high", Unit::One),
];
const USE: &[Stat] = &[
    Named("avg", Unit::Percent),
    Named("max", Unit::Percent),
    Named("trend", Unit::Percent),
    Named("trend_low", Unit::Percent),
    Named("trend_high", Unit::Percent),
];
const DURATION: &[Stat] = &[
    Named("avg", Unit::Milliseconds),
    Named("min", Unit::Milliseconds),
    Named("med", Unit::Milliseconds),
    Named("max", Unit::Milliseconds),
    Percentiles(Unit::Milliseconds),
];
const COUNTED_DURATION: &[Stat] = &[
    COUNT,
    Named("avg", Unit::Milliseconds),
    Named("min", Unit::Milliseconds),
    Named("med", Unit::Milliseconds),
    Named("max", Unit::Milliseconds),
    Percentiles(Unit::Milliseconds),
];
const TRAFFIC: &[Stat] = &[Named("count", Unit::Megabytes), Named("rate", Unit::MegabytesPerSecond)];
const MEMORY: &[Stat] = &[
    Named("avg", Unit::Megabytes),
    Named("max", Unit::Megabytes),
    Named("start", Unit::Megabytes),
    Named("end", Unit::Megabytes),
    Named("growth", Unit::Megabytes),
    Named("trend", Unit::Megabytes),
    Named("trend_low", Unit::Megabytes),
    Named("trend_high", Unit::Megabytes),
];
const COLLECTIONS: &[Stat] = &[
    Named("minor count", Unit::One),
    Named("major count", Unit::One),
    Named("pause avg", Unit::Milliseconds),
    Named("pause max", Unit::Milliseconds),
];

const fn define(names: &'static [&'static str], scopes: &'static [&'static str], stats: &'static [Stat]) -> Definition {
    Definition { names, scopes, stats }
}

const ENDPOINT: &[&str] = &["name", "endpoint"];
const QUEUE: &[&str] = &["queue"];
const SCENARIO: &[&str] = &["scenario"];

const DEFINITIONS: &[Definition] = &[
    define(&["http_reqs"], ENDPOINT, COUNTER),
    define(
        &["http_req_duration", "http_req_duration{ok}", "http_req_duration{failed}", "http_req_waiting"],
        ENDPOINT,
        DURATION,
    ),
    define(&["http_req_failed"], ENDPOINT, &[SHARE]),
    define(&["errors"], &["name", "endpoint", "queue", "flow", "cause"], COUNTER),
    define(&["http_status"], &["status"], &[COUNT, Named("share", Unit::Percent)]),
    define(&["checks"], SCENARIO, SHARE_OF_COUNT),
    define(&["iterations", "dropped_iterations"], SCENARIO, COUNTER),
    define(&["vus"], SCENARIO, LEVEL),
    define(&["data_received", "data_sent"], &[], TRAFFIC),
    define(&["latency_share"], &["interval"], &[Named("share", Unit::Percent)]),
    define(&["flow_started"], &["flow"], COUNTER),
    define(&["flow_duration"], &["flow"], COUNTED_DURATION),
    define(&["flow_success"], &["flow"], SHARE_OF_COUNT),
    define(&["step_duration"], &["flow", "step"], COUNTED_DURATION),
    define(&["step_success"], &["flow", "step"], SHARE_OF_COUNT),
    define(&["jobs_enqueued", "jobs_completed", "jobs_failed"], QUEUE, COUNTER),
    define(&["job_duration"], QUEUE, COUNTED_DURATION),
    define(&["job_wait"], QUEUE, DURATION),
    define(
        &["jobs_waiting", "jobs_running"],
        QUEUE,
        &[Named("avg", Unit::One), Named("max", Unit::One), Named("end", Unit::One)],
    ),
    define(&["cpu"], &["host", "tier", "database", "cache"], USE),
    define(&["event_loop_utilisation", "bandwidth"], &["tier"], USE),
    define(&["memory"], &["host", "tier", "database", "cache"], MEMORY),
    define(&["gc"], &["tier"], COLLECTIONS),
    define(&["out_of_memory"], &["tier"], &[COUNT, Named("first", Unit::Seconds)]),
    define(&["threads_active", "requests_in_flight", "requests_admitted", "requests_waiting"], &["tier"], LEVEL),
    define(&["requests_refused"], &["tier", "cause"], COUNTER),
    define(
        &["connections_active", "connections_idle", "connections_waiting", "connections_open"],
        &["pool", "pooler", "database", "cache"],
        LEVEL,
    ),
    define(&["connection_wait"], &["pool", "pooler"], DURATION),
    define(&["iops"], &["database"], &[Named("avg", Unit::PerSecond), Named("max", Unit::PerSecond)]),
    define(&["query_count"], &["query"], COUNTER),
    define(&["slow_queries"], &["query", "database"], COUNTER),
    define(&["query_duration"], &["query"], COUNTED_DURATION),
    define(&["transactions", "deadlocks", "rollbacks"], &["database"], COUNTER),
    define(&["connections_opened"], &["database"], COUNTER),
    define(&["replica_reads"], &["database", "cache"], COUNTER),
    define(&["stale_reads"], &["database", "cache"], &[COUNT, RATE, Named("share", Unit::Percent)]),
    define(&["lock_wait"], &["lock"], COUNTED_DURATION),
    define(&["lock_waits", "lock_timeouts", "lock_deadlocks"], &["lock"], COUNTER),
    define(&["hit_ratio"], &["cache", "keyspace"], &[Named("avg", Unit::Percent)]),
    define(&["keys"], &["cache", "keyspace"], &[Named("avg", Unit::One), Named("max", Unit::One), COUNT]),
    define(&["evictions", "expirations", "writes_refused"], &["cache", "keyspace"], COUNTER),
    define(&["api_attempts"], &["api"], &[Named("avg", Unit::One), COUNT, RATE]),
    define(&["api_latency"], &["api"], COUNTED_DURATION),
    define(&["api_rejected"], &["api"], COUNTER),
    define(&["api_errors"], &["api", "cause"], COUNTER),
    define(&["api_active", "api_waiting", "sockets_active", "sockets_waiting"], &["api"], LEVEL),
    define(&["breaker_open", "api_rate_limit"], &["api"], &[Named("avg", Unit::Percent)]),
    define(&["api_rate_limit_refused"], &["api"], COUNTER),
    define(&["rate_limit"], &["limit"], &[Named("avg", Unit::Percent)]),
    define(&["rate_limit_refused"], &["limit"], COUNTER),
    define(&["replicas"], &["tier"], &[Named("avg", Unit::One), Named("min", Unit::One), Named("max", Unit::One)]),
    define(&["replicas_desired", "replicas_pending"], &["tier"], &[Named("avg", Unit::One), Named("max", Unit::One)]),
    define(&["replica_time"], &["tier"], &[Named("sum", Unit::Seconds)]),
    define(
        &["credits"],
        &["host", "tier", "database", "volume"],
        &[
            Named("start", Unit::One),
            Named("end", Unit::One),
            Named("min", Unit::One),
            Named("dry", Unit::Seconds),
            Named("surplus", Unit::One),
            Named("charge", Unit::Dollars),
        ],
    ),
    define(&["cpu_throttled"], &["host", "tier", "database"], USE),
    define(&["recovery_time"], &["event"], &[Named("value", Unit::Seconds), Named("recovered", Unit::Percent)]),
];

fn definition(metric: &str) -> Option<&'static Definition> {
    DEFINITIONS.iter().find(|definition| definition.names.contains(&metric))
}

/// Every metric's name, in the order of the contract.
pub fn names() -> impl Iterator<Item = &'static str> {
    DEFINITIONS.iter().flat_map(|definition| definition.names.iter().copied())
}

/// The kinds of thing that the scopes of a metric name; empty for an unknown metric.
#[must_use]
pub fn scope_kinds(metric: &str) -> &'static [&'static str] {
    definition(metric).map_or(&[], |definition| definition.scopes)
}

/// The unit in which this statistic is kept; `None` if there is no such metric or statistic.
#[must_use]
pub fn canonical_unit(metric: &str, stat: &str) -> Option<&'static str> {
    unit_of(metric, stat).ok().map(Unit::word)
}

/// The contract's spelling of a statistic: `p(95)` is `p95`, `p(99.90)` is `p99.9`, and the
/// attempts `avg per call` of an API are an `avg`. Anything else is left as it is.
#[must_use]
pub fn canonical_stat(written: &str) -> String {
    let digits = written.strip_prefix("p(").and_then(|rest| rest.strip_suffix(')')).or(written.strip_prefix('p'));
    match digits.and_then(percentage) {
        Some(percentage) => format!("p{percentage}"),
        None if written == "avg per call" => "avg".to_owned(),
        None => written.to_owned(),
    }
}

fn percentage(digits: &str) -> Option<f64> {
    let plain = digits.trim().chars().all(|c| c.is_ascii_digit() || c == '.');
    digits.trim().parse().ok().filter(|share| plain && (0.0..=100.0).contains(share))
}

/// A metric or statistic that the contract does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    Metric { what: String, hint: String },
    Stat { what: String, hint: String },
}

/// The unit of a metric's statistic in the contract's spelling.
///
/// # Errors
/// Which of the two is unknown, and what would be right.
pub fn unit_of(metric: &str, stat: &str) -> Result<Unit, Unknown> {
    let Some(definition) = definition(metric) else {
        let hint = match nearest(metric, names()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("the metrics are {}", names().collect::<Vec<_>>().join(", ")),
        };
        return Err(Unknown::Metric { what: format!("unknown metric `{metric}`"), hint });
    };
    let unit = definition.stats.iter().find_map(|known| match known {
        Named(name, unit) => (*name == stat).then_some(*unit),
        Percentiles(unit) => stat.strip_prefix('p').and_then(percentage).map(|_| *unit),
    });
    unit.ok_or_else(|| {
        let words = definition.stats.iter().map(|known| match known {
            Named(name, _) => (*name).to_owned(),
            Percentiles(_) => "percentiles such as p95".to_owned(),
        });
        let hint = format!("`{metric}` has {}", words.collect::<Vec<_>>().join(", "));
        Unknown::Stat { what: format!("`{metric}` has no statistic `{stat}`"), hint }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_metric_is_defined_twice() {
        let mut all: Vec<_> = names().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn statistics_have_the_units_of_the_contract() {
        for (metric, stat, unit) in [
            ("http_reqs", "rate", "1/s"),
            ("http_req_duration{ok}", "p99.9", "ms"),
            ("http_req_failed", "rate", "%"),
            ("data_sent", "count", "MB"),
            ("gc", "pause max", "ms"),
            ("gc", "major count", "1"),
            ("recovery_time", "value", "s"),
            ("connections_waiting", "max", "1"),
        ] {
            assert_eq!(canonical_unit(metric, stat), Some(unit), "{metric} {stat}");
        }
        for (metric, stat) in
            [("http_reqs", "p95"), ("http_req_duration", "p101"), ("http_req_duration", "p"), ("x", "avg")]
        {
            assert_eq!(canonical_unit(metric, stat), None, "{metric} {stat}");
        }
    }

    #[test]
    fn percentiles_have_one_spelling() {
        for (written, canonical) in [
            ("p(95)", "p95"),
            ("p95", "p95"),
            ("p( 99.90 )", "p99.9"),
            ("p(0)", "p0"),
            ("p(101)", "p(101)"),
            ("p(-1)", "p(-1)"),
            ("p(1e1)", "p(1e1)"),
            ("pause avg", "pause avg"),
            ("med", "med"),
            ("avg per call", "avg"),
        ] {
            assert_eq!(canonical_stat(written), canonical);
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_understood() {
        let Err(Unknown::Metric { hint, .. }) = unit_of("http_req_durations", "avg") else { panic!() };
        assert_eq!(hint, "did you mean `http_req_duration`?");
        let Err(Unknown::Stat { hint, .. }) = unit_of("http_req_failed", "avg") else { panic!() };
        assert_eq!(hint, "`http_req_failed` has rate");
    }
}
