//! What a process lets in, as it is written.

use super::keys::keys;
use super::number::{Count, Duration, ShareAmount};
use super::reader::At;

keys! {
    /// Requests that each process lets in; others wait or are refused before they cost it anything.
    AdmissionSpec "an admission" {
        /// Requests inside a process at once. **Needed** without `adaptive`.
        in_flight: Option<At<Count>>,
        /// A limit that follows response times instead.
        adaptive: Option<AdaptiveSpec>,
        /// Requests that may wait to be let in, further ones are refused (`queue_full`); 0 if left out: then all that
        /// are not let in at once are refused (`shed`).
        backlog: Option<At<Count>>,
        /// Who has waited for so long is refused (`request_timeout`); never if left out.
        wait: Option<At<Duration>>,
    }
}

keys! {
    /// A limit that grows by one with each quick answer, while at least half of it is in use, and is cut with each slow one.
    AdaptiveSpec "an adaptive limit" {
        /// Answers that take longer are slow, from being let in on.
        latency: At<Duration>,
        /// The limit at first; 20 if left out.
        initial: Option<At<Count>>,
        /// The limit at least; 20 if left out.
        min: Option<At<Count>>,
        /// The limit at most; 200 if left out.
        max: Option<At<Count>>,
        /// What is left of the limit after a slow answer; 90% if left out.
        backoff: Option<At<ShareAmount>>,
    }
}
