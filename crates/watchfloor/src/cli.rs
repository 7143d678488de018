//! The command line: which commands and flags there are. What a command does is written where it is at home.

use crate::failure::Failure;
use crate::{decode, demo, formats, replay, rules_command, site_command};
#[cfg(feature = "kafka")]
use crate::{run, topics};
use clap::{Parser, Subcommand};

/// Security events in, incidents out.
#[derive(Debug, Parser)]
#[command(name = "watchfloor", version, disable_help_subcommand = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 the work failed (a rule test, a check of content), 2 wrong usage, \
                        missing file, bad configuration."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// A simulated site through the whole pipeline: incidents, metrics and pages, with nothing else to install
    Demo(demo::Args),
    /// The daemon: records from topics, incidents to topics
    #[cfg(feature = "kafka")]
    Run(run::Args),
    /// Print the events of recorded files as JSON, one a line
    Decode(decode::Args),
    /// Run recordings through rules to incidents, the same way as the daemon
    Replay(replay::Args),
    /// Check and lay out rule files
    #[command(subcommand)]
    Rules(rules_command::Command),
    /// Check a site model
    #[command(subcommand)]
    Site(site_command::Command),
    /// Check a configuration
    #[command(subcommand)]
    Config(crate::config::command::Command),
    /// Show the topics of a configuration, create those that are missing, end a recording
    #[cfg(feature = "kafka")]
    Topics(topics::Args),
    /// List the formats: their names, their domain, what each reads
    Formats(formats::Args),
}

/// Calls the command.
pub(crate) fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        #[cfg(feature = "kafka")]
        Command::Run(args) => run::run(&args),
        #[cfg(feature = "kafka")]
        Command::Topics(args) => topics::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Decode(args) => decode::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Rules(command) => rules_command::run(&command),
        Command::Site(command) => site_command::run(&command),
        Command::Config(command) => crate::config::command::run(&command),
        Command::Formats(args) => formats::run(&args),
    }
}
