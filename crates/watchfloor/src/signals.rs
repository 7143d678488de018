//! SIGTERM and SIGINT: the first asks for a clean stop, the second ends the process at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// True from the first signal on.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

/// What a shell reports for a process that SIGINT ended.
const INTERRUPTED: i32 = 130;

impl Stop {
    /// Takes the signals over from the system.
    pub fn on_signals() -> io::Result<Stop> {
        let stop = Stop::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let signals = {
            let _entered = runtime.enter();
            (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
        };
        let told = stop.clone();
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || runtime.block_on(told.listen(signals)))?;
        Ok(stop)
    }

    /// Whether to stop.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    async fn listen(&self, (mut terminate, mut interrupt): (Signal, Signal)) {
        loop {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if self.0.swap(true, Ordering::SeqCst) {
                std::process::exit(INTERRUPTED);
            }
        }
    }
}
