//! How much of a result a page shows.

/// What a person is shown at first, or everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What people ask for first.
    Compact,
    /// Every row, every note.
    Full,
}
