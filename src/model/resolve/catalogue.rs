//! The types and prices that a model may name: those that are shipped, and the rows of a user's own files.

use super::names::Resolver;
use crate::catalogue::Sheet;
use crate::problem::Problem;
use crate::spec::text;

impl Resolver<'_> {
    /// Reads the files that the model names.
    pub fn read_catalogue(&mut self) {
        let file = self.file;
        let Some(spec) = &file.catalogue else { return };
        let named = [
            (Sheet::Ec2, &spec.ec2),
            (Sheet::Rds, &spec.rds),
            (Sheet::Elasticache, &spec.elasticache),
            (Sheet::Storage, &spec.storage),
        ];
        for (sheet, path) in named {
            let Some(path) = path else { continue };
            let whole = |problem: Problem| vec![Problem::whole(&path.value, problem.what)];
            let text = text::read_file(&self.dir.join(&path.value)).map_err(whole);
            let added = text.and_then(|text| self.catalogue.add(sheet, &path.value, &text));
            for problem in added.err().into_iter().flatten() {
                self.broken_sheets.push(sheet);
                let hint = problem.hint.clone();
                let what = Problem { hint: None, ..problem }.to_string();
                self.refuse_file(path, None, what, hint);
            }
        }
    }

    /// Whether nothing can be said of a type that is not found: the file that may have it cannot be read.
    pub fn may_be_in_a_broken_file(&self, sheet: Sheet) -> bool {
        self.broken_sheets.contains(&sheet)
    }
}
