//! Locks on rows of a database.

/// Rows that transactions lock one at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Lock {
    pub name: String,
    /// Index into [`crate::model::Model::databases`].
    pub database: u32,
    /// Rows, at least 1.
    pub keys: u32,
    pub popularity: RowPopularity,
    /// Longest wait for a row, seconds, above 0; `None`: for ever.
    pub timeout: Option<f64>,
    /// The statement that locks may take so long, seconds, above 0, waiting for the row included; `None`: for ever.
    pub statement_timeout: Option<f64>,
}

/// Which of many rows is asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RowPopularity {
    Uniform,
    /// Key `k` in proportion to `k^-exponent`; the exponent is at least 0.
    Zipf(f64),
    /// The first `keys`, at least 1, get this share of all.
    Hot {
        keys: u32,
        share: f64,
    },
}
