//! Models as their tests and variants see them, read once for as long as their files stay as they are.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::knobs::Knob;
use super::models::Served;
use crate::model::{Model, Test};
use crate::problem::Problems;

/// A model as a test sees it, and what may be turned of it.
#[derive(Debug)]
pub(super) struct Sight {
    pub model: Model,
    pub test: Test,
    pub knobs: Vec<Knob>,
}

/// All that were asked for, by model, test and variant; what does not exist is not kept.
#[derive(Default)]
pub(super) struct Sights(Mutex<BTreeMap<[String; 3], Kept>>);

/// A sight, and when its file was changed last before it was read.
type Kept = (Option<SystemTime>, Arc<Sight>);

impl Sights {
    pub fn of(&self, served: &Served, test: &str, variant: &str) -> Result<Arc<Sight>, Problems> {
        let key = [served.id.clone(), test.to_owned(), variant.to_owned()];
        let changed = std::fs::metadata(&served.path).and_then(|facts| facts.modified()).ok();
        let all = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((then, sight)) = all().get(&key)
            && *then == changed
        {
            return Ok(Arc::clone(sight));
        }
        // Read without the lock: others go on meanwhile.
        let (model, seen) = served.seen(test, variant, &[])?;
        let knobs = served.knobs(&model, test)?;
        let sight = Arc::new(Sight { model, test: seen, knobs });
        all().insert(key, (changed, Arc::clone(&sight)));
        Ok(sight)
    }
}
