//! Compiles the shim, a freestanding program, for `src/shim_program.rs` to include.
//!
//! cargo can't: the program has no standard library, no C library and flags of its own, and
//! must be ready before the crate that carries it. So this calls the compiler that cargo uses, twice,
//! for cargo's target and with cargo's linker. On a machine that the shim does not support the
//! program is empty. Fetches nothing and reads nothing but `shims/`.
#![allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "it talks to cargo by these")]

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The architectures that `shims/src/kernel` knows.
const ARCHITECTURES: [&str; 2] = ["x86_64", "aarch64"];

/// Smaller means faster here: what counts is how many pages the kernel has to map and fill.
const FLAGS: [&str; 10] = [
    "--edition=2024",
    "-Cpanic=abort",
    "-Copt-level=s",
    "-Ccodegen-units=1",
    "-Crelocation-model=static",
    "-Crelro-level=off",
    "-Ctarget-feature=+crt-static",
    "-Cdebuginfo=0",
    "-Cstrip=symbols",
    "-Cforce-unwind-tables=no",
];

/// No start-up code and no libraries.
const LINK_FLAGS: [&str; 5] =
    ["-nostartfiles", "-nostdlib", "-static", "-Wl,--gc-sections", "-Wl,--build-id=none"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=shims/src");
    println!("cargo::rerun-if-changed=shims/program");
    let output = PathBuf::from(variable("OUT_DIR")?);
    let program = output.join("cudaman-shim");
    let is_supported = variable("CARGO_CFG_TARGET_OS")? == "linux"
        && ARCHITECTURES.contains(&variable("CARGO_CFG_TARGET_ARCH")?.as_str());
    if !is_supported {
        fs::write(&program, [])?;
        return Ok(());
    }
    let library = output.join("libcudaman_shims.rlib");
    compile("shims/src/lib.rs", &library, &["--crate-name=cudaman_shims", "--crate-type=rlib"])?;
    let library = format!("--extern=cudaman_shims={}", library.display());
    let mut arguments = vec!["--crate-name=cudaman_shim", "--crate-type=bin", "-Clto=fat", &library];
    let linker = env::var("RUSTC_LINKER").map(|linker| format!("-Clinker={linker}"));
    arguments.extend(linker.as_deref());
    let link_flags = LINK_FLAGS.map(|flag| format!("-Clink-arg={flag}"));
    arguments.extend(link_flags.iter().map(String::as_str));
    if variable("CARGO_CFG_TARGET_ENV")? == "musl" {
        arguments.push("-Clink-self-contained=no");
    }
    compile("shims/program/main.rs", &program, &arguments)
}

fn compile(source: &str, output: &Path, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    let mut compiler = Command::new(variable("RUSTC")?);
    compiler.arg(source).arg("-o").arg(output).arg("--target").arg(variable("TARGET")?);
    compiler.args(FLAGS).args(arguments);
    // What is meant for cargo's own crates, such as coverage, needs a standard library.
    compiler.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    let result = compiler.output()?;
    if result.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&result.stderr).into_owned();
    Err(format!("could not compile `{source}` by `{compiler:?}`: {}\n{said}", result.status).into())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("cargo did not set `{name}`: {error}"))
}
