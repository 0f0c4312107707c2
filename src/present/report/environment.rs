//! What is deployed, and what load comes.

use super::Told;
use crate::model::autoscale::Controller;
use crate::model::{Cache, Credits, Database, Host, Model, Pool, ReadFrom, Runtime, Scope, Tier};
use crate::present::document::Document;
use crate::present::number::{plain, share, with_unit};
use crate::present::table::{Cell, Column, Table, Tone};
use crate::study::report::LoadTestReport;

/// Section 1.
pub fn environment(page: &mut Document, model: &Model) {
    page.heading(2, "1. Test Environment");
    if !model.about.is_empty() {
        page.paragraph(&model.about);
    }
    page.heading(3, "Infrastructure and configuration");
    let mut table = Table::new("", ["component", "configuration"].map(Column::words).into());
    let mut add = |name: String, parts: Vec<String>| {
        table.rows.push(vec![Cell::new(name, Tone::Strong), Cell::plain(parts.join(", "))]);
    };
    for host in &model.hosts {
        let mut parts = vec![format!("{} cores, shared", plain(host.cores))];
        parts.extend(machine(&host.host));
        add(format!("machine {}", host.name), parts);
    }
    model.tiers.iter().for_each(|one| add(format!("tier {}", one.name), tier(one)));
    model.databases.iter().for_each(|one| add(format!("database {}", one.name), database(one)));
    for one in &model.poolers {
        add(format!("pooler {}", one.name), vec!["between pools and their database".to_owned()]);
    }
    model.pools.iter().for_each(|one| add(format!("pool {}", one.name), pool(one, model)));
    model.caches.iter().for_each(|one| add(format!("cache {}", one.name), cache(one)));
    for one in &model.apis {
        let limited = if one.rate_limit.is_some() { "with a rate limit" } else { "without a rate limit" };
        add(format!("external API {}", one.name), vec![limited.to_owned()]);
    }
    for one in &model.queues {
        add(format!("queue {}", one.name), vec![format!("{} workers x {} jobs", one.workers, one.concurrency)]);
    }
    page.table(table);
}

fn seconds(seconds: f64) -> String {
    with_unit(seconds * 1000.0, "ms")
}

fn bytes(bytes: f64) -> String {
    if bytes >= 1e9 { with_unit(bytes / 1e9, "GB") } else { with_unit(bytes / 1e6, "MB") }
}

/// What a machine is besides its cores.
fn machine(host: &Host) -> Vec<String> {
    let credits = |credits: &Credits| {
        let mode = if credits.unlimited { "unlimited" } else { "standard" };
        format!("CPU credits {mode}, baseline {} cores", plain(credits.baseline))
    };
    host.instance.iter().cloned().chain(host.credits.as_ref().map(credits)).collect()
}

fn tier(tier: &Tier) -> Vec<String> {
    let mut parts = vec![format!("{} x {} cores", tier.count, plain(tier.cores))];
    if let Some(scale) = &tier.autoscale {
        let by = match scale.controller {
            Controller::Hpa(_) => "Horizontal Pod Autoscaler",
            Controller::TargetTracking(_) => "target tracking",
        };
        parts.push(format!("{by} from {} to {}", scale.least, scale.most));
    }
    parts.extend(machine(&tier.host));
    if let Some(limit) = tier.memory.as_ref().and_then(|memory| memory.limit) {
        parts.push(format!("{} of memory", bytes(limit)));
    }
    if let Some(limit) = tier.cpu_limit {
        parts.push(format!("limit of {} cores", plain(limit)));
    }
    let runtime = match tier.runtime {
        Runtime::EventLoop => "event loop".to_owned(),
        Runtime::Threads { limit, .. } => format!("{limit} threads"),
    };
    let processes = if tier.processes == 1 { "process" } else { "processes" };
    parts.push(format!("{} {processes} each ({runtime})", tier.processes));
    parts
}

fn database(database: &Database) -> Vec<String> {
    let mut parts = vec![format!("{} cores", plain(database.cores))];
    parts.extend(machine(&database.host));
    parts.push(format!("max_connections {}", database.max_connections));
    if let Some(storage) = &database.storage {
        parts.push(format!("storage of {} operations/s", plain(storage.most)));
    }
    if let Some(replication) = &database.replication {
        parts.push(format!("{} read replicas", replication.replicas));
    }
    parts
}

fn pool(pool: &Pool, model: &Model) -> Vec<String> {
    let number = model.pools.iter().position(|one| one.name == pool.name).unwrap_or_default() as u32;
    let copies: u32 = model.copies_of_pool(number).iter().sum();
    let each = match pool.scope {
        Scope::Process => "per process",
        Scope::Instance => "per instance",
        Scope::Total => "in all",
    };
    let mut parts = vec![format!("{} to {} connections {each} ({} at most)", pool.min, pool.max, pool.max * copies)];
    if let Some(idle) = pool.idle_timeout {
        parts.push(format!("idle {}", seconds(idle)));
    }
    if let Some(most) = pool.max_waiters {
        parts.push(format!("at most {most} waiters"));
    }
    parts
}

fn cache(cache: &Cache) -> Vec<String> {
    let mut parts = vec![format!("{:?}", cache.policy).to_lowercase()];
    parts[0] = match parts[0].strip_prefix("allkeys").or_else(|| parts[0].strip_prefix("volatile")) {
        Some(rest) if parts[0].starts_with("allkeys") => format!("allkeys-{rest}"),
        Some(rest) => format!("volatile-{rest}"),
        None => parts[0].clone(),
    };
    parts.insert(0, cache.max_bytes.map_or("unbounded".to_owned(), |most| bytes(most as f64)));
    if cache.replicas > 0 {
        let reads = if cache.read_from == ReadFrom::Replicas { "which serve reads" } else { "the master serves reads" };
        parts.push(format!("1 master + {} replicas, {reads}", cache.replicas));
    }
    parts
}

/// Section 2.
pub fn scenarios(page: &mut Document, report: &LoadTestReport, told: &Told) {
    page.heading(2, "2. Test Scenarios");
    for (number, test) in report.tests.iter().enumerate() {
        page.heading(3, format!("Scenario {}: {}", number + 1, test.test));
        if !test.about.is_empty() {
            page.paragraph(&test.about);
        }
        let mut lines = vec![format!("duration: {}", seconds(test.duration_s))];
        lines.extend(test.stages.iter().cloned());
        if !test.mix.is_empty() {
            let mix = test.mix.iter().map(|(name, part)| format!("{} {name}", share(*part)));
            lines.push(format!("mix: {}", mix.collect::<Vec<_>>().join(", ")));
        }
        for event in test.predictions.first().map_or(&[][..], |p| &p.events) {
            let about = if event.about.is_empty() { String::new() } else { format!(" ({})", event.about) };
            lines.push(format!("at {}: {}{about}", seconds(event.at_s), event.what));
        }
        lines.push(format!("command: plimsoll run {} --test {}", told.file, test.test));
        page.bullets(lines);
    }
}
