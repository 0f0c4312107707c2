//! What load tools and monitors write, one format per file.

pub mod k6_csv;
pub mod k6_json;
pub mod k6_point;
