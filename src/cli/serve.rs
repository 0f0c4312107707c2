//! `plimsoll serve`.

use std::net::SocketAddr;
use std::time::Duration;

use super::args_serve::ServeArgs;
use super::exit::Exit;
use super::load;
use super::output::{complain, only, print, say};
use crate::problem::{Problem, Problems};
use crate::serve::{Config, Limits, serve as served};

/// Connections at once at most.
const CONNECTIONS: usize = 256;
/// Bytes of a question at most.
const BODY_BYTES: usize = 16 * 1024;

pub(super) fn serve(args: &ServeArgs) -> Exit {
    match all(args) {
        Ok(()) => Exit::Done,
        Err(problems) => complain(&problems),
    }
}

fn all(args: &ServeArgs) -> Result<(), Problems> {
    // What is wrong with a model is said here, and not to whoever opens the page.
    for path in &args.models {
        let model = load::model_for(path, None, None, &[])?;
        if model.tests.is_empty() {
            let problem = Problem::whole(path.display().to_string(), "has no tests, so there is nothing to simulate");
            return Err(only(problem.with_hint("write a [test.NAME]; `plimsoll init` shows one")));
        }
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let simulations = usize::from(args.simulations);
    let limits = Limits {
        simulations,
        threads: (cores / simulations).max(1),
        waiting: usize::from(args.waiting),
        connections: CONNECTIONS,
        body_bytes: BODY_BYTES,
        answer: Duration::from_secs(args.seconds),
    };
    let address = SocketAddr::new(args.address, args.port);
    let config = Config { models: args.models.clone(), address, names: args.name.clone(), seed: args.seed, limits };
    let listening = |at: SocketAddr| {
        // Whoever started this may wait for the line. "Everywhere" is no address to open.
        let page = if at.ip().is_unspecified() { format!("localhost:{}", at.port()) } else { at.to_string() };
        let _ = print(&format!("http://{page}/\n"));
        say("the page is open until Ctrl-C");
        if !at.ip().is_loopback() {
            say("warning: anybody who reaches this address can use it");
        }
    };
    served(&config, listening).map_err(|error| {
        let hint = "choose another one with --port, or 0 for any that is free";
        only(Problem::whole(address.to_string(), format!("cannot be listened at: {error}")).with_hint(hint))
    })
}
