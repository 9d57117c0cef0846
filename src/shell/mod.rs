//! The environment of a toolchain as a plan, and its rendering for shells and files.
//!
//! Ownership goes by location: whatever lies below the `versions/` of a store is ours. A plan
//! strips that, then adds what is wanted; it never remembers and reverses a difference, so a
//! half-restored environment heals with the next plan. The hooks of [`SHELLS`] are texts in `shell/`.

mod activation;
mod assignments;
mod clangd;
mod cmake;
pub mod format;
mod jupyter;
pub mod plan;
mod project;
pub mod quote;
mod settings;
mod shells;
mod vscode;

pub use activation::{Activation, Foreign, Kind, Loading};
pub use format::{FORMATS, Format, Render, Toolkit};
pub use plan::{Change, Target, Wanted};
pub use settings::{Setting, settings};
pub use shells::{HomeDirectory, SHELLS, Shell, direnv_text, login_text, shell};

/// Returns a statement of fish that sets a variable of the shell's own.
#[must_use]
pub fn fish_variable(name: &str, value: &[u8]) -> Vec<u8> {
    [b"set -g ", name.as_bytes(), b" ", &quote::fish(value), b"\n"].concat()
}
