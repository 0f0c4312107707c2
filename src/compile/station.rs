//! Tiers and databases as processors, lanes and ceilings.

use super::api::ApiPlace;
use super::cache::CachePlace;
use super::host::Cores;
use super::limit::LimitPlace;
use super::memory::MemoryPlace;
use super::network::LinkPlace;
use super::pool::PoolerPlace;
use super::{
    Builder, Counted, CounterLabel, DatabaseLabel, PermitKind, PermitLabel, ProcessorKind, ProcessorLabel, VolumeLabel,
};
use crate::engine::program::{
    By, Discipline, GroupSpec, LawId, Opening, Order, Patience, Policy, ProcessorSpec, Rates, SlotCauses, SlotsSpec,
    Target, VolumeSpec,
};
use crate::model::{Cause, Contention, Database, Pool, Remote, Runtime, Scope, Station, Storage, Tier};

/// Where everything stands in the program.
pub(super) struct Stations {
    pub tiers: Vec<TierPlace>,
    pub databases: Vec<DatabasePlace>,
    pub caches: Vec<CachePlace>,
    /// The one processor on which pure delays pass.
    pub delay: Target,
    pub apis: Vec<ApiPlace>,
    pub limits: Vec<LimitPlace>,
    /// First slots of pool `p` as used from tier `t`: `pools[p][t]`.
    pub pools: Vec<Vec<Target>>,
    /// Server connections of each pooler.
    pub poolers: Vec<Target>,
    /// Of each tier.
    pub memories: Vec<MemoryPlace>,
    /// Load generators on machines of the system: where, how long, and the part of the time account.
    pub generators: Vec<(Target, LawId, u16)>,
}

pub(super) struct TierPlace {
    pub cores: Target,
    /// Event loops; none for threads.
    pub lane: Option<Target>,
    /// Thread permits; none for event loops.
    pub threads: Option<Target>,
    /// What lets requests in; none if all are.
    pub admission: Option<Target>,
    pub group: u32,
    pub part: u16,
    /// `None` if its network never limits.
    pub links: Option<LinkPlace>,
}

pub(super) struct DatabasePlace {
    pub cores: Target,
    /// Where time beside the cpu passes, if its pace may change.
    pub rest: Option<Target>,
    pub ceiling: u32,
    pub part: u16,
    /// Index into [`crate::engine::Program::volumes`].
    pub volume: Option<u32>,
    pub transactions: u32,
    pub rollbacks: u32,
    /// Its work to open a connection, and the counter of these; none if that is no work.
    pub connect: Option<(LawId, u32)>,
    /// What its replicas follow, if it matters how late they are.
    pub feed: Option<u16>,
    /// Chooses one of its replicas by what it remembers.
    pub readers: Option<u32>,
}

