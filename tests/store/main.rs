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
