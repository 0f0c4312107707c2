//! What a recommendation is.

use serde::Serialize;

use super::batch::Batch;
use crate::statistics::Estimate;
use crate::study::prediction::TimeShare;

/// What was asked, the answer, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recommendation {
    pub model: String,
    /// The variant from which changes start; empty: the model as it is.
    pub variant: String,
    pub set: Vec<String>,
    pub seed: u64,
    pub tests: Vec<String>,
    /// Share of tests in which all required objectives are to hold.
    pub promise: f64,
    /// USD per month; `None`: no limit.
    pub budget: Option<f64>,
    /// The test whose load all month decides what is paid for CPU credits.
    pub month: String,
    /// Times the load of the tests as they are written: of growth until then.
    pub times: f64,
    /// What load grows by in a month, and when the answer and the system as it is run out: `None` if nothing is said of it.
    pub growth: Option<Growth>,
    /// The load of a launch, by test; empty without one.
    pub launch: Vec<Launch>,
    pub knobs: Vec<KnobRow>,
    /// The system as it is, the recommended one if there is any, and what was laid beside them.
    pub options: Vec<SystemRow>,
    pub searched: Searched,
    /// Cheaper ones that were tried, and why each is out: the dearest first.
    pub fell_out: Vec<FellOut>,
    /// Of those that pass as far as they were tried: the ones of which none is cheaper and faster.
    pub front: Vec<FrontRow>,
    /// The test in which they are compared: the one that uses most of what limits it; empty if nothing passes.
    pub front_test: String,
    pub changes: Vec<Change>,
    pub upgrades: Vec<Upgrade>,
    pub inputs: Vec<InputRow>,
    /// What breaks if load grows; `None` if nothing passes or the load cannot be scaled.
    pub next: Option<NextBreak>,
    /// Where nothing passes: what comes nearest.
    pub nothing: Option<Nothing>,
    /// Tests that no configuration keeps, left out so that there is an answer for the others.
    pub left_out: Vec<LeftOut>,
}

impl Recommendation {
    /// Whether anything passes.
    #[must_use]
    pub fn is_found(&self) -> bool {
        self.options.iter().any(|option| option.name == super::explain::RECOMMENDED)
    }
}

/// A knob: what it may be, is, and should be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KnobRow {
    pub path: String,
    pub values: Vec<String>,
    /// `None`: none of the values.
    pub today: Option<String>,
    pub recommended: Option<String>,
}

/// The name of the system that comes nearest where nothing passes.
pub const NEAREST: &str = "nearest";

/// A system with what it costs and shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SystemRow {
    /// "today", "recommended", "nearest" where nothing passes, or a variant.
    pub name: String,
    /// USD per month, with what is expected to be paid for CPU credits; what has no price is not in it.
    pub cost_per_month: f64,
    /// What is expected to be paid for CPU credits.
    pub surplus_per_month: f64,
    /// What of the system's shrinking is in no figure, for people.
    pub caveats: Vec<String>,
    /// Parts without a price.
    pub unpriced: Vec<String>,
    /// Share of replications in which all required objectives of all tests hold, and its 95 % confidence interval.
    pub probability: f64,
    pub probability_low: f64,
    pub probability_high: f64,
    pub replications: usize,
    pub tests: Vec<TestRow>,
    #[serde(skip)]
    pub excess: Vec<Vec<f64>>,
}

/// A test of a system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TestRow {
    pub test: String,
    /// Share of replications in which its required objectives hold.
    pub probability: f64,
    /// p95 of all responses, ms.
    pub p95: Estimate,
    pub requests_per_s: f64,
    /// Share of requests that fail.
    pub failed: f64,
    /// The objective that comes nearest to its bound or is missed by most, and how far it is from it, relative:
    /// below 0 it holds.
    pub nearest: String,
    pub excess: f64,
    /// The resource that lets the fewest requests pass, and the share of it in use in the busiest stage.
    pub limits: String,
    pub utilisation: f64,
    /// Where the time of requests near p95 goes.
    pub slow: Option<TimeShare>,
    #[serde(skip)]
    pub batch: Option<Batch>,
}

/// How the space was searched.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Searched {
    /// Combinations of all values, and those within the budget.
    pub configurations: usize,
    pub affordable: usize,
    /// Those that cost no less than the answer, and so do not matter.
    pub dearer: usize,
    pub simulated: usize,
    /// By bounds.
    pub proven: usize,
    /// Because one that gives no less of anything fails.
    pub covered: usize,
    /// Because the best value of a knob of which more may hurt lies elsewhere.
    pub beyond: usize,
    /// Of the last two, tried after all.
    pub spot_checked: usize,
    /// One of those passed, so all cheaper ones were tried.
    pub assumed_wrongly: bool,
    /// Replications of a test, for the search alone.
    pub replications: usize,
}

