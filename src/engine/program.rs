//! What the engine runs: one test of one system, flat, linked by index, immutable.
//!
//! `compile` makes it; the engine has never heard of databases or caches. Kinds appear here only
//! as the mechanisms they were lowered onto.

mod feeds;
mod fleet;
mod governors;
mod locks;
mod memory;
mod permits;
mod scaling;
mod shape;
mod targets;
mod volumes;
mod works;

pub use feeds::{FeedOp, FeedSpec};
pub use fleet::{BreakSpec, FaultSpec, FleetSpec, HealthSpec, Held, Holds, Incident, Incidents};
pub use governors::{CREDIT, CreditSpec, GovernorSpec, PERIOD};
pub use locks::LockSpec;
pub use memory::{CollectorSpec, FootprintSpec};
pub use permits::{AdaptSpec, Opening, Order, Patience, Reserve, SlotCauses, SlotsSpec};
pub use scaling::{Controller, MeterSpec, NodesSpec, ScalerSites, ScalerSpec, Signal};
pub use targets::{AcquireSites, By, Target};
pub use volumes::{IoSpec, VolumeSpec};
pub use works::{Discipline, ProcessorSpec, WaitSpec};

pub use super::choice::ChoiceSpec;
pub use super::groups::{GroupSpec, Policy};
use super::guards::GuardSpecs;
pub use super::jobs::QueueSpec;
pub use super::keyspace::{KeyAt, KeyOp, SizeSpec, SpaceSpec, StartSpec, StoreSpec};
pub use super::moves::{Move, SourceKind, SourceSpec};
pub use super::rates::Rates;
use crate::distribution::Law;

/// Index of a law in [`Program::laws`].
pub type LawId = u32;
/// Index of an instruction in [`Program::ops`].
pub type Pc = u32;

/// Everything one run needs, except chance.
#[derive(Clone, Debug)]
pub struct Program {
    pub ops: Vec<Op>,
    pub laws: Vec<Law>,
    pub processors: Vec<ProcessorSpec>,
    /// Number of lanes (see [`Op::Slice`]), over all processors.
    pub lanes: u32,
    pub slots: Vec<SlotsSpec>,
    /// Bounds shared by several slots: how many they may have open together.
    pub ceilings: Vec<u32>,
    pub groups: Vec<GroupSpec>,
    pub choices: Vec<ChoiceSpec>,
    pub stores: Vec<StoreSpec>,
    pub queues: Vec<QueueSpec>,
    /// First instruction of each endpoint.
    pub endpoints: Vec<Pc>,
    pub moves: Vec<Move>,
    pub sources: Vec<SourceSpec>,
    pub waits: Vec<WaitSpec>,
    pub guards: GuardSpecs,
    /// How long each kind of race lasts, ns.
    pub races: Vec<u64>,
    pub footprints: Vec<FootprintSpec>,
    pub collectors: Vec<CollectorSpec>,
    pub governors: Vec<GovernorSpec>,
    /// Number of gauges of governors; they stand behind those of volumes.
    pub governor_gauges: u32,
    pub volumes: Vec<VolumeSpec>,
    pub ios: Vec<IoSpec>,
    /// How long each kind of statement may take, ns.
    pub alarms: Vec<u64>,
    pub locks: Vec<LockSpec>,
    pub feeds: Vec<FeedSpec>,
    /// What happens at stated instants.
    pub incidents: Incidents,
    /// What changes the number of hosts of groups.
    pub scalers: Vec<ScalerSpec>,
    /// Parts into which a request's time is accounted, an even number: each waiting is followed by
    /// the service that was waited for.
    pub parts: u32,
    /// Number of kinds of measured statements.
    pub laps: u32,
    /// Number of things that are counted, for instance attempts of a kind.
    pub counters: u32,
    /// Number of kinds of measured parts.
    pub steps: u32,
    /// Measured parts that a request can be inside of at once.
    pub deepest_steps: u32,
    pub flows: u32,
    /// Names of parts, and for each flow and name the measured part that it counts as; [`NO_STEP`] for none.
    pub step_names: u32,
    pub steps_of_flows: Vec<u32>,
    pub processor_gauges: u32,
    pub permit_gauges: u32,
    /// Number of causes; a failed request has one in `0..causes`.
    pub causes: u32,
    /// The cause of a request that its client gave up.
    pub client_timeout_cause: u8,
    /// The cause of a flow that has polled for too long.
    pub poll_timeout_cause: u8,
    /// Number of checks that iterations may make.
    pub checks: u32,
    /// Where the test's time is cut for separate statistics, ns, increasing, without 0.
    pub cuts: Vec<u64>,
    /// Nothing happens after this instant, ns.
    pub end: u64,
    /// Most requests in flight before the run is cut as overloaded.
    pub max_in_flight: u32,
}

