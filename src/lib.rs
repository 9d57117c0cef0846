//! cudaman installs NVIDIA CUDA toolkits side by side, without root, and makes the right one take effect.
//!
//! The library exists for the `cudaman` program and its tests. Layers go one way (CONTRIBUTING.md):
//! commands → install → sources → fetch, unpack, layout → store → compat, shell → packages → model → shims.

#![cfg_attr(
    test,
    allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "tests look at their own process")
)]

pub mod active;
pub mod bundle;
pub mod cli;
pub mod commands;
pub mod compat;
pub mod config;
pub mod context;
pub mod detect;
pub mod discover;
pub mod doctor;
pub mod error;
pub mod fetch;
pub mod host;
pub mod install;
pub mod integrate;
pub mod layout;
pub mod mirror;
pub mod model;
pub mod packages;
pub mod shell;
pub mod shim_program;
pub mod sources;
pub mod store;
#[cfg(test)]
mod testing;
pub mod ui;
pub mod unpack;
