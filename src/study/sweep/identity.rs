//! What decides about the points of a sweep, as a number: points of two sweeps may be laid side by side if it is the same.

use std::fmt::Write;

use crate::model::{Model, Test};
use crate::random::derive;

/// Everything of these models and tests that a simulation looks at, as 16 hexadecimal digits. Two texts that mean
/// the same have the same; files that a model names count by what is in them.
#[must_use]
pub fn identity<'a>(asked: impl IntoIterator<Item = (&'a Model, &'a Test)>) -> String {
    let mut digest = Digest(0);
    for (model, test) in asked {
        // Other tests, alarms and decisions change no figure, and recordings lie elsewhere on other machines.
        let model = Model {
            tests: Vec::new(),
            alarms: Vec::new(),
            decisions: Vec::new(),
            variants: Vec::new(),
            warnings: Vec::new(),
            sources: Vec::new(),
            ..model.clone()
        };
        let test = Test {
            recordings: Vec::new(),
            spans: Vec::new(),
            unscored: Vec::new(),
            differs: Vec::new(),
            ..test.clone()
        };
        // Writing to a digest cannot fail.
        let _ = write!(digest, "{model:?}{test:?}");
    }
    format!("{:016x}", digest.0)
}

struct Digest(u64);

impl Write for Digest {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.0 = text.bytes().fold(self.0, |digest, byte| derive(digest, u64::from(byte)));
        Ok(())
    }
}
