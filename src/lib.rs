//! Plimsoll predicts how a service behaves under load, and checks the prediction against recorded tests.
//!
//! From top to bottom; imports point downwards only:
//!
//! - [`cli`] takes words in and prints, [`serve`] answers a browser, [`present`] turns results into pages, tables and figures;
//! - [`study`] asks questions of many simulations, with [`statistics`] over replications and the closed forms and laws of [`theory`];
//! - [`compile`] turns a [`model`] into a program of few mechanisms, [`engine`] runs it once, [`measure`] keeps what it showed;
//! - [`spec`] is what was written in a file, [`model`] what it means, [`load`] k6's schedules as functions of time;
//! - [`recording`] reads what load tools and monitors wrote, [`catalogue`] knows instance types;
//! - [`units`], [`random`], [`distribution`] and [`problem`] know nothing of the others.

pub mod catalogue;
pub mod cli;
pub mod compile;
pub mod distribution;
pub mod engine;
pub mod load;
pub mod measure;
pub mod model;
pub mod present;
pub mod problem;
pub mod random;
pub mod recording;
pub mod serve;
pub mod spec;
pub mod statistics;
pub mod study;
pub mod theory;
pub mod units;
