//! The environment of a toolchain as a plan, and its rendering for shells and files.
//!
//! Ownership goes by location: whatever lies below the `versions/` of a store is ours. A plan
//! strips that, then adds what is wanted; it never remembers and reverses a difference, so a
//! half-restored environment heals with the next plan.

mod assignments;
mod clangd;
mod cmake;
pub mod format;
mod jupyter;
pub mod plan;
mod project;
pub mod quote;
mod settings;
mod vscode;

pub use format::{FORMATS, Format, Render, Toolkit};
pub use plan::{Change, Target};
pub use settings::{Setting, settings};
