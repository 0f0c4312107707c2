//! Results for people: documents as text and Markdown, tables as CSV, figures as SVG and PNG.
//!
//! Reads results and recordings; it may count rows and convert units, but computes no statistics.
//! It writes nothing to the terminal and decides nothing about colour: callers do.

pub mod document;
pub mod markdown;
pub mod number;
pub mod table;
pub mod wrap;
