//! What the load generator does, as part of a program: scenarios and the moves of their iterations.

use super::program::LawId;
use crate::load::{Arrivals, VuSpan};

/// One move of an iteration; also flat, jumps by index into [`super::Program::moves`].
#[derive(Clone, Copy, Debug)]
pub enum Move {
    /// Sends a request and waits for the answer. Checks `checks..checks + count` follow.
    Request {
        endpoint: u16,
        site: u32,
    },
    /// Judges the last response: number `check` holds if it was ok and took at most `within` ns.
    Check {
        check: u16,
        within: u64,
        must_be_ok: bool,
    },
    Sleep {
        law: LawId,
        site: u32,
    },
    Pace {
        period: u64,
    },
    Choose {
        choice: u32,
        site: u32,
    },
    Jump {
        to: u32,
    },
    /// A flow begins.
    FlowBegin {
        flow: u32,
        stop: bool,
    },
    /// A request of a flow; [`Move::Answered`] follows.
    FlowRequest {
        endpoint: u16,
        site: u32,
    },
    /// Counts the answer as a step, unless it is [`super::program::NO_STEP`]; a failure fails the flow, which then may go to `behind`.
    Answered {
        step: u32,
        behind: u32,
    },
    /// Polling begins; it may last for `patience` ns.
    PollBegin {
        patience: u64,
    },
    /// Sends the next request of a poll, or fails the flow if it has lasted too long: goes to `over`
    /// or, if failures end the flow, to `behind`.
    Poll {
        endpoint: u16,
        site: u32,
        over: u32,
        behind: u32,
    },
    /// If jobs of the flow in this queue are not done, sleeps and goes to `again`; if one has failed, so has the flow.
    PollAnswered {
        queue: u32,
        every: u64,
        again: u32,
        behind: u32,
    },
    FlowEnd,
    End,
}

/// Where requests come from: one k6 scenario.
#[derive(Clone, Debug)]
pub struct SourceSpec {
    /// Tells its draws from those of other sources; the same in every variant.
    pub identity: u64,
    pub kind: SourceKind,
    /// First move of the iteration.
    pub first_move: u32,
    /// The client gives a request up after this, ns.
    pub timeout: u64,
    /// The scenario's last regular instant, ns: it reports at least this long.
    pub regular_end: u64,
}

#[derive(Clone, Debug)]
pub enum SourceKind {
    /// Virtual users that iterate.
    Users(Vec<VuSpan>),
    /// Iterations that start at given instants while a user is free.
    Arrivals {
        curve: Arrivals,
        poisson: bool,
        pre_allocated: u32,
        max_users: u32,
        /// Running iterations are interrupted here.
        cut: u64,
    },
}
