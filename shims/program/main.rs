//! The shim as a program of its own: no standard library, no C library, nothing to set up.
//!
//! Everything but the entry lies in the library, in [`cudaman_shims::program`]. The build script of
//! the root package compiles it and cudaman carries it; cargo builds it only to look at it, with
//! the feature `freestanding`.
#![no_std]
#![no_main]

mod memory;

use core::arch::global_asm;
use core::panic::PanicInfo;

use cudaman_shims::kernel::{complain, exit};
use cudaman_shims::program::{Start, run};

// The kernel starts a program with the stack pointer at the number of arguments and nothing to
// return to. `begin` takes that pointer; the stack is aligned as a function expects it.
#[cfg(target_arch = "x86_64")]
global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "and rsp, -16",
    "call {begin}",
    begin = sym begin,
);
#[cfg(target_arch = "aarch64")]
global_asm!(
    ".globl _start",
    "_start:",
    "mov x29, #0",
    "mov x30, #0",
    "mov x0, sp",
    "bl {begin}",
    begin = sym begin,
);

extern "C" fn begin(stack: *const usize) -> ! {
    // SAFETY: `_start` passes the stack pointer as the kernel set it.
    let start = unsafe { Start::on_stack(stack) };
    exit(run(start))
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    complain(b"cudaman: the shim failed inside; please report what was run\n");
    exit(126)
}
