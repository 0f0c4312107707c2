//! The store against a real server, recordings, naive twins and closed forms.

mod laws;
mod recorded;
#[cfg(unix)]
mod server;
mod stream;
mod trace;
mod twins;
#[cfg(unix)]
mod versus_server;

/// Says that a check did not take place. Past the capture of output, which shows nothing of tests that pass.
fn skipped(why: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}
