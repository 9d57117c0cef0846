//! x86_64: how to call Linux, the numbers of its calls, and where its structures have what.

use core::arch::asm;

pub(super) const READ: usize = 0;
pub(super) const WRITE: usize = 1;
pub(super) const CLOSE: usize = 3;
pub(super) const FSTAT: usize = 5;
pub(super) const MMAP: usize = 9;
pub(super) const EXECVE: usize = 59;
pub(super) const GETCWD: usize = 79;
pub(super) const EXIT_GROUP: usize = 231;
pub(super) const OPENAT: usize = 257;
pub(super) const NEWFSTATAT: usize = 262;
pub(super) const READLINKAT: usize = 267;
pub(super) const FACCESSAT: usize = 269;

pub(super) const O_NOFOLLOW: usize = 0o400_000;

/// Where `struct stat` has the mode, in bytes from its start.
pub(super) const STATUS_MODE: usize = 24;

/// Calls the kernel: a value, or a negative error number.
///
/// # Safety
/// The arguments must be what this call expects; see its manual page.
pub(super) unsafe fn call(number: usize, arguments: [usize; 6]) -> isize {
    let result: isize;
    // SAFETY: the kernel's convention: arguments in these registers, rcx and r11 are overwritten.
    // What the call does to memory is the caller's promise.
    unsafe {
        asm!(
            "syscall",
            inlateout("rax") number => result,
            in("rdi") arguments[0],
            in("rsi") arguments[1],
            in("rdx") arguments[2],
            in("r10") arguments[3],
            in("r8") arguments[4],
            in("r9") arguments[5],
            lateout("rcx") _,
            lateout("r11") _,
            options(nostack),
        );
    }
    result
}
