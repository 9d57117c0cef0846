//! Precedence: who asked last and nearest for a toolkit.
//!
//! `+REQUEST` as the first argument, then `CUDAMAN_VERSION`, then the nearest directory upwards with
//! a pin. Below these come the default and the system's toolkit, which [`crate::active`] adds.
//! The first who speaks decides, also when it can't be followed: nothing falls back from there.

use core::ffi::CStr;

use crate::memory::{Memory, PATH_MAX};
use crate::pin::{self, PinFile};
use crate::request::Fault as RequestFault;
use crate::spelling::Spelling;
use crate::system::{NoDirectory, ReadError, System};

/// The variable that asks for a toolkit in one shell, and in what it starts.
pub const VERSION_VARIABLE: &str = "CUDAMAN_VERSION";

/// Who asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin<'m> {
    /// The `+REQUEST` before the other arguments, or the argument of `cudaman exec`.
    Argument,
    /// `CUDAMAN_VERSION`.
    Variable,
    /// A file in this directory or above it.
    Pin {
        /// Its path.
        file: &'m CStr,
        /// The line, from 1; 0 if the file as a whole is meant.
        line: u32,
    },
    /// The user's default, or a further store's.
    Default,
    /// Nobody: what the machine has outside cudaman.
    System,
}

/// What was asked for, and by whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selection<'m> {
    /// Who asked.
    pub origin: Origin<'m>,
    /// For what.
    pub request: Result<Spelling, Fault>,
}

/// Why what was asked for can't be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The path of the working directory can't be found out, so a pin could be overlooked.
    Directory,
    /// A pin's file can't be read.
    File(ReadError),
    /// What the resolve index or the list of stores holds can't be understood or read.
    Index,
    /// A line of a pin's file is wrong.
    Line(&'static str),
    /// No store has it.
    NotInstalled,
    /// It would have a longer path than the system accepts.
    PathTooLong,
    /// A range has to be compared with what is installed, which only cudaman does.
    Range,
    /// It is not a request.
    Request(RequestFault),
}

impl Fault {
    /// Returns the reason in words, to stand after what was asked for.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Directory => "the path of the working directory can't be determined",
            Self::File(error) => error.reason(),
            Self::Index => "the store's index is damaged or can't be read",
            Self::Line(reason) => reason,
            Self::NotInstalled => "it is not installed",
            Self::PathTooLong => "its path is too long",
            Self::Range => "a range can only be resolved by cudaman itself",
            Self::Request(fault) => fault.reason(),
        }
    }
}

/// Returns the first who asks for a toolkit, if anybody does. `argument` is a request without its `+`.
#[must_use]
pub fn select<'m>(
    system: &impl System,
    argument: Option<&[u8]>,
    memory: &mut Memory<'m>,
) -> Option<Selection<'m>> {
    let said = |origin, text| Selection { origin, request: Spelling::parse(text).map_err(Fault::Request) };
    if let Some(text) = argument {
        return Some(said(Origin::Argument, text));
    }
    if let Some(text) = system.variable(VERSION_VARIABLE) {
        return Some(said(Origin::Variable, text));
    }
    nearest_pin(system, memory)
}

/// Returns the pin of the working directory or of the nearest directory above it.
///
/// Directories that can't be searched are passed over, as a deleted working directory is: nothing
/// in them can be asked for by anybody.
#[must_use]
pub fn nearest_pin<'m>(system: &impl System, memory: &mut Memory<'m>) -> Option<Selection<'m>> {
    let mut directory = match memory.fill(PATH_MAX, |buffer| system.directory(buffer)) {
        Ok(path) => path,
        Err(NoDirectory::Deleted) => return None,
        Err(NoDirectory::Unknown) => {
            let origin = Origin::Pin { file: c"", line: 0 };
            return Some(Selection { origin, request: Err(Fault::Directory) });
        }
    };
    loop {
        while let [parent @ .., b'/'] = directory {
            directory = parent;
        }
        if let Some(selection) = PinFile::ALL.iter().find_map(|file| pin_in(system, directory, *file, memory))
        {
            return Some(selection);
        }
        let end = directory.iter().rposition(|byte| *byte == b'/')?;
        directory = &directory[..end];
    }
}

