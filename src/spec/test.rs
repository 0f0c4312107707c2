//! Tests and scenarios as they are written, with k6's option names.

use serde_json::{Value as Json, json};

use super::event::EventSpec;
use super::file::SetSpec;
use super::keys::{keys, words};
use super::law::LawSpec;
use super::node::{Node, Value};
use super::number::{Count, Duration, Positive, Rate, TimeAmount};
use super::reader::{At, List, Named, Reader, Written};
use super::schema::Definitions;
use crate::model::{ArrivalProcess, Role, Severity};

keys! {
    /// A load test: one load in k6's words, or several `scenarios`; and what is expected.
    TestSpec "a test" {
        /// One paragraph for people.
        about: Option<String>,
        /// A file that `k6 inspect script.js > options.json` wrote: its scenarios or stages and its thresholds are those of
        /// this test, where the test itself has none. Relative to the model file.
        k6: Option<At<String>>,
        /// Several loads in one test, by name; instead of the keys of a single one.
        scenarios: Option<Named<ScenarioSpec>>,
        /// k6 thresholds: `{ http_req_duration = ["p(95)<400"] }`.
        thresholds: Named<ThresholdsSpec>,
        /// A recorded result of this test.
        recording: Option<RecordingSpec>,
        /// Several recorded results.
        recordings: Option<List<RecordingSpec>>,
        /// Parts of this test's requests (spans, or tables of steps), of which only `fit` takes its numbers.
        spans: Option<List<SpansSpec>>,
        /// Figures that must not be judged, since something of this test was used to predict them.
        unscored: Option<List<RowsSpec>>,
        /// What is known of why recorded figures differ from what the model predicts: said beside rows that disagree,
        /// which are scored all the same.
        differs: Option<List<RowsSpec>>,
        /// What was taken from this test itself, in words; printed with every result.
        taken_from_test: Option<List<String>>,
        /// Changes to the system that hold for this test only: `{ "pool.main.max" = 20 }`.
        set: Option<SetSpec>,
        /// What happens in the middle of the test: `[{ at = "3m", kill = "app" }]`.
        events: Option<List<EventSpec>>,
        ..load: ScenarioSpec
    }
}

keys! {
    /// One load, in k6's words.
    ScenarioSpec "a scenario" {
        /// Who starts iterations; found from the other keys if left out, as k6 does.
        executor: Option<At<ExecutorWord>>,
        /// What a virtual user does; may be left out if there is only one iteration.
        iteration: Option<At<String>>,
        /// k6's word for `iteration`.
        exec: Option<At<String>>,
        /// Delay after the begin of the test; 0 if left out.
        start_time as "startTime": Option<At<Duration>>,
        /// Time that running iterations get at the end; "30s" if left out.
        graceful_stop as "gracefulStop": Option<At<Duration>>,
        /// Virtual users.
        vus: Option<At<Count>>,
        /// Length of the load.
        duration: Option<At<Duration>>,
        /// Virtual users at the begin of the stages; 1 if left out.
        start_vus as "startVUs": Option<At<Count>>,
        /// Linear changes, one after the other.
        stages: Option<List<StageSpec>>,
        /// Time that users get to finish when their number falls; "30s" if left out.
        graceful_ramp_down as "gracefulRampDown": Option<At<Duration>>,
        /// Iterations started per `timeUnit`, or a rate such as "40/s".
        rate: Option<At<Rate>>,
        /// Iterations started per `timeUnit` at the begin of the stages; 0 if left out.
        start_rate as "startRate": Option<At<Rate>>,
        /// What rates count for; "1s" if left out.
        time_unit as "timeUnit": Option<At<Duration>>,
        /// Users ready at the begin, for arrival rates.
        pre_allocated_vus as "preAllocatedVUs": Option<At<Count>>,
        /// Most users, for arrival rates; `preAllocatedVUs` if left out.
        max_vus as "maxVUs": Option<At<Count>>,
        /// Arrivals at a rate: "even" as k6 starts them, the default, or "poisson" as visitors come, the default where a
        /// recorded rate is replayed.
        arrivals: Option<At<ArrivalProcess>>,
        /// A recording whose arrivals come again: an access log or other file of single requests, each at its instant, or
        /// a line of `http_reqs` per second over time. Relative to the model file.
        replay: Option<At<String>>,
        /// Replay so many times as many requests; 1 if left out.
        scale: Option<At<Positive>>,
        /// Replay so many times as fast; 1 if left out.
        speed: Option<At<Positive>>,
        /// Replay from this time after the recording's begin on, for `duration`.
        from: Option<At<Duration>>,
        /// Names of endpoints in the recording and in the model: `{ "GET /items/{id}" = "GET /items/:id" }`; "" leaves
        /// requests out.
        map: Named<At<String>>,
        /// Think time: a sleep after every request of the iteration.
        think: Option<LawSpec>,
        /// Time from begin to begin of the iterations of a user.
        pacing: Option<At<TimeAmount>>,
        /// The client's own time-out per request; "60s" if left out, as in k6.
        timeout: Option<At<Duration>>,
    }
}

