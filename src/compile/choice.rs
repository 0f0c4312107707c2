//! One of several ways, as instructions.

use super::{CompileError, flow::Writer, load::cumulative};
use crate::engine::program::{ChoiceSpec, Op};
use crate::model::{Quantity, Step};

impl Writer<'_, '_> {
    /// One of some branches by their weights.
    pub(super) fn either(&mut self, branches: &[(Quantity, Vec<Step>)]) -> Result<(), CompileError> {
        let weights: Vec<f64> = branches.iter().map(|(weight, _)| weight.at(self.b.inputs).max(0.0)).collect();
        let site = self.site("either", "");
        let mut done = Ok(());
        self.one_of(&cumulative(&weights), site, |writer, way| {
            if done.is_ok() {
                done = writer.steps(&branches[way].1);
            }
        });
        done
    }

    /// One of as many ways as there are cumulative `shares`; `write` writes the one of a number.
    pub(super) fn one_of(&mut self, shares: &[f64], site: u32, mut write: impl FnMut(&mut Self, usize)) {
        let choice = self.b.program.choices.len();
        self.b.program.choices.push(ChoiceSpec { ways: Vec::new() });
        self.b.emit(Op::Choose { choice: choice as u32, site });
        let (mut ways, mut ends) = (Vec::new(), Vec::new());
        for (way, &share) in shares.iter().enumerate() {
            if way > 0 {
                ends.push(self.b.emit(Op::Jump { to: 0 }));
            }
            ways.push((share, self.b.here()));
            write(self, way);
        }
        self.b.program.choices[choice].ways = ways;
        self.land_at(&ends);
    }
}
