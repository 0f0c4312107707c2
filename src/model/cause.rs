//! Why a request failed: a closed list, extended only together with a mechanism that makes it happen.

macro_rules! causes {
    ($($variant:ident = $word:literal, $about:literal;)*) => {
        /// The one reason for which a request failed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Cause { $(#[doc = $about] $variant),* }

        impl Cause {
            /// Every cause, in the order of the contract.
            pub const ALL: &[Cause] = &[$(Cause::$variant),*];

            /// The word used in files and results.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Cause::$variant => $word),* }
            }

            /// One line for people.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Cause::$variant => $about),* }
            }
        }
    };
}

causes! {
    AcquireTimeout = "acquire_timeout", "waited too long for a connection of a pool";
    QueueFull = "queue_full", "a bounded queue had no place left";
    ConnectionRefused = "connection_refused", "the database had no connection left, or the backlog was full";
    ConnectTimeout = "connect_timeout", "a connection could not be opened in time";
    StatementTimeout = "statement_timeout", "the database stopped a statement that ran too long";
    RequestTimeout = "request_timeout", "the server gave the request up";
    ClientTimeout = "client_timeout", "the client gave the request up";
    ApiTimeout = "api_timeout", "an external API did not answer in time";
    ApiError = "api_error", "an external API answered with an error";
    ApiRateLimited = "api_rate_limited", "an external API refused: rate limit";
    CircuitOpen = "circuit_open", "a circuit breaker was open";
    Deadline = "deadline", "a deadline around several steps passed";
    RateLimited = "rate_limited", "our own rate limit refused the request";
    Shed = "shed", "the server shed load";
    Deadlock = "deadlock", "the database chose the transaction as a deadlock's victim";
    Constraint = "constraint", "the database refused a row";
    CacheRefused = "cache_refused", "the cache refused a write";
    OutOfMemory = "out_of_memory", "a process ran out of memory";
    InstanceDown = "instance_down", "the instance died";
    BalancerTimeout = "balancer_timeout", "the balancer gave the request up";
    Intrinsic = "intrinsic", "fails at its measured rate, whatever the load";
}

impl Cause {
    /// The cause of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Cause> {
        Cause::ALL.iter().copied().find(|cause| cause.word() == word)
    }
}

/// A set of causes, for example those that a retry tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CauseSet(u32);

impl CauseSet {
    pub const NONE: CauseSet = CauseSet(0);
    pub const ALL: CauseSet = CauseSet((1 << Cause::ALL.len()) - 1);

    #[must_use]
    pub const fn with(self, cause: Cause) -> CauseSet {
        CauseSet(self.0 | 1 << cause as u8)
    }

    /// One bit per cause, in the order of [`Cause::ALL`].
    #[must_use]
    pub const fn bits(self) -> u32 {
        self.0
    }

    #[must_use]
    pub const fn contains(self, cause: Cause) -> bool {
        self.0 & 1 << cause as u8 != 0
    }
}
