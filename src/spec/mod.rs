//! What was written in a model file, with the place of every value.
//!
//! A text becomes a tree of nodes ([`node`]), `--set` and variants change the tree ([`change`]), and
//! the declarations in [`mod@file`], [`station`], [`flow`], [`iteration`], [`mod@test`] and [`law`] read it
//! ([`reader`]), noting all problems. What it means is decided by [`crate::model::resolve`]. Of the
//! model, this module knows only closed sets of words: the variants of enums, written as themselves.

pub mod admission;
pub mod alarm;
pub mod api;
pub mod autoscale;
pub mod axis;
pub mod cache;
pub mod catalogue;
pub mod change;
pub mod decision;
pub mod event;
pub mod file;
pub mod flow;
pub mod host;
pub mod iteration;
mod keys;
pub mod law;
pub mod lock;
pub mod memory;
pub mod node;
pub mod number;
pub mod pooler;
pub mod queue;
pub mod reader;
pub mod reference;
pub mod relative;
pub mod rewrite;
pub mod schema;
pub mod starter;
pub mod station;
pub mod storage;
pub mod test;
pub mod text;
pub mod threshold;
mod verb;
