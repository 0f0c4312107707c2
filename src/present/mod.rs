//! Results for people: documents as text, Markdown and HTML, tables as CSV, figures as SVG and PNG.
//!
//! Reads results and recordings; it may count rows and convert units, but computes no statistics.
//! It writes nothing to the terminal and decides nothing about colour: callers do.

pub mod alarm_page;
mod api_tables;
pub mod audit_page;
mod cache_table;
pub mod capacity_page;
mod capacity_words;
pub mod catalog_page;
pub mod charts;
pub mod check_page;
mod check_rows;
pub mod compare_page;
mod cost_table;
mod database_tables;
pub mod decision_page;
pub mod detail;
pub mod document;
mod event_tables;
pub mod figure;
mod fit_loop_page;
pub mod fit_page;
mod headlines;
mod html;
pub mod inspect_page;
pub mod instant_page;
mod label;
mod machine_table;
mod markdown;
mod memory_table;
pub mod number;
pub mod recommend_page;
mod recommend_words;
pub mod record_page;
pub mod report;
pub mod run_page;
mod run_tables;
#[cfg(test)]
mod sample;
mod score_tables;
pub mod sweep_page;
mod sweep_words;
pub mod table;
pub mod tidy;
mod time_shares;
mod verdicts;
mod work_tables;
pub mod wrap;
