//! Environments of conda, mamba, micromamba and pixi that there are.
//!
//! Files tell it all; no conda is run: it may not be on PATH, or be a function of another shell.

mod condarc;
mod environments;
mod find;
mod places;

pub use environments::{CondaEnvironment, environments, environments_below};
pub use find::{FindError, find, find_below};