impl Builder<'_> {
    pub(super) fn stations(&mut self) -> Stations {
        self.hosts();
        let tiers = (0..).zip(&self.model.tiers).map(|(index, tier)| self.tier(index, tier)).collect();
        let mut databases: Vec<DatabasePlace> =
            self.model.databases.iter().enumerate().map(|(index, database)| self.database(index, database)).collect();
        let delay = self.delay(false);
        self.replicas(&mut databases, delay);
        self.locks();
        let caches: Vec<CachePlace> = self.model.caches.iter().map(|cache| self.cache(cache, delay)).collect();
        let mut poolers: Vec<PoolerPlace> = Vec::new();
        for pooler in &self.model.poolers {
            let clients = pooler.part_of.map(|whole| poolers[whole as usize].clients);
            let place = self.pooler(pooler, clients, &databases[pooler.database as usize], delay);
            poolers.push(place);
        }
        let ceiling = |pool: &Pool| match (pool.pooler, pool.remote) {
            (Some(pooler), _) => poolers[pooler as usize].clients,
            (None, Remote::Database(index)) => databases[index as usize].ceiling,
            (None, Remote::Cache(index)) => caches[index as usize].ceiling,
        };
        let behind = |pool: &Pool| pool.pooler.map(|pooler| poolers[pooler as usize].servers.base);
        let pools = (0..).zip(&self.model.pools);
        let mut targets = Vec::new();
        for (index, pool) in pools {
            let server = pool.database().filter(|_| pool.pooler.is_none()).map(|index| &databases[index as usize]);
            let connect = server.and_then(|server| self.connector(&pool.connect, server, delay));
            targets.push(self.pool(index, pool, ceiling(pool), behind(pool), connect));
        }
        let pools = targets;
        let (apis, limits) = (self.apis(delay), self.limits(delay));
        let poolers = poolers.into_iter().map(|place| place.servers).collect();
        let memories = Vec::new();
        let generators = self.generators();
        let mut stations =
            Stations { tiers, databases, caches, delay, apis, limits, pools, poolers, memories, generators };
        stations.memories = self.memories(&stations);
        stations
    }

    fn database(&mut self, index: usize, database: &Database) -> DatabasePlace {
        let gauge = self.gauge(ProcessorKind::Database, &database.name, database.cores, 0.0);
        let rates = self.rates(database.cores, &database.contention);
        let (host, limit) = (&database.host, f64::INFINITY);
        // Its volume has credits too.
        let machine = format!("{} cpu", database.name);
        let base =
            self.machines(&Cores { name: &machine, rates, host, hosts: 1, members: 1, limit, stops: false, gauge });
        let ceiling = self.program.ceilings.len() as u32;
        self.program.ceilings.push(database.max_connections);
        let name = &database.name;
        let part = self.parts(&format!("waiting for {name} cpu"), &format!("work on {name} cpu"));
        let volume = database.storage.as_ref().map(|storage| self.volume(name, storage));
        let slow = database.slow_query.map(super::ns);
        self.labels.databases.push(DatabaseLabel { name: name.clone(), slow });
        let transactions = self.counter(Counted::Transactions, index);
        let rollbacks = self.counter(Counted::Rollbacks, index);
        let cores = Target { base, by: By::One };
        let connect = self.connect_work(index, database);
        let rest = self.test.slows(Station::Database(index as u32)).then(|| self.delay(true));
        let (feed, readers) = (None, None);
        DatabasePlace { cores, rest, ceiling, part, volume, transactions, rollbacks, connect, feed, readers }
    }

    fn tier(&mut self, index: u32, tier: &Tier) -> TierPlace {
        let hosts = f64::from(tier.count);
        let loops = match tier.runtime {
            Runtime::EventLoop => hosts * f64::from(tier.processes),
            Runtime::Threads { .. } => 0.0,
        };
        let gauge = self.gauge(ProcessorKind::Tier, &tier.name, hosts * tier.cores, loops);
        let rates = self.rates(tier.cores, &tier.contention);
        let (name, host, hosts) = (&tier.name, &tier.host, tier.count);
        let stops = tier.collector.is_some() && matches!(tier.runtime, Runtime::Threads { .. });
        let limit = tier.cpu_limit.unwrap_or(f64::INFINITY);
        let apart = stops || tier.cpu_limit.is_some();
        let members = if apart { tier.processes } else { 1 };
        let base = self.machines(&Cores { name, rates, host, hosts, members, limit, stops, gauge });
        let processes = tier.count * tier.processes;
        let (mut lane, mut threads) = (None, None);
        match tier.runtime {
            Runtime::EventLoop => {
                lane = Some(Target { base: self.program.lanes, by: By::Process });
                self.program.lanes += processes;
            }
            Runtime::Threads { limit, backlog } => {
                threads = Some(self.threads(tier, processes, limit, backlog));
            }
        }
        let admission = self.admissions(tier);
        let group = self.program.groups.len() as u32;
        let policy = super::replica::policy(tier.balancer);
        let mut weights = tier.weights.clone();
        if policy == Policy::Weighted {
            weights.resize(tier.count as usize, 1);
        }
        let fleet = self.fleet(index, tier, (gauge, base));
        self.program.groups.push(GroupSpec { hosts: tier.count, processes: tier.processes, policy, weights, fleet });
        let links = self.links(index as usize, tier);
        let name = &tier.name;
        let part = self.parts(&format!("waiting for {name} cpu"), &format!("work on {name} cpu"));
        TierPlace {
            cores: Target { base, by: if apart { By::Process } else { By::Host } },
            lane,
            threads,
            admission,
            group,
            part,
            links,
        }
    }

    /// A processor on which any number of delays pass at once; `varies`: its speed may change.
    pub(super) fn delay(&mut self, varies: bool) -> Target {
        let gauge = self.gauge(ProcessorKind::Delay, "", 0.0, 0.0);
        let base = self.program.processors.len() as u32;
        let discipline = match varies {
            true => Discipline::Shared(Rates { cores: f64::INFINITY, sigma: 0.0, kappa: 0.0 }),
            false => Discipline::Delay,
        };
        self.program.processors.push(ProcessorSpec { discipline, gauge });
        Target { base, by: By::One }
    }

    fn threads(&mut self, tier: &Tier, processes: u32, limit: u32, backlog: Option<u32>) -> Target {
        let gauge = self.permit(PermitKind::Threads, &tier.name, f64::from(limit) * f64::from(processes));
        self.labels.permits[gauge as usize].tier = Some(tier.name.clone());
        let base = self.program.slots.len() as u32;
        let spec = SlotsSpec {
            max: limit,
            min: limit,
            order: Order::Fifo,
            patience: Patience::Endless,
            idle: None,
            open: None,
            connect: None,
            max_waiters: backlog,
            ceiling: None,
            oldest_first: false,
            life: None,
            opening: Opening::Own,
            reserve: None,
            max_idle: None,
            fragile: false,
            adapts: None,
            behind: None,
            causes: SlotCauses {
                timeout: Cause::QueueFull as u8,
                full: Cause::ConnectionRefused as u8,
                refused: Cause::ConnectionRefused as u8,
                slow_open: Cause::ConnectTimeout as u8,
            },
            gauge,
            site: 0,
        };
        self.program.slots.extend((0..processes).map(|_| spec.clone()));
        Target { base, by: By::Process }
    }

    fn volume(&mut self, name: &str, storage: &Storage) -> u32 {
        let Storage { most, base, bucket, .. } = *storage;
        self.labels.volumes.push(VolumeLabel { name: name.to_owned(), most, base, bucket });
        self.program.volumes.push(VolumeSpec { most, base, bucket });
        (self.program.volumes.len() - 1) as u32
    }

    pub(super) fn counter(&mut self, what: Counted, database: usize) -> u32 {
        let counter = self.program.counters;
        self.labels.counters.push(CounterLabel { what, database, counter: counter as usize });
        self.program.counters += 1;
        counter
    }

    pub(super) fn rates(&self, cores: f64, contention: &Contention) -> Rates {
        let (sigma, kappa) = (contention.sigma.at(self.inputs), contention.kappa.at(self.inputs));
        Rates { cores, sigma: sigma.max(0.0), kappa: kappa.max(0.0) }
    }

    pub(super) fn gauge(&mut self, kind: ProcessorKind, name: &str, cores: f64, loops: f64) -> u32 {
        self.labels.processors.push(ProcessorLabel { kind, name: name.to_owned(), cores, loops });
        self.program.processor_gauges += 1;
        self.program.processor_gauges - 1
    }

    pub(super) fn permit(&mut self, kind: PermitKind, name: &str, most: f64) -> u32 {
        self.labels.permits.push(PermitLabel { kind, name: name.to_owned(), most, tier: None });
        self.program.permit_gauges += 1;
        self.program.permit_gauges - 1
    }
}

/// How copies of a scope are told apart.
pub(super) fn by(scope: Scope) -> By {
    match scope {
        Scope::Total => By::One,
        Scope::Instance => By::Host,
        Scope::Process => By::Process,
    }
}
