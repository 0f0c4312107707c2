//! The what-if page: a web server for one machine, the page, and the API behind it.
//!
//! `models` are what it serves and `knobs` what one may turn. A `question` is answered in `steps`, each an
//! `answer` with `lines` over time: means at once, then ever better ones. `turns` share the cores among pages,
//! `pages` drop what a page no longer wants, `known` keeps what was answered and `sights` what was read. `guard` turns away what does not come
//! from the page, and `routes` put everything under its address.

mod answer;
mod guard;
mod knobs;
mod known;
mod lines;
mod models;
mod pages;
mod question;
mod routes;
mod sights;
mod steps;
mod turns;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use known::Known;
use models::Served;
use pages::Pages;
use sights::Sights;
use turns::Turns;

/// What to serve, and where.
#[derive(Clone, Debug)]
pub struct Config {
    /// Model files.
    pub models: Vec<PathBuf>,
    pub address: SocketAddr,
    /// Names of this machine under which it may be asked, besides those of its address.
    pub names: Vec<String>,
    pub seed: u64,
    pub limits: Limits,
}

/// How much anybody may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Questions that are simulated at once, each on so many threads, and those that may wait for that.
    pub simulations: usize,
    pub threads: usize,
    pub waiting: usize,
    pub connections: usize,
    pub body_bytes: usize,
    /// An answer takes no longer.
    pub answer: Duration,
}

/// All that requests share.
struct House {
    models: Vec<Served>,
    names: Vec<String>,
    seed: u64,
    limits: Limits,
    turns: Arc<Turns>,
    pages: Pages,
    known: Known,
    sights: Sights,
}

/// What is said to whom there is no place for.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
/// A client that does not send the head of a request in this time is left.
const HEAD: Duration = Duration::from_secs(10);

/// Serves until Ctrl-C. `listening` is told the address, whose port may have been chosen here.
///
/// # Errors
/// If nothing can listen at the address.
pub fn serve(config: &Config, listening: impl FnOnce(SocketAddr)) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let served = runtime.block_on(listen(config, listening));
    // Simulations that still run are of no use any more.
    runtime.shutdown_background();
    served
}

async fn listen(config: &Config, listening: impl FnOnce(SocketAddr)) -> std::io::Result<()> {
    let listener = TcpListener::bind(config.address).await?;
    let address = listener.local_addr()?;
    let limits = config.limits;
    let house = Arc::new(House {
        models: Served::all(&config.models),
        names: guard::names(address, &config.names),
        seed: config.seed,
        limits,
        turns: Turns::new(limits.simulations, limits.waiting),
        pages: Pages::default(),
        known: Known::default(),
        sights: Sights::default(),
    });
    listening(address);
    let router = routes::routes(house);
    let connections = Arc::new(Semaphore::new(limits.connections));
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // The client has gone, or no file is left for it: others may come.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        // Who comes when all places are taken is told at once: a place may be held by one who never says anything.
        let Ok(place) = Arc::clone(&connections).try_acquire_owned() else {
            let _ = stream.try_write(FULL);
            continue;
        };
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let mut http = http1::Builder::new();
            // Clients come and go as they like; that is no error.
            let _ = http
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD)
                .serve_connection(TokioIo::new(stream), service)
                .await;
            drop(place);
        });
    }
}
