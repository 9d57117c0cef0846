//! What fits what, for each CUDA line: driver, GPUs, host compiler. It weighs the tables against a machine that it
//! is told of.

use serde::Serialize;

use super::driver::{self, DriverVersion, Support};
use super::gpu::{self, Code, ComputeCapability};
use super::host_compilers::Limits;
use crate::model::{CompilerKind, HostCompiler, Version};

/// What matters of a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// What its driver runs, as the driver itself says; or, of a Linux driver, by its version.
    pub newest_cuda: Option<Version>,
    /// The driver of Linux; none where there is none, or where it is Windows'.
    pub driver: Option<DriverVersion>,
    /// Its GPUs.
    pub gpus: Vec<Card>,
    /// Its compilers.
    pub compilers: Vec<HostCompiler>,
}

/// A GPU.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Card {
    /// Its name.
    pub name: String,
    /// What it can do, if that is known.
    pub capability: Option<ComputeCapability>,
}

/// How well something fits, the worse the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Fit {
    /// It does.
    Yes,
    /// Nobody knows, or there is nothing that it could fit.
    Unknown,
    /// In part: the words say how.
    Limited,
    /// It doesn't: the words say what would.
    No,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// How well it fits.
    pub fit: Fit,
    /// What there is to say, in few words.
    pub words: String,
}

/// A CUDA line and what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The line: 12.4.
    pub cuda: Version,
    /// The driver that it needs for all that it can do.
    pub driver: Option<&'static DriverVersion>,
    /// The driver that it needs for programs that were compiled for the GPU.
    pub oldest_driver: Option<&'static DriverVersion>,
    /// Whether the machine's driver runs it.
    pub runs: Cell,
    /// Whether it compiles for each of the machine's GPUs.
    pub gpus: Vec<Cell>,
    /// The versions of gcc that it takes, in words.
    pub gcc: String,
    /// Whether the machine has one of those.
    pub compiler: Cell,
    /// The newest cuDNN for it, of those on record.
    pub cudnn: Option<Version>,
    /// The toolchains of the line that are installed.
    pub installed: Vec<String>,
}

impl Cell {
    fn new(fit: Fit, words: impl Into<String>) -> Self {
        Self { fit, words: words.into() }
    }
}

impl Row {
    /// Weighs a line.
    #[must_use]
    pub fn of(cuda: &Version, machine: &Machine) -> Self {
        let limits = Limits::from_header("", cuda);
        Self {
            cuda: cuda.clone(),
            driver: driver::floor(cuda).map(|floor| floor.driver),
            oldest_driver: driver::minor_version_floor(cuda).map(|floor| floor.driver),
            runs: runs(cuda, machine),
            gpus: machine.gpus.iter().map(|card| compiles(cuda, card.capability)).collect(),
            gcc: limits.words(CompilerKind::Gcc).trim_start_matches("gcc ").to_owned(),
            compiler: compiler(&limits, &machine.compilers),
            cudnn: None,
            installed: Vec::new(),
        }
    }

    /// Returns the worst of what is known of this machine: whether the line is of use there.
    #[must_use]
    pub fn verdict(&self) -> Fit {
        let cells = self.gpus.iter().chain([&self.runs, &self.compiler]);
        cells.map(|cell| cell.fit).max().unwrap_or(Fit::Unknown)
    }

    /// Returns one answer for all GPUs: that of the one that it fits worst.
    #[must_use]
    pub fn worst_gpu(&self) -> Cell {
        let worst = self.gpus.iter().max_by_key(|cell| cell.fit);
        worst.cloned().unwrap_or_else(|| Cell::new(Fit::Unknown, "no GPU"))
    }
}

/// Returns every line, newest first; what isn't in the tables here, cuDNN and what is installed, is left empty.
#[must_use]
pub fn rows(machine: &Machine) -> Vec<Row> {
    gpu::cuda_lines().rev().map(|cuda| Row::of(cuda, machine)).collect()
}

/// Tells whether a driver runs a line.
fn runs(cuda: &Version, machine: &Machine) -> Cell {
    let full = driver::floor(cuda).map(|floor| floor.driver);
    let needed = full.map_or_else(|| "needs a newer driver".to_owned(), |driver| format!("needs {driver}"));
    match driver::support(cuda, machine.driver.as_ref(), machine.newest_cuda.as_ref()) {
        Support::Full => Cell::new(Fit::Yes, "yes"),
        Support::MinorVersion => limited(&needed),
        Support::None => Cell::new(Fit::No, needed),
        Support::NoDriver => Cell::new(Fit::Unknown, "no driver"),
        Support::Unknown => Cell::new(Fit::Unknown, "not known"),
    }
}

/// Compiled code runs; what needs the newer driver, such as PTX, doesn't.
fn limited(needed: &str) -> Cell {
    Cell::new(Fit::Limited, format!("but PTX {needed}"))
}

