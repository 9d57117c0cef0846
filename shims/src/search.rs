//! `system`: the tool that the machine has outside cudaman.

use core::ffi::CStr;

use crate::lookup::FurtherStores;
use crate::memory::Memory;
use crate::select::Fault;
use crate::system::{FileId, System};
use crate::text::TooLong;

/// Finds the first executable of this name on `PATH` that is not cudaman's.
///
/// Passed over are elements below the `shims/` or `versions/` of a store, elements that are not
/// absolute, and whatever is the shim itself under another name (`own`).
///
/// # Errors
/// Fails if there is none, or if the list of further stores can't be read.
pub fn tool_on_path<'m>(
    system: &impl System,
    home: &[u8],
    tool: &[u8],
    own: Option<FileId>,
    memory: &mut Memory<'m>,
) -> Result<&'m CStr, Fault> {
    let further = FurtherStores::read(system, home, memory)?;
    let is_ours = |path| is_of_store(path, home) || further.iter().any(|store| is_of_store(path, store));
    let path = system.variable("PATH").unwrap_or_default();
    let mut directories = path.split(|byte| *byte == b':');
    let directory = directories.find(|directory| {
        if directory.first() != Some(&b'/') || is_ours(directory) {
            return false;
        }
        let mut scratch = memory.scratch();
        let candidate = scratch.join(&[directory, b"/", tool]);
        let found = candidate.ok().and_then(|path| system.executable(path));
        found.is_some() && found != own
    });
    let directory = directory.ok_or(Fault::NotInstalled)?;
    memory.join(&[directory, b"/", tool]).map_err(|TooLong| Fault::PathTooLong)
}

fn is_of_store(path: &[u8], store: &[u8]) -> bool {
    let is_below = |rest: &[u8], directory: &[u8]| {
        rest.strip_prefix(directory).is_some_and(|rest| rest.first().is_none_or(|byte| *byte == b'/'))
    };
    path.strip_prefix(store).is_some_and(|rest| is_below(rest, b"/shims") || is_below(rest, b"/versions"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Machine, memory};

    const HOME: &[u8] = b"/home/me/.cudaman";
    const OWN: FileId = FileId { device: 1, inode: 7 };

    fn found(machine: &Machine) -> Result<String, Fault> {
        let tool = tool_on_path(machine, HOME, b"nvcc", Some(OWN), &mut memory())?;
        Ok(String::from_utf8(tool.to_bytes().to_vec()).expect("ASCII"))
    }

    #[test]
    fn what_is_ours_is_passed_over() {
        let mut machine = Machine::default();
        machine.set(
            "PATH",
            "/home/me/.cudaman/versions/12.4.1/bin:/home/me/.cudaman/shims/bin:/opt/lab/shims/bin::bin:/alias:/usr/bin:/late",
        );
        machine.file("/home/me/.cudaman/stores", "/opt/lab\n");
        for directory in ["/home/me/.cudaman/versions/12.4.1/bin", "/opt/lab/shims/bin", "/late", "bin"] {
            machine.program(&format!("{directory}/nvcc"), FileId { device: 1, inode: 1 });
        }
        machine.program("/alias/nvcc", OWN);
        assert_eq!(found(&machine), Ok("/late/nvcc".into()));
        machine.program("/usr/bin/nvcc", FileId { device: 2, inode: 7 });
        assert_eq!(found(&machine), Ok("/usr/bin/nvcc".into()));
    }

    #[test]
    fn names_that_begin_alike_are_not_ours() {
        let mut machine = Machine::default();
        machine.set("PATH", "/home/me/.cudaman/shims2");
        machine.program("/home/me/.cudaman/shims2/nvcc", FileId { device: 1, inode: 1 });
        assert_eq!(found(&machine), Ok("/home/me/.cudaman/shims2/nvcc".into()));
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let mut machine = Machine::default();
        assert_eq!(found(&machine), Err(Fault::NotInstalled));
        machine.set("PATH", "/usr/bin");
        assert_eq!(found(&machine), Err(Fault::NotInstalled));
    }
}
