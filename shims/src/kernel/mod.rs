//! Linux without a C library: the dozen system calls that the shim makes, behind safe functions.
//!
//! Opens for reading only. All that differs between architectures is in one small file for each.

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(target_arch = "x86_64")]
mod x86_64;

mod words;

use core::ffi::CStr;

#[cfg(target_arch = "aarch64")]
use aarch64 as architecture;
#[cfg(target_arch = "x86_64")]
use x86_64 as architecture;

use crate::system::FileId;
pub use words::{Word, WordList};

/// An error number of the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub i32);

impl Errno {
    /// No such file.
    pub const ENOENT: Self = Self(2);
    /// A call was interrupted by a signal.
    pub const EINTR: Self = Self(4);
    /// No such device: also a socket that was opened.
    pub const ENXIO: Self = Self(6);
    /// The arguments and the environment are too long.
    pub const E2BIG: Self = Self(7);
    /// Not in a format that can be executed.
    pub const ENOEXEC: Self = Self(8);
    /// Not allowed.
    pub const EACCES: Self = Self(13);
    /// Something on the way is not a directory.
    pub const ENOTDIR: Self = Self(20);
    /// Open for writing by somebody.
    pub const ETXTBSY: Self = Self(26);
    /// Does not fit into the buffer.
    pub const ERANGE: Self = Self(34);
    /// A name or path is too long.
    pub const ENAMETOOLONG: Self = Self(36);
    /// A link where none is followed, or links in a circle.
    pub const ELOOP: Self = Self(40);
}

/// What is known of a file.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// Which file it is.
    pub id: FileId,
    /// How many bytes it has.
    pub size: u64,
    mode: u32,
}

impl Status {
    /// Tells whether it is a regular file.
    #[must_use]
    pub const fn is_regular(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }
}

const CURRENT_DIRECTORY: usize = -100_isize as usize;

/// Enough for `struct stat` on every architecture. Device, inode and size are in the same place on all.
#[repr(C, align(8))]
struct RawStatus([u8; 144]);

impl RawStatus {
    fn parse(&self) -> Status {
        let word = |start: usize| {
            let bytes = self.0.get(start..start + 8).and_then(|bytes| bytes.try_into().ok());
            u64::from_ne_bytes(bytes.unwrap_or_default())
        };
        let mode = word(architecture::STATUS_MODE).to_ne_bytes();
        let mode = u32::from_ne_bytes([mode[0], mode[1], mode[2], mode[3]]);
        Status { id: FileId { device: word(0), inode: word(8) }, size: word(48), mode }
    }
}

/// An open file, closed when it is dropped.
#[derive(Debug)]
pub struct Descriptor(usize);

impl Descriptor {
    /// Opens for reading, without following a link at the end and without waiting for anything.
    ///
    /// # Errors
    /// Returns the kernel's error.
    pub fn open(path: &CStr) -> Result<Self, Errno> {
        const NOCTTY_NONBLOCK_CLOEXEC: usize = 0o400 | 0o4_000 | 0o2_000_000;
        let flags = NOCTTY_NONBLOCK_CLOEXEC | architecture::O_NOFOLLOW;
        let arguments = [CURRENT_DIRECTORY, path.as_ptr() as usize, flags, 0, 0, 0];
        // SAFETY: the path ends with a NUL and is only read.
        checked(unsafe { architecture::call(architecture::OPENAT, arguments) }).map(Self)
    }

    /// Returns what is known of the file.
    ///
    /// # Errors
    /// Returns the kernel's error.
    pub fn status(&self) -> Result<Status, Errno> {
        let mut status = RawStatus([0; 144]);
        let arguments = [self.0, (&raw mut status) as usize, 0, 0, 0, 0];
        // SAFETY: the structure is as large as the kernel's, or larger.
        checked(unsafe { architecture::call(architecture::FSTAT, arguments) })?;
        Ok(status.parse())
    }

