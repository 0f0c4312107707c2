//! Read replicas: how reads are spread over them, and how late they are.

use super::flow::Writer;
use super::station::DatabasePlace;
use super::{Builder, CompileError, FeedLabel, law::law};
use crate::engine::program::{ChoiceSpec, FeedOp, FeedSpec, GroupSpec, Op, Pc, Policy, Target};
use crate::model::{Balancer, Law, Step};

/// A read from a replica while it is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    feed: u16,
    copy: u32,
}

impl Builder<'_> {
    /// What databases with replicas have besides.
    pub(super) fn replicas(&mut self, databases: &mut [DatabasePlace], delay: Target) {
        for (database, place) in self.model.databases.iter().zip(databases) {
            let Some(replication) = &database.replication else { continue };
            let replicas = replication.replicas;
            if replication.balancer != Balancer::Random {
                place.readers = Some(self.program.groups.len() as u32);
                let policy = policy(replication.balancer);
                self.program.groups.push(GroupSpec {
                    hosts: replicas,
                    processes: 1,
                    policy,
                    weights: Vec::new(),
                    fleet: None,
                });
            }
            let lag = replication.lag.as_ref();
            place.feed = lag.map(|lag| self.feed(&database.name, lag, replicas, Vec::new(), (delay, place.part)));
        }
    }

    /// What copies follow.
    pub(super) fn feed(
        &mut self,
        name: &str,
        lag: &Law,
        copies: u32,
        repeats: Vec<Pc>,
        (delay, part): (Target, u16),
    ) -> u16 {
        let reads = self.program.counters;
        self.program.counters += 2;
        self.labels.feeds.push(FeedLabel { name: name.to_owned(), reads: reads as usize });
        let lag = law(lag, self.inputs, 1.0);
        let lag = self.law(lag);
        self.program.feeds.push(FeedSpec { lag, copies, repeats, delay: delay.base, part, reads });
        (self.program.feeds.len() - 1) as u16
    }
}

/// How a balancer is called in a program.
pub(super) fn policy(balancer: Balancer) -> Policy {
    match balancer {
        Balancer::RoundRobin => Policy::RoundRobin,
        Balancer::LeastOutstanding => Policy::LeastOutstanding,
        Balancer::Random => Policy::Random,
        Balancer::PowerOfTwo => Policy::PowerOfTwo,
        Balancer::Weighted => Policy::Weighted,
        Balancer::Sticky => Policy::Sticky,
    }
}

impl Writer<'_, '_> {
    /// A query at one of several replicas.
    pub(super) fn at_replica(&mut self, primary: u32, queries: &[Step]) -> Result<(), CompileError> {
        let place = &self.stations.databases[primary as usize];
        let (feed, readers) = (place.feed, place.readers);
        let site = self.site("either", "");
        let choice = self.b.program.choices.len();
        let mut jumps = Vec::new();
        if let Some(group) = readers {
            self.b.emit(Op::Spread { group, site });
            jumps.extend(queries.iter().map(|_| self.b.emit(Op::Jump { to: 0 })));
        } else {
            self.b.program.choices.push(ChoiceSpec { ways: Vec::new() });
            self.b.emit(Op::Choose { choice: choice as u32, site });
        }
        let (mut ways, mut ends) = (Vec::new(), Vec::new());
        let shares = super::load::cumulative(&vec![1.0; queries.len()]);
        for (copy, (share, query)) in (0..).zip(shares.into_iter().zip(queries)) {
            ways.push((share, self.b.here()));
            self.land_at(jumps.get(copy as usize).map_or(&[][..], std::slice::from_ref));
            let outside = std::mem::take(&mut self.failing);
            self.reading = feed.map(|feed| Reading { feed, copy });
            self.steps(std::slice::from_ref(query))?;
            self.reading = None;
            self.read_over(outside, readers, copy);
            ends.push(self.b.emit(Op::Jump { to: 0 }));
        }
        if readers.is_none() {
            self.b.program.choices[choice].ways = ways;
        }
        self.land_at(&ends);
        Ok(())
    }

    /// A read is over, well or not: its replica has one less to answer.
    fn read_over(&mut self, outside: Vec<usize>, readers: Option<u32>, host: u32) {
        let inside = std::mem::replace(&mut self.failing, outside);
        let Some(group) = readers else { return self.failing.extend(inside) };
        self.b.emit(Op::Back { group, host });
        if !inside.is_empty() {
            let over = self.b.emit(Op::Jump { to: 0 });
            self.land_at(&inside);
            self.b.emit(Op::Back { group, host });
            let away = self.b.emit(Op::Jump { to: 0 });
            self.failing.push(away);
            self.land_at(&[over]);
        }
    }

    /// A statement at a replica sees what has come to it as the statement begins.
    pub(super) fn begin_reading(&mut self) {
        if let Some(Reading { feed, copy }) = self.reading {
            self.b.emit(Op::Feed { feed, op: FeedOp::Read { copy }, site: 0 });
        }
    }

    /// A statement that writes is over.
    pub(super) fn written(&mut self, name: &str, pool: u32) {
        let Some(feed) = self.followed(pool) else { return };
        let op = match self.held.iter().find(|held| held.pool == pool) {
            Some(held) => FeedOp::Write { transaction: held.transaction },
            None => FeedOp::Alone,
        };
        let site = if op == FeedOp::Alone { self.site("lag", name) } else { 0 };
        self.b.emit(Op::Feed { feed, op, site });
    }

    /// A transaction is over, well or not.
    pub(super) fn commit(&mut self, pool: u32, transaction: u32, well: bool) {
        let Some(feed) = self.followed(pool) else { return };
        let (op, site) = match well {
            true => (FeedOp::Commit { transaction }, self.site("lag of transaction", "")),
            false => (FeedOp::Rollback { transaction }, 0),
        };
        self.b.emit(Op::Feed { feed, op, site });
    }

    /// What replicas of the database follow where statements of this pool run.
    fn followed(&self, pool: u32) -> Option<u16> {
        let database = self.b.model.pools[pool as usize].database()?;
        self.stations.databases[database as usize].feed
    }
}
