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
mod home;
mod jupyter;
pub mod plan;
mod project;
pub mod quote;
mod rc_files;
mod settings;
mod shells;
mod text;
mod vscode;

pub use activation::{Activation, Foreign, Kind, Loading};
pub use format::{FORMATS, Format, Render, Toolkit};
pub use home::HomeDirectory;
pub use plan::{Change, Target, Wanted};
pub use settings::{Setting, settings};
pub use shells::{SHELLS, Shell, direnv_text, login_text, shell};

/// Returns a statement that sets a variable of a shell's own; nothing for the forms that have no such thing.
#[must_use]
pub fn own_variable(format: &str, name: &str, value: &[u8]) -> Vec<u8> {
    match format {
        "csh" => [b"set ", name.as_bytes(), b" = ", &quote::csh(value), b";\n"].concat(),
        "fish" => [b"set -g ", name.as_bytes(), b" ", &quote::fish(value), b"\n"].concat(),
        _ => Vec::new(),
    }
}
