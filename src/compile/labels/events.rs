//! Names for what comes, goes and happens in the middle of a test.

/// A tier whose hosts come and go.
#[derive(Clone, Debug, PartialEq)]
pub struct FleetLabel {
    pub name: String,
    /// Cores and event loops of one host.
    pub cores: f64,
    pub loops: f64,
    /// Which of [`super::Labels::processors`] its hosts are.
    pub processor: usize,
    /// Counts requests for which no host was left.
    pub nobody: usize,
}

/// What decides how many hosts a tier has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScalerLabel {
    /// Of the tier.
    pub name: String,
}

/// Something planned for the middle of the test.
#[derive(Clone, Debug, PartialEq)]
pub struct EventLabel {
    /// Seconds after the test's begin.
    pub at: f64,
    /// And how long it lasts.
    pub lasts: f64,
    /// "kill app".
    pub words: String,
}

impl EventLabel {
    /// Its name among results.
    #[must_use]
    pub fn scope(&self) -> String {
        format!("{} at {} s", self.words, self.at)
    }
}
