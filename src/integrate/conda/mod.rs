//! Environments of conda, mamba, micromamba and pixi: which there are, what CUDA they bring, and the
//! toolkits that are attached to them.
//!
//! Files tell it all; no conda is run: it may not be on PATH, or be a function of another shell.

mod attach;
mod condarc;
mod conflicts;
mod environments;
mod find;
mod places;

pub use attach::{AttachError, KIND, State, attach, detach, is_attached, renew, state};
pub use conflicts::{CondaPackage, brings, brings_cudart, brings_nvcc, brings_wheels};
pub use environments::{CondaEnvironment, environments, environments_below};
pub use find::{FindError, find, find_below};
