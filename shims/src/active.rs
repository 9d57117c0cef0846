//! The whole answer: which toolkit is active, and why.

use crate::lookup::{Toolchain, find, find_default};
use crate::memory::Memory;
use crate::select::{Fault, Origin, Selection, select};
use crate::spelling::Spelling;
use crate::system::System;

/// Which toolkit is active, and who made it so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Active<'m> {
    /// Who asked.
    pub origin: Origin<'m>,
    /// For what; nothing, if it was the default or the system's turn, or if it was no request.
    pub request: Option<Spelling>,
    /// What that is.
    pub target: Result<Target<'m>, Fault>,
}

/// Something that tools can be taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'m> {
    /// What the machine has outside cudaman.
    System,
    /// An installed toolchain.
    Toolchain(Toolchain<'m>),
}

/// Finds out which toolkit is active for the stores of `home`. `argument` is a request without its `+`.
#[must_use]
pub fn active<'m>(
    system: &impl System,
    home: &[u8],
    argument: Option<&[u8]>,
    memory: &mut Memory<'m>,
) -> Active<'m> {
    let Some(Selection { origin, request }) = select(system, argument, memory) else {
        return fallback(system, home, memory);
    };
    match request {
        Ok(request) => {
            Active { origin, request: Some(request), target: find(system, home, &request, memory) }
        }
        Err(fault) => Active { origin, request: None, target: Err(fault) },
    }
}

fn fallback<'m>(system: &impl System, home: &[u8], memory: &mut Memory<'m>) -> Active<'m> {
    let (origin, target) = match find_default(system, home, memory) {
        Err(Fault::NotInstalled) => (Origin::System, Ok(Target::System)),
        found => (Origin::Default, found),
    };
    Active { origin, request: None, target }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Machine, memory};

    const HOME: &[u8] = b"/home/me/.cudaman";

    fn name(active: &Active<'static>) -> Option<&'static [u8]> {
        match &active.target {
            Ok(Target::Toolchain(toolchain)) => Some(toolchain.name()),
            _ => None,
        }
    }

    #[test]
    fn the_default_comes_before_the_system() {
        let mut machine = Machine::default().at("/work");
        let nothing = active(&machine, HOME, None, &mut memory());
        assert_eq!((&nothing.origin, &nothing.target), (&Origin::System, &Ok(Target::System)));
        machine.file("/home/me/.cudaman/resolve/default", "12.4.1\n");
        let default = active(&machine, HOME, None, &mut memory());
        assert_eq!((&default.origin, name(&default)), (&Origin::Default, Some(&b"12.4.1"[..])));
        machine.file("/home/me/.cudaman/resolve/default", "system\n");
        let system = active(&machine, HOME, None, &mut memory());
        assert_eq!((system.origin, system.target), (Origin::Default, Ok(Target::System)));
    }

    #[test]
    fn an_unsatisfied_request_never_becomes_the_default() {
        let mut machine = Machine::default().at("/work");
        machine.file("/home/me/.cudaman/resolve/default", "12.4.1\n").file("/work/.cuda-version", "9.9");
        let missing = active(&machine, HOME, None, &mut memory());
        assert_eq!(missing.target, Err(Fault::NotInstalled));
        assert_eq!(missing.request.map(|request| request.to_string()).as_deref(), Some("9.9"));
        machine.file("/work/.cuda-version", "nonsense/");
        assert!(matches!(active(&machine, HOME, None, &mut memory()).target, Err(Fault::Line(_))));
        machine.file("/home/me/.cudaman/resolve/default", "../x").file("/work/.cuda-version", "");
        let damaged = active(&machine, HOME, None, &mut memory());
        assert_eq!((damaged.origin, damaged.target), (Origin::Default, Err(Fault::Index)));
    }

    #[test]
    fn an_argument_wins() {
        let mut machine = Machine::default().at("/work");
        machine.file("/home/me/.cudaman/resolve/11.8", "11.8.0").file("/work/.cuda-version", "9.9");
        let argued = active(&machine, HOME, Some(b"cu118"), &mut memory());
        assert_eq!((&argued.origin, name(&argued)), (&Origin::Argument, Some(&b"11.8.0"[..])));
    }
}