keys! {
    /// A linear change of the number of users, or of the rate.
    StageSpec "a stage" {
        /// How long it takes; 0 is a jump.
        duration: At<Duration>,
        /// Users, or iterations per `timeUnit`, at its end.
        target: At<Rate>,
    }
}

keys! {
    /// A recorded result.
    RecordingSpec "a recording" {
        /// Its file, relative to the model file.
        file: At<String>,
        /// "calibrate": the model's numbers come from it, it is not scored; "validate": the model never saw it.
        role: Role,
    }
}

keys! {
    /// Recorded parts of requests.
    SpansSpec "recorded spans" {
        /// The file, relative to the model file.
        file: At<String>,
        /// Names in the file and what they are in the model: `["items db_q=items item"]` for a statement or an API, a path
        /// (`"list cpu=endpoint.list.steps[0].cpu"`) for other steps. A name may stand for several.
        map: Option<List<At<String>>>,
    }
}

keys! {
    /// Recorded figures, and what is to be known of them.
    RowsSpec "a row" {
        /// The metric.
        metric: At<String>,
        /// The scope; "*", any, if left out.
        scope: Option<String>,
        /// Why.
        reason: String,
    }
}

keys! {
    /// A threshold that may be only wished for.
    ThresholdTable "a threshold" {
        /// The expression: "p(95)<400".
        threshold: At<String>,
        /// "required" (the default) or "wished": then a failure does not change the exit code.
        severity: Option<Severity>,
        /// k6's key; only false, since a prediction covers the whole test.
        abort_on_fail as "abortOnFail": Option<At<bool>>,
    }
}

/// The thresholds of one metric: one expression, or a list of expressions and tables.
#[derive(Clone, Debug)]
pub struct ThresholdsSpec(pub List<ThresholdSpec>);

/// One threshold.
#[derive(Clone, Debug)]
pub struct ThresholdSpec {
    pub expression: At<String>,
    pub severity: Severity,
}

/// A k6 executor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExecutorWord {
    ConstantVus,
    RampingVus,
    ConstantArrivalRate,
    RampingArrivalRate,
    /// Not k6's: recorded arrivals.
    Replay,
}

words! { ExecutorWord, "an executor" {
    "constant-vus" => ConstantVus,
    "ramping-vus" => RampingVus,
    "constant-arrival-rate" => ConstantArrivalRate,
    "ramping-arrival-rate" => RampingArrivalRate,
    "replay" => Replay,
} }

words! { ArrivalProcess, "a kind of arrivals" { "even" => Even, "poisson" => Poisson, } }

words! { Role, "a role" { "calibrate" => Calibrate, "validate" => Validate, } }

words! { Severity, "a severity" { "required" => Required, "wished" => Wished, } }

impl Written for ThresholdSpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        let Value::Table(_) = node.value else {
            let expression = At::<String>::read(node, reader)?;
            return Some(ThresholdSpec { expression, severity: Severity::Required });
        };
        let table = ThresholdTable::read(node, reader)?;
        if let Some(At { value: true, span }) = table.abort_on_fail {
            let hint = "leave it out: a prediction covers the whole test".to_owned();
            reader.problem(span, "tests are not aborted here", Some(hint));
            return None;
        }
        Some(ThresholdSpec { expression: table.threshold, severity: table.severity.unwrap_or(Severity::Required) })
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({ "anyOf": [{ "type": "string", "examples": ["p(95)<400"] }, ThresholdTable::schema(definitions)] })
    }
}

impl Written for ThresholdsSpec {
    fn read(node: &Node, reader: &mut Reader) -> Option<Self> {
        match node.value {
            Value::List(_) => List::<ThresholdSpec>::read(node, reader).map(ThresholdsSpec),
            _ => ThresholdSpec::read(node, reader)
                .map(|one| ThresholdsSpec(List { span: node.span, items: vec![one], complete: true })),
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let one = ThresholdSpec::schema(definitions);
        json!({ "anyOf": [one.clone(), { "type": "array", "items": one }] })
    }
}
