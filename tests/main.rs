//! The one integration binary: stories through the program, and rules about its own source.

#![allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "tests look at their own process")]

mod fetch;
mod layers;
mod real;
mod shim_program;
mod stories;
mod support;
