//! Which resource gives first, and what it allows at most.
//!
//! Operational analysis (Denning & Buzen 1978; Lazowska et al. 1984, chapter 5): a resource of `m`
//! servers of which each request needs `D` seconds cannot pass more than `m / D` requests per
//! second, whatever the load. `D` is read off the simulation, in the busiest stage: the time in use over the requests
//! answered, so it contains what queueing elsewhere adds to a connection's hold. Requests that gave up before
//! a connection or were refused do not count for connections, and jobs count by those that are over.

use super::prediction::{Bottleneck, Estimate, Resource, ResourceKind, Row, Warning};
use crate::compile::{
    Labels, MeterKind, MeterLabel, PermitKind, PermitLabel, ProcessorKind, ProcessorLabel, VolumeLabel,
};
use crate::load::planned_rate;
use crate::model::{Cause, Test};
use crate::statistics::{estimate, estimate_within};

/// What offered load may exceed a bound by before a test is called unstable.
const TOLERANCE: f64 = 1.01;

/// A resource nearer to its bound than this is said to limit.
const LIMITS_FROM: f64 = 0.9;

/// Resources during `busiest`, those with the lowest bound first.
#[must_use]
pub fn bottleneck(rows: &[Row], labels: &Labels, busiest: (f64, f64)) -> Bottleneck {
    let find = |metric: &str, scope: &str, stat: &str| {
        rows.iter().find(|row| {
            let key = &row.key;
            (key.metric.as_str(), key.scope.as_str(), key.stat.as_str()) == (metric, scope, stat)
                && key.from_s == Some(busiest.0)
                && key.to_s == Some(busiest.1)
        })
    };
    let mut resources = Vec::new();
    let rate = find("http_reqs", "", "rate");
    let answered = rate.map_or(Vec::new(), |rate| rate.values.clone());
    let connected = connected(&answered, &find);
    let mut add = |name: String, row: Option<&Row>, servers: f64, share: f64, per_s: &[f64]| {
        let Some(row) = row else { return };
        // Seconds of the resource per request and what they allow, replication by replication.
        let demands = row.values.iter().zip(per_s).map(|(used, rate)| used * share * servers / rate);
        let demands: Vec<f64> = demands.filter(|demand| demand.is_finite()).collect();
        let bounds: Vec<f64> = demands.iter().filter(|demand| **demand > 0.0).map(|demand| servers / demand).collect();
        let demand_s = estimate(&demands).value;
        let uses: Vec<f64> = row.values.iter().map(|used| used * share).collect();
        let bound_per_s = (!bounds.is_empty()).then(|| estimate(&bounds).value);
        let kind = ResourceKind::Servers;
        let utilisation = estimate_within(&uses, 1.0);
        resources.push(Resource { name, kind, utilisation, demand_s, servers, bound_per_s });
    };
    for (name, row, servers, share) in processors(labels, &find) {
        add(name, row, servers, share, &answered);
    }
    for label in &labels.permits {
        let (metric, name) = match label.kind {
            PermitKind::Pool => ("connections_active", format!("pool {}", label.name)),
            PermitKind::Pooler => ("connections_active", format!("pooler {}", label.name)),
            PermitKind::Admission => ("requests_admitted", format!("admission of {}", label.name)),
            PermitKind::Threads => ("threads_active", format!("threads of {}", label.name)),
            PermitKind::Sockets => (label.kind.used_and_waiting().0, format!("sockets to {}", label.name)),
            PermitKind::FarSide => (label.kind.used_and_waiting().0, format!("{} concurrency", label.name)),
            PermitKind::Workers => ("jobs_running", format!("workers of {}", label.name)),
        };
        let per_s = match label.kind {
            PermitKind::Pool | PermitKind::Pooler => connected.clone(),
            PermitKind::Workers => worked(&label.name, &answered, &find),
            _ => answered.clone(),
        };
        let servers = label.most * share_there(label, labels, &find);
        add(name, find(metric, &label.name, "avg"), servers, 1.0 / servers, &per_s);
    }
    for label in &labels.volumes {
        let row = find("iops", &label.name, "avg");
        let share = 1.0 / allowed_iops(label, busiest, &find);
        add(format!("storage of {}", label.name), row, 1.0, share, &answered);
    }
    resources.extend(labels.meters.iter().filter_map(|meter| rate_limit(meter, &find)));
    resources.sort_by(|a, b| {
        let bound = |r: &Resource| r.bound_per_s.unwrap_or(f64::INFINITY);
        bound(a).total_cmp(&bound(b))
    });
    let explanation = explain(&resources, rate.map(|row| row.estimate));
    let resource = resources.first().filter(|r| r.bound_per_s.is_some()).map_or(String::new(), |r| r.name.clone());
    Bottleneck { resource, explanation, from_s: busiest.0, to_s: busiest.1, resources }
}

