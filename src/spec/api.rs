//! External APIs, calls of them and rate limits as they are written.

use super::flow::CauseWord;
use super::keys::keys;
use super::law::LawSpec;
use super::number::{Count, Duration, Plain, Positive, Rate, ShareAmount};
use super::reader::{At, List};
use crate::model::{Jitter, Scope};

keys! {
    /// A service of others that requests call, and how our side calls it.
    ApiSpec "an api" {
        /// Time from sending an attempt to its answer, if nothing refuses or delays it.
        latency: LawSpec,
        /// A share of the attempts that takes longer; none if left out.
        tail: Option<TailSpec>,
        /// Share of the attempts that are answered with an error (cause `api_error`); 0 if left out.
        errors: Option<At<ShareAmount>>,
        /// An attempt is given up after this (cause `api_timeout`); the far side goes on working on it.
        timeout: Option<At<Duration>>,
        /// Further attempts after a failed one; none if left out.
        retry: Option<ApiRetrySpec>,
        /// A call with all its attempts is given up after this (cause `deadline`); what runs goes on.
        deadline: Option<At<Duration>>,
        /// The far side's rate limit (cause `api_rate_limited`).
        rate_limit: Option<RateLimitSpec>,
        /// Time from sending an attempt that the far side refuses to the refusal; 0 if left out.
        reject_latency: Option<LawSpec>,
        /// How many attempts the far side works on at once; any number if left out.
        concurrency: Option<ConcurrencySpec>,
        /// Attempts of ours on their way at once; further ones wait. Any number if left out.
        sockets: Option<At<Count>>,
        /// Stops asking an API that fails.
        breaker: Option<BreakerSpec>,
        /// Asks once more if there is no answer after a while.
        hedge: Option<HedgeSpec>,
        /// Whether sockets, breaker and retry budget are one per "process" (the default), per "instance" or in "total".
        scope: Option<Scope>,
    }
}

keys! {
    /// A share of attempts that takes a number of times as long.
    TailSpec "a tail" {
        /// Which share.
        share: At<ShareAmount>,
        /// How many times as long.
        times: At<Positive>,
    }
}

keys! {
    /// When a failed attempt is followed by another one.
    ApiRetrySpec "an api's retry" {
        /// Attempts in all, the first included.
        attempts: At<Count>,
        /// Time before the second attempt; 0 if left out.
        delay: Option<At<Duration>>,
        /// Each further delay is this many times longer; 1 if left out.
        factor: Option<At<Plain>>,
        /// Longest delay.
        max_delay: Option<At<Duration>>,
        /// "none" (the default), "full" or "equal".
        jitter: Option<Jitter>,
        /// Causes that are tried again; `api_timeout`, `api_error` and `api_rate_limited` if left out.
        on: Option<List<CauseWord>>,
        /// Stops retries while most attempts fail.
        budget: Option<BudgetSpec>,
    }
}

keys! {
    /// Retries only while there are more than half of the tokens: gRPC's `retryThrottling`.
    BudgetSpec "a retry budget" {
        /// Tokens at first and at most; each attempt that fails with a cause of `on` takes one.
        tokens: At<Count>,
        /// Tokens that each successful attempt brings back; gRPC's `tokenRatio`, in thousandths.
        per_success: At<Positive>,
    }
}

keys! {
    /// A rate limit: `{ rate, burst }` is a token bucket, `{ limit, window }` counts in fixed windows.
    RateLimitSpec "a rate limit" {
        /// Tokens per second, or "40/s".
        rate: Option<At<Rate>>,
        /// Tokens kept at most, and at first.
        burst: Option<At<Count>>,
        /// Tokens in each window.
        limit: Option<At<Count>>,
        /// Length of a window; windows follow each other from the beginning of the test.
        window: Option<At<Duration>>,
        /// Longest wait for tokens, first come, first served; refused at once if left out.
        wait: Option<At<Duration>>,
    }
}

keys! {
    /// A limit of work at once.
    ConcurrencySpec "a concurrency limit" {
        /// Attempts at work at once; one whose caller has given up counts until it is done.
        limit: At<Count>,
        /// Attempts that may wait, further ones are refused (cause `api_rate_limited`); 0 if left out.
        queue: Option<At<Count>>,
    }
}

keys! {
    /// A circuit breaker around each attempt: while it is open attempts fail at once (`circuit_open`).
    BreakerSpec "a breaker" {
        /// Share of failures at which it opens.
        failures: At<ShareAmount>,
        /// Outcomes in the window without which it stays closed; 1 if left out.
        minimum: Option<At<Count>>,
        /// The window as a time; it slides in tenths.
        window: Option<At<Duration>>,
        /// The window as a number of outcomes.
        calls: Option<At<Count>>,
        /// How long it stays open.
        open: At<Duration>,
        /// Attempts it then lets through to see; 1 if left out.
        half_open: Option<At<Count>>,
        /// Causes that count as failures; `api_timeout`, `api_error` and `api_rate_limited` if left out.
        on: Option<List<CauseWord>>,
    }
}

keys! {
    /// A second attempt beside the first: the first good answer counts, the others go on for nobody.
    HedgeSpec "a hedge" {
        /// Time without a good answer before a further attempt is sent.
        after: At<Duration>,
        /// Attempts beside each other at most, the first included; 2 if left out.
        most: Option<At<Count>>,
    }
}

keys! {
    /// A call of an external API; what is left out is as the api says.
    CallStep "a call" {
        /// The api.
        call: At<String>,
        /// Time from sending an attempt to its answer.
        latency: Option<LawSpec>,
        /// Share of the attempts that are answered with an error.
        errors: Option<At<ShareAmount>>,
        /// An attempt is given up after this.
        timeout: Option<At<Duration>>,
        /// The call is given up after this.
        deadline: Option<At<Duration>>,
        /// Tokens of the api's rate limit that an attempt takes; 1 if left out.
        cost: Option<At<Count>>,
    }
}

keys! {
    /// A rate limit of our own, before the steps of endpoints (cause `rate_limited`).
    LimitSpec "a limit" {
        /// Whether it counts per "process" (the default), per "instance" or in "total".
        scope: Option<Scope>,
        /// Work on the tier's cores to ask it; 0 if left out.
        cpu: Option<LawSpec>,
        ..rate: RateLimitSpec
    }
}
