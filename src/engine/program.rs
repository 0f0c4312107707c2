//! What the engine runs: one test of one system, flat, linked by index, immutable.
//!
//! `compile` makes it; the engine has never heard of databases or caches. Kinds appear here only
//! as the mechanisms they were lowered onto.

mod locks;
mod permits;
mod volumes;

pub use locks::LockSpec;
pub use permits::{Opening, Order, Reserve, SlotCauses, SlotsSpec};
pub use volumes::{IoSpec, VolumeSpec};

use crate::distribution::Law;
use crate::load::{Arrivals, VuSpan};

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
    /// First instruction of each endpoint.
    pub endpoints: Vec<Pc>,
    pub moves: Vec<Move>,
    pub sources: Vec<SourceSpec>,
    pub waits: Vec<WaitSpec>,
    /// How long each kind of race lasts, ns.
    pub races: Vec<u64>,
    pub volumes: Vec<VolumeSpec>,
    pub ios: Vec<IoSpec>,
    /// How long each kind of statement may take, ns.
    pub guards: Vec<u64>,
    pub locks: Vec<LockSpec>,
    /// Number of things counted second by second.
    pub counters: u32,
    /// Parts into which a request's time is accounted, an even number: each waiting is followed by
    /// the service that was waited for.
    pub parts: u32,
    /// Number of kinds of measured statements.
    pub laps: u32,
    pub processor_gauges: u32,
    pub permit_gauges: u32,
    /// Number of causes; a failed request has one in `0..causes`.
    pub causes: u32,
    /// The cause of a request that its client gave up.
    pub client_timeout_cause: u8,
    /// Number of checks that iterations may make.
    pub checks: u32,
    /// Where the test's time is cut for separate statistics, ns, increasing, without 0.
    pub cuts: Vec<u64>,
    /// Nothing happens after this instant, ns.
    pub end: u64,
    /// Most requests in flight before the run is cut as overloaded.
    pub max_in_flight: u32,
}

impl Program {
    /// The first gauge of volumes, behind those of processors and permits; those of counters follow.
    #[must_use]
    pub fn gauges_of_volumes(&self) -> usize {
        (self.processor_gauges + self.permit_gauges) as usize
    }
}

/// Which of several alike resources: the base, or base + the request's process or host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub base: u32,
    pub by: By,
}

/// How a [`Target`] is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    One,
    Host,
    Process,
}

/// One instruction of a flow. With a tag of its own, since it is asked for it at every step.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum Op {
    /// Chooses host and process of a group.
    Balance {
        group: u32,
        site: u32,
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
    },
    Release {
        at: Target,
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
    /// A measured statement begins.
    Mark,
    /// A measured statement ends.
    Lap {
        lap: u16,
    },
    /// Operations on a volume, and their answers.
    Io {
        io: u32,
        part: u16,
    },
    /// From here to [`Op::Unguard`] the request works for no longer than `Program::guards[guard]`:
    /// then the work is taken away and it goes to `failed` with `cause`.
    Guard {
        guard: u16,
        cause: u8,
        failed: Pc,
    },
    Unguard,
    /// Takes a row's lock until [`Op::Unlock`] of its scope, waiting if need be; on failure goes to
    /// `failed` with the cause set.
    Lock {
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
    /// Counts something that happened.
    Count {
        counter: u16,
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

/// A processor: timed work.
#[derive(Clone, Debug)]
pub struct ProcessorSpec {
    pub discipline: Discipline,
    /// Readings of processors with the same gauge are added up.
    pub gauge: u32,
}

#[derive(Clone, Debug)]
pub enum Discipline {
    /// All jobs at once, each at most at the rate of one core.
    Shared(Rates),
    /// Any number at once.
    Delay,
}

/// The rate of each of `n` jobs on a shared processor: `min(n, cores) / n` less contention.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    pub cores: f64,
    pub sigma: f64,
    pub kappa: f64,
}

impl Rates {
    /// Work done per unit of time for each of `n >= 1` jobs (Universal Scalability Law for
    /// `sigma`, `kappa`).
    #[must_use]
    pub fn per_job(&self, n: usize) -> f64 {
        let n = n as f64;
        let total = n.min(self.cores) / (1.0 + self.sigma * (n - 1.0) + self.kappa * n * (n - 1.0));
        total / n
    }
}

/// Waiting before another attempt: `first * factor^(attempt - 1)`, at most `max`, ns.
#[derive(Clone, Copy, Debug)]
pub struct WaitSpec {
    pub first: f64,
    pub factor: f64,
    pub max: f64,
    /// Uniform between 0 and that.
    pub jitter: bool,
    /// The delay processor on which it passes, and the part to which it is accounted.
    pub processor: u32,
    pub part: u16,
    pub site: u32,
}

/// Alike hosts with alike processes; host `h` has processes `h * processes ..`.
#[derive(Clone, Debug)]
pub struct GroupSpec {
    pub hosts: u32,
    pub processes: u32,
    pub policy: Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    RoundRobin,
    LeastOutstanding,
    Random,
    PowerOfTwo,
}

/// Ways by weight: `(cumulative share, where)`; the last share is 1.
#[derive(Clone, Debug)]
pub struct ChoiceSpec {
    pub ways: Vec<(f64, Pc)>,
}

/// One move of an iteration; also flat, jumps by index into [`Program::moves`].
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
