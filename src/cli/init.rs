//! `plimsoll init`.

use std::fs::OpenOptions;
use std::io::Write;

use super::args::InitArgs;
use super::exit::Exit;
use super::output::{complain, only, say};
use crate::problem::Problem;
use crate::spec::starter::STARTER;

pub(super) fn init(args: &InitArgs) -> Exit {
    let name = args.file.display().to_string();
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&args.file)
        .and_then(|mut file| file.write_all(STARTER.as_bytes()));
    match written {
        Ok(()) => {
            say(&format!("wrote {name}; next: plimsoll run {name} --test peak"));
            Exit::Done
        }
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            let hint = "name another file, or remove this one";
            complain(&only(Problem::whole(name, "exists already and is left as it is").with_hint(hint)))
        }
        Err(error) => complain(&only(Problem::whole(name, format!("cannot be written: {error}")))),
    }
}
