//! The shim: finds the active toolchain and becomes its tool of the same name.
//!
//! Passes everything through as it is, but for a `+REQUEST` before the other arguments, which it
//! takes for itself. Says nothing when all is well (sccache parses what nvcc prints), writes no file,
//! and never takes another toolkit than the one that was asked for. Whatever can't be done by one
//! look into the resolve index is handed to `<home>/bin/cudaman shim TOOL ARGUMENTS…`.

mod launch;
mod machine;
mod place;
mod report;

use core::ffi::CStr;

use crate::active::{Active, Target, active};
use crate::kernel::{self, Errno, Word};
use crate::lookup::{Toolchain, find_default};
use crate::memory::Memory;
use crate::search::tool_on_path;
use crate::select::Origin;
use launch::Launch;
use machine::Machine;
use place::Place;

pub use launch::ROOT_VARIABLES;

/// The exit status of a tool that is there and can't be started, as in a shell.
const CANNOT_START: u8 = 126;
/// The exit status of a tool that is not there, as in a shell.
const NOT_FOUND: u8 = 127;

/// What the kernel hands to a program that it starts.
#[derive(Clone, Copy)]
pub struct Start<'a> {
    /// The arguments, the program's name first.
    pub arguments: &'a [Word<'a>],
    /// The environment.
    pub environment: &'a [Word<'a>],
    /// The path as it was given to the kernel, empty if that is not known.
    pub executed_as: &'a [u8],
}

impl<'a> Start<'a> {
    /// Reads what the kernel put on the stack: the number of arguments, the arguments and a null,
    /// the environment and a null, and pairs of numbers up to a zero.
    ///
    /// # Safety
    /// `stack` must be the stack pointer that the process was started with.
    #[must_use]
    pub unsafe fn on_stack(stack: *const usize) -> Self {
        const AT_EXECFN: usize = 31;
        // SAFETY: the kernel's layout, as described above, which lives as long as the process.
        unsafe {
            let arguments = Word::list(stack.add(1).cast());
            let environment_at = stack.add(1 + *stack + 1);
            let environment = Word::list(environment_at.cast());
            let mut pair = environment_at.add(environment.len() + 1);
            while *pair != 0 && *pair != AT_EXECFN {
                pair = pair.add(2);
            }
            let executed_as = if *pair == AT_EXECFN { *pair.add(1).cast() } else { Word::END };
            Self { arguments, environment, executed_as: executed_as.text() }
        }
    }

    /// Returns the request that stands before the other arguments, without its `+`.
    fn request(&self) -> Option<&'a [u8]> {
        self.arguments.get(1)?.text().strip_prefix(b"+")
    }
}

/// Becomes the active toolchain's tool; returns an exit status only if that failed and was reported.
#[must_use]
pub fn run(start: Start<'static>) -> u8 {
    let Ok(pages) = kernel::pages(Memory::SIZE + launch::needed_memory(&start)) else {
        report::without_memory();
        return CANNOT_START;
    };
    let mut memory = Memory::new(pages);
    let machine = Machine::new(start.environment);
    let Some(place) = Place::find(&start, &machine, &mut memory) else {
        report::homeless(&start);
        return NOT_FOUND;
    };
    Shim { start, machine, place }.run(&mut memory)
}

struct Shim<'a> {
    start: Start<'a>,
    machine: Machine<'a>,
    place: Place<'a>,
}

impl<'a> Shim<'a> {
    fn run(&'a self, memory: &mut Memory<'a>) -> u8 {
        let Some(depth) = launch::next_depth(&self.machine) else {
            report::circle(&self.place);
            return CANNOT_START;
        };
        let active = active(&self.machine, self.place.home, self.start.request(), memory);
        let Ok(target) = active.target else { return self.hand_over(&active, Errno::ENOENT, memory) };
        if let Some((argument, default)) = self.mixed_in(&active, target, memory) {
            report::mixed(argument, &default, &active);
            return CANNOT_START;
        }
        let (tool, root) = match target {
            Target::System => (self.tool_of_system(memory), None),
            Target::Toolchain(toolchain) => (self.tool_in(toolchain, memory), Some(toolchain.root())),
        };
        let Some(tool) = tool else { return self.hand_over(&active, Errno::ENOENT, memory) };
        let request = active.request.filter(|_| active.origin == Origin::Argument);
        let error = Launch { tool, root, request, depth }.start(&self.start, memory);
        self.hand_over(&active, error, memory)
    }

    fn tool_in(&self, toolchain: Toolchain<'_>, memory: &mut Memory<'a>) -> Option<&'a CStr> {
        memory.join(&[toolchain.root().to_bytes(), b"/bin/", self.place.tool.to_bytes()]).ok()
    }

    fn tool_of_system(&'a self, memory: &mut Memory<'a>) -> Option<&'a CStr> {
        let own = kernel::status(place::SELF, true).ok().map(|status| status.id);
        tool_on_path(&self.machine, self.place.home, self.place.tool.to_bytes(), own, memory).ok()
    }

    /// Returns the argument that would mix the default toolchain into a build with another one.
    fn mixed_in(
        &self,
        active: &Active<'_>,
        target: Target<'_>,
        memory: &mut Memory<'a>,
    ) -> Option<(&'a [u8], Toolchain<'a>)> {
        if active.origin == Origin::Default {
            return None;
        }
        let mut arguments = self.start.arguments.iter().skip(1).map(|word| word.text());
        let argument = arguments.find(|argument| self.place.names_links(argument))?;
        match find_default(&self.machine, self.place.home, memory) {
            Ok(Target::Toolchain(default)) if target != Target::Toolchain(default) => {
                Some((argument, default))
            }
            _ => None,
        }
    }

    /// Lets the `cudaman` program do or explain what the shim can't. `error` is why a tool that was
    /// found could not be started.
    fn hand_over(&self, active: &Active<'_>, error: Errno, memory: &mut Memory<'a>) -> u8 {
        let failed = launch::hand_over(&self.start, &self.place, memory);
        report::alone(active, &self.place, error, failed);
        if error == Errno::ENOENT || error == Errno::ENOTDIR { NOT_FOUND } else { CANNOT_START }
    }
}
