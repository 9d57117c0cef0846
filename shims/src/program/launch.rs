//! Becoming another program: its arguments and its environment.

use core::ffi::CStr;

use super::Start;
use super::machine::Machine;
use super::place::Place;
use crate::depth::{self, DEPTH_VARIABLE};
use crate::kernel::{Errno, Word, WordList, execute};
use crate::memory::{Memory, PATH_MAX};
use crate::select::VERSION_VARIABLE;
use crate::spelling::Spelling;
use crate::text::{Digits, TooLong};

/// The variables that name the toolchain's root, each set only if it is not.
pub const ROOT_VARIABLES: [&str; 4] = ["CUDA_HOME", "CUDA_PATH", "CUDA_ROOT", "CUDAToolkit_ROOT"];

/// How many arguments are put before those that the shim was given.
const ADDED_ARGUMENTS: usize = 2;
/// How many variables are added to the environment: the roots, the request and the depth.
const ADDED_VARIABLES: usize = ROOT_VARIABLES.len() + 2;

/// Returns how deep this shim is, unless that is too deep.
pub(super) fn next_depth(machine: &Machine<'_>) -> Option<u32> {
    depth::next_depth(machine.value(DEPTH_VARIABLE).unwrap_or_default())
}

/// A tool that is about to be started.
pub(super) struct Launch<'a> {
    /// Its absolute path.
    pub(super) tool: &'a CStr,
    /// The root of its toolchain, if it is one of ours.
    pub(super) root: Option<&'a CStr>,
    /// What the `+REQUEST` asked for, so that whatever the tool starts agrees.
    pub(super) request: Option<Spelling>,
    /// How deep this shim is.
    pub(super) depth: u32,
}

impl<'a> Launch<'a> {
    /// Becomes the tool, or returns why not.
    ///
    /// nvcc finds its toolkit by its first argument alone, never by the file that runs, so that
    /// argument is the tool's absolute path.
    pub(super) fn start(&self, start: &Start<'a>, memory: &mut Memory<'a>) -> Errno {
        let taken = 1 + usize::from(start.request().is_some());
        let rest = start.arguments.get(taken..).unwrap_or_default();
        let Ok(arguments) = list_of(&[self.tool], rest, memory) else { return Errno::E2BIG };
        let Ok(environment) = self.environment(start.environment, memory) else { return Errno::E2BIG };
        execute(self.tool, &arguments, &environment)
    }

    fn environment(&self, inherited: &[Word<'a>], memory: &mut Memory<'a>) -> Result<WordList<'a>, TooLong> {
        let mut environment = WordList::new(inherited.len() + ADDED_VARIABLES, memory)?;
        let mut is_set = [false; ROOT_VARIABLES.len()];
        for word in inherited {
            for (is_set, name) in is_set.iter_mut().zip(ROOT_VARIABLES) {
                *is_set |= word.value_of(name).is_some();
            }
            let is_replaced = word.value_of(DEPTH_VARIABLE).is_some()
                || (self.request.is_some() && word.value_of(VERSION_VARIABLE).is_some());
            if !is_replaced {
                environment.push(*word)?;
            }
        }
        let mut set = |name: &str, value: &[u8]| {
            environment.push(Word::new(memory.join(&[name.as_bytes(), b"=", value])?))
        };
        let unset = ROOT_VARIABLES.iter().zip(is_set).filter(|(_, is_set)| !is_set);
        for (root, (name, _)) in self.root.iter().cycle().zip(unset) {
            set(name, root.to_bytes())?;
        }
        if let Some(request) = self.request {
            set(VERSION_VARIABLE, request.as_str().as_bytes())?;
        }
        set(DEPTH_VARIABLE, Digits::of(self.depth).as_str().as_bytes())?;
        Ok(environment)
    }
}

/// Returns how much memory it takes to become a tool and, if that fails, to hand over.
pub(super) const fn needed_memory(start: &Start<'_>) -> usize {
    let arguments = WordList::size(start.arguments.len() + ADDED_ARGUMENTS);
    let environment = WordList::size(start.environment.len() + ADDED_VARIABLES);
    2 * (arguments + environment) + ADDED_VARIABLES * 2 * PATH_MAX
}

/// Becomes `<home>/bin/cudaman shim TOOL ARGUMENTS…` with an unchanged environment, or returns why not.
pub(super) fn hand_over<'a>(start: &Start<'a>, place: &Place<'a>, memory: &mut Memory<'a>) -> Errno {
    let Ok(program) = memory.join(&[place.home, b"/bin/cudaman"]) else { return Errno::ENAMETOOLONG };
    let rest = start.arguments.get(1..).unwrap_or_default();
    let Ok(arguments) = list_of(&[program, c"shim", place.tool], rest, memory) else { return Errno::E2BIG };
    let Ok(environment) = list_of(&[], start.environment, memory) else { return Errno::E2BIG };
    execute(program, &arguments, &environment)
}

fn list_of<'a>(
    first: &[&'a CStr],
    rest: &[Word<'a>],
    memory: &mut Memory<'a>,
) -> Result<WordList<'a>, TooLong> {
    let mut list = WordList::new(first.len() + rest.len(), memory)?;
    let first = first.iter().map(|text| Word::new(text));
    first.chain(rest.iter().copied()).try_for_each(|word| list.push(word))?;
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_counted_up_to_a_limit() {
        let depth = |word| next_depth(&Machine::new(&[word]));
        assert_eq!(depth(Word::new(c"X=1")), Some(1));
        assert_eq!(depth(Word::new(c"CUDAMAN_SHIM_DEPTH=nonsense")), Some(1));
        assert_eq!(depth(Word::new(c"CUDAMAN_SHIM_DEPTH=15")), Some(16));
        assert_eq!(depth(Word::new(c"CUDAMAN_SHIM_DEPTH=16")), None);
        assert_eq!(depth(Word::new(c"CUDAMAN_SHIM_DEPTH=4294967295")), None);
    }
}
