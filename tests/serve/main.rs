//! `plimsoll serve`, as a browser, a program and somebody hostile meet it.

mod accessible;
mod api;
mod browser;
mod crowd;
mod hostile;
mod page;
mod report;
mod server;

/// Says on the terminal, whatever is captured, that something was not tested.
fn skipped(why: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
