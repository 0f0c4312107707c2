//! Memory and garbage collection, as they are written.

use super::keys::keys;
use super::law::LawSpec;
use super::number::{Duration, ShareAmount, Size};
use super::reader::At;

keys! {
    /// What the processes of a tier keep in memory.
    MemoryKeys "a tier" {
        /// Memory of each host; a process that asks for more is killed (`out_of_memory`). That of the instance
        /// type, or any amount, if left out.
        memory: Option<At<Size>>,
        /// Memory of a process that has nothing to do; 0 if left out.
        memory_base: Option<At<Size>>,
        /// Memory of each request inside a process; 0 if left out.
        memory_per_request: Option<At<Size>>,
        /// Memory of each open connection to a database, cache or pooler; 0 if left out.
        memory_per_connection: Option<At<Size>>,
        /// Memory of each thread; 0 if left out.
        memory_per_thread: Option<At<Size>>,
        /// Memory that each request leaves behind for good; 0 if left out.
        leak: Option<At<Size>>,
        /// Time until a killed process serves again; "10s" if left out.
        restart: Option<At<Duration>>,
        /// How processes collect their garbage; without pauses if left out.
        gc: Option<GcSpec>,
    }
}

keys! {
    /// Garbage collection by generations. A pause stops an event loop, or all threads of a process.
    GcSpec "a garbage collection" {
        /// Memory that each request or job allocates.
        allocation: At<Size>,
        /// Size of the young generation of a process: when so much is allocated it is collected.
        young: At<Size>,
        /// Pause of a minor collection.
        minor: LawSpec,
        /// Share of the young generation that outlives a minor collection; 0 if left out.
        survivors: Option<At<ShareAmount>>,
        /// Size of the old generation at which a major collection follows; with `major`.
        old: Option<At<Size>>,
        /// Pause of a major collection, besides that of the minor one.
        major: Option<LawSpec>,
    }
}
