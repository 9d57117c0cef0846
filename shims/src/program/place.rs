//! Where the shim lies, and so which tool it stands for and which home it belongs to.
//!
//! ```text
//! <home>/shims/bin/<tool>   the usual place, also through links from elsewhere
//! <home>/bin/cudaman-shim   the original, if the shims are links to it: the tool is argv[0]'s name
//! anywhere else             a copy: CUDAMAN_HOME, else $HOME/.cudaman; the tool is argv[0]'s name
//! ```
//! The home is spelled as the caller spells it, if that path leads there.

use core::ffi::CStr;

use super::Start;
use super::machine::Machine;
use crate::kernel::{read_link, status};
use crate::links::names_links;
use crate::memory::{Memory, PATH_MAX};

/// The kernel's link to the program that runs.
pub(super) const SELF: &CStr = c"/proc/self/exe";

/// The tool and the home.
pub(super) struct Place<'a> {
    /// The home.
    pub(super) home: &'a [u8],
    /// The name of the tool.
    pub(super) tool: &'a CStr,
}

impl<'a> Place<'a> {
    /// Finds the place, unless there is no home at all.
    pub(super) fn find(start: &Start<'a>, machine: &Machine<'a>, memory: &mut Memory<'a>) -> Option<Self> {
        let called = start.arguments.first().map(|word| base_name(word.text())).unwrap_or_default();
        // Reading the kernel's link costs 30 µs, a third of the shim's time, so it comes second.
        let known = shim_at(start.executed_as).filter(|(home, _)| is_home(home, memory));
        let (home, tool) = match known.or_else(|| place_of(running_program(memory), called)) {
            Some(place) => place,
            None => (home_of_user(machine, memory)?, called),
        };
        Some(Self { home, tool: memory.join(&[tool]).ok()? })
    }

    /// Tells whether an argument names a link beside the shims, in the caller's spelling of the home
    /// or without links in it.
    pub(super) fn names_links(&self, argument: &[u8]) -> bool {
        if names_links(argument, self.home) {
            return true;
        }
        let below_some_shims = argument.windows(SHIMS.len()).any(|part| part == SHIMS);
        below_some_shims && names_links_of_running_program(argument)
    }
}

const SHIMS: &[u8] = b"/shims/";

// Kept apart for its memory, which would take stack from every start.
#[inline(never)]
fn names_links_of_running_program(argument: &[u8]) -> bool {
    let mut bytes = [0; PATH_MAX];
    let place = place_of(running_program(&mut Memory::new(&mut bytes)), b"");
    place.is_some_and(|(home, _)| names_links(argument, home))
}

/// Returns the path of this program free of links, empty without /proc.
fn running_program<'m>(memory: &mut Memory<'m>) -> &'m [u8] {
    let program = memory.fill(PATH_MAX, |buffer| read_link(SELF, buffer)).unwrap_or_default();
    // A shim that was replaced while it started is marked so by the kernel.
    program.strip_suffix(b" (deleted)").unwrap_or(program)
}

/// Returns home and tool of a program that lies in a home.
fn place_of<'p>(program: &'p [u8], called: &'p [u8]) -> Option<(&'p [u8], &'p [u8])> {
    shim_at(program).or_else(|| Some((program.strip_suffix(b"/bin/cudaman-shim")?, called)))
}

/// Tells a home from another directory in which there is a link to the shim.
fn is_home(path: &[u8], memory: &mut Memory<'_>) -> bool {
    memory.scratch().join(&[path, b"/layout"]).is_ok_and(|layout| status(layout, true).is_ok())
}

fn home_of_user<'a>(machine: &Machine<'a>, memory: &mut Memory<'a>) -> Option<&'a [u8]> {
    let absolute = |path: &&[u8]| path.first() == Some(&b'/');
    if let Some(home) = machine.value("CUDAMAN_HOME").filter(absolute) {
        return Some(home);
    }
    let home = machine.value("HOME").filter(absolute)?;
    memory.join(&[home, b"/.cudaman"]).ok().map(CStr::to_bytes)
}

/// Splits the path of a shim into home and tool.
fn shim_at(path: &[u8]) -> Option<(&[u8], &[u8])> {
    let tool = base_name(path);
    let home = path[..path.len() - tool.len()].strip_suffix(b"/shims/bin/")?;
    (home.first() == Some(&b'/')).then_some((home, tool))
}

fn base_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::memory;
    use crate::kernel::Word;

    #[test]
    fn the_path_of_a_shim_names_home_and_tool() {
        assert_eq!(shim_at(b"/a b/.cudaman/shims/bin/nvcc"), Some((&b"/a b/.cudaman"[..], &b"nvcc"[..])));
        for path in ["", "nvcc", "shims/bin/nvcc", "/shims/bin/nvcc", "/a/bin/nvcc", "/a/shims/bin/x/nvcc"] {
            assert_eq!(shim_at(path.as_bytes()), None, "{path}");
        }
    }

    #[test]
    fn a_copy_elsewhere_asks_the_environment() {
        let arguments = [Word::new(c"bin/nvcc")];
        let home = |environment: &[Word<'static>]| {
            let environment = environment.to_vec().leak();
            let arguments = arguments.to_vec().leak();
            let start = Start { arguments, environment, executed_as: b"bin/nvcc" };
            let place = Place::find(&start, &Machine::new(environment), &mut memory())?;
            assert_eq!(place.tool, c"nvcc");
            Some(place.home)
        };
        assert_eq!(home(&[Word::new(c"HOME=/h")]), Some(&b"/h/.cudaman"[..]));
        assert_eq!(home(&[Word::new(c"HOME=/h"), Word::new(c"CUDAMAN_HOME=/c")]), Some(&b"/c"[..]));
        assert_eq!(home(&[Word::new(c"HOME=relative")]), None);
    }
}
