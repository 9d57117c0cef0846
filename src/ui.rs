//! The only module that prints: data to stdout, talk to stderr, progress where a person watches.

mod live;
mod table;

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::Duration;

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

pub use self::live::Live;
pub use self::table::columns;
use crate::error::printable;

/// How talk is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// Where stderr is a terminal and `NO_COLOR` is unset.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The program's voice.
pub struct Ui {
    is_quiet: bool,
    is_colored: bool,
    bars: MultiProgress,
    said: Mutex<Vec<String>>,
}

impl Ui {
    /// Prepares to speak; `no_color` tells whether the user's environment refuses colour.
    #[must_use]
    pub fn new(is_quiet: bool, color: Color, no_color: bool) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let is_colored = match color {
            Color::Always => true,
            Color::Auto => is_terminal && !no_color,
            Color::Never => false,
        };
        let is_drawn = is_terminal && !is_quiet;
        let target = if is_drawn { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { is_quiet, is_colored, bars: MultiProgress::with_draw_target(target), said: Mutex::default() }
    }

    /// Tells whether a person watches stderr.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Tells whether a person would see what goes to stdout.
    #[must_use]
    pub fn is_stdout_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Tells whether a person can be asked.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// Asks a question that is answered with yes or no; no answer means yes, the end of input means no.
    ///
    /// # Errors
    /// Returns an error where the terminal can't be read.
    pub fn asks(&self, question: &str) -> io::Result<bool> {
        let mut answer = String::new();
        write!(io::stderr(), "{} [Y/n] ", printable(question))?;
        let length = io::stdin().read_line(&mut answer)?;
        Ok(length > 0 && !answer.trim_start().to_ascii_lowercase().starts_with('n'))
    }

    /// Returns stdout, for data that comes in pieces. A pipe that the reader closed is an error here.
    #[must_use]
    pub fn stdout(&self) -> impl Write {
        io::stdout()
    }

    /// Begins to draw lines over and over on stdout; on a terminal that can't move its cursor, one block below
    /// the other.
    #[must_use]
    pub fn live(&self, can_move: bool) -> Live {
        Live::new(can_move && self.is_stdout_terminal())
    }

    /// Returns stderr, for what another program says there.
    #[must_use]
    pub fn stderr(&self) -> io::Stderr {
        io::stderr()
    }

    /// Says a line, unless asked to be quiet.
    pub fn say(&self, line: &str) {
        if !self.is_quiet {
            self.talk(&printable(line));
        }
    }

    /// Says a line of caution, even when quiet.
    pub fn warn(&self, line: &str) {
        self.talk(&format!("{} {}", self.painted("warning:", "33"), printable(line)));
    }

    /// Says a line of caution the first time only.
    pub fn warn_once(&self, line: &str) {
        if self.is_new(line) {
            self.warn(line);
        }
    }

    /// Says a line the first time only, unless asked to be quiet.
    pub fn say_once(&self, line: &str) {
        if self.is_new(line) {
            self.say(&format!("note: {line}"));
        }
    }

    /// Says what to do about a line of caution, the first time only, unless asked to be quiet.
    pub fn hint_once(&self, advice: &str) {
        let line = format!("hint: {advice}");
        if self.is_new(&line) {
            self.say(&line);
        }
    }

    /// Says why the program failed.
    pub fn fail(&self, rendered: &str) {
        let line = rendered.replacen("error:", &self.painted("error:", "31"), 1);
        self.talk(&line.replace("\nhint:", &format!("\n{}", self.painted("hint:", "36"))));
    }

    /// Writes a line of data.
    ///
    /// # Errors
    /// Returns what stdout answered; a pipe that the reader closed counts as success.
    pub fn data(&self, line: &str) -> io::Result<()> {
        self.raw(format!("{}\n", printable(line)).as_bytes())
    }

    /// Writes bytes to stdout as they are.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn raw(&self, bytes: &[u8]) -> io::Result<()> {
        self.stream(bytes).map(|_| ())
    }

    /// Writes bytes to stdout, and tells whether somebody still reads.
    ///
    /// # Errors
    /// Returns what stdout answered.
    pub fn stream(&self, bytes: &[u8]) -> io::Result<bool> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
            result => result.map(|()| true),
        }
    }

    /// Writes a value as JSON.
    ///
    /// # Errors
    /// As [`Ui::data`].
    pub fn json(&self, value: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec_pretty(value)?;
        text.push(b'\n');
        self.raw(&text)
    }

    /// Begins to show the progress of `total` bytes of downloads.
    #[must_use]
    pub fn progress(&self, total: u64) -> Progress<'_> {
        let whole = self.bars.add(ProgressBar::new(total).with_style(style(WHOLE)).with_prefix("total"));
        whole.enable_steady_tick(Duration::from_millis(200));
        Progress { ui: self, whole }
    }

    fn is_new(&self, line: &str) -> bool {
        let mut said = self.said.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_new = !said.iter().any(|before| before == line);
        if is_new {
            said.push(line.to_owned());
        }
        is_new
    }

    fn talk(&self, line: &str) {
        self.bars.suspend(|| {
            // Nobody can be told that stderr is gone.
            let _ = writeln!(io::stderr().lock(), "{line}");
        });
    }

    fn painted(&self, text: &str, code: &str) -> String {
        if self.is_colored { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

const WHOLE: &str = "{prefix:>28.bold} {bar:24} {bytes:>10}/{total_bytes:<10} {bytes_per_sec:>12} {eta:>5}";
const ARCHIVE: &str = "{prefix:>28} {bar:24} {bytes:>10}/{total_bytes:<10} {msg}";

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a constant template").progress_chars("=> ")
}

/// The progress of a set of downloads.
pub struct Progress<'a> {
    ui: &'a Ui,
    whole: ProgressBar,
}

impl Progress<'_> {
    /// Adds a line for one archive.
    #[must_use]
    pub fn archive(&self, name: &str, size: u64) -> ArchiveProgress<'_> {
        let bar = ProgressBar::new(size).with_style(style(ARCHIVE)).with_prefix(name.to_owned());
        let bar = self.ui.bars.insert_before(&self.whole, bar);
        ArchiveProgress { progress: self, bar, name: name.to_owned() }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        self.whole.finish_and_clear();
    }
}

/// The progress of one archive.
pub struct ArchiveProgress<'a> {
    progress: &'a Progress<'a>,
    bar: ProgressBar,
    name: String,
}

impl ArchiveProgress<'_> {
    /// Adds bytes; a negative number tells of a restart.
    pub fn advance(&self, bytes: i64) {
        let step = |bar: &ProgressBar| {
            let amount = bytes.unsigned_abs();
            if bytes >= 0 { bar.inc(amount) } else { bar.set_position(bar.position().saturating_sub(amount)) }
        };
        step(&self.bar);
        step(&self.progress.whole);
    }

    /// Tells that the archive has arrived and is being unpacked.
    pub fn unpacking(&self) {
        self.bar.set_message("unpacking");
        if self.bar.is_hidden() {
            self.progress.ui.say(&format!("  {} ({})", self.name, HumanBytes(self.bar.position())));
        }
    }

    /// Tells that the archive is unpacked.
    pub fn done(&self) {
        self.bar.finish_and_clear();
    }
}

/// Renders a number of bytes for people: `1.23 GiB`.
#[must_use]
pub fn human_bytes(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}
