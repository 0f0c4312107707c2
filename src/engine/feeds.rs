//! Copies that follow what they copy: how late they are, and what is read from them too early.
//!
//! A write comes to each copy after a lag of its own, but never before an earlier write: copies repeat
//! them in their order. A read is stale if a write that it could have seen has not come to its copy yet.
//! Where keys are known that is a write of the same key, which the copy must also have repeated: that is
//! work for an agent, a request that nobody waits for.

use std::collections::{BTreeMap, BTreeSet};

use super::kernel::World;
use super::program::{By, FeedOp, FeedSpec, KeyOp, Pc, Target};
use super::requests::RequestId;

/// All that copies follow.
#[derive(Debug, Default)]
pub struct Feeds {
    feeds: Vec<Feed>,
    /// Transactions under way that have written: luck of the request, number of the transaction.
    writing: BTreeSet<(u64, u32)>,
    /// The copy from which the next key is read, and the key that was asked for last. They go from one
    /// instruction to the next of the same request.
    reader: u32,
    key: u32,
}

#[derive(Debug)]
struct Feed {
    /// Per copy: when the last write comes to it.
    comes: Vec<u64>,
    /// Writes of a key that a copy has not repeated yet.
    missing: BTreeMap<(u32, u32), u32>,
}

impl Feeds {
    /// Copies that have everything.
    #[must_use]
    pub fn new(specs: &[FeedSpec]) -> Feeds {
        let feed = |spec: &FeedSpec| Feed { comes: vec![0; spec.copies as usize], missing: BTreeMap::new() };
        Feeds { feeds: specs.iter().map(feed).collect(), ..Feeds::default() }
    }

    /// Transactions of this luck that are under way are rolled back: what they wrote goes to no copy.
    pub fn roll_back(&mut self, luck: u64) {
        let all: Vec<_> = self.writing.range((luck, 0)..=(luck, u32::MAX)).copied().collect();
        all.iter().for_each(|one| _ = self.writing.remove(one));
    }
}

impl World<'_> {
    /// Where to go on; `None` if the request is over.
    pub(super) fn feed(&mut self, id: RequestId, pc: Pc, feed: u16, op: FeedOp, site: u32) -> Option<Pc> {
        let luck = self.hub.requests[id].key;
        match op {
            FeedOp::Write { transaction } => {
                self.feeds.writing.insert((luck, transaction));
            }
            FeedOp::Commit { transaction } => {
                if self.feeds.writing.remove(&(luck, transaction)) {
                    self.send(id, feed, site);
                }
            }
            FeedOp::Rollback { transaction } => {
                self.feeds.writing.remove(&(luck, transaction));
            }
            FeedOp::Alone => {
                self.send(id, feed, site);
            }
            FeedOp::Read { copy } => {
                let stale = self.feeds.feeds[feed as usize].comes[copy as usize] > self.hub.now;
                self.count_read(feed, stale);
            }
            FeedOp::Reader { copy } => self.feeds.reader = copy,
            FeedOp::Key => self.repeat(id, feed, site),
            FeedOp::Repeated => {
                self.repeated(id, feed);
                return None;
            }
        }
        Some(pc + 1)
    }

    /// A write is on its way to all copies. When it comes to each.
    fn send(&mut self, id: RequestId, feed: u16, site: u32) -> Vec<u64> {
        let spec = &self.hub.program.feeds[feed as usize];
        let law = &self.hub.program.laws[spec.lag as usize];
        let mut draw = self.hub.requests[id].draw(site);
        let comes = &mut self.feeds.feeds[feed as usize].comes;
        for comes in comes.iter_mut() {
            *comes = self.hub.now.saturating_add(law.sample(&mut draw)).max(*comes);
        }
        comes.clone()
    }

    fn count_read(&mut self, feed: u16, stale: bool) {
        let reads = self.hub.program.feeds[feed as usize].reads;
        self.hub.recorder.count(reads, 1);
        if stale {
            self.hub.recorder.count(reads + 1, 1);
        }
    }

    /// Something was done with a key of a store that copies follow.
    pub(super) fn followed(&mut self, feed: u16, op: KeyOp, key: u32) {
        self.feeds.key = key;
        if op == KeyOp::Read {
            let missing = &self.feeds.feeds[feed as usize].missing;
            let stale = missing.contains_key(&(self.feeds.reader, key));
            self.count_read(feed, stale);
        }
    }

    /// Each copy gets an agent that waits until the write comes and then repeats it.
    fn repeat(&mut self, id: RequestId, feed: u16, site: u32) {
        let (key, now) = (self.feeds.key, self.hub.now);
        let spec = &self.hub.program.feeds[feed as usize];
        let (luck, salt) = (self.hub.requests[id].key, self.hub.requests[id].salt.wrapping_add(u64::from(site)));
        let comes = self.send(id, feed, site);
        for ((copy, comes), &start) in (0..).zip(comes).zip(&spec.repeats) {
            *self.feeds.feeds[feed as usize].missing.entry((copy, key)).or_default() += 1;
            let (agent_id, agent) = self.hub.launch_agent();
            (agent.key, agent.salt, agent.owner, agent.place, agent.pc) = (luck, salt, copy, key, start);
            if comes == now {
                self.hub.ready.push(agent_id);
            } else {
                let at = Target { base: spec.delay, by: By::One };
                self.start(agent_id, start, at, comes - now, false, spec.part);
            }
        }
    }

    fn repeated(&mut self, id: RequestId, feed: u16) {
        let agent = &self.hub.requests[id];
        let which = (agent.owner, agent.place);
        let missing = &mut self.feeds.feeds[feed as usize].missing;
        if let Some(count) = missing.get_mut(&which) {
            *count -= 1;
            if *count == 0 {
                missing.remove(&which);
            }
        }
        self.hub.discard_branch(id);
    }
}
