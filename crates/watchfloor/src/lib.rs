//! The binary as a library: the command line, the configuration, and the wiring of the rooms; the wall clock,
//! signals and HTTP.
//!
//! There is no logic of the domain here: what a record means, when a rule fires and what is published is
//! decided in rooms that know neither a file nor a clock. This one hands them files, times and ends.

mod cli;
mod clock;

mod failure;
mod report;

mod config;
mod files;
mod formats;
mod inputs;
mod progress;
mod rejects;
mod rule_files;
#[cfg(test)]
mod schema_file;

mod decode;
mod demo;
mod replay;
mod rules_command;
mod site_command;

mod console;
mod figures;
mod health;
mod http;
mod plan;
mod signals;
mod tell;

#[cfg(feature = "kafka")]
mod connection;
#[cfg(feature = "kafka")]
mod log;
#[cfg(feature = "kafka")]
mod run;
#[cfg(feature = "kafka")]
mod state;
#[cfg(feature = "kafka")]
mod topics;

use clap::Parser;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs one command line. Exit codes: 0 done, 1 the work failed, 2 wrong usage, missing file or bad
/// configuration.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match cli::Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(told) => {
            // Help goes to the standard output, usage errors to the other; neither can be told of if they are
            // closed.
            let _closed = told.print();
            return ExitCode::from(u8::try_from(told.exit_code()).unwrap_or(2));
        }
    };
    match cli::dispatch(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit_code(),
    }
}
