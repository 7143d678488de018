//! A real browser without a window: what a page looks like when it has been read, and what the browser complained of.
//!
//! It is Debian's Chromium, which `scripts/test` installs. Without it a test fails and says so; none is skipped.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// A page as the browser has it.
pub struct Seen {
    /// The document after its script has run.
    pub dom: String,
    /// Errors of scripts, refusals of the policy, whatever a page wrote to the console.
    pub complaints: Vec<String>,
}

/// Opens a page and reads it.
pub fn open(url: &str) -> Seen {
    let output = chromium(url, &["--dump-dom"]);
    let log = String::from_utf8_lossy(&output.stderr);
    let complaints = log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(dom.contains("</html>"), "no page at {url}: {log}");
    Seen { dom, complaints }
}

/// Opens a page and paints it.
#[allow(dead_code, reason = "not every test that reads pages paints them")]
pub fn paint(url: &str, file: &Path, (width, height): (u32, u32)) {
    let screenshot = format!("--screenshot={}", file.display());
    let size = format!("--window-size={width},{height}");
    chromium(url, &[&screenshot, &size, "--hide-scrollbars", "--force-prefers-reduced-motion"]);
    let painted = std::fs::metadata(file).map(|file| file.len()).unwrap_or(0);
    assert!(painted > 10_000, "{} holds {painted} bytes", file.display());
}

fn chromium(url: &str, args: &[&str]) -> Output {
    let profile = tempfile::tempdir().expect("a folder");
    let mut command = Command::new("chromium");
    command
        // Tests run as root in containers, where the browser's own sandbox cannot be built.
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
        ])
        .args(["--enable-logging=stderr", "--virtual-time-budget=4000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(args)
        .arg(url)
        .stdin(Stdio::null());
    command
        .output()
        .unwrap_or_else(|error| panic!("chromium: {error}; apt-get install chromium fonts-dejavu-core"))
}