/// Requests per second, replication by replication, less those that were refused before or at a connection.
fn connected<'r>(answered: &[f64], find: &impl Fn(&str, &str, &str) -> Option<&'r Row>) -> Vec<f64> {
    let causes = [Cause::AcquireTimeout, Cause::QueueFull, Cause::ConnectionRefused, Cause::RateLimited];
    let mut left = answered.to_vec();
    for row in causes.iter().filter_map(|cause| find("errors", cause.word(), "rate")) {
        left.iter_mut().zip(&row.values).for_each(|(left, refused)| *left -= refused);
    }
    left
}

/// Requests per second whose jobs in a queue are over.
fn worked<'r>(queue: &str, answered: &[f64], find: &impl Fn(&str, &str, &str) -> Option<&'r Row>) -> Vec<f64> {
    let rate = |metric: &str| find(metric, queue, "rate").map_or(&[][..], |row| &row.values);
    let (put_in, done, failed) = (rate("jobs_enqueued"), rate("jobs_completed"), rate("jobs_failed"));
    let over = |i: usize| done.get(i).unwrap_or(&0.0) + failed.get(i).unwrap_or(&0.0);
    let share = |i: usize| over(i) / put_in.get(i).unwrap_or(&f64::NAN);
    answered.iter().enumerate().map(|(i, rate)| rate * share(i)).collect()
}

/// Operations per second that a volume allows over a window; what it has used up of its credits counts.
fn allowed_iops<'r>(
    label: &VolumeLabel,
    (from, to): (f64, f64),
    find: &impl Fn(&str, &str, &str) -> Option<&'r Row>,
) -> f64 {
    let credits = |stat: &str| find("credits", &label.name, stat).map(|row| row.estimate.value);
    match (credits("start"), credits("min"), credits("end")) {
        (Some(start), Some(min), Some(end)) if min < 1.0 => label.base + (start - end).max(0.0) / (to - from),
        (Some(_), Some(_), Some(_)) => label.most,
        _ => label.base,
    }
}

fn explain(resources: &[Resource], rate: Option<Estimate>) -> String {
    let (Some(first), Some(rate)) = (resources.first(), rate) else {
        return "no resource of the model is used".into();
    };
    let Some(bound) = first.bound_per_s else { return "no resource of the model is used".into() };
    let used = first.utilisation.value;
    let verb = if used >= LIMITS_FROM { "limits" } else { "would limit first" };
    let (gives, of_it) = (servers(first.servers), 100.0 * rate.value / bound);
    let mut text = match first.kind {
        ResourceKind::Servers => format!(
            "{} {verb}: it has {gives} to give, a request needs one for {}, so at most {bound:.0} requests/s can pass; \
             the busiest stage has {:.0}/s, {of_it:.0} % of that.",
            first.name,
            seconds(first.demand_s),
            rate.value,
        ),
        ResourceKind::RateLimit => format!(
            "{} {verb}: it allows {gives}/s, of which {:.0} % are used; a good answer takes {:.2} of them, so at most \
             {bound:.0} good answers/s can come; the busiest stage has {:.0} requests/s, {of_it:.0} % of that.",
            first.name,
            100.0 * used,
            first.demand_s,
            rate.value,
        ),
    };
    if let Some(second) = resources.get(1)
        && let Some(next) = second.bound_per_s
    {
        text.push_str(&format!(" Next is {} at {next:.0} requests/s.", second.name));
    }
    text
}

/// A rate limit as a resource: the tokens that a good answer takes, and how many of these the limit
/// allows. Refused requests take none, so it is good answers that are bounded.
fn rate_limit<'a>(meter: &MeterLabel, find: &impl Fn(&str, &str, &str) -> Option<&'a Row>) -> Option<Resource> {
    let used = find(meter.kind.metric(), &meter.name, "avg")?;
    let (rate, failed) = (find("http_reqs", "", "rate")?, find("http_req_failed", "", "rate")?);
    let good = rate.values.iter().zip(&failed.values).map(|(rate, failed)| rate * (1.0 - failed / 100.0));
    let demands: Vec<f64> = used.values.iter().zip(good).map(|(used, good)| used / 100.0 * meter.rate / good).collect();
    let some = demands.iter().filter(|demand| **demand > 0.0 && demand.is_finite());
    let bounds: Vec<f64> = some.map(|demand| meter.rate / demand).collect();
    let name = match meter.kind {
        MeterKind::Api => format!("rate limit of {}", meter.name),
        MeterKind::Inbound => format!("limit {}", meter.name),
    };
    let uses: Vec<f64> = used.values.iter().map(|used| used / 100.0).collect();
    let bound_per_s = (!bounds.is_empty()).then(|| estimate(&bounds).value);
    let demand_s = estimate(&demands).value;
    let kind = ResourceKind::RateLimit;
    Some(Resource { name, kind, utilisation: estimate(&uses), demand_s, servers: meter.rate, bound_per_s })
}

