//! `watchfloor config check`: everything that is wrong with a configuration and the files that it names.

use crate::failure::Failure;
use crate::report::{Report, Style};
use std::path::PathBuf;

/// `watchfloor config …`
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Read a configuration, the site model, the mappings and the rules that it names
    Check {
        /// How diagnostics are written
        #[arg(long, value_enum, default_value_t)]
        format: Style,
        /// The configuration
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Runs it.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let Command::Check { format, file } = command;
    super::load(file, &mut Report::new(*format)).map(drop)
}
