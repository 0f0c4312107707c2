//! The HTTP status with which a balancer in front of a system counts an answer.

use super::cause::Cause;

macro_rules! statuses {
    ($($variant:ident = $word:literal, $class:literal, $about:literal;)*) => {
        /// What a balancer writes down of an answer.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum HttpStatus { $(#[doc = $about] $variant),* }

        impl HttpStatus {
            /// Every status, in rising order.
            pub const ALL: &[HttpStatus] = &[$(HttpStatus::$variant),*];

            /// The word used in files and results.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(HttpStatus::$variant => $word),* }
            }

            /// "2xx", "4xx" or "5xx".
            #[must_use]
            pub const fn class(self) -> &'static str {
                match self { $(HttpStatus::$variant => $class),* }
            }

            /// One line for people.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(HttpStatus::$variant => $about),* }
            }
        }
    };
}

statuses! {
    Success = "2xx", "2xx", "answered as it should be";
    TooManyRequests = "429", "4xx", "too many requests: our own rate limit";
    ClientClosed = "460", "4xx", "the client went away before the answer";
    InternalError = "500", "5xx", "the application failed";
    BadGateway = "502", "5xx", "the instance was down, or died meanwhile";
    Unavailable = "503", "5xx", "refused: no instance left, or no room";
    GatewayTimeout = "504", "5xx", "the balancer gave up";
}

impl HttpStatus {
    /// With which a failure is counted. Assumed: the application turns what it cannot do into a 500, what it has no
    /// room for into a 503, and tells a client that asks too often 429. A request that finds no instance left at all
    /// fails with `instance_down` too, and is counted apart.
    #[must_use]
    pub const fn of(cause: Cause) -> HttpStatus {
        match cause {
            Cause::RateLimited => HttpStatus::TooManyRequests,
            Cause::ClientTimeout => HttpStatus::ClientClosed,
            Cause::OutOfMemory | Cause::InstanceDown => HttpStatus::BadGateway,
            Cause::QueueFull | Cause::RequestTimeout | Cause::Shed => HttpStatus::Unavailable,
            Cause::BalancerTimeout => HttpStatus::GatewayTimeout,
            Cause::AcquireTimeout
            | Cause::ConnectionRefused
            | Cause::ConnectTimeout
            | Cause::StatementTimeout
            | Cause::ApiTimeout
            | Cause::ApiError
            | Cause::ApiRateLimited
            | Cause::CircuitOpen
            | Cause::Deadline
            | Cause::Deadlock
            | Cause::Constraint
            | Cause::CacheRefused
            | Cause::Intrinsic => HttpStatus::InternalError,
        }
    }

    /// Every name of one or several statuses, classes first.
    pub fn words() -> impl Iterator<Item = &'static str> {
        let single = HttpStatus::ALL.iter().map(|status| status.word()).filter(|word| *word != "2xx");
        ["2xx", "4xx", "5xx"].into_iter().chain(single)
    }

    /// Whether a name of one or several statuses stands for this one too.
    #[must_use]
    pub fn is(self, word: &str) -> bool {
        word == self.word() || word == self.class()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_has_its_class_and_no_failure_is_a_success() {
        for status in HttpStatus::ALL {
            assert_eq!(status.word()[..1], status.class()[..1]);
            assert_eq!(
                HttpStatus::words().filter(|word| status.is(word)).count(),
                if status.word() == "2xx" { 1 } else { 2 }
            );
        }
        assert!(Cause::ALL.iter().all(|cause| HttpStatus::of(*cause) != HttpStatus::Success));
    }
}
