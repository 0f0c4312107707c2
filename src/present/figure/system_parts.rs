//! How large the parts of a system are, in a few words each.

use super::super::number::{plain, with_unit};
use crate::model::{Api, Cache, Database, Model, Pool, Pooler, PoolerMode, Queue, RateRule, Runtime, Scope, Tier};

const MIB: f64 = 1_048_576.0;
const GIB: f64 = 1024.0 * MIB;

/// "4 cores", "1 core", "0.5 cores".
fn cores(cores: f64) -> String {
    format!("{} core{}", plain(cores), if cores == 1.0 { "" } else { "s" })
}

fn many(count: u32, word: &str) -> String {
    format!("{} {word}{}", plain(f64::from(count)), if count == 1 { "" } else { "s" })
}

fn instance(count: u32, name: Option<&str>) -> Option<String> {
    match (count, name) {
        (1, name) => name.map(str::to_owned),
        (count, Some(name)) => Some(format!("{count} × {name}")),
        (count, None) => Some(many(count, "host")),
    }
}

pub(super) fn tier_lines(tier: &Tier, model: &Model) -> Vec<String> {
    let host = tier.host.on.and_then(|on| model.hosts.get(on as usize));
    let each = if tier.count > 1 { " each" } else { "" };
    let runtime = match tier.runtime {
        Runtime::EventLoop => "event loop".to_owned(),
        Runtime::Threads { limit: u32::MAX, .. } => "threads without limit".to_owned(),
        Runtime::Threads { limit, .. } => many(limit, "thread"),
    };
    let scaling = tier.autoscale.as_ref().map(|scale| format!("scales from {} to {}", scale.least, scale.most));
    let words = [
        instance(tier.count, tier.host.instance.as_deref()),
        host.map(|host| format!("on {}", host.name)),
        Some(format!("{}{each}", cores(tier.cores))),
        Some(format!(
            "{}{each}",
            if tier.processes == 1 { "1 process".to_owned() } else { format!("{} processes", tier.processes) }
        )),
        Some(runtime),
        scaling,
    ];
    words.into_iter().flatten().collect()
}

pub(super) fn pool_lines(pool: &Pool, copies: u32) -> Vec<String> {
    let (one, many) = match pool.scope {
        Scope::Total => ("in all", "in all"),
        Scope::Instance => ("on the host", "hosts"),
        Scope::Process => ("in the process", "processes"),
    };
    let most = pool.max;
    let mut lines =
        vec![if copies == 1 { format!("max {most} {one}") } else { format!("max {most} × {copies} {many}") }];
    if copies > 1 {
        lines.push(format!("{} in all", plain(f64::from(pool.max) * f64::from(copies))));
    }
    lines
}

pub(super) fn pooler_lines(pooler: &Pooler) -> Vec<String> {
    let mode = match pooler.mode {
        PoolerMode::Session => "per session",
        PoolerMode::Transaction => "per transaction",
    };
    vec![format!("{} to the server", pooler.pool_size), mode.to_owned()]
}

pub(super) fn database_lines(database: &Database, model: &Model) -> Vec<String> {
    let host = database.host.on.and_then(|on| model.hosts.get(on as usize));
    let replicas = database.replication.as_ref().map(|replication| many(replication.replicas, "replica"));
    let words = [
        database.host.instance.clone(),
        host.map(|host| format!("on {}", host.name)),
        Some(cores(database.cores)),
        Some(format!("max {}", many(database.max_connections, "connection")))
            .filter(|_| database.max_connections < u32::MAX),
        replicas,
        database.storage.as_ref().map(|_| "with storage".to_owned()),
    ];
    words.into_iter().flatten().collect()
}

pub(super) fn cache_lines(cache: &Cache) -> Vec<String> {
    // Cast: exact far beyond any memory
    let bound = cache.max_bytes.map(|bytes| bytes as f64).map(|bytes| match bytes {
        bytes if bytes >= GIB => format!("maxmemory {}", with_unit(bytes / GIB, "GiB")),
        bytes => format!("maxmemory {}", with_unit(bytes / MIB, "MiB")),
    });
    let replicas = Some(many(cache.replicas, "replica")).filter(|_| cache.replicas > 0);
    [cache.node.clone(), bound, replicas].into_iter().flatten().collect()
}

pub(super) fn api_lines(api: &Api) -> Vec<String> {
    let limit = api.rate_limit.map(|limit| match limit.rule {
        RateRule::Bucket { rate, .. } => format!("limit {} /s", plain(rate)),
        RateRule::Window { limit, length } => {
            format!("limit {} in {}", plain(f64::from(limit)), with_unit(length, "s"))
        }
    });
    let concurrency = api.concurrency.map(|concurrency| format!("{} at once", concurrency.limit));
    let sockets = api.sockets.map(|sockets| many(sockets, "socket"));
    [limit, concurrency, sockets].into_iter().flatten().collect()
}

pub(super) fn queue_lines(queue: &Queue, model: &Model) -> Vec<String> {
    let tier = model.tiers.get(queue.tier as usize).map(|tier| format!("on {}", tier.name));
    let each = Some(format!("{} jobs each", queue.concurrency)).filter(|_| queue.concurrency > 1);
    [Some(many(queue.workers, "worker")), each, tier].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_as_people_do() {
        assert_eq!(
            [cores(1.0), cores(0.5), many(1, "host"), many(3, "host")],
            ["1 core", "0.5 cores", "1 host", "3 hosts"]
        );
        let mut pool = Pool::of_size("main", 5);
        pool.scope = Scope::Process;
        assert_eq!(pool_lines(&pool, 4), ["max 5 × 4 processes", "20 in all"]);
        assert_eq!(pool_lines(&Pool::of_size("main", 20), 1), ["max 20 in all"]);
        assert_eq!(
            database_lines(&Database::of_size("main", 2.0, 100), &Model::default()),
            ["2 cores", "max 100 connections"]
        );
    }
}
