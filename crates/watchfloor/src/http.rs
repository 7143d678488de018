//! What a running instance answers over HTTP: numbers, probes and the pages of the console. It reads facts and changes
//! nothing.

use crate::clock;
use crate::console::{self, Console};
use crate::health::Health;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use sink::registry::Registry;
use std::io;
use std::net::{SocketAddr, TcpListener};

/// What Prometheus expects of its text.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Listens, and answers on a thread of its own from now on. Returns where it listens.
pub(crate) fn serve(
    listen: SocketAddr,
    health: Health,
    registry: Registry,
    console: Console,
) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(listen)?;
    listener.set_nonblocking(true)?;
    let at = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("http".to_owned()).spawn(move || {
        runtime.block_on(async {
            let served = match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => {
                    axum::serve(listener, routes(health, registry).merge(console::routes(console))).await
                }
                Err(error) => Err(error),
            };
            if let Err(error) = served {
                tracing::error!(target: "http", %error, "probes and numbers are not answered any more");
            }
        });
    })?;
    Ok(at)
}

fn routes(health: Health, registry: Registry) -> Router {
    let (live, ready, started) = (health.clone(), health.clone(), health);
    Router::new()
        .route("/metrics", get(move || async move { ([(header::CONTENT_TYPE, TEXT)], registry.text()) }))
        .route("/livez", get(move || async move { probe(live.is_live(clock::now()), &[]) }))
        .route("/readyz", get(move || async move { probe(ready.reasons().is_empty(), &ready.reasons()) }))
        .route("/startupz", get(move || async move { probe(started.has_started(), &started.reasons()) }))
        .route("/version", get(|| async { concat!(env!("CARGO_PKG_VERSION"), "\n") }))
}

fn probe(good: bool, reasons: &[String]) -> impl IntoResponse + use<> {
    match good {
        true => (StatusCode::OK, "ok\n".to_owned()),
        false => (StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n") + "\n"),
    }
}
