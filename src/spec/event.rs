//! Scheduled events as they are written: one verb each, as steps have.

use super::keys::{keys, verbs};
use super::number::{Count, Duration, Positive, ShareAmount};
use super::reader::At;

verbs! {
    /// Something that happens in the middle of a test; its verb says what.
    EventSpec "an event" {
        "kill" => Kill(KillEvent),
        "add" => Add(AddEvent),
        "deploy" => Deploy(DeployEvent),
        "flush" => Flush(FlushEvent),
        "slow" => Slow(SlowEvent),
        "stop" => Stop(StopEvent),
        "fail_over" => FailOver(FailOverEvent),
        "brown_out" => BrownOut(BrownOutEvent),
    }
}

keys! {
    /// Instances die: what they work on fails with `instance_down`, their connections close.
    KillEvent "a kill" {
        /// When, after the test's begin.
        at: At<Duration>,
        /// The tier.
        kill: At<String>,
        /// How many, the lowest-numbered first; 1 if left out.
        instances: Option<At<Count>>,
        /// Each is ready again after this time; never if left out.
        restart: Option<At<Duration>>,
    }
}

keys! {
    /// More instances.
    AddEvent "an addition" {
        /// When, after the test's begin.
        at: At<Duration>,
        /// The tier.
        add: At<String>,
        /// How many; 1 if left out.
        instances: Option<At<Count>>,
        /// They are ready after this time; at once if left out.
        start_up: Option<At<Duration>>,
    }
}

keys! {
    /// A rolling deployment: one instance after the other is drained, stopped and replaced.
    DeployEvent "a deployment" {
        /// When, after the test's begin.
        at: At<Duration>,
        /// The tier.
        deploy: At<String>,
        /// A new instance is ready after this time; at once if left out.
        start_up: Option<At<Duration>>,
        /// An instance that has not answered everything after this time is killed; "30s" if left out.
        drain: Option<At<Duration>>,
    }
}

keys! {
    /// All keys of a cache are gone.
    FlushEvent "a flush" {
        /// When, after the test's begin.
        at: At<Duration>,
        /// The cache.
        flush: At<String>,
    }
}

keys! {
    /// A station is slower for a while, also for what it already works on.
    SlowEvent "a slowdown" {
        /// When, after the test's begin.
        at: At<Duration>,
        /// How long it lasts.
        lasts as "for": At<Duration>,
        /// "tier.NAME", "database.NAME", "cache.NAME" or "api.NAME".
        slow: At<String>,
        /// Everything takes so many times as long.
        times: At<Positive>,
    }
}

keys! {
    /// A station stands still for a while; then it goes on with what it had.
    StopEvent "a stop" {
        /// When, after the test's begin.
        at: At<Duration>,
        /// How long it lasts.
        lasts as "for": At<Duration>,
        /// "tier.NAME", "database.NAME", "cache.NAME" or "api.NAME".
        stop: At<String>,
    }
}

keys! {
    /// A database or a cache dies and another node takes its place; its connections break.
    FailOverEvent "a fail-over" {
        /// When, after the test's begin.
        at: At<Duration>,
        /// How long nobody can connect to a database, or a cache answers nothing.
        lasts as "for": At<Duration>,
        /// "database.NAME" or "cache.NAME".
        fail_over: At<String>,
        /// Of a database whose memory is cold then: everything takes so many times as long, with `cold_for`.
        cold_times: Option<At<Positive>>,
        /// And for how long.
        cold_for: Option<At<Duration>>,
    }
}

keys! {
    /// An external API is slower for a while, answers with errors, or lets fewer in.
    BrownOutEvent "a brown-out" {
        /// When, after the test's begin.
        at: At<Duration>,
        /// How long it lasts.
        lasts as "for": At<Duration>,
        /// The API.
        brown_out: At<String>,
        /// Its latency takes so many times as long, also of what it already works on; 1 if left out.
        times: Option<At<Positive>>,
        /// Share of the attempts that are answered with an error (`api_error`), besides those of each call; 0 if left out.
        errors: Option<At<ShareAmount>>,
        /// Share of its rate limit and concurrency that is left; all if left out.
        limits: Option<At<ShareAmount>>,
    }
}

keys! {
    /// How the balancer before a tier finds out which instances are up.
    HealthSpec "health" {
        /// Each instance is asked this often, at instants of its own.
        interval: At<Duration>,
        /// Checks in a row that fail before an instance gets no more requests; 2 if left out.
        unhealthy: Option<At<Count>>,
        /// Checks in a row that succeed before it gets requests again; 1 if left out.
        healthy: Option<At<Count>>,
    }
}
