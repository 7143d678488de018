//! How a command ends when it does not end well. What went wrong has been reported by then; this is only the
//! exit code.

use std::process::ExitCode;

/// Why a command stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The work failed: a rule test, a check of content.
    Work,
    /// Wrong usage, missing file, bad configuration.
    Usage,
    /// The reader of the standard output has gone: there is nobody to tell, and nothing is wrong.
    ReaderGone,
}

impl Failure {
    /// The exit code of contracts.md §1.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Failure::Work => ExitCode::from(1),
            Failure::Usage => ExitCode::from(2),
            Failure::ReaderGone => ExitCode::SUCCESS,
        }
    }
}
