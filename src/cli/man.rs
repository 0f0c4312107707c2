//! `plimsoll man`: manual pages of all commands.

use std::path::Path;

use clap::{Command, CommandFactory};

use super::args::{Arguments, ManArgs};
use super::exit::Exit;
use super::output::{complain, only, say, write_whole};
use crate::problem::{Problem, Problems};

pub(super) fn man(args: &ManArgs) -> Exit {
    match pages(&args.folder) {
        Ok(count) => {
            say(&format!("{count} pages in {0}; next: man -l {0}/plimsoll.1", args.folder.display()));
            Exit::Done
        }
        Err(problems) => complain(&problems),
    }
}

fn pages(folder: &Path) -> Result<usize, Problems> {
    let cannot = |error: std::io::Error| {
        only(Problem::whole(folder.display().to_string(), format!("cannot be written: {error}")))
    };
    std::fs::create_dir_all(folder).map_err(cannot)?;
    let all = Arguments::command();
    let mut count = 1;
    write(folder, all.clone())?;
    for command in all.get_subcommands().filter(|command| !command.is_hide_set()) {
        let name = format!("plimsoll-{}", command.get_name());
        // A page knows its own name only if the command has it.
        write(folder, command.clone().name(name.clone()).display_name(name))?;
        count += 1;
    }
    Ok(count)
}

fn write(folder: &Path, command: Command) -> Result<(), Problems> {
    let file = folder.join(format!("{}.1", command.get_name()));
    let mut bytes = Vec::new();
    // Writing to memory cannot fail.
    let _ = clap_mangen::Man::new(command).render(&mut bytes);
    write_whole(&file, &bytes)
}
