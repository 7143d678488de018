//! The pages in a real browser: text of senders is text, whatever it holds.

#[path = "../../../../tests/it/browser.rs"]
mod browser;

use super::{Advice, Console, Eyes};
use crate::health::Health;
use event::time::Timestamp;
use serde_json::json;
use sink::registry::Registry;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

const ID: &str = "00112233445566778899aabbccddeeff";

/// A console over HTTP that holds one incident whose every text is hostile.
fn hostile() -> (SocketAddr, String) {
    let long = "n".repeat(10_000);
    let nasty = format!(
        "</script><script>document.title='broken'</script><img src=x onerror=alert(1)>\u{1b}[31m\u{202e}\u{0}{long}"
    );
    let entry = json!({"event_id": "e", "ts": "2026-03-02T07:00:00Z", "class": nasty, "topic": nasty, "partition": 0, "offset": 1, "door": nasty});
    let alert = json!({"rule": nasty, "title": nasty, "severity": nasty, "first_at": "2026-03-02T07:00:00Z",
        "last_at": "2026-03-02T07:00:00Z", "evidence": [entry], "unknown": [{"source": nasty, "from": nasty, "to": nasty}]});
    let revision = json!({"schema": 1, "kind": "opened", "incident_id": ID, "incident": {
        "title": nasty, "severity": "critical", "state": nasty, "site": nasty, "opened_at": "2026-03-02T07:00:00Z",
        "last_at": "2026-03-02T07:00:00Z", "alerts": [alert], "alerts_total": 1, "evidence": [entry],
        "entities": {"door": [nasty], "person": [nasty], "zone": [nasty]}, "explanation": nasty}});
    let console = Console::new(Advice::default(), Eyes::All);
    console.facts().board.take(ID.as_bytes(), revision.to_string().as_bytes());
    console.facts().status =
        json!({"mode": "run", "ready": true, "trouble": nasty, "now": nasty, "version": nasty});
    console.facts().sources =
        json!([{"source": nasty, "topic": nasty, "state": nasty, "blind_since": nasty, "last": nasty}]);
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let at =
        crate::http::serve(listen, Health::new(Timestamp(0)), Registry::new(), console).expect("a free port");
    (at, nasty)
}

#[test]
fn hostile_text_is_shown_as_text() {
    let (at, _) = hostile();
    for page in [format!("#/incidents/{ID}"), "#/sources".to_owned(), "#/pipeline".to_owned()] {
        let seen = browser::open(&format!("http://{at}/{page}"));
        assert_eq!(seen.complaints, Vec::<String>::new(), "{page}");
        assert!(seen.dom.contains("<title>Watchfloor</title>"), "{page}: a script of a sender ran");
        assert!(seen.dom.contains("&lt;img src=x onerror=alert(1)&gt;"), "{page}: the text is not there");
        assert_eq!(seen.dom.matches("<script").count(), 1, "{page}");
        assert!(!seen.dom.contains("<img"), "{page}");
    }
}

fn answer(at: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(at).expect("it listens");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("it answers");
    text.to_ascii_lowercase()
}

#[test]
fn every_page_forbids_other_places_and_every_change() {
    let (at, _) = hostile();
    for path in ["/", "/console.js", "/console.css", "/api/v1/status", "/api/v1/incidents", "/api/v1/sources"]
    {
        let got = answer(at, &format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        assert!(got.starts_with("http/1.1 200"), "{path}: {got}");
        assert!(got.contains("content-security-policy: default-src 'none'"), "{path}");
        assert!(got.contains("x-content-type-options: nosniff"), "{path}");
        let posted = answer(
            at,
            &format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"),
        );
        assert!(posted.starts_with("http/1.1 405"), "{path}: {posted}");
    }
    assert!(
        answer(at, "GET /api/v1/incidents/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            .starts_with("http/1.1 404")
    );
}

#[test]
fn the_page_names_no_other_place() {
    for text in
        [include_str!("page/index.html"), include_str!("page/console.css"), include_str!("page/console.js")]
    {
        let elsewhere = text
            .match_indices("://")
            .filter(|(at, _)| !text[..*at].ends_with("http") || !text[*at..].starts_with("://www.w3.org/"));
        assert_eq!(elsewhere.count(), 0);
        assert!(
            !text.contains("innerHTML")
                && !text.contains("insertAdjacentHTML")
                && !text.contains("document.write")
        );
    }
}