/// Tells whether a line has code for a GPU.
fn compiles(cuda: &Version, capability: Option<ComputeCapability>) -> Cell {
    let Some(code) = capability.and_then(|capability| gpu::code_for(cuda, capability)) else {
        return Cell::new(Fit::Unknown, "not known");
    };
    match code {
        Code::Own(own) => Cell::new(Fit::Yes, own.sm()),
        Code::Relative(relative) => Cell::new(Fit::Limited, format!("as {}", relative.sm())),
        Code::Ptx(older) => Cell::new(Fit::Limited, format!("as PTX of {}", older.sm())),
        Code::NoneAfter(last) => Cell::new(Fit::No, format!("last is {last}")),
        Code::NoneBefore(first) => Cell::new(Fit::No, format!("first is {first}")),
        Code::None => Cell::new(Fit::No, "no"),
    }
}

/// Tells which compiler of the machine a line takes; gcc goes first, then the newest.
fn compiler(limits: &Limits, compilers: &[HostCompiler]) -> Cell {
    let admitted = compilers.iter().filter(|compiler| limits.admit(compiler));
    let best = admitted.max_by_key(|one| (one.kind == CompilerKind::Gcc, one.version.clone()));
    match best {
        Some(best) => Cell::new(Fit::Yes, format!("{} {}", best.kind, best.version)),
        None if compilers.is_empty() => Cell::new(Fit::Unknown, "no compiler"),
        None => Cell::new(Fit::No, "none of these"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().expect("a version")
    }

    fn machine(driver: Option<&str>, newest: Option<&str>, gpus: &[&str]) -> Machine {
        let card = |text: &&str| Card { name: (*text).to_owned(), capability: text.parse().ok() };
        Machine {
            newest_cuda: newest.map(version),
            driver: driver.map(|text| text.parse().expect("a driver")),
            gpus: gpus.iter().map(card).collect(),
            compilers: Vec::new(),
        }
    }

    fn told(cell: &Cell) -> String {
        format!("{:?}: {}", cell.fit, cell.words)
    }

    #[test]
    fn a_driver_runs_what_its_number_allows() {
        let of = |cuda: &str, driver: Option<&str>, newest: Option<&str>| {
            told(&runs(&version(cuda), &machine(driver, newest, &[])))
        };
        assert_eq!(of("12.2", Some("535.183.01"), None), "Yes: yes");
        assert_eq!(of("12.4", Some("535.183.01"), None), "Limited: but PTX needs 550.54.14");
        assert_eq!(of("12.4", Some("470.82.01"), None), "No: needs 550.54.14");
        assert_eq!(of("10.2", Some("410.48"), None), "No: needs 440.33");
        assert_eq!(of("12.4", None, None), "Unknown: no driver");
        assert_eq!(of("12.4", None, Some("12.6")), "Yes: yes", "the driver of Windows says so");
        assert_eq!(of("12.8", None, Some("12.6")), "Limited: but PTX needs 570.26");
        assert_eq!(of("13.0", None, Some("12.6")), "No: needs 580.65.06");
    }

    #[test]
    fn a_gpu_is_compiled_for_or_for_a_relative_or_not_at_all() {
        let of = |cuda: &str, gpu: &str| told(&compiles(&version(cuda), gpu.parse().ok()));
        assert_eq!(of("11.1", "8.6"), "Yes: sm_86");
        assert_eq!(of("11.0", "8.6"), "Limited: as sm_80");
        assert_eq!(of("10.0", "8.6"), "Limited: as PTX of sm_75");
        assert_eq!(of("9.2", "7.5"), "Limited: as sm_70", "not as that of a Jetson");
        assert_eq!(of("11.0", "8.7"), "Limited: as PTX of sm_80", "nor a Jetson as another");
        assert_eq!(of("12.0", "3.7"), "No: last is 11.8");
        assert_eq!(of("13.0", "7.0"), "No: last is 12.9");
        assert_eq!(of("12.4", "?"), "Unknown: not known");
    }

    #[test]
    fn the_worst_answer_is_the_verdict() {
        let rows = rows(&machine(Some("535.183.01"), None, &["8.6", "3.7"]));
        let row = |cuda: &str| rows.iter().find(|row| row.cuda == version(cuda)).expect("a row");
        assert_eq!(row("12.2").verdict(), Fit::No);
        assert_eq!(row("12.2").worst_gpu().words, "last is 11.8");
        assert_eq!((row("11.8").verdict(), row("11.8").worst_gpu().fit), (Fit::Unknown, Fit::Yes));
        assert!(rows.is_sorted_by(|one, other| one.cuda > other.cuda));
        assert_eq!(rows.last().map(|row| row.cuda.clone()), Some(version("7.5")));
    }

    #[test]
    fn the_machine_has_a_compiler_or_not() {
        let compiler_of = |kind, text: &str| HostCompiler {
            kind,
            version: version(text),
            c: String::new(),
            cxx: String::new(),
        };
        let own = [compiler_of(CompilerKind::Clang, "14.0.6"), compiler_of(CompilerKind::Gcc, "12.2.0")];
        let of =
            |cuda: &str, own: &[HostCompiler]| told(&compiler(&Limits::from_header("", &version(cuda)), own));
        assert_eq!(of("12.4", &own), "Yes: gcc 12.2.0");
        assert_eq!(of("11.8", &own), "Yes: clang 14.0.6");
        assert_eq!(of("10.0", &own), "No: none of these");
        assert_eq!(of("10.0", &[]), "Unknown: no compiler");
    }
}
