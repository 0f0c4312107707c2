//! Which models would run exactly alike, so that one need not be simulated twice.

use super::prediction::Prediction;
use crate::model::Model;

/// Whether a test by `other` would show, replication by replication, what it showed by `model`: the
/// two differ at most in the order in which pools serve their waiters, and `prediction`, the test by
/// `model`, had no waiters there. All draws are by what they are for, so the luck is the same.
#[must_use]
pub fn runs_alike(model: &Model, other: &Model, prediction: &Prediction) -> bool {
    if model.pools.len() != other.pools.len() {
        return false;
    }
    let mut same = other.clone();
    for (theirs, ours) in same.pools.iter_mut().zip(&model.pools) {
        if theirs.order != ours.order && anyone_waited(prediction, &ours.name) {
            return false;
        }
        theirs.order = ours.order;
    }
    same == *model
}

fn anyone_waited(prediction: &Prediction, pool: &str) -> bool {
    let most = prediction.row("connections_waiting", pool, "max", None);
    most.is_none_or(|row| row.values.iter().any(|&waiting| waiting != 0.0))
}
