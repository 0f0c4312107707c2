//! Copies that follow what they copy, as a program says them.

use super::{LawId, Pc};

/// What is written, and copies to which it comes later.
#[derive(Clone, Debug)]
pub struct FeedSpec {
    /// How long after a write it comes to a copy; each copy draws its own.
    pub lag: LawId,
    pub copies: u32,
    /// Where each copy begins to repeat a write; empty if that is no work.
    pub repeats: Vec<Pc>,
    /// The delay processor on which the lag passes, and the part to which it is accounted.
    pub delay: u32,
    pub part: u16,
    /// Counts reads from copies; the counter after it those that were stale.
    pub reads: u32,
}

/// What happens with a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeedOp {
    /// Something was written in a transaction, told apart by its number.
    Write { transaction: u32 },
    /// The transaction has ended well: its writes, if there were any, are on their way.
    Commit { transaction: u32 },
    /// It has not, and nothing was written.
    Rollback { transaction: u32 },
    /// One write by itself is on its way.
    Alone,
    /// Something is read from a copy that any write may have changed.
    Read { copy: u32 },
    /// The copy from which the next key is read.
    Reader { copy: u32 },
    /// The key that was just written is on its way.
    Key,
    /// A copy has repeated the write of a key; who did that is over.
    Repeated,
}