/// One instruction of a flow. With a tag of its own, since it is asked for it at every step.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum Op {
    /// Chooses host and process of a group; goes to `failed` if there is none that is up.
    Balance {
        group: u32,
        site: u32,
        failed: Pc,
    },
    /// Timed work; goes on when it is done. Accounts waiting to `part`, service to `part + 1`.
    Work {
        at: Target,
        law: LawId,
        site: u32,
        part: u16,
    },
    /// Work on a shared processor by one lane, which runs one slice at a time; without a law the
    /// request only waits for its turn and goes on inside it.
    Slice {
        at: Target,
        lane: Target,
        law: Option<LawId>,
        site: u32,
        part: u16,
    },
    /// Takes a permit, waiting if need be; on failure goes to `failed` with the cause set.
    Acquire {
        at: Target,
        failed: Pc,
        part: u16,
        sites: AcquireSites,
    },
    Release {
        at: Target,
    },
    /// What it holds will be used by branches, one at a time.
    Share,
    /// What it shared it uses no more.
    Unshare,
    /// Takes what is shared, `level` steps out from the innermost, waiting if need be.
    Seize {
        level: u8,
        part: u16,
    },
    /// Hands it on to the next in line.
    HandOn {
        level: u8,
    },
    /// Goes to `yes` if the permit of `at` that the request holds has one behind it.
    Linked {
        at: Target,
        yes: Pc,
    },
    /// Puts the permit that was just taken behind the one of `at` that the request holds.
    Link {
        at: Target,
    },
    /// Gives back what is behind the permit of `at` that the request holds, if anything is.
    Unlink {
        at: Target,
    },
    /// The permit of `at` that the request holds is closed when it is given back.
    Spoil {
        at: Target,
    },
    /// Goes to one of several places by weight.
    Choose {
        choice: u32,
        site: u32,
    },
    /// With probability `rate` fails with `cause` at `failed`.
    Chance {
        rate: f32,
        cause: u8,
        failed: Pc,
        site: u32,
    },
    /// Does something with a key of a store; goes to `or` if a read misses or a write is refused.
    Key {
        op: KeyOp,
        key: KeyAt,
        or: Pc,
    },
    Jump {
        to: Pc,
    },
    /// Starts counting attempts in `register`.
    Enter {
        register: u8,
    },
    /// Forgets the attempts counted in `register`.
    Leave {
        register: u8,
    },
    /// After a failure: if the cause is in `on` and attempts are left, waits and goes to `again`,
    /// else to `failed`.
    Again {
        register: u8,
        attempts: u8,
        wait: u32,
        on: u32,
        again: Pc,
        failed: Pc,
    },
    /// Starts a child at each of the `count` instructions after this one, which are jumps to the
    /// branches. Goes on behind them when all have joined, or at `failed` if one has failed.
    Fork {
        count: u16,
        failed: Pc,
    },
    /// Starts one child at the next instruction, a jump, and goes on behind it when the child has
    /// joined. Gives it up after `Program::races[race]`: goes to `failed` with `cause`, the child
    /// works on.
    Race {
        race: u16,
        cause: u8,
        failed: Pc,
    },
    /// As [`Op::Race`], but when the time has passed a further child starts beside those at work, `most`
    /// in all. The first that succeeds is waited for; fails with the cause of the last when all have.
    /// What passed before the winner began is accounted to `part + 1`.
    Hedge {
        race: u16,
        most: u16,
        part: u16,
        failed: Pc,
    },
    /// Spends tokens, waiting for them if the meter says so, else fails with `cause` at `failed`.
    Spend {
        at: Target,
        cost: u32,
        cause: u8,
        failed: Pc,
    },
    /// Goes to `failed` if the breaker of this kind of attempt is open.
    Admit {
        attempt: u16,
        failed: Pc,
    },
    /// An attempt that began at the last [`Op::Mark`] is over.
    Report {
        attempt: u16,
        failed: bool,
    },
    /// Goes to `failed` if the budget of this kind of attempt allows no retry.
    Afford {
        attempt: u16,
        failed: Pc,
    },
    /// Counts one.
    Count {
        counter: u32,
    },
    /// A measured statement begins.
    Mark,
    /// A measured statement ends.
    Lap {
        lap: u16,
    },
    /// A measured part begins.
    Begin {
        step: u32,
        name: u32,
    },
    /// The innermost measured part ends.
    End {
        failed: bool,
    },
    /// Creates a job, or goes to `failed` with the queue's cause.
    Enqueue {
        queue: u32,
        site: u32,
        failed: Pc,
    },
    /// The present attempt of a job is over.
    JobOver {
        failed: bool,
    },
    /// A job that has waited for another attempt comes back into its queue.
    Rejoin,
    /// Operations on a volume, and their answers.
    Io {
        io: u32,
        part: u16,
    },
    /// From here to [`Op::Disarm`] the request works for no longer than `Program::alarms[alarm]`:
    /// then the work is taken away and it goes to `failed` with `cause`.
    Arm {
        alarm: u16,
        cause: u8,
        failed: Pc,
    },
    Disarm,
    /// Takes a row's lock for whoever began the transaction, `level` shared permits out
    /// ([`Op::ALONE`]: the request itself), until its [`Op::Unlock`] of this scope, waiting if need be; on
    /// failure goes to `failed` with the cause set.
    Lock {
        level: u8,
        lock: u16,
        scope: u16,
        part: u16,
        site: u32,
        failed: Pc,
    },
    /// Gives back all locks of this scope that the request holds.
    Unlock {
        scope: u16,
    },
    /// One of those that open permits has done so; it is over.
    Opened,
    /// Goes to `failed` with `cause` if the permit of `at` that the request holds is broken.
    Whole {
        at: Target,
        cause: u8,
        failed: Pc,
    },
    /// With the probability that a far side's faults have now fails with `cause` at `failed`.
    Fault {
        place: u16,
        cause: u8,
        failed: Pc,
        site: u32,
    },
    /// Chooses one of the hosts of a group, and goes to the jump to it, of those after this instruction.
    Spread {
        group: u32,
        site: u32,
    },
    /// What was sent to this host of a group is over.
    Back {
        group: u32,
        host: u32,
    },
    /// Something that copies follow happens, or is read from one of them.
    Feed {
        feed: u16,
        op: FeedOp,
        site: u32,
    },
    /// Comes into the memory of its process, or goes to `failed` with the cause set.
    Reside {
        footprint: u16,
        failed: Pc,
    },
    /// Leaves it.
    Vacate {
        footprint: u16,
    },
    /// Allocates memory; if the process stops to collect, goes on behind that at the next instruction,
    /// else at the one after it.
    Allocate {
        collector: u16,
        at: Target,
        part: u16,
    },
    /// A child is done.
    Join {
        failed: bool,
    },
    /// The request is answered: ok, or with the cause that was set.
    Finish {
        failed: bool,
    },
}

impl Op {
    /// The level of a lock that the request takes for itself.
    pub const ALONE: u8 = u8::MAX;
}

/// No measured part.
pub const NO_STEP: u32 = u32::MAX;
