//! What tests and benchmarks need around cudaman: a server with faults, a proxy that writes down what
//! it is asked, certificates. Only loopback is ever listened on or connected to.

// Each program that includes this module uses a part of it.
#![allow(dead_code, unused_imports)]

mod authority;
mod boxes;
mod browser;
mod conda;
mod index;
mod listener;
mod manifests;
mod mirror;
mod modules;
mod parcel;
mod proxy;
mod pty;
mod rpm;
mod runfile;
mod sandbox;
mod terminal;
mod toolkit;
mod wheel;

pub(crate) use authority::{Authority, Identity};
pub(crate) use boxes::{conda, deb, old_conda, tar_bz2, tgz};
pub(crate) use browser::Browser;
pub(crate) use conda::Conda;
pub(crate) use index::{Form, PythonIndex, RELEASES, Stated};
pub(crate) use manifests::Manifest;
pub(crate) use mirror::{Fault, Mirror, Request};
pub(crate) use modules::{Variables, programs, settings};
pub(crate) use parcel::{Parcel, island, packed, sealed, unsealed};
pub(crate) use proxy::RecordingProxy;
pub(crate) use pty::type_into;
pub(crate) use rpm::{hostile_rpm, note_rpm, rpm};
pub(crate) use runfile::{GENERATIONS, Runfile, makeself, pack_directory};
pub(crate) use sandbox::{CUDAMAN, Run, Sandbox};
pub(crate) use terminal::Terminal;
pub(crate) use toolkit::{
    File, Release, component_files, file, link, program, serve_archive, serve_bytes, serve_files,
    serve_manifest, sha256, tar_xz,
};
pub(crate) use wheel::wheel;

/// What every toolkit that compiles has, wherever it is from.
pub(crate) const COMPILER_FILES: &[&str] = &[
    "bin/nvcc",
    "bin/ptxas",
    "nvvm/bin/cicc",
    "nvvm/libdevice/libdevice.10.bc",
    "nvvm/lib64/libnvvm.so",
    "targets/x86_64-linux/include/cuda_runtime.h",
    "include/crt/host_config.h",
    "include/nv/target",
    "lib64/libcudart.so",
    "version.json",
];

/// Tells whether a program is installed, and reports it as left out where it isn't.
pub(crate) fn have(program: &str) -> bool {
    let found = std::env::split_paths("/usr/local/bin:/usr/bin:/bin").any(|path| path.join(program).exists());
    if !found {
        skip(program, "it is not installed");
    }
    found
}

/// Reports that something was left out: `test.sh` counts the lines.
#[allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "benchmarks report it too")]
pub(crate) fn skip(what: &str, reason: &str) {
    use std::io::Write as _;
    eprintln!("SKIP {what}: {reason}");
    let Some(path) = std::env::var_os("CUDAMAN_TEST_SKIPS") else { return };
    let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
    file.and_then(|mut file| writeln!(file, "{what}: {reason}")).expect("the list of what is left out");
}
