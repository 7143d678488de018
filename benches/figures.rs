//! What all benches share: how large a run is, and the lines that go into ARCHITECTURE.md.
//!
//! Each line is a row of one table (what, figure, unit) and begins with `|`, whatever else a run prints. A bench measures
//! only if it is called as one; run as a test it is small, and only its answers count.

/// How large a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// As a test: nothing but the answers.
    Small,
    /// As a bench.
    Full,
}

impl Size {
    /// Cargo says whether it runs benches or tests.
    pub fn asked() -> Size {
        if std::env::args().any(|argument| argument == "--bench") { Size::Full } else { Size::Small }
    }

    /// One of two.
    pub fn pick<T>(self, small: T, full: T) -> T {
        match self {
            Size::Small => small,
            Size::Full => full,
        }
    }
}

/// Rows of the table, in their order.
pub struct Figures {
    rows: Vec<String>,
}

impl Figures {
    /// Of a bench, which is named with the command that repeats it.
    pub fn new(command: &str, size: Size) -> Figures {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let said = size.pick("; small: the figures mean nothing", "");
        Figures { rows: vec![format!("| `{command}`, {cores} cores{said} | | |")] }
    }

    /// One figure, with three digits that mean something.
    pub fn add(&mut self, what: &str, figure: f64, unit: &str) {
        let digits = if figure >= 100.0 { 0 } else { usize::from(figure < 10.0) + 1 };
        let row = format!("| {what} | {figure:.digits$} | {unit} |");
        // A long run shows that it goes on; the block comes at its end.
        eprintln!("{}", row.trim_matches(['|', ' ']));
        self.rows.push(row);
    }

    /// All of them, in one block.
    pub fn print(&self) {
        println!("\n{}", self.rows.join("\n"));
    }
}
