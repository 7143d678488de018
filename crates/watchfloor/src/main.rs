//! The process: an allocator and an exit code. All else is in the library, so that tests can drive it.

use std::process::ExitCode;

/// Short-lived batches on many threads are what it is good at.
#[cfg(feature = "jemalloc")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    watchfloor::run(std::env::args_os())
}
