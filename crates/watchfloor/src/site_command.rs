//! `watchfloor site check`: everything that is wrong with a site model.

use crate::failure::Failure;
use crate::report::{Report, Style, stdout_failed, unreadable};
use event::diagnostic::Diagnostic;
use event::symbol::SymbolKey;
use site::SiteModel;
use std::io::Write;
use std::path::{Path, PathBuf};

/// `watchfloor site …`
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Read a site model and the tables that it names
    Check {
        /// How diagnostics are written
        #[arg(long, value_enum, default_value_t)]
        format: Style,
        /// The site model
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

/// Runs it.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let Command::Check { format, file } = command;
    let mut report = Report::new(*format);
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| report.stop(unreadable(&name, &error)))?;
    let (model, diagnostics) = parse(&mut report, &name, &text, SymbolKey::derive(b"check"));
    if report.diagnostics(&diagnostics) {
        return Err(Failure::Work);
    }
    let sites = model.map_or(0, |model| model.site_ids().len());
    let plural = if sites == 1 { "site" } else { "sites" };
    writeln!(std::io::stdout().lock(), "{name}: {sites} {plural}, no errors")
        .map_err(|error| stdout_failed(&report, &error))
}

/// Reads a model; tables are looked for beside it.
pub(crate) fn parse(
    report: &mut Report,
    name: &str,
    text: &str,
    symbols: SymbolKey,
) -> (Option<SiteModel>, Vec<Diagnostic>) {
    report.source(name, text);
    let folder = Path::new(name).parent().unwrap_or(Path::new("")).to_owned();
    SiteModel::parse(name, text, symbols, &mut |table| {
        let path = folder.join(table);
        let read = std::fs::read_to_string(&path);
        read.inspect(|text| report.source(table, text))
            .map_err(|error| format!("{}: {error}", path.display()))
    })
}
