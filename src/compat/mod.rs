//! What goes with what: which compilers a toolkit takes, which the machine has, and what brings one; which
//! CUDA a driver, a GPU, a framework, a library or an image means.
//!
//! Facts are in `tables/`, each row with its source; what the machine is like is asked of the machine.

pub mod abi;
pub mod command;
mod compiler;
mod distribution;
pub mod driver;
pub mod driver_packages;
pub mod driver_plan;
pub mod explain;
pub mod framework;
mod glibc;
pub mod gpu;
mod host_compilers;
pub mod image;
pub mod matrix;
pub mod nvcc;
pub mod page;
mod search;
pub mod soname;
mod supply;
mod table;
pub mod tables;
pub mod watch;

pub use compiler::{Compiler, CompilerError};
pub use distribution::Distribution;
pub use glibc::{GlibcFix, collides, glibc_fix};
pub use host_compilers::{HOST_CONFIG, Limits};
pub use search::{Machine, compilers, every_compiler};
pub use supply::supply;
