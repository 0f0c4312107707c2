//! Why a recorded figure has no prediction, in words.

use super::prediction::Key;
use crate::model::Model;

/// The reason why the model predicts nothing for this figure.
#[must_use]
pub fn why_unpredicted(key: &Key, model: &Model) -> String {
    let scope = &key.scope;
    let metric = key.metric.as_str();
    let has = |name: &str| {
        model.tiers.iter().any(|t| t.name == name)
            || model.databases.iter().any(|d| d.name == name)
            || model.pools.iter().any(|p| p.name == name)
            || model.caches.iter().any(|c| c.name == name || c.keyspaces.iter().any(|k| k.name == name))
            || model.apis.iter().any(|a| a.name == name)
            || model.limits.iter().any(|l| l.name == name)
            || model.endpoints.iter().any(|e| e.name == name)
    };
    match metric {
        "hit_ratio" | "keys" | "evictions" | "expirations" if has(scope) => {
            format!("not predicted: the test never asks for keys of '{scope}'")
        }
        "hit_ratio" | "keys" | "evictions" | "expirations" => {
            format!("not predicted: the model has no cache or keyspace '{scope}'")
        }
        "memory" | "gc" => "not predicted: only caches as a whole have memory in a model".into(),
        "iops" => format!("not predicted: '{scope}' has no storage in the model"),
        "credits" => format!("not predicted: '{scope}' has neither CPU credits nor a volume with a burst in the model"),
        "deadlocks" => {
            format!("not predicted: '{scope}' has no locks in the model; a fail step counts as an error only")
        }
        "slow_queries" => "not predicted: the model does not say from when a query is slow".into(),
        "data_received" | "data_sent" => "not predicted: the model has no payload sizes".into(),
        "jobs_enqueued" | "jobs_completed" | "jobs_failed" | "job_duration" | "job_wait" | "jobs_waiting"
        | "jobs_running" => {
            format!("not predicted: the test puts no jobs into a queue '{scope}'")
        }
        "flow_started" | "flow_duration" | "flow_success" | "step_duration" | "step_success" => {
            let what = if metric.starts_with("flow") { "flow" } else { "step" };
            format!("not predicted: the test has no {what} '{scope}' (bridge names with --map recorded=model)")
        }
        "api_attempts" | "api_latency" | "api_rejected" if model.apis.is_empty() => {
            "not predicted: the model has no external API; a call may be part of a wait".into()
        }
        "replicas" | "replicas_desired" | "replicas_pending" | "replica_time" => {
            "not predicted: the model's instances neither come nor go".into()
        }
        "recovery_time" => "not predicted: the test has neither events nor a spike of its load".into(),
        "query_count" | "query_duration" => format!("not predicted: no step of the model is the query '{scope}'"),
        _ if !scope.is_empty() && !has(scope) => {
            format!("not predicted: the model has nothing called '{scope}' (bridge names with --map recorded=model)")
        }
        _ => format!("not predicted: {metric} {} of '{scope}' is no figure of the model here", key.stat),
    }
}
