//! What the shim and cudaman must agree on: the grammar of requests, pins, precedence and the resolve index.
//!
//! No standard library, no allocator, no dependencies: everything here runs in front of every
//! `nvcc` and has to answer in microseconds. Nothing here writes a file, opens a socket, or reads
//! anything but plain text and links.
//!
//! ```text
//! request → spelling        what is asked for, and its one spelling
//! pin                       the files that ask for it
//! select → lookup → active  who asked last, what that is in the store, both together
//! search · links            `system` on PATH; the links beside the shims
//! memory, text, message     what stands in for an allocator
//! program, kernel           the freestanding program, and its system calls
//! ```
#![cfg_attr(not(test), no_std)]

pub mod active;
pub mod depth;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub mod kernel;
pub mod links;
pub mod list;
pub mod lookup;
pub mod memory;
pub mod message;
pub mod pin;
#[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
pub mod program;
pub mod request;
pub mod search;
pub mod select;
pub mod spelling;
pub mod system;
pub mod text;

pub use active::{Active, Target, active};
pub use lookup::Toolchain;
pub use memory::Memory;
pub use select::{Fault, Origin};
pub use spelling::Spelling;
pub use system::{FileId, NoDirectory, ReadError, System};
pub use text::TooLong;

#[cfg(test)]
mod fake;
