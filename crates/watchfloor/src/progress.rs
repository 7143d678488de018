//! A progress bar, on a terminal only: scripts and logs get none.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::path::Path;

/// How far the files have been read.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// Where the present file begins and ends, in bytes of all files.
    file: (u64, u64),
}

impl Progress {
    /// A bar over these files; none if the standard error is no terminal.
    pub fn over<'a>(files: impl Iterator<Item = &'a Path>) -> Self {
        if !std::io::stderr().is_terminal() {
            return Progress { bar: ProgressBar::hidden(), file: (0, 0) };
        }
        let style = "{elapsed_precise} [{bar:40}] {bytes}/{total_bytes} {msg}";
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(files.map(size).sum()).with_style(style.progress_chars("=> "));
        Progress { bar, file: (0, 0) }
    }

    /// Begins with the next file.
    pub fn file(&mut self, file: &Path) {
        self.file = (self.file.1, self.file.1 + size(file));
        self.bar.set_position(self.file.0);
        self.bar.set_message(file.display().to_string());
    }

    /// So many bytes of records have been read of the file. A packed file has more of them than it is long.
    pub fn read(&self, bytes: u64) {
        self.bar.set_position(self.file.1.min(self.file.0 + bytes));
    }

    /// Takes the bar away.
    pub fn done(&self) {
        self.bar.finish_and_clear();
    }
}

fn size(file: &Path) -> u64 {
    std::fs::metadata(file).map_or(0, |metadata| metadata.len())
}

/// How many of a number of things are done.
pub(crate) struct Count {
    bar: ProgressBar,
}

impl Count {
    /// A bar over things of this name; none if the standard error is no terminal.
    pub fn new(things: &'static str) -> Self {
        if !std::io::stderr().is_terminal() {
            return Count { bar: ProgressBar::hidden() };
        }
        let style = "{elapsed_precise} [{bar:40}] {human_pos}/{human_len} {msg}";
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        Count { bar: ProgressBar::new(0).with_style(style.progress_chars("=> ")).with_message(things) }
    }

    /// So many of all are done.
    pub fn at(&self, done: usize, all: usize) {
        self.bar.set_length(all as u64);
        self.bar.set_position(done as u64);
    }

    /// Takes the bar away.
    pub fn done(&self) {
        self.bar.finish_and_clear();
    }
}
