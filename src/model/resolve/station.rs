//! Tiers, databases and pools.

use super::names::{Resolver, all, latest};
use crate::model::station::DEADLOCK_TIMEOUT;
use crate::model::{Balancer, Contention, Database, Host, Law, Model, Pool, Quantity, Remote, Runtime, Shape, Tier};
use crate::problem::quoted;
use crate::spec::law::LawSpec;
use crate::spec::node::Span;
use crate::spec::number::{Count, Positive};
use crate::spec::reader::{At, Finding, NamedEntry};
use crate::spec::station::{ContentionSpec, DatabaseSpec, PoolSpec, RuntimeSpec, TierSpec};

/// What a simulation still holds in memory.
const MOST_PROCESSES: u32 = 100_000;
pub const MOST_CONNECTIONS: u32 = 1_000_000;
pub const MOST_CORES: f64 = 1e6;
const MOST_SPEED: f64 = 1e6;

impl Resolver<'_> {
    pub fn tiers(&mut self) -> Option<Vec<Tier>> {
        let entries = &self.file.tier.entries;
        if entries.is_empty() {
            let hint = "add [tier.app] with cores = 2";
            self.problem_with_hint(self.file.span, "the model has no tier, so nothing can serve requests", hint);
        }
        all(entries, |entry| self.tier(entry))
    }

    pub fn databases(&mut self) -> Option<Vec<Database>> {
        all(&self.file.database.entries, |entry| self.database(entry))
    }

    fn tier(&mut self, entry: &NamedEntry<TierSpec>) -> Option<Tier> {
        self.check_name(entry, "a tier");
        let spec = entry.value.as_ref()?;
        if self.file.database.names().any(|name| name == entry.name.value) {
            let what = format!("a database is also called {}", quoted(&entry.name.value));
            self.problem_with_hint(entry.name.span, what, "results name CPU by tier or database: choose two names");
        }
        let machine = self.tier_machine(spec);
        let autoscale = self.autoscale(spec, machine.as_ref().map(|machine| machine.cores));
        let scale = autoscale.as_ref().and_then(Option::as_ref);
        let count = self.hosts_at_first(spec, scale, MOST_PROCESSES).filter(|_| autoscale.is_some());
        let weights = self.weights(spec, count);
        let most = count.map(|count| count.saturating_add(scale.map_or(0, |scale| scale.more_than(count))));
        let processes = self.count(spec.processes.as_ref(), 1, MOST_PROCESSES, "a host needs a process");
        if let (Some(count), Some(processes)) = (most, processes)
            && count.saturating_mul(processes) > MOST_PROCESSES
        {
            self.problem(entry.name.span, format!("{count} x {processes} processes are more than {MOST_PROCESSES}"));
        }
        let speed = self.speed(spec.speed.as_ref());
        let runtime = match &spec.runtime {
            None | Some(RuntimeSpec::EventLoop) => Some(Runtime::EventLoop),
            Some(RuntimeSpec::Threads(threads)) => {
                let limit = self.count(Some(&threads.threads), 1, MOST_CONNECTIONS, "a process needs a thread");
                let backlog = threads.backlog.as_ref().map(|backlog| backlog.value.0);
                limit.map(|limit| Runtime::Threads { limit, backlog })
            }
        };
        let admission = self.admission(spec.admission.as_ref());
        let network = self.law_or_zero(spec.network.as_ref());
        let health = self.health(spec.health.as_ref());
        let balancer_timeout = self.above_zero_seconds(spec.balancer_timeout.as_ref(), "balancer_timeout");
        let contention = self.contention(spec.contention.as_ref());
        if let (Some(host), Some(2..)) = (&spec.host, count) {
            self.problem(host.span, format!("{} is one host", quoted(&host.value)));
        }
        if let (Some(_), Some(written)) = (&spec.host, &spec.contention) {
            self.problem(written.span, "on a shared machine contention is that of the host");
        }
        let cpu_limit = spec.cpu_limit.as_ref().map(|limit| limit.value.0);
        let memory = self.memory(&spec.memory, machine.as_ref().and_then(|machine| machine.memory));
        let collector = self.collector(spec.memory.gc.as_ref());
        let bandwidth = self.bandwidth(spec.bandwidth.as_ref())?;
        let host = machine
            .as_ref()
            .map(|machine| Host { bandwidth: bandwidth.or(machine.host.bandwidth), ..machine.host.clone() });
        Some(Tier {
            name: entry.name.value.clone(),
            count: count?,
            cores: machine.as_ref()?.cores,
            speed: speed? * machine.as_ref()?.speed,
            processes: processes?,
            runtime: runtime?,
            admission: admission?,
            balancer: spec.balancer.unwrap_or(Balancer::RoundRobin),
            weights: weights?,
            health: health?,
            balancer_timeout: balancer_timeout?,
            network: network?,
            contention: contention?,
            host: host?,
            cpu_limit,
            memory,
            collector: collector?,
            autoscale: autoscale?,
        })
    }

    fn database(&mut self, entry: &NamedEntry<DatabaseSpec>) -> Option<Database> {
        self.check_name(entry, "a database");
        let spec = entry.value.as_ref()?;
        let machine = self.database_machine(spec);
        let all = match (&spec.max_connections, &machine) {
            (Some(written), _) => self.count(Some(written), 1, MOST_CONNECTIONS, "a database needs a connection"),
            (None, Some((_, usual))) => usual.or_else(|| {
                self.problem(spec.span, "a database needs the key \"max_connections\"");
                None
            }),
            (None, None) => None,
        };
        let reserved = spec.reserved.as_ref().map_or(0, |reserved| reserved.value.0);
        if let (Some(all), Some(written)) = (all, &spec.reserved)
            && reserved >= all
        {
            let span = spec.max_connections.as_ref().map_or(written.span, |all| latest(all.span, written.span));
            self.problem(span, format!("{reserved} of {all} connections are reserved, so none is left"));
        }
        let speed = self.speed(spec.speed.as_ref());
        let contention = self.contention(spec.contention.as_ref());
        let storage = spec
            .storage
            .as_ref()
            .map_or(Some(None), |storage| self.storage(storage, spec.instance.is_some()).map(Some));
        // Its value is asked for where statements are.
        let timeout = self.above_zero_seconds(spec.statement_timeout.as_ref(), "statement_timeout");
        let slow_query = self.above_zero_seconds(spec.slow_query.as_ref(), "slow_query");
        let deadlock_timeout = self.above_zero_seconds(spec.deadlock_timeout.as_ref(), "deadlock_timeout");
        let connect_cpu = self.law_or_zero(spec.connect_cpu.as_ref());
        let replication = self.replication(spec);
        timeout?;
        let (machine, _) = machine?;
        if let (Some(_), Some(written)) = (&spec.host, &spec.contention) {
            self.problem(written.span, "on a shared machine contention is that of the host");
        }
        Some(Database {
            name: entry.name.value.clone(),
            cores: machine.cores,
            speed: speed? * machine.speed,
            max_connections: all?.saturating_sub(reserved),
            contention: contention?,
            host: machine.host,
            storage: storage?,
            slow_query: slow_query?,
            deadlock_timeout: deadlock_timeout?.unwrap_or(DEADLOCK_TIMEOUT),
            connect_cpu: connect_cpu?,
            replication: replication?,
        })
    }

    /// Pools that open more connections at the start than their database accepts. It works, with fewer, as
    /// it does in a real system; and other pools of the database may find none.
    pub fn too_many_from_the_start(&mut self, model: &Model) {
        for (index, database) in (0u32..).zip(&model.databases) {
            let mut all = 0;
            // What connects to a pooler opens no connection of the database.
            let direct = |pool: &Pool| pool.pooler.is_none() && pool.remote == Remote::Database(index);
            for (number, pool) in (0u32..).zip(&model.pools).filter(|(_, pool)| direct(pool)) {
                let copies = model.copies_of_pool(number).into_iter().map(u64::from).sum::<u64>();
                let before = all;
                all += u64::from(pool.min) * copies;
                let most = u64::from(database.max_connections);
                let written = self.file.pool.entries.get(number as usize).and_then(|entry| entry.value.as_ref());
                // At the pool that makes it too many.
                if let (true, Some(min)) = (before <= most && all > most, written.and_then(|pool| pool.min.as_ref())) {
                    let others = if before > 0 { format!(" with the {before} of other pools") } else { String::new() };
                    let what = format!(
                        "min opens {} x {copies} connections at the start{others}, and database {} accepts {most}",
                        pool.min,
                        quoted(&database.name)
                    );
                    self.warnings.push(Finding { span: min.span, what, hint: None });
                }
            }
        }
    }

    /// A wait that may last; `Some(None)` if left out.
    pub fn acquire_timeout(&mut self, spec: Option<&LawSpec>) -> Option<Option<Law>> {
        let Some(spec) = spec else { return Some(None) };
        let law = self.law(spec)?;
        if let Shape::Constant(Quantity::Known(0.0)) = law.shape {
            self.problem_with_hint(spec.span(), "acquire_timeout must be above 0", "leave it out for none");
            return None;
        }
        Some(Some(law))
    }

    /// What a pool leads to.
    pub fn remote(&mut self, spec: &PoolSpec) -> Option<Remote> {
        if let (Some(database), Some(cache)) = (&spec.database, &spec.cache) {
            self.problem(latest(database.span, cache.span), "a pool leads to a database or to a cache");
            return None;
        }
        if let Some(cache) = &spec.cache {
            return self.reference("cache", &self.file.cache, cache).map(Remote::Cache);
        }
        let databases = &self.file.database;
        self.reference_or_only("database", databases, spec.database.as_ref(), spec.span).map(Remote::Database)
    }

    /// The pool of this name, or the only one that leads to a database.
    pub fn database_pool(&mut self, name: Option<&At<String>>, span: Span) -> Option<u32> {
        let file = self.file;
        let to_cache = |position: usize| file.pool.entries[position].value.as_ref().is_some_and(|p| p.cache.is_some());
        if let Some(name) = name {
            let pool = self.reference("pool", &file.pool, name)?;
            if to_cache(pool as usize) {
                self.problem(name.span, format!("the pool {} leads to a cache", quoted(&name.value)));
                return None;
            }
            return Some(pool);
        }
        let mut fit = (0..file.pool.entries.len()).filter(|position| !to_cache(*position));
        match (fit.next(), fit.next()) {
            (Some(only), None) => Some(super::names::index(only)),
            _ => self.reference_or_only("pool", &file.pool, None, span),
        }
    }

    /// An empty name cannot be told apart from "all" in results, and others must fit on a line.
    pub fn check_name<T>(&mut self, entry: &NamedEntry<T>, what: &str) {
        if entry.name.value.trim().is_empty() {
            self.problem(entry.name.span, format!("{what} needs a name"));
        }
        if entry.name.value.chars().any(char::is_control) {
            self.problem(entry.name.span, format!("the name of {what} has a control character"));
        }
    }

    /// A count of at least 1, 1 if left out.
    pub fn count(&mut self, count: Option<&At<Count>>, least: u32, most: u32, why: &str) -> Option<u32> {
        let Some(count) = count else { return Some(least) };
        if count.value.0 < least {
            self.problem_with_hint(count.span, format!("{} is too few", count.value.0), why);
            return None;
        }
        if count.value.0 > most {
            self.problem_with_hint(count.span, format!("{} is too many", count.value.0), format!("at most {most}"));
            return None;
        }
        Some(count.value.0)
    }

    pub fn at_most(&mut self, number: &At<Positive>, most: f64, what: &str) -> Option<f64> {
        if number.value.0 > most {
            self.problem(number.span, format!("{} {what} are more than {most}", number.value.0));
            return None;
        }
        Some(number.value.0)
    }

    fn speed(&mut self, speed: Option<&At<Positive>>) -> Option<f64> {
        match speed {
            Some(speed) => self.at_most(speed, MOST_SPEED, "times the speed"),
            None => Some(1.0),
        }
    }

    /// A time that must not be 0; `Some(None)` if left out.
    pub fn above_zero_seconds(
        &mut self,
        time: Option<&At<crate::spec::number::Duration>>,
        what: &str,
    ) -> Option<Option<f64>> {
        let Some(time) = time else { return Some(None) };
        if time.value.0 == 0.0 {
            self.problem_with_hint(time.span, format!("{what} must be above 0"), "leave it out for none");
            return None;
        }
        Some(Some(time.value.0))
    }

    pub fn contention(&mut self, spec: Option<&ContentionSpec>) -> Option<Contention> {
        let none = Quantity::Known(0.0);
        let Some(spec) = spec else { return Some(Contention { sigma: none, kappa: none }) };
        let sigma = spec.sigma.as_ref().map_or(Some(none), |sigma| self.number(sigma));
        let kappa = spec.kappa.as_ref().map_or(Some(none), |kappa| self.number(kappa));
        let (sigma, kappa) = (sigma?, kappa?);
        self.share_of_one(sigma, spec.sigma.as_ref().map(|at| at.span), "sigma");
        self.share_of_one(kappa, spec.kappa.as_ref().map(|at| at.span), "kappa");
        Some(Contention { sigma, kappa })
    }

    fn share_of_one(&mut self, quantity: Quantity, span: Option<Span>, what: &str) {
        let (_, high) = self.bounds(quantity);
        if let Some(span) = span.filter(|_| high > 1.0) {
            self.problem_with_hint(span, format!("{what} is at most 1"), "measured values are near 0.02 and 0.001");
        }
    }
}
