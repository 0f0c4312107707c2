//! Read replicas: databases like their primary, each with a copy of every pool that connects to it, and of
//! every pooler before it.

use super::names::{Resolver, index};
use crate::model::{Balancer, Database, Pool, Pooler, Remote, Replication, Step};
use crate::problem::quoted;
use crate::spec::reader::NamedEntry;
use crate::spec::station::DatabaseSpec;

const MOST_REPLICAS: u32 = 100;

impl Resolver<'_> {
    /// What a database says of its replicas; `Some(None)` if it has none.
    pub fn replication(&mut self, spec: &DatabaseSpec) -> Option<Option<Replication>> {
        let lag = spec.lag.as_ref().map_or(Some(None), |lag| self.law(lag).map(Some));
        let Some(replicas) = &spec.replicas else {
            for span in spec.lag.iter().map(|lag| lag.span()).chain(spec.read_balancer.as_ref().map(|at| at.span)) {
                self.problem_with_hint(span, "this is about replicas, and there are none", "add replicas = 1");
            }
            return lag.map(|_| None);
        };
        let replicas = self.count(Some(replicas), 0, MOST_REPLICAS, "")?;
        if let Some(at) = spec.read_balancer.as_ref().filter(|at| at.value == Balancer::Sticky) {
            let hint = "use \"random\" or \"least-outstanding\"";
            self.problem_with_hint(at.span, "no user keeps a replica: reads are spread one by one", hint);
            return None;
        }
        if let Some(at) = spec.read_balancer.as_ref().filter(|at| at.value == Balancer::Weighted) {
            let hint = "use \"random\" or \"least-outstanding\"";
            self.problem_with_hint(at.span, "replicas have no weights", hint);
            return None;
        }
        let balancer = spec.read_balancer.as_ref().map_or(Balancer::Random, |at| at.value);
        let lag = lag?;
        Some((replicas > 0).then_some(Replication { replicas, balancer, lag }))
    }

    /// Adds the replicas, their poolers and their pools behind those that the file names.
    pub fn replicate(&mut self, databases: &mut Vec<Database>, poolers: &mut Vec<Pooler>, pools: &mut Vec<Pool>) {
        let file = self.file;
        for (primary, entry) in (0u32..).zip(&file.database.entries) {
            let replicas = databases[primary as usize].replication.as_ref().map_or(0, |known| known.replicas);
            for number in 1..=replicas {
                let name = |of: &str| format!("{of} replica {number}");
                let database = index(databases.len());
                let copy = databases[primary as usize].clone();
                let own = name(&copy.name);
                self.name_is_free("database", file.database.names(), &own, entry);
                databases.push(Database { name: own, replication: None, ..copy });
                let first_pooler = poolers.len();
                let before = (0u32..).zip(&poolers[..file.pooler.entries.len()]);
                let copies: Vec<Pooler> = before
                    .filter(|(_, pooler)| pooler.database == primary)
                    .map(|(i, pooler)| Pooler {
                        name: name(&pooler.name),
                        database,
                        part_of: Some(i),
                        ..pooler.clone()
                    })
                    .collect();
                for pooler in &copies {
                    self.name_is_free("pooler", file.pooler.names(), &pooler.name, entry);
                    self.name_is_free("pool", file.pool.names(), &pooler.name, entry);
                }
                poolers.extend(copies);
                for pool in 0..file.pool.entries.len() {
                    if pools[pool].database() != Some(primary) {
                        continue;
                    }
                    let of = pools[pool].pooler;
                    let pooler = of.and_then(|of| poolers[first_pooler..].iter().position(|p| p.part_of == Some(of)));
                    let copy = Pool {
                        name: name(&pools[pool].name),
                        remote: Remote::Database(database),
                        pooler: pooler.map(|place| index(first_pooler + place)),
                        ..pools[pool].clone()
                    };
                    self.name_is_free("pool", file.pool.names(), &copy.name, entry);
                    self.name_is_free("pooler", file.pooler.names(), &copy.name, entry);
                    self.replica_pools.entry(index(pool)).or_insert((primary, Vec::new())).1.push(index(pools.len()));
                    pools.push(copy);
                }
            }
        }
    }

    fn name_is_free<'n>(
        &mut self,
        what: &str,
        mut names: impl Iterator<Item = &'n str>,
        wanted: &str,
        entry: &NamedEntry<DatabaseSpec>,
    ) {
        if names.any(|name| name == wanted) {
            let what = format!("a {what} is also called {}, as something of a replica is", quoted(wanted));
            self.problem(entry.name.span, what);
        }
    }

    /// A query that only reads: one like it at each replica, of which one is chosen.
    pub fn at_replicas(&self, query: Step) -> Step {
        let Step::Query { name, pool, cpu, time, options } = query else { return query };
        let inside = self.transactions.contains(&pool);
        match self.replica_pools.get(&pool).filter(|_| !inside) {
            Some((primary, replicas)) => {
                let at = |&pool: &u32| {
                    let (name, cpu, time) = (name.clone(), cpu.clone(), time.clone());
                    Step::Query { name, pool, cpu, time, options: options.clone() }
                };
                Step::AtReplica { primary: *primary, queries: replicas.iter().map(at).collect() }
            }
            None => Step::Query { name, pool, cpu, time, options },
        }
    }
}
