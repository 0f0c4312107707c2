//! Which of several alike things an instruction means.

/// Which of several alike resources: the base, or base + the request's process or host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    pub base: u32,
    pub by: By,
}

/// How a [`Target`] is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    One,
    Host,
    Process,
}

/// Where the draws of one [`super::Op::Acquire`] are made: each place in a flow has luck of its own.
#[derive(Clone, Copy, Debug)]
pub struct AcquireSites {
    /// The time to open a permit.
    pub open: u32,
    /// The patience.
    pub patience: u32,
}