/// A configuration that was tried and fails.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FellOut {
    pub values: Vec<String>,
    pub cost_per_month: f64,
    pub test: String,
    /// The objective, or the bound that proves it.
    pub why: String,
    pub proven: bool,
    /// p95 of all responses of that test, ms; `None` if it was not simulated.
    pub p95: Option<f64>,
    /// Share of the replications of that test in which all its objectives hold.
    pub holds: f64,
    pub replications: usize,
}

/// A configuration that passes as far as it was tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FrontRow {
    pub values: Vec<String>,
    pub cost_per_month: f64,
    /// p95 of all responses, ms, in the test of the front.
    pub p95: f64,
    /// Share of the replications of that test in which all its objectives hold.
    pub holds: f64,
    pub replications: usize,
}

/// A change from today to the recommended system, and what is lost without it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub path: String,
    pub to: String,
    /// The test in which it matters most.
    pub test: String,
    /// What it takes off p95 there, ms: of pairs with the same luck.
    pub p95_gain: Estimate,
    /// Share of replications in which all objectives hold without it.
    pub probability_without: f64,
    /// USD per month that it costs.
    pub cost_per_month: f64,
    pub replications: usize,
}

/// The next larger value of a knob.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Upgrade {
    pub path: String,
    pub to: String,
    pub test: String,
    /// What it takes off p95, ms: of pairs with the same luck.
    pub p95_gain: Estimate,
    pub cost_per_month: f64,
    /// Whether the gain is certain and more than 1 % of p95.
    pub buys: bool,
    /// The objective that most replications miss with it.
    pub breaks: Option<String>,
    /// The resource that it enlarges and the share of it in use, if it is known.
    pub resource: Option<String>,
    pub utilisation: Option<f64>,
    pub replications: usize,
}

/// What breaks first as load grows, of all tests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NextBreak {
    pub test: String,
    /// Times the load of the test: carried, and not carried by most replications (`None`: all that was tried is carried).
    pub carries: f64,
    pub breaks: Option<f64>,
    /// The objective that is missed there, and the resource that limits with the share of it in use.
    pub objective: String,
    pub limits: String,
    pub utilisation: f64,
    pub replications: usize,
}

/// When systems run out as load grows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Growth {
    /// Share per month.
    pub per_month: f64,
    /// Months of it that the answer has to carry.
    pub months: u32,
    /// Months from now until objectives break, at least and at most; `None`: not within what was tried.
    pub answer: Option<Months>,
    pub today: Option<Months>,
}

/// A time from now.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Months {
    pub low: f64,
    pub high: f64,
}

/// The hours of a launch as the load of a test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Launch {
    pub test: String,
    /// Seconds that an iteration takes with its think times where nothing waits, by estimate.
    pub iteration_s: f64,
    pub hours: Vec<LaunchHour>,
}

impl Launch {
    /// The hour that brings most; `None` of a launch without hours.
    #[must_use]
    pub fn busiest(&self) -> Option<&LaunchHour> {
        self.hours.iter().max_by(|a, b| a.iterations_per_s.total_cmp(&b.iterations_per_s))
    }
}

/// An hour of a launch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LaunchHour {
    pub hour: String,
    pub users: f64,
    pub iterations_per_s: f64,
    /// Users at once: iterations per second times what one takes (Little's law).
    pub vus: f64,
}

/// An uncertain input that moves the answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InputRow {
    pub input: String,
    pub about: String,
    pub low: f64,
    pub high: f64,
    pub unit: &'static str,
    /// Share of the variance between replications of the distance to the nearest objective that goes with it.
    pub share: f64,
    /// Whether a larger value brings the objective nearer to its bound.
    pub worse_if_larger: bool,
}

/// A test that no configuration keeps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeftOut {
    pub test: String,
    /// The objective that is missed.
    pub objective: String,
    /// Share of replications in which the best one tried keeps all of it.
    pub probability: f64,
}

/// The configuration that comes nearest to passing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Nothing {
    pub values: Vec<String>,
    pub cost_per_month: f64,
    pub test: String,
    pub objective: String,
    /// How far the objective is missed, relative.
    pub excess: f64,
    /// What no configuration can meet: the objective's test and the bound that proves it for the one that gives
    /// most.
    pub proof: Option<String>,
}
