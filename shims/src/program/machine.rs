//! The machine as the shim sees it: system calls and the environment it was started with.

use core::ffi::CStr;

use crate::kernel::{self, Descriptor, Errno, Word};
use crate::system::{FileId, NoDirectory, ReadError, System};

/// The machine, with the environment of this process.
pub(super) struct Machine<'a> {
    environment: &'a [Word<'a>],
}

impl<'a> Machine<'a> {
    pub(super) const fn new(environment: &'a [Word<'a>]) -> Self {
        Self { environment }
    }

    /// Returns a variable that is set and not empty.
    pub(super) fn value(&self, name: &str) -> Option<&'a [u8]> {
        let value = self.environment.iter().find_map(|word| word.value_of(name))?.text();
        (!value.is_empty()).then_some(value)
    }
}

impl System for Machine<'_> {
    fn variable(&self, name: &str) -> Option<&[u8]> {
        self.value(name)
    }

    fn directory(&self, buffer: &mut [u8]) -> Result<usize, NoDirectory> {
        match kernel::working_directory(buffer) {
            // The kernel writes `(unreachable)` before a directory outside of this process's root.
            Ok(_) if buffer.first() != Some(&b'/') => Err(NoDirectory::Deleted),
            Ok(length) => Ok(length - 1),
            Err(Errno::ENOENT) => Err(NoDirectory::Deleted),
            Err(_) => Err(NoDirectory::Unknown),
        }
    }

    fn read(&self, path: &CStr, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let file = Descriptor::open(path).map_err(|error| explained(path, error))?;
        let status = file.status().map_err(|_| ReadError::Failed)?;
        if !status.is_regular() {
            return Err(ReadError::NotRegular);
        }
        if status.size >= buffer.len() as u64 {
            return Err(ReadError::TooLarge);
        }
        file.read(status.size, buffer).map_err(|_| ReadError::Failed)
    }

    fn executable(&self, path: &CStr) -> Option<FileId> {
        let status = kernel::status(path, true).ok()?;
        (status.is_regular() && kernel::may_execute(path)).then_some(status.id)
    }
}

fn explained(path: &CStr, error: Errno) -> ReadError {
    match error {
        Errno::ENOENT | Errno::ENOTDIR | Errno::ENAMETOOLONG => ReadError::Absent,
        Errno::ELOOP => ReadError::Link,
        Errno::ENXIO => ReadError::NotRegular,
        // Refused is either the file, which can be seen then, or the way to it.
        Errno::EACCES if kernel::status(path, false).is_ok() => ReadError::Denied,
        Errno::EACCES => ReadError::Absent,
        _ => ReadError::Failed,
    }
}
