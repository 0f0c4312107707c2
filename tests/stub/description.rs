//! What server and client are told, and the model that says the same.

use std::path::Path;

use plimsoll::model::resolve::load_model_text;
use plimsoll::study::observe::Wanted;
use plimsoll::study::predict::{Effort, Unwatched, predict};
use plimsoll::study::prediction::Prediction;

const REPLICATIONS: usize = 200;

/// A server and its client; times in seconds.
#[derive(Clone, Copy)]
pub struct Description {
    pub name: &'static str,
    /// Calls per second.
    pub rate: f64,
    pub arrivals: Arrivals,
    /// How long calls are begun.
    pub seconds: f64,
    /// Lognormal law of the time to an answer.
    pub mean: f64,
    pub cv: f64,
    /// Share of the attempts answered with 500.
    pub errors: f64,
    /// Share of the attempts never answered.
    pub hangs: f64,
    pub timeout: Option<f64>,
    pub retry: Option<Retry>,
    pub bucket: Option<Bucket>,
    pub sockets: Option<usize>,
}

#[derive(Clone, Copy)]
pub enum Arrivals {
    Even,
    Poisson,
}

/// Attempts in all, and the pauses between them.
#[derive(Clone, Copy)]
pub struct Retry {
    pub attempts: u32,
    pub delay: f64,
    pub factor: f64,
    pub full_jitter: bool,
}

/// A token bucket, full at first.
#[derive(Clone, Copy)]
pub struct Bucket {
    pub rate: f64,
    pub burst: u32,
}

/// What single simulated tests show.
pub struct Predicted(Prediction);

impl Description {
    /// The same where each answer and each pause takes `late` more, and each time-out `timeout_late`.
    pub fn slowed(&self, late: f64, timeout_late: f64) -> Description {
        let mean = self.mean + late;
        let retry = self.retry.map(|retry| Retry { delay: retry.delay + late, ..retry });
        let timeout = self.timeout.map(|timeout| timeout + timeout_late);
        Description { mean, cv: self.cv * self.mean / mean, retry, timeout, ..*self }
    }

    pub fn predict(&self) -> Predicted {
        let model = load_model_text(&self.model(), self.name, Path::new(""), None, &[]);
        let model = model.unwrap_or_else(|problems| panic!("{problems}"));
        let effort = Effort {
            seed: 7,
            first: 0,
            replications: REPLICATIONS,
            precision: None,
            max_replications: REPLICATIONS,
            threads: 2,
        };
        let wanted = Wanted { scopes: ["api_timeout", "api_error"].map(str::to_owned).to_vec(), ..Wanted::default() };
        Predicted(predict(&model, &model.tests[0], "", &wanted, &effort, &Unwatched).expect("simulates"))
    }

    fn model(&self) -> String {
        let arrivals = match self.arrivals {
            Arrivals::Even => "even",
            Arrivals::Poisson => "poisson",
        };
        let timeout = self.timeout.map_or(String::new(), |after| format!("timeout = \"{after}s\""));
        let retry = self.retry.map_or(String::new(), |Retry { attempts, delay, factor, full_jitter }| {
            let jitter = if full_jitter { "full" } else { "none" };
            format!(
                "retry = {{ attempts = {attempts}, delay = \"{delay}s\", factor = {factor}, jitter = \"{jitter}\" }}"
            )
        });
        let limit = self.bucket.map_or(String::new(), |bucket| {
            format!("rate_limit = {{ rate = {}, burst = {} }}", bucket.rate, bucket.burst)
        });
        let sockets = self.sockets.map_or(String::new(), |most| format!("sockets = {most}"));
        format!(
            "[tier.client]\ncores = 1\nruntime = {{ threads = 10000 }}\n\
             [api.server]\nlatency = {{ mean = \"{}s\", cv = {}, shape = \"lognormal\" }}\nerrors = {}\n\
             tail = {{ share = {}, times = 100000 }}\n{timeout}\n{retry}\n{limit}\n{sockets}\n\
             [endpoint.call]\nsteps = [ {{ call = \"server\" }} ]\n\
             [test.run]\nexecutor = \"constant-arrival-rate\"\nrate = {}\nduration = \"{}s\"\narrivals = \"{arrivals}\"\n\
             preAllocatedVUs = 10000\nmaxVUs = 10000\ngracefulStop = \"60s\"\n",
            self.mean, self.cv, self.errors, self.hangs, self.rate, self.seconds
        )
    }
}

impl Predicted {
    /// A figure, and its standard deviation from test to test: "failed" and causes as shares of the calls,
    /// "attempts" per call, percentiles in seconds.
    pub fn figure(&self, name: &str) -> (f64, f64) {
        let values = |metric: &str, scope: &str, stat: &str| {
            let row = self.0.row(metric, scope, stat, None);
            row.unwrap_or_else(|| panic!("no {metric} {scope} {stat}")).values.clone()
        };
        let values: Vec<f64> = match name {
            "failed" => values("http_req_failed", "", "rate").iter().map(|percent| percent / 100.0).collect(),
            "attempts" => values("api_attempts", "server", "avg"),
            "p50" | "p95" => values("http_req_duration", "", name).iter().map(|ms| ms / 1e3).collect(),
            cause => {
                let calls = values("http_reqs", "", "count");
                values("errors", cause, "count").iter().zip(&calls).map(|(errors, calls)| errors / calls).collect()
            }
        };
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (mean, variance.sqrt())
    }
}
