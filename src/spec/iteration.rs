//! Iterations as they are written: what a k6 script does in JavaScript.

use serde_json::{Value as Json, json};

use super::keys::{keys, verbs};
use super::law::LawSpec;
use super::node::{Node, Value};
use super::number::{NumberAmount, TimeAmount};
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
    }
}

keys! {
    /// Sends a request and waits for the answer.
    RequestMove "a request" {
        /// The endpoint.
        request: At<String>,
        /// k6 checks by name: "ok", or "duration<200ms".
        checks: Named<CheckSpec>,
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
