//! The pages over HTTP: one page with its style and script, and the JSON that it reads. All of it is in the program; no
//! other place is asked for anything, and the browser is told to refuse if one were.

use super::{Console, api};
use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

/// No script, style or connection but our own; no frame, form or plug-in at all.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

/// The routes of the pages.
pub(crate) fn routes(console: Console) -> Router {
    let asked = |ask: fn(&Console) -> Value| {
        let console = console.clone();
        get(move || async move { said(JSON, ask(&console).to_string()) })
    };
    let (status, incidents, sources) = (asked(api::status), asked(api::incidents), asked(api::sources));
    Router::new()
        .route("/", get(|| async { said(HTML, include_str!("page/index.html")) }))
        .route(
            "/console.css",
            get(|| async { said("text/css; charset=utf-8", include_str!("page/console.css")) }),
        )
        .route(
            "/console.js",
            get(|| async { said("text/javascript; charset=utf-8", include_str!("page/console.js")) }),
        )
        .route("/favicon.svg", get(|| async { said("image/svg+xml", include_str!("page/favicon.svg")) }))
        .route("/api/v1/status", status)
        .route("/api/v1/incidents", incidents)
        .route("/api/v1/sources", sources)
        .route(
            "/api/v1/incidents/{id}",
            get(move |Path(id): Path<String>| async move { incident(&console, &id) }),
        )
}

fn incident(console: &Console, id: &str) -> Response {
    match api::incident(console, id) {
        Some(incident) => said(JSON, incident.to_string()),
        None => (StatusCode::NOT_FOUND, said(JSON, json!({"error": "no such incident"}).to_string()))
            .into_response(),
    }
}

fn said(kind: &'static str, text: impl Into<String>) -> Response {
    let headers: [(HeaderName, &str); 6] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ];
    (headers, text.into()).into_response()
}
