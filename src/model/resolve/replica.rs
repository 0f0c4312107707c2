//! Read replicas: databases like their primary, each with a copy of every pool that connects to it.

use super::names::{Resolver, index};
use crate::model::{Database, Pool, Quantity, Remote, Step};
use crate::problem::quoted;

const MOST_REPLICAS: u32 = 100;

impl Resolver<'_> {
    /// Adds the replicas and their pools behind those that the file names.
    pub fn replicate(&mut self, databases: &mut Vec<Database>, pools: &mut Vec<Pool>) {
        let file = self.file;
        for (primary, entry) in (0u32..).zip(&file.database.entries) {
            let Some(replicas) = entry.value.as_ref().and_then(|spec| spec.replicas.as_ref()) else { continue };
            let Some(count) = self.count(Some(replicas), 0, MOST_REPLICAS, "") else { continue };
            for number in 1..=count {
                let name = |of: &str| format!("{of} replica {number}");
                let database = index(databases.len());
                let copy = databases[primary as usize].clone();
                let own = name(&copy.name);
                if file.database.names().any(|other| other == own) {
                    self.problem(entry.name.span, format!("a database is also called {}", quoted(&own)));
                }
                databases.push(Database { name: own, ..copy });
                for pool in 0..file.pool.entries.len() {
                    // A pooler knows one database only.
                    if pools[pool].database() != Some(primary) || pools[pool].pooler.is_some() {
                        continue;
                    }
                    let copy = Pool {
                        name: name(&pools[pool].name),
                        remote: Remote::Database(database),
                        ..pools[pool].clone()
                    };
                    self.replica_pools.entry(index(pool)).or_default().push(index(pools.len()));
                    pools.push(copy);
                }
            }
        }
    }

    /// A query that only reads: one like it at each replica, of which one is chosen.
    pub fn at_replicas(&self, query: Step) -> Step {
        let Step::Query { name, pool, cpu, time, options } = query else { return query };
        let inside = self.transactions.contains(&pool);
        match self.replica_pools.get(&pool).filter(|_| !inside) {
            Some(replicas) => {
                let at = |&pool: &u32| {
                    let (name, cpu, time) = (name.clone(), cpu.clone(), time.clone());
                    (Quantity::Known(1.0), vec![Step::Query { name, pool, cpu, time, options: options.clone() }])
                };
                Step::Either { branches: replicas.iter().map(at).collect() }
            }
            None => Step::Query { name, pool, cpu, time, options },
        }
    }
}
