//! Endpoints and their steps as they are written.

use serde_json::{Value as Json, json};

use super::api::CallStep;
use super::cache::{CacheStep, InvalidateStep, WriteStep};
use super::keys::{keys, verbs, words};
use super::law::LawSpec;
use super::node::{Node, Value};
use super::number::{Count, Duration, NumberAmount, Plain, ShareAmount, Size};
use super::reader::{At, List, Reader, Written};
use super::schema::Definitions;
use crate::model::{Cause, Jitter};
use crate::problem::{quoted, suggest};

keys! {
    /// A kind of request, and the steps it takes.
    EndpointSpec "an endpoint" {
        /// The tier that serves it; may be left out if there is only one.
        tier: Option<At<String>>,
        /// One after the other; each table is one step.
        steps: List<StepSpec>,
        /// The limit asked before the first step; none if left out.
        limit: Option<At<String>>,
        /// Bytes of a request, headers and all; not told, and no time on the way, if left out.
        request_bytes: Option<At<Size>>,
        /// Bytes of an answer that is no failure; not told if left out.
        response_bytes: Option<At<Size>>,
    }
}

verbs! {
    /// One step of a request; its first key says what it does.
    StepSpec "a step" {
        "query" => Query(Box<QueryStep>),
        "transaction" => Transaction(TransactionStep),
        "lock" => Lock(LockStep),
        "cache" => Cache(CacheStep),
        "write" => Write(WriteStep),
        "invalidate" => Invalidate(InvalidateStep),
        "call" => Call(CallStep),
        "either" => Either(EitherStep),
        "parallel" => Parallel(ParallelStep),
        "retry" => Retry(RetryStep),
        "deadline" => Deadline(DeadlineStep),
        "measure" => Measure(MeasureStep),
        "enqueue" => Enqueue(EnqueueStep),
        "fail" => Fail(FailStep),
        "wait" => Wait(WaitStep),
        "cpu" => Cpu(CpuStep),
    }
}

keys! {
    /// Work on the cores of the endpoint's tier.
    CpuStep "a cpu step" {
        /// Time of one core of speed 1.
        cpu: LawSpec,
    }
}

keys! {
    /// A statement; it holds a connection of the pool, or uses that of the transaction around it.
    QueryStep "a query" {
        /// Its name, shown in results.
        query: String,
        /// The pool; may be left out if there is only one.
        pool: Option<At<String>>,
        /// It only reads, so that a replica of the database may answer it; false if left out.
        read: Option<bool>,
        /// Work on the cores of the database; 0 if left out.
        cpu: Option<LawSpec>,
        /// The rest of the time the connection is held: disk, locks, network; 0 if left out.
        time: Option<LawSpec>,
        /// Reads from the database's storage, on average; 2.3 are 2 or 3. 0 if left out.
        reads: Option<At<NumberAmount>>,
        /// Writes to the database's storage, likewise.
        writes: Option<At<NumberAmount>>,
        /// Pages that it looks at: each that is not in memory (`buffer_hit`) is one more read.
        pages: Option<At<Count>>,
        /// Share of its pages that are found in memory; the database's if left out.
        buffer_hit: Option<At<ShareAmount>>,
        /// It is stopped after this time; the database's `statement_timeout` if left out.
        timeout: Option<At<Duration>>,
    }
}

keys! {
    /// Steps during which one connection of a pool is held.
    TransactionStep "a transaction" {
        /// The pool.
        transaction: At<String>,
        /// What happens meanwhile.
        steps: List<StepSpec>,
    }
}

keys! {
    /// Locks a row until the transaction around it is over.
    LockStep "a lock step" {
        /// The lock.
        lock: At<String>,
        /// What happens then; nothing if left out.
        steps: Option<List<StepSpec>>,
    }
}

keys! {
    /// Time that passes without using anything that others want, such as a call of an external API.
    WaitStep "a wait" {
        /// How long.
        wait: LawSpec,
        /// Shown in results; "wait" if left out.
        name: Option<String>,
    }
}

keys! {
    /// One of several ways, by weight.
    EitherStep "an either step" {
        /// The ways; weights are shares of their sum.
        either: List<WaySpec>,
    }
}

keys! {
    /// One of several ways.
    WaySpec "a way" {
        /// A number or a percentage; relative to the other ways.
        weight: At<NumberAmount>,
        /// What happens then; nothing if left out.
        steps: Option<List<StepSpec>>,
    }
}

keys! {
    /// Fails with a cause, at a rate.
    FailStep "a fail step" {
        /// The cause as in results: "intrinsic", "api_error", …
        fail: CauseWord,
        /// Share of the requests that come here.
        rate: At<ShareAmount>,
    }
}

keys! {
    /// All branches at once; goes on when the last is done, fails if one failed.
    ParallelStep "a parallel step" {
        /// Lists of steps.
        parallel: List<List<StepSpec>>,
    }
}

keys! {
    /// Tries steps again while they fail.
    RetryStep "a retry" {
        /// Attempts in all, the first included.
        retry: At<Count>,
        /// Time before the second attempt; 0 if left out.
        delay: Option<At<Duration>>,
        /// Each further delay is this many times longer; 1 if left out.
        factor: Option<At<Plain>>,
        /// Longest delay.
        max_delay: Option<At<Duration>>,
        /// "none" (the default), "full": uniform between 0 and the delay, or "equal": between half of it and it.
        jitter: Option<Jitter>,
        /// Causes that are tried again; all if left out.
        on: Option<List<CauseWord>>,
        /// What is tried.
        steps: List<StepSpec>,
    }
}

keys! {
    /// Gives steps up after a time, with cause `deadline`; the work itself goes on.
    DeadlineStep "a deadline" {
        /// The time.
        deadline: At<Duration>,
        /// What is given up.
        steps: List<StepSpec>,
    }
}

keys! {
    /// A part with a name, whose duration and success are reported; a failure inside goes on outwards.
    MeasureStep "a measured part" {
        /// Its name, shown in results.
        measure: At<String>,
        /// What is measured.
        steps: List<StepSpec>,
    }
}

keys! {
    /// Puts a job into a queue and goes on at once, or fails with `queue_full`.
    EnqueueStep "an enqueue step" {
        /// The queue.
        enqueue: At<String>,
    }
}

words! { Jitter, "a jitter" { "none" => None, "full" => Full, "equal" => Equal, } }

/// A cause of failure by its word.
#[derive(Clone, Copy, Debug)]
pub struct CauseWord(pub Cause);

impl Written for CauseWord {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            reader.unfit(node, "a cause such as \"intrinsic\"");
            return None;
        };
        let cause = Cause::from_word(text);
        if cause.is_none() {
            let words = Cause::ALL.iter().map(|cause| cause.word());
            reader.problem(node.span, format!("{} is not a cause", quoted(text)), Some(suggest(text, "cause", words)));
        }
        cause.map(CauseWord)
    }

    fn schema(_: &mut Definitions) -> Json {
        let words: Vec<&str> = Cause::ALL.iter().map(|cause| cause.word()).collect();
        json!({ "enum": words })
    }
}
