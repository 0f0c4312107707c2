//! Progress on stderr, and Ctrl-C.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::study::predict::Watch;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
/// What is under way is of files that have been saved since.
static OVERTAKEN: AtomicBool = AtomicBool::new(false);

/// Whether Ctrl-C was pressed.
pub(super) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Whether what is under way is to be given up, without a result.
pub(super) fn is_overtaken() -> bool {
    OVERTAKEN.load(Ordering::Relaxed)
}

/// Lets what is under way be given up.
pub(super) fn overtake() {
    OVERTAKEN.store(true, Ordering::Relaxed);
}

/// What begins now is of the files as they are.
pub(super) fn begin() {
    OVERTAKEN.store(false, Ordering::Relaxed);
}

/// Lets Ctrl-C stop the work instead of the process, once per process.
pub(super) fn catch_interrupts() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        // Without a handler Ctrl-C ends the process, which is no worse.
        let _ = ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed));
    });
}

/// A bar over replications; hidden when nobody looks.
pub(super) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub fn new(what: &str, replications: u64, quiet: bool) -> Progress {
        let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(replications), target);
        if let Ok(style) = ProgressStyle::with_template("{msg:28} {bar:30} {pos}/{len} replications {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Progress { bar }
    }

    /// There is more to do than was known.
    pub fn more(&self, replications: u64) {
        self.bar.inc_length(replications);
    }

    /// So many need not be done.
    pub fn skip(&self, replications: u64) {
        self.bar.inc(replications);
    }
}

impl Watch for Progress {
    fn replication_done(&self) {
        self.bar.inc(1);
    }

    fn keep_going(&self) -> bool {
        !is_interrupted() && !is_overtaken()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
