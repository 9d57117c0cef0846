//! The shim as bytes: cudaman carries it and puts it into the home under every tool's name.
//!
//! Made from `shims/` by the build script. It holds no path of the machine that built it, and finds
//! its home by where it lies.

/// The program; empty where there is none, which is on other architectures than `x86_64` and `aarch64`.
pub const SHIM_PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/cudaman-shim"));
