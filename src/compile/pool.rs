//! Pools and poolers as permits and ceilings.

use super::station::DatabasePlace;
use super::{Builder, PermitKind, law::law};
use crate::engine::program::{By, Opening, Order, Reserve, SlotCauses, SlotsSpec, Target};
use crate::model::{Cause, Opens, Pool, Pooler, Reuse, Scope, Step, Tier, WaiterOrder};

/// Where a pooler stands in the program.
pub(super) struct PoolerPlace {
    /// Permits of its connections to the server.
    pub servers: Target,
    /// The ceiling of its clients' connections.
    pub clients: u32,
}

/// A pool that opens connections one at a time tries again after a second, ns, when the database
/// has refused one (HikariCP backs off from 10 ms to 5 s).
const RETRY: u64 = 1_000_000_000;

const CAUSES: SlotCauses = SlotCauses {
    timeout: Cause::AcquireTimeout as u8,
    full: Cause::QueueFull as u8,
    refused: Cause::ConnectionRefused as u8,
    slow_open: Cause::ConnectTimeout as u8,
};

impl Builder<'_> {
    /// Server connections, opened one at a time; clients wait first come first served, and the
    /// connection given back last is used first.
    pub(super) fn pooler(&mut self, pooler: &Pooler, databases: &[DatabasePlace]) -> PoolerPlace {
        let reserve = pooler.reserve.map(|(size, after)| Reserve { size, after: super::ns(after) });
        let most = pooler.pool_size + reserve.map_or(0, |reserve| reserve.size);
        let gauge = self.permit(PermitKind::Pooler, &pooler.name, f64::from(most));
        let connect = law(&pooler.connect, self.inputs, 1.0);
        let spec = SlotsSpec {
            max: pooler.pool_size,
            min: pooler.min_pool_size,
            order: Order::Fifo,
            timeout: pooler.query_wait_timeout.map(super::ns),
            idle: pooler.server_idle_timeout.map(super::ns),
            open: (!connect.is_zero()).then(|| self.law(connect)),
            max_waiters: None,
            ceiling: Some(databases[pooler.database as usize].ceiling),
            oldest_first: false,
            life: pooler.server_lifetime.map(super::ns),
            opening: Opening::Shared { retry: super::ns(pooler.server_login_retry).max(1) },
            reserve,
            max_idle: None,
            behind: None,
            causes: CAUSES,
            gauge,
            open_site: self.site(&["connect", &pooler.name]),
        };
        let servers = Target { base: self.program.slots.len() as u32, by: By::One };
        self.program.slots.push(spec);
        let clients = self.program.ceilings.len() as u32;
        self.program.ceilings.push(pooler.max_clients);
        PoolerPlace { servers, clients }
    }

    /// The permits of a pool: one kind in all, or one per host or process of each tier that uses it
    /// (of all tiers if none does).
    pub(super) fn pool(
        &mut self,
        index: u32,
        pool: &Pool,
        databases: &[DatabasePlace],
        poolers: &[PoolerPlace],
    ) -> Vec<Target> {
        let by = match pool.scope {
            Scope::Total => By::One,
            Scope::Instance => By::Host,
            Scope::Process => By::Process,
        };
        let uses =
            |tier: usize| self.model.endpoints.iter().any(|e| e.tier as usize == tier && asks_for(&e.steps, index));
        let nobody = !(0..self.model.tiers.len()).any(uses);
        let copies = |(number, tier): (usize, &Tier)| match by {
            By::One => 1,
            By::Host | By::Process if !(nobody || uses(number)) => 0,
            By::Host => tier.count,
            By::Process => tier.count * tier.processes,
        };
        let users: Vec<u32> = match by {
            By::One => vec![1],
            By::Host | By::Process => self.model.tiers.iter().enumerate().map(copies).collect(),
        };
        let total = users.iter().map(|&n| f64::from(n)).sum::<f64>() * f64::from(pool.max);
        let spec = self.pool_spec(pool, databases, poolers, total);
        let mut targets = Vec::new();
        for copies in users {
            targets.push(Target { base: self.program.slots.len() as u32, by });
            self.program.slots.extend((0..copies).map(|_| spec.clone()));
        }
        targets.resize(self.model.tiers.len(), targets[0]);
        targets
    }

    fn pool_spec(
        &mut self,
        pool: &Pool,
        databases: &[DatabasePlace],
        poolers: &[PoolerPlace],
        total: f64,
    ) -> SlotsSpec {
        let pooler = pool.pooler.map(|pooler| &poolers[pooler as usize]);
        let gauge = self.permit(PermitKind::Pool, &pool.name, total);
        let connect = law(&pool.connect, self.inputs, 1.0);
        let open = (!connect.is_zero()).then(|| self.law(connect));
        SlotsSpec {
            max: pool.max,
            min: pool.min,
            order: match pool.order {
                WaiterOrder::Fifo => Order::Fifo,
                WaiterOrder::Lifo => Order::Lifo,
                WaiterOrder::Random => Order::Random,
            },
            timeout: pool.acquire_timeout.map(super::ns),
            idle: pool.idle_timeout.map(super::ns),
            open,
            max_waiters: pool.max_waiters,
            ceiling: Some(pooler.map_or(databases[pool.database as usize].ceiling, |pooler| pooler.clients)),
            oldest_first: pool.reuse == Reuse::Oldest,
            life: pool.max_lifetime.map(super::ns),
            opening: match pool.opens {
                Opens::Own => Opening::Own,
                Opens::Shared => Opening::Shared { retry: RETRY },
            },
            reserve: None,
            max_idle: pool.max_idle,
            behind: pooler.map(|pooler| pooler.servers.base),
            causes: CAUSES,
            gauge,
            open_site: self.site(&["connect", &pool.name]),
        }
    }
}

/// Whether any of these steps takes a connection of the pool.
pub fn asks_for(steps: &[Step], wanted: u32) -> bool {
    steps.iter().any(|step| match step {
        Step::Query { pool, .. } => *pool == wanted,
        Step::Lock { steps, .. } => asks_for(steps, wanted),
        Step::Transaction { pool, steps } => *pool == wanted || asks_for(steps, wanted),
        Step::Retry { steps, .. } | Step::Deadline { steps, .. } => asks_for(steps, wanted),
        Step::Parallel { branches } => branches.iter().any(|steps| asks_for(steps, wanted)),
        Step::Either { branches } => branches.iter().any(|(_, steps)| asks_for(steps, wanted)),
        Step::Cpu { .. } | Step::Wait { .. } | Step::Fail { .. } => false,
    })
}
