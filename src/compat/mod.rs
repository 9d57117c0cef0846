//! What goes with what: which compilers a toolkit takes, which the machine has, and what brings one.
//!
//! Facts are in `tables/`, each row with its source; what the machine is like is asked of the machine.

pub mod command;
mod compiler;
mod glibc;
mod host_compilers;
mod search;
mod supply;

pub use compiler::{Compiler, CompilerError};
pub use glibc::{GlibcFix, collides, glibc_fix};
pub use host_compilers::{HOST_CONFIG, Limits};
pub use search::{Machine, compilers};
pub use supply::supply;
