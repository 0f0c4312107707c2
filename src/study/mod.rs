//! Questions asked of many simulations.
//!
//! [`predict`] runs a test many times; [`observe`] says what each run would report; [`judge`] holds
//! objectives against a prediction; [`bottleneck`] says which resource gives first; [`check_result`]
//! is what laying a prediction beside a recording gives, with a [`score`] and, of each miss, what it more likely is ([`misses`]); [`sweep`] lays many predictions side by side,
//! [`compare`] two of them; [`capacity`] looks for the load at which objectives break; [`audit`] asks whether recordings and
//! plans contradict themselves.

pub mod alarms;
pub mod asked;
pub mod audit;
pub mod bottleneck;
pub mod capacity;
pub mod catalog;
pub mod check;
pub mod check_result;
pub mod compare;
pub mod contradictory;
pub mod cost;
pub mod decide;
pub mod facts;
pub mod fit;
pub mod hits;
pub mod inspect;
pub mod instant;
pub mod judge;
pub mod kept;
pub mod misses;
pub mod names;
pub mod observe;
mod observe_apis;
mod observe_work;
pub mod over_time;
mod planned;
pub mod predict;
pub mod prediction;
pub mod recommend;
mod referee;
pub mod repeats;
pub mod report;
pub mod same_run;
pub mod score;
pub mod span;
mod statements;
mod summary;
pub mod sweep;
mod time;
pub mod time_kind;
pub mod trends;
mod twice;
mod unpredicted;

pub use crate::problem::plural;