    /// Reads until `size` bytes, the end of the file or of the buffer, and returns how much.
    ///
    /// # Errors
    /// Returns the kernel's error.
    pub fn read(&self, size: u64, buffer: &mut [u8]) -> Result<usize, Errno> {
        let end = buffer.len().min(usize::try_from(size).unwrap_or(usize::MAX));
        let mut filled = 0;
        while filled < end {
            let rest = &mut buffer[filled..];
            let arguments = [self.0, rest.as_mut_ptr() as usize, rest.len(), 0, 0, 0];
            // SAFETY: the kernel writes at most the length of this slice.
            match checked(unsafe { architecture::call(architecture::READ, arguments) }) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours and is not used again.
        unsafe { architecture::call(architecture::CLOSE, [self.0, 0, 0, 0, 0, 0]) };
    }
}

/// Returns what is known of the file that a path leads to; `follow` also through a link at its end.
///
/// # Errors
/// Returns the kernel's error.
pub fn status(path: &CStr, follow: bool) -> Result<Status, Errno> {
    const SYMLINK_NOFOLLOW: usize = 0x100;
    let mut status = RawStatus([0; 144]);
    let flags = if follow { 0 } else { SYMLINK_NOFOLLOW };
    let arguments = [CURRENT_DIRECTORY, path.as_ptr() as usize, (&raw mut status) as usize, flags, 0, 0];
    // SAFETY: the path ends with a NUL; the structure is as large as the kernel's, or larger.
    checked(unsafe { architecture::call(architecture::NEWFSTATAT, arguments) })?;
    Ok(status.parse())
}

/// Tells whether this process may execute a file.
#[must_use]
pub fn may_execute(path: &CStr) -> bool {
    const EXECUTE: usize = 1;
    let arguments = [CURRENT_DIRECTORY, path.as_ptr() as usize, EXECUTE, 0, 0, 0];
    // SAFETY: the path ends with a NUL and is only read.
    checked(unsafe { architecture::call(architecture::FACCESSAT, arguments) }).is_ok()
}

/// Reads where a link leads into `buffer`, and returns how much that was.
///
/// # Errors
/// Returns the kernel's error.
pub fn read_link(path: &CStr, buffer: &mut [u8]) -> Result<usize, Errno> {
    let arguments =
        [CURRENT_DIRECTORY, path.as_ptr() as usize, buffer.as_mut_ptr() as usize, buffer.len(), 0, 0];
    // SAFETY: the kernel writes at most the length of this slice.
    checked(unsafe { architecture::call(architecture::READLINKAT, arguments) })
}

/// Writes the path of the working directory and a NUL into `buffer`, and returns how much that was.
///
/// # Errors
/// Returns the kernel's error.
pub fn working_directory(buffer: &mut [u8]) -> Result<usize, Errno> {
    let arguments = [buffer.as_mut_ptr() as usize, buffer.len(), 0, 0, 0, 0];
    // SAFETY: the kernel writes at most the length of this slice.
    checked(unsafe { architecture::call(architecture::GETCWD, arguments) })
}

/// Replaces this process by a program; returns only if that failed.
#[must_use]
pub fn execute(path: &CStr, arguments: &WordList<'_>, environment: &WordList<'_>) -> Errno {
    let lists = [path.as_ptr() as usize, arguments.address(), environment.address(), 0, 0, 0];
    // SAFETY: both lists end with a null and hold texts that end with a NUL.
    let result = checked(unsafe { architecture::call(architecture::EXECVE, lists) });
    result.err().unwrap_or(Errno(0))
}

/// Writes to the standard error output. A terminal that is gone is no reason to fail.
pub fn complain(mut text: &[u8]) {
    while !text.is_empty() {
        let arguments = [2, text.as_ptr() as usize, text.len(), 0, 0, 0];
        // SAFETY: the kernel reads this slice.
        match checked(unsafe { architecture::call(architecture::WRITE, arguments) }) {
            Ok(0) => return,
            Ok(count) => text = text.get(count..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            Err(_) => return,
        }
    }
}

/// Ends the process.
pub fn exit(status: u8) -> ! {
    loop {
        // SAFETY: takes no memory, and does not return.
        unsafe { architecture::call(architecture::EXIT_GROUP, [status.into(), 0, 0, 0, 0, 0]) };
    }
}

/// Returns fresh memory, which stays for as long as the process lives.
///
/// # Errors
/// Returns the kernel's error.
pub fn pages(bytes: usize) -> Result<&'static mut [u8], Errno> {
    const READ_WRITE: usize = 3;
    const PRIVATE_ANONYMOUS: usize = 0x22;
    let arguments = [0, bytes, READ_WRITE, PRIVATE_ANONYMOUS, usize::MAX, 0];
    // SAFETY: asks for a new mapping anywhere; no existing memory is touched.
    let address = checked(unsafe { architecture::call(architecture::MMAP, arguments) })?;
    // SAFETY: the mapping is ours alone, that large, all zero, and never given back.
    Ok(unsafe { core::slice::from_raw_parts_mut(address as *mut u8, bytes) })
}

fn checked(result: isize) -> Result<usize, Errno> {
    match result {
        -4095..=-1 => Err(Errno(-result as i32)),
        value => Ok(value as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn a_file_is_what_the_standard_library_says_it_is() {
        let expected = std::fs::metadata("/proc/self/exe").expect("it runs");
        let status = status(c"/proc/self/exe", true).expect("it runs");
        assert_eq!(status.id, FileId { device: expected.dev(), inode: expected.ino() });
        assert_eq!(status.size, expected.len());
        assert!(status.is_regular() && may_execute(c"/proc/self/exe"));
        let mut buffer = [0; 4096];
        let length = read_link(c"/proc/self/exe", &mut buffer).expect("it is a link");
        let expected = std::env::current_exe().expect("it runs");
        assert_eq!(&buffer[..length], expected.as_os_str().as_encoded_bytes());
        let open = Descriptor::open(&std::ffi::CString::new(&buffer[..length]).expect("a path"));
        assert_eq!(open.expect("readable").status().expect("open").id, status.id);
    }

    #[test]
    fn what_is_not_a_plain_file_is_told_apart_without_waiting() {
        assert_eq!(Descriptor::open(c"/proc/self/exe").err(), Some(Errno::ELOOP));
        assert_eq!(Descriptor::open(c"/nonexistent").err(), Some(Errno::ENOENT));
        assert!(!status(c"/", true).expect("it exists").is_regular());
        assert!(!status(c"/proc/self/exe", false).expect("it exists").is_regular());
        let null = Descriptor::open(c"/dev/null").expect("it can be opened");
        assert!(!null.status().expect("open").is_regular());
        assert_eq!(null.read(8, &mut [0; 8]), Ok(0));
    }

    #[test]
    fn the_working_directory_is_the_one_we_are_in() {
        let mut buffer = [0; 4096];
        let length = working_directory(&mut buffer).expect("it exists");
        #[expect(clippy::disallowed_methods, reason = "it is what the call is compared with")]
        let expected = std::env::current_dir().expect("it exists");
        assert_eq!(&buffer[..length - 1], expected.as_os_str().as_encoded_bytes());
        assert_eq!(working_directory(&mut [0; 1]), Err(Errno::ERANGE));
    }
}
