//! The contract's names in the words of a reader: "latency p95 · GET /items" for
//! `http_req_duration, GET /items, p95`.
//!
//! Known metrics have words of their own; any other is spelt with spaces. No name is ever lost.

use crate::study::prediction::Key;

/// Metrics that a reader looks at together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    Traffic,
    Latency,
    Failures,
    Connections,
    Machines,
    Other,
}

impl Family {
    pub const ALL: [Family; 6] =
        [Family::Traffic, Family::Latency, Family::Failures, Family::Connections, Family::Machines, Family::Other];

    #[must_use]
    pub fn of(metric: &str) -> Family {
        match base(metric) {
            "http_reqs" | "flow_started" | "jobs_enqueued" | "jobs_completed" | "iterations" | "dropped_iterations"
            | "vus" | "data_received" | "data_sent" => Family::Traffic,
            "http_req_duration" | "http_req_waiting" | "latency_share" | "flow_duration" | "step_duration"
            | "query_duration" | "job_duration" | "job_wait" | "lock_wait" | "api_latency" => Family::Latency,
            "http_req_failed"
            | "http_status"
            | "requests_refused"
            | "errors"
            | "checks"
            | "flow_success"
            | "step_success"
            | "jobs_failed"
            | "deadlocks"
            | "stale_reads"
            | "lock_timeouts"
            | "lock_deadlocks"
            | "rollbacks"
            | "api_rejected"
            | "api_errors"
            | "api_rate_limit_refused"
            | "rate_limit_refused" => Family::Failures,
            "connections_active"
            | "connections_idle"
            | "connections_waiting"
            | "connections_open"
            | "connections_opened"
            | "connection_wait" => Family::Connections,
            "cpu"
            | "memory"
            | "event_loop_utilisation"
            | "gc"
            | "bandwidth"
            | "out_of_memory"
            | "threads_active"
            | "requests_admitted"
            | "requests_waiting"
            | "requests_in_flight"
            | "iops"
            | "credits"
            | "cpu_throttled"
            | "api_active"
            | "api_waiting"
            | "sockets_active"
            | "sockets_waiting"
            | "replicas"
            | "replicas_desired"
            | "replicas_pending"
            | "replica_time" => Family::Machines,
            _ => Family::Other,
        }
    }

    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Family::Traffic => "Traffic",
            Family::Latency => "Latency",
            Family::Failures => "Failures",
            Family::Connections => "Connections",
            Family::Machines => "Machines",
            Family::Other => "Other",
        }
    }
}

/// "latency p95 · GET /items".
#[must_use]
pub fn figure(key: &Key) -> String {
    let name = statistic(&key.metric, &key.stat);
    if key.scope.is_empty() { name } else { format!("{name} · {}", key.scope) }
}

/// "latency p95": metric and statistic without the scope.
#[must_use]
pub fn statistic(metric: &str, stat: &str) -> String {
    match (metric, stat) {
        ("http_reqs", "count") => "requests".to_owned(),
        ("http_reqs", "rate") => "request rate".to_owned(),
        ("http_req_failed", "rate") => "failed requests".to_owned(),
        ("errors", "count") => "errors".to_owned(),
        ("errors", "rate") => "errors per second".to_owned(),
        ("iterations" | "dropped_iterations", "count") => self::metric(metric),
        (_, "") => self::metric(metric),
        (_, stat) => format!("{} {stat}", self::metric(metric)),
    }
}

/// "latency (failed)".
#[must_use]
pub fn metric(metric: &str) -> String {
    let words = match base(metric) {
        "http_reqs" => "requests".to_owned(),
        "http_req_duration" => "latency".to_owned(),
        "http_req_waiting" => "time to first byte".to_owned(),
        "http_req_failed" => "failed requests".to_owned(),
        "http_status" => "HTTP status".to_owned(),
        "vus" => "users".to_owned(),
        "cpu" => "CPU".to_owned(),
        "cpu_throttled" => "CPU throttled".to_owned(),
        "gc" => "GC".to_owned(),
        "iops" => "IOPS".to_owned(),
        "connection_wait" => "wait for a connection".to_owned(),
        "lock_wait" => "wait for a row".to_owned(),
        other => other.replace('_', " "),
    };
    match metric.split_once('{') {
        Some((_, tag)) => format!("{words} ({})", tag.trim_end_matches('}')),
        None => words,
    }
}

/// The metric without its tag: `http_req_duration` of `http_req_duration{ok}`.
fn base(metric: &str) -> &str {
    metric.split('{').next().unwrap_or(metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(metric: &str, scope: &str, stat: &str) -> Key {
        Key { metric: metric.into(), scope: scope.into(), stat: stat.into(), from_s: None, to_s: None }
    }

    #[test]
    fn known_names_get_words_and_unknown_ones_are_spelt_out() {
        assert_eq!(figure(&key("http_req_duration", "", "p95")), "latency p95");
        assert_eq!(figure(&key("http_req_duration{failed}", "GET /x", "med")), "latency (failed) med · GET /x");
        assert_eq!(figure(&key("errors", "acquire_timeout", "count")), "errors · acquire_timeout");
        assert_eq!(figure(&key("api_attempts", "ai", "avg")), "api attempts avg · ai");
    }

    #[test]
    fn tagged_metrics_stay_in_their_family() {
        assert_eq!(Family::of("http_req_duration{ok}"), Family::Latency);
        assert_eq!(Family::of("connections_open"), Family::Connections);
        assert_eq!(Family::of("hit_ratio"), Family::Other);
    }
}
