//! JSON Schemas under `docs/schema`, kept equal to what the code says by tests.

/// Panics if the file differs; with the environment variable `WATCHFLOOR_UPDATE` set, writes it first.
#[track_caller]
pub(crate) fn check(name: &str, schema: &serde_json::Value) {
    let path = format!("{}/../../docs/schema/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let text = format!("{schema:#}\n");
    if std::env::var_os("WATCHFLOOR_UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, text, "run the test with WATCHFLOOR_UPDATE=1");
}
