//! Pools and poolers as permits and ceilings.

use super::station::{DatabasePlace, by};
use super::{Builder, Counted, PermitKind, law::law};
use crate::distribution::Law;
use crate::engine::program::{By, LawId, Op, Opening, Order, Patience, Pc, Reserve, SlotCauses, SlotsSpec, Target};
use crate::model::{Cause, Database, Law as Written, Opens, Pool, Pooler, Reuse, Scope, WaiterOrder};

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
    /// What a database works to open a connection, and the counter of these.
    pub(super) fn connect_work(&mut self, index: usize, database: &Database) -> Option<(LawId, u32)> {
        let work = law(&database.connect_cpu, self.inputs, 1.0 / database.speed);
        (!work.is_zero()).then(|| (self.law(work), self.counter(Counted::Connections, index)))
    }

    /// Where an agent begins that opens a connection: the time that this takes, and then the work of the
    /// database, beside its statements. None if that is no work.
    pub(super) fn connector(&mut self, takes: &Written, server: &DatabasePlace, delay: Target) -> Option<Pc> {
        let (work, counter) = server.connect?;
        let start = self.here();
        let takes = law(takes, self.inputs, 1.0);
        // Its luck has the site of the opening in it already.
        let part = server.part;
        if !takes.is_zero() {
            let law = self.law(takes);
            self.emit(Op::Work { at: delay, law, site: 0, part });
        }
        let site = super::hash(&["connect cpu"]) as u32;
        self.emit(Op::Work { at: server.cores, law: work, site, part });
        self.emit(Op::Count { counter });
        self.emit(Op::Opened);
        Some(start)
    }

    /// Server connections, opened one at a time; clients wait first come first served, and the
    /// connection given back last is used first.
    /// `clients`: the ceiling of its clients, if it shares it.
    pub(super) fn pooler(
        &mut self,
        pooler: &Pooler,
        clients: Option<u32>,
        server: &DatabasePlace,
        delay: Target,
    ) -> PoolerPlace {
        let agent = self.connector(&pooler.connect, server, delay);
        let reserve = pooler.reserve.map(|(size, after)| Reserve { size, after: super::ns(after) });
        let most = pooler.pool_size + reserve.map_or(0, |reserve| reserve.size);
        let gauge = self.permit(PermitKind::Pooler, &pooler.name, f64::from(most));
        let connect = law(&pooler.connect, self.inputs, 1.0);
        let spec = SlotsSpec {
            max: pooler.pool_size,
            min: pooler.min_pool_size,
            order: Order::Fifo,
            patience: pooler.query_wait_timeout.map_or(Patience::Endless, |wait| Patience::Constant(super::ns(wait))),
            idle: pooler.server_idle_timeout.map(super::ns),
            open: (!connect.is_zero() && agent.is_none()).then(|| self.law(connect)),
            connect: agent,
            max_waiters: None,
            ceiling: Some(server.ceiling),
            oldest_first: false,
            life: pooler.server_lifetime.map(super::ns),
            opening: Opening::Shared { retry: super::ns(pooler.server_login_retry).max(1) },
            reserve,
            max_idle: None,
            fragile: false,
            adapts: None,
            behind: None,
            causes: CAUSES,
            gauge,
            site: self.site(&["waiters", &pooler.name]),
        };
        let servers = Target { base: self.program.slots.len() as u32, by: By::One };
        self.program.slots.push(spec);
        let clients = clients.unwrap_or_else(|| {
            self.program.ceilings.push(pooler.max_clients);
            self.program.ceilings.len() as u32 - 1
        });
        PoolerPlace { servers, clients }
    }

    /// The permits of a pool: one kind in all, or one per host or process of each tier that uses it.
    /// `behind`: the slots of which each connection may keep one behind it; `connect`: who opens connections.
    pub(super) fn pool(
        &mut self,
        index: u32,
        pool: &Pool,
        ceiling: u32,
        behind: Option<u32>,
        connect: Option<Pc>,
    ) -> Vec<Target> {
        let users = self.model.copies_of_pool(index);
        let total = users.iter().map(|&n| f64::from(n)).sum::<f64>() * f64::from(pool.max);
        let mut spec = self.pool_spec(pool, ceiling, behind, total);
        let mut using = self.model.tiers.iter().zip(&users).filter(|(_, copies)| **copies > 0);
        if let (Some((tier, _)), None, false) = (using.next(), using.next(), pool.scope == Scope::Total) {
            self.labels.permits[spec.gauge as usize].tier = Some(tier.name.clone());
        }
        (spec.connect, spec.open) = (connect, spec.open.filter(|_| connect.is_none()));
        let base = self.program.slots.len() as u32;
        let copies = users.iter().sum::<u32>() as usize;
        self.program.slots.extend(std::iter::repeat_n(spec, copies));
        self.targets(base, by(pool.scope), &users)
    }

    fn pool_spec(&mut self, pool: &Pool, ceiling: u32, behind: Option<u32>, total: f64) -> SlotsSpec {
        let gauge = self.permit(PermitKind::Pool, &pool.name, total);
        let connect = law(&pool.connect, self.inputs, 1.0);
        let open = (!connect.is_zero()).then(|| self.law(connect));
        let patience = match pool.acquire_timeout.as_ref().map(|written| law(written, self.inputs, 1.0)) {
            None => Patience::Endless,
            Some(Law::Constant(ns)) => Patience::Constant(ns),
            Some(drawn) => Patience::Drawn(self.law(drawn)),
        };
        SlotsSpec {
            max: pool.max,
            min: pool.min,
            order: match pool.order {
                WaiterOrder::Fifo => Order::Fifo,
                WaiterOrder::Lifo => Order::Lifo,
                WaiterOrder::Random => Order::Random,
            },
            patience,
            idle: pool.idle_timeout.map(super::ns),
            open,
            connect: None,
            max_waiters: pool.max_waiters,
            ceiling: Some(ceiling),
            oldest_first: pool.reuse == Reuse::Oldest,
            life: pool.max_lifetime.map(super::ns),
            opening: match pool.opens {
                Opens::Own => Opening::Own,
                Opens::Shared => Opening::Shared { retry: RETRY },
            },
            reserve: None,
            max_idle: pool.max_idle,
            fragile: pool.pooler.is_none() && pool.database().is_some_and(|database| self.breaks(database)),
            adapts: None,
            behind,
            causes: CAUSES,
            gauge,
            site: self.site(&["waiters", &pool.name]),
        }
    }
}
