//! The log of the process: lines on the standard error, for whoever watches the daemon. Nothing is logged per event.

use tracing_subscriber::EnvFilter;

/// Which lines are written: `WATCHFLOOR_LOG=debug`, `WATCHFLOOR_LOG=info,kafka=debug`.
const VARIABLE: &str = "WATCHFLOOR_LOG";

/// From now on lines are written. A second call changes nothing.
pub(crate) fn to_stderr() {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Somebody else of this process, a test, may have set it up before.
    let _already = lines.with_ansi(false).try_init();
}
