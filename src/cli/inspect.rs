//! `plimsoll inspect`.

use std::path::{Path, PathBuf};

use super::args::{Format, InspectArgs};
use super::exit::Exit;
use super::load;
use super::output::{complain, csv, deliver_to, only, writable_file};
use super::run::json;
use crate::present::inspect_page::{figures_table, inspect_page, series_table};
use crate::problem::{Problem, Problems};
use crate::study::inspect::inspect as looked_at;

pub(super) fn inspect(args: &InspectArgs) -> Exit {
    match inspected(args) {
        Ok(()) => Exit::Done,
        Err(problems) => complain(&problems),
    }
}

fn inspected(args: &InspectArgs) -> Result<(), Problems> {
    let files: Vec<&Path> = args.files.iter().map(PathBuf::as_path).collect();
    if let Some(output) = &args.output {
        writable_file(output, &files)?;
    }
    let recording = load::recording(&files, &[])?;
    if args.series && args.format != Some(Format::Csv) {
        let problem = Problem::whole("--series", "is a table");
        return Err(only(problem.with_hint("add --format csv")));
    }
    let table = || csv(&if args.series { series_table(&recording) } else { figures_table(&recording) });
    let seen = looked_at(&recording);
    let output = args.output.as_deref();
    deliver_to(args.format, output, || inspect_page(&seen, args.full), || json(&seen), table)
}