fn servers(servers: f64) -> String {
    if servers.fract() == 0.0 { format!("{servers:.0}") } else { format!("{servers:.1}") }
}

fn seconds(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.1} ms", seconds * 1e3) } else { format!("{seconds:.2} s") }
}

/// Says that an open load asks more than a resource can give: its queue grows as long as that lasts.
#[must_use]
pub fn unstable(test: &Test, bottleneck: &Bottleneck) -> Option<Warning> {
    let middle = f64::midpoint(bottleneck.from_s, bottleneck.to_s);
    let offered: f64 = test.scenarios.iter().map(|s| planned_rate(&s.executor, s.start, middle)).sum();
    // A rate limit refuses, so nothing grows.
    let first = bottleneck.resources.iter().find(|resource| resource.kind == ResourceKind::Servers)?;
    let bound = first.bound_per_s?;
    // Iterations may send several requests, so the offered rate of requests is at least this.
    (offered > bound * TOLERANCE).then(|| Warning {
        kind: "unstable",
        text: format!(
            "unstable: {offered:.1} iterations/s are offered, but {} can pass at most {bound:.1} requests/s; its queue \
             grows for as long as that lasts, and figures depend on the length of the test",
            first.name
        ),
    })
}

/// The part of permits that is there, if hosts come and go that have their own.
fn share_there<'r>(label: &PermitLabel, labels: &Labels, find: &impl Fn(&str, &str, &str) -> Option<&'r Row>) -> f64 {
    let fleet = labels.fleets.iter().find(|fleet| label.tier.as_ref() == Some(&fleet.name));
    let there = fleet.and_then(|fleet| {
        let hosts = find("replicas", &fleet.name, "avg")?.estimate.value;
        Some(hosts * fleet.cores / labels.processors[fleet.processor].cores)
    });
    there.filter(|share| *share > 0.0).unwrap_or(1.0)
}

/// Name of a resource, what is used of it, how many servers it is, and the share of them that a unit of use is.
type Use<'r> = (String, Option<&'r Row>, f64, f64);

/// Cores, event loops, threads of caches, limits and links.
fn processors<'r>(labels: &Labels, find: &impl Fn(&str, &str, &str) -> Option<&'r Row>) -> Vec<Use<'r>> {
    let mut uses = Vec::new();
    // Of a tier whose hosts come and go what those have that are up.
    let there = |of: usize, label: &ProcessorLabel| {
        let fleet = labels.fleets.iter().find(|fleet| fleet.processor == of);
        let up = fleet.and_then(|fleet| Some((fleet, find("replicas", &fleet.name, "avg")?.estimate.value)));
        let up = up.filter(|(_, up)| *up > 0.0);
        up.map_or((label.cores, label.loops), |(fleet, up)| (fleet.cores * up, fleet.loops * up))
    };
    for (index, label) in labels.processors.iter().enumerate() {
        let (cores, loops) = there(index, label);
        if label.loops > 0.0 && label.loops < label.cores {
            let row = find("event_loop_utilisation", &label.name, "avg");
            uses.push((format!("{} event loops", label.name), row, loops, 0.01));
        }
        if label.kind == ProcessorKind::Cache {
            let name = format!("thread of {}", label.name);
            // The host's cores in use are those of its threads.
            uses.push((name, find("cpu", &label.name, "avg"), label.loops, 0.01 * label.cores / label.loops));
            continue;
        }
        match label.kind.metric() {
            Some("cpu") => uses.push((format!("{} cpu", label.name), find("cpu", &label.name, "avg"), cores, 0.01)),
            Some(metric) => {
                uses.push((format!("network {}", label.name), find(metric, &label.name, "avg"), label.cores, 0.01))
            }
            None => {}
        }
        let machine = labels.machines.iter().find(|machine| machine.name == label.name);
        if let Some(limit) = machine.and_then(|machine| machine.limited) {
            let row = find("cpu", &label.name, "avg");
            let limit = limit * cores / label.cores;
            uses.push((format!("{} cpu limit", label.name), row, limit, 0.01 * cores / limit));
        }
    }
    for host in &labels.hosts {
        uses.push((format!("{} cpu", host.name), find("cpu", &host.name, "avg"), host.cores, 0.01));
    }
    uses
}
