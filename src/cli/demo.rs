//! `plimsoll demo`: a model with its recordings, and a catalogue of questions, out of the program itself.

use std::path::Path;

use super::args::DemoArgs;
use super::exit::Exit;
use super::output::{complain, only, print, write_whole};
use crate::problem::{Problem, Problems};

/// What a first try needs, as it lies in the repository.
const FILES: [(&str, &str); 10] = [
    ("models/whatsapp.toml", include_str!("../../models/whatsapp.toml")),
    ("data/whatsapp/README.md", include_str!("../../data/whatsapp/README.md")),
    ("data/whatsapp/baseline.csv", include_str!("../../data/whatsapp/baseline.csv")),
    ("data/whatsapp/business.csv", include_str!("../../data/whatsapp/business.csv")),
    ("data/whatsapp/endurance.csv", include_str!("../../data/whatsapp/endurance.csv")),
    ("data/whatsapp/endurance_series.csv", include_str!("../../data/whatsapp/endurance_series.csv")),
    ("data/whatsapp/peak.csv", include_str!("../../data/whatsapp/peak.csv")),
    ("data/whatsapp/spike.csv", include_str!("../../data/whatsapp/spike.csv")),
    ("data/whatsapp/spike_series.csv", include_str!("../../data/whatsapp/spike_series.csv")),
    ("NEXT.md", NEXT),
];

const NEXT: &str = "\
# What to try next

    plimsoll check models/whatsapp.toml --replications 10
    plimsoll run models/whatsapp.toml --test peak --set pool.main.max=50
    plimsoll sweep models/whatsapp.toml --test peak --vary pool.main.max=20..60:10 --plot pool.svg
    plimsoll serve models/whatsapp.toml
    plimsoll audit models/whatsapp.toml
    plimsoll fit models/whatsapp.toml --test baseline
    plimsoll recommend models/whatsapp.toml --test peak --vary pool.main.max=20..60:10 --replications 10

A model of your own begins with `plimsoll init shop.toml`.
";

pub(super) fn demo(args: &DemoArgs) -> Exit {
    match unpack(&args.folder) {
        Ok(()) => Exit::Done,
        Err(problems) => complain(&problems),
    }
}

/// Writes all files, or none where one is there already.
fn unpack(folder: &Path) -> Result<(), Problems> {
    let problem = |file: &Path, what: String| Problem::whole(file.display().to_string(), what);
    let there: Vec<Problem> = FILES
        .iter()
        .map(|(name, _)| folder.join(name))
        .filter(|file| file.exists())
        .map(|file| problem(&file, "exists already and is left as it is".into()).with_hint("name another folder"))
        .collect();
    Problems::of(there).map_or(Ok(()), Err)?;
    for (name, text) in FILES {
        let file = folder.join(name);
        let parent = file.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent).map_err(|error| only(problem(parent, format!("cannot be made: {error}"))))?;
        write_whole(&file, text.as_bytes())?;
    }
    let commands = NEXT.lines().filter(|line| line.starts_with("    "));
    let commands: Vec<&str> = commands.collect();
    let told = format!("{} files in {}. In there:\n\n{}\n", FILES.len(), folder.display(), commands.join("\n"));
    print(&told).map_err(only)
}
