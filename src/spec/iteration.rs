//! Iterations as they are written: what a k6 script does in JavaScript.

use serde_json::{Value as Json, json};

use super::keys::{keys, verbs, words};
use super::law::LawSpec;
use super::node::{Node, Value};
use super::number::{Duration, NumberAmount, TimeAmount};
use super::reader::{At, List, Named, Reader, Written};
use super::schema::Definitions;
use crate::model::CheckRule;
use crate::problem::quoted;
use crate::units::{self, Kind};

keys! {
    /// What a virtual user does again and again: a weighted choice of one request, or a list of moves.
    IterationSpec "an iteration" {
        /// One of these, by weight.
        pick: Option<List<PickSpec>>,
        /// One after the other.
        moves: Option<List<MoveSpec>>,
    }
}

verbs! {
    /// One move of an iteration; its first key says what it is.
    MoveSpec "a move" {
        "request" => Request(RequestMove),
        "sleep" => Sleep(SleepMove),
        "pace" => Pace(PaceMove),
        "pick" => Pick(PickMove),
        "flow" => Flow(FlowMove),
        "poll" => Poll(PollMove),
    }
}

keys! {
    /// Sends a request and waits for the answer.
    RequestMove "a request" {
        /// The endpoint.
        request: At<String>,
        /// k6 checks by name: "ok", or "duration<200ms".
        checks: Named<CheckSpec>,
        /// Makes it a step of the flow around it, shown under this name.
        step: Option<At<String>>,
    }
}

keys! {
    /// Moves that belong together, such as a booking: how often they are begun, how long they take and
    /// how often they succeed is reported. A failed request inside, or a failed job that the flow polls for, fails it.
    FlowMove "a flow" {
        /// Its name, shown in results.
        flow: At<String>,
        /// "stop" (the default): a failure ends the flow; "continue": its other moves follow all the same.
        on_failure: Option<OnFailure>,
        /// One after the other.
        moves: List<MoveSpec>,
    }
}

keys! {
    /// Inside a flow: sends a request again and again, until the jobs that the flow has put into a queue are done.
    PollMove "a poll" {
        /// The endpoint.
        poll: At<String>,
        /// The queue.
        until: At<String>,
        /// Pause after each answer.
        every: At<Duration>,
        /// After this time the flow fails.
        patience as "for": At<Duration>,
        /// Makes each of these requests a step of the flow, shown under this name.
        step: Option<At<String>>,
    }
}

keys! {
    /// Think time: k6's `sleep`.
    SleepMove "a sleep" {
        /// How long.
        sleep: LawSpec,
    }
}

keys! {
    /// Sleeps until this much time has passed since the iteration began.
    PaceMove "a pace" {
        /// The time from begin to begin.
        pace: At<TimeAmount>,
    }
}

keys! {
    /// One of several ways, by weight.
    PickMove "a pick" {
        /// The ways.
        pick: List<PickSpec>,
    }
}

keys! {
    /// One of several ways to go on: a request, or a list of moves.
    PickSpec "a way to pick" {
        /// A number or a percentage; relative to the other ways.
        weight: At<NumberAmount>,
        /// The endpoint to send a request to.
        request: Option<At<String>>,
        /// k6 checks of this request.
        checks: Named<CheckSpec>,
        /// Instead of a request.
        moves: Option<List<MoveSpec>>,
    }
}

/// What a failure does to the flow around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnFailure {
    Stop,
    Continue,
}

words! { OnFailure, "what follows a failure" { "stop" => Stop, "continue" => Continue, } }

/// What a k6 check asks.
#[derive(Clone, Debug)]
pub struct CheckSpec(pub CheckRule);

impl Written for CheckSpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let needed = "a check, \"ok\" or \"duration<200ms\",";
        let Value::Text(text) = &node.value else {
            reader.unfit(node, needed);
            return None;
        };
        if text.trim() == "ok" {
            return Some(CheckSpec(CheckRule::Ok));
        }
        let bound = text.trim().strip_prefix("duration").and_then(|rest| rest.trim_start().strip_prefix('<'));
        match bound.map(|bound| units::parse(Kind::Duration, bound)) {
            Some(Ok(seconds)) => Some(CheckSpec(CheckRule::Faster(seconds))),
            Some(Err(refused)) => {
                reader.problem(node.span, refused.what, refused.hint);
                None
            }
            None => {
                let hint = "write \"ok\" or \"duration<200ms\"".to_owned();
                reader.problem(node.span, format!("{} is not a check", quoted(text)), Some(hint));
                None
            }
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({ "type": "string", "examples": ["ok", "duration<200ms"] })
    }
}
