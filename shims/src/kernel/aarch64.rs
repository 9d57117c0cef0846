//! aarch64: how to call Linux, the numbers of its calls, and where its structures have what.

use core::arch::asm;

pub(super) const GETCWD: usize = 17;
pub(super) const FACCESSAT: usize = 48;
pub(super) const OPENAT: usize = 56;
pub(super) const CLOSE: usize = 57;
pub(super) const READ: usize = 63;
pub(super) const WRITE: usize = 64;
pub(super) const READLINKAT: usize = 78;
pub(super) const NEWFSTATAT: usize = 79;
pub(super) const FSTAT: usize = 80;
pub(super) const EXIT_GROUP: usize = 94;
pub(super) const EXECVE: usize = 221;
pub(super) const MMAP: usize = 222;

pub(super) const O_NOFOLLOW: usize = 0o100_000;

/// Where `struct stat` has the mode, in bytes from its start.
pub(super) const STATUS_MODE: usize = 16;

/// Calls the kernel: a value, or a negative error number.
///
/// # Safety
/// The arguments must be what this call expects; see its manual page.
pub(super) unsafe fn call(number: usize, arguments: [usize; 6]) -> isize {
    let result: isize;
    // SAFETY: the kernel's convention: arguments in these registers, all others are kept. What the
    // call does to memory is the caller's promise.
    unsafe {
        asm!(
            "svc 0",
            in("x8") number,
            inlateout("x0") arguments[0] => result,
            in("x1") arguments[1],
            in("x2") arguments[2],
            in("x3") arguments[3],
            in("x4") arguments[4],
            in("x5") arguments[5],
            options(nostack),
        );
    }
    result
}
