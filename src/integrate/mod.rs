//! What other programs read so that one toolchain takes effect in them too: one directory each.

pub mod modules;
