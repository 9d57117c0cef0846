//! A bundle of a real toolkit, written beside `tar | zstd -T0 -3` of the same files, and read beside
//! `tar --zstd -x` with the sync that makes its files as durable as ours.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints and looks around"
)]

#[path = "../tests/support/mod.rs"]
mod support;

mod measure;

use std::path::Path;
use std::process::{Command, Stdio};

use measure::{Spread, cost};
use support::{CUDAMAN, have};

fn main() {
    if !have("tar") || !have("zstd") {
        return;
    }
    let Some(wheels) = measure::fetch_wheels() else { return };
    let (mirror, index) = wheels.serve();
    let scratch = tempfile::tempdir_in(measure::kept("bench-scratch")).expect("a directory");
    let home = scratch.path().join("home");
    let mut install = cudaman(&home, &["install", measure::CUDA, "--profile", "devel", "--source", "pypi"]);
    install.env("CUDAMAN_MIRROR", mirror.url().as_str()).env("CUDAMAN_PYPI_INDEX", &index);
    cost(&mut install);
    let packages = home.join("packages");
    let bytes = measure::bytes_below(&packages);

    let (bundle, archive) = (scratch.path().join("bundle.tar.zst"), scratch.path().join("archive.tar.zst"));
    let mut export = || {
        measure::settle(scratch.path());
        let file = bundle.to_str().expect("a path");
        cost(&mut cudaman(&home, &["export", measure::CUDA, "--force", "-o", file]))
    };
    let mut pack = || {
        measure::settle(scratch.path());
        cost(&mut shell(
            "tar -C \"$0\" -cf - . | zstd -q -f -T0 -3 -o \"$1\" && sync \"$1\"",
            &packages,
            &archive,
        ))
    };
    let count = measure::count(5);
    let [exports, packs] = measure::rounds(count, &mut [&mut export, &mut pack]);

    let (other, plain) = (scratch.path().join("other"), scratch.path().join("plain"));
    let mut import = || {
        fresh(&other);
        measure::settle(scratch.path());
        cost(&mut cudaman(&other, &["install", "--from", bundle.to_str().expect("a path")]))
    };
    let mut unpack = || {
        fresh(&plain);
        measure::settle(scratch.path());
        cost(&mut shell("tar -C \"$0\" --zstd -xf \"$1\" && sync -f \"$0\"", &plain, &archive))
    };
    let [imports, unpacks] = measure::rounds(count, &mut [&mut import, &mut unpack]);

    let size = |path: &Path| std::fs::metadata(path).expect("a file").len() / 1_000_000;
    let sizes = format!("{} MB, ours {} MB, theirs {} MB", bytes / 1_000_000, size(&bundle), size(&archive));
    measure::head(&format!("a bundle of {sizes}"));
    measure::row("export, whole", "", Spread::seconds(&exports), "s");
    measure::row("speed beside `tar | zstd -T0 -3`", "≥ 0.9", Spread::ratio(&packs, &exports), "×");
    measure::row("memory while exporting", "", Spread::peak(&exports), "MiB");
    measure::row("import, whole", "", Spread::seconds(&imports), "s");
    measure::row("time beside `tar --zstd -x; sync -f`", "", Spread::ratio(&imports, &unpacks), "×");
    measure::row("memory while importing", "150 MiB", Spread::peak(&imports), "MiB");
}

fn cudaman(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(CUDAMAN);
    command.env_clear().env("HOME", home).env("CUDAMAN_HOME", home).env("PATH", "/usr/bin:/bin");
    command.args(arguments).arg("--quiet").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

fn shell(script: &str, one: &Path, other: &Path) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(one).arg(other).stdin(Stdio::null());
    command
}

fn fresh(directory: &Path) {
    let _ = std::fs::remove_dir_all(directory);
    std::fs::create_dir_all(directory).expect("a directory");
}