/// Reads one kind of pin in a directory.
fn pin_in<'m>(
    system: &impl System,
    directory: &[u8],
    file: PinFile,
    memory: &mut Memory<'m>,
) -> Option<Selection<'m>> {
    let path = [directory, b"/", file.name().as_bytes()];
    let mut scratch = memory.scratch();
    // A path that doesn't fit can't be opened by anybody else either.
    let opened = scratch.join(&path).ok()?;
    let (line, request) = match scratch.fill(pin::MAX_SIZE + 1, |buffer| system.read(opened, buffer)) {
        Ok(text) => match file.parse(text) {
            Ok(pin) => pin.map(|pin| (pin.line, Ok(pin.request)))?,
            Err(fault) => (fault.line, Err(Fault::Line(fault.reason))),
        },
        Err(ReadError::Absent) => return None,
        // Shared by all tools and often a link into somebody's dotfiles: it needn't be about CUDA.
        Err(_) if file == PinFile::ToolVersions => return None,
        Err(error) => (0, Err(Fault::File(error))),
    };
    Some(Selection { origin: Origin::Pin { file: memory.join(&path).ok()?, line }, request })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Machine, memory};

    fn said(machine: &Machine, argument: Option<&str>) -> Option<(Origin<'static>, Result<String, Fault>)> {
        let selection = select(machine, argument.map(str::as_bytes), &mut memory())?;
        Some((selection.origin, selection.request.map(|request| request.to_string())))
    }

    fn pin(file: &str, line: u32) -> Origin<'static> {
        Origin::Pin { file: memory().join(&[file.as_bytes()]).expect("room"), line }
    }

    #[test]
    fn the_nearest_and_last_word_wins() {
        let mut machine = Machine::default().at("/home/me/project/src");
        assert_eq!(said(&machine, None), None);
        machine.file("/.cuda-version", "9.0");
        assert_eq!(said(&machine, None), Some((pin("/.cuda-version", 1), Ok("9.0".into()))));
        machine.file("/home/me/project/.tool-versions", "x 1\ncuda 10.0");
        let file = "/home/me/project/.tool-versions";
        assert_eq!(said(&machine, None), Some((pin(file, 2), Ok("10.0".into()))));
        machine.file("/home/me/project/.cuda-version", "cu110");
        let file = "/home/me/project/.cuda-version";
        assert_eq!(said(&machine, None), Some((pin(file, 1), Ok("11.0".into()))));
        machine.set("CUDAMAN_VERSION", "12.0");
        assert_eq!(said(&machine, None), Some((Origin::Variable, Ok("12.0".into()))));
        assert_eq!(said(&machine, Some("13")), Some((Origin::Argument, Ok("13".into()))));
    }

    #[test]
    fn the_first_who_speaks_decides_even_if_wrong() {
        let mut machine = Machine::default().at("/a/b");
        machine.file("/a/.cuda-version", "11.8").file("/a/b/.cuda-version", "\n../x");
        let reason = RequestFault::Letter.reason();
        assert_eq!(said(&machine, None), Some((pin("/a/b/.cuda-version", 2), Err(Fault::Line(reason)))));
        machine.set("CUDAMAN_VERSION", "cu1");
        let fault = Err(Fault::Request(RequestFault::Tag));
        assert_eq!(said(&machine, None), Some((Origin::Variable, fault)));
        let fault = Err(Fault::Request(RequestFault::Empty));
        assert_eq!(said(&machine, Some("")), Some((Origin::Argument, fault)));
    }

    #[test]
    fn a_file_that_says_nothing_is_passed_over() {
        let mut machine = Machine::default().at("/a/b");
        machine.file("/a/.cuda-version", "11.8").file("/a/b/.cuda-version", "# later\n");
        machine.file("/a/b/.tool-versions", "nodejs 20\n").set("CUDAMAN_VERSION", "");
        assert_eq!(said(&machine, None), Some((pin("/a/.cuda-version", 1), Ok("11.8".into()))));
    }

    #[test]
    fn a_pin_that_is_not_a_readable_file_is_a_fault() {
        for error in [ReadError::Link, ReadError::NotRegular, ReadError::Denied, ReadError::TooLarge] {
            let mut machine = Machine::default().at("/a/b");
            machine.file("/a/.cuda-version", "11.8");
            machine.broken("/a/b/.tool-versions", error);
            assert_eq!(said(&machine, None), Some((pin("/a/.cuda-version", 1), Ok("11.8".into()))));
            machine.broken("/a/b/.cuda-version", error);
            assert_eq!(said(&machine, None), Some((pin("/a/b/.cuda-version", 0), Err(Fault::File(error)))));
        }
    }

    #[test]
    fn sizes_are_limited() {
        let mut machine = Machine::default().at("/a");
        machine.file("/a/.cuda-version", &format!("12.4#{}", "x".repeat(pin::MAX_SIZE - 5)));
        assert!(matches!(said(&machine, None), Some((_, Ok(_)))));
        machine.file("/a/.cuda-version", &format!("12.4#{}", "x".repeat(pin::MAX_SIZE - 4)));
        assert!(matches!(said(&machine, None), Some((_, Err(Fault::File(ReadError::TooLarge))))));
    }

    #[test]
    fn a_lost_directory_pins_nothing_and_an_unknown_one_is_a_fault() {
        let mut machine = Machine::default();
        machine.file("/.cuda-version", "11.8");
        machine.directory = Err(NoDirectory::Deleted);
        assert_eq!(said(&machine, None), None);
        machine.directory = Err(NoDirectory::Unknown);
        assert_eq!(said(&machine, None), Some((pin("", 0), Err(Fault::Directory))));
    }

    #[test]
    fn a_directory_of_the_greatest_length_is_walked() {
        let deep = format!("/a{}", "/b".repeat(2046));
        let mut machine = Machine::default().at(&deep);
        machine.file("/a/.cuda-version", "11.8");
        assert_eq!(said(&machine, None), Some((pin("/a/.cuda-version", 1), Ok("11.8".into()))));
    }
}
