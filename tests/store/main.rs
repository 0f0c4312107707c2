//! The store against a real server, recordings, naive twins and closed forms.

mod laws;
mod recorded;
mod server;
mod stream;
mod trace;
mod twins;
mod versus_server;
