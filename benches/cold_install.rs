//! A cold install of NVIDIA's real wheels from an index on loopback, beside `uv pip install` of the
//! same files from the same index. cudaman is durable when it ends, uv isn't: `sync -f` follows uv
//! in one comparison, and in the other cudaman too is kept from syncing.
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

use measure::{Cost, Spread, cost};
use support::{CUDAMAN, Mirror};

fn main() {
    let Some(wheels) = measure::fetch_wheels() else { return };
    let Some(uv) = measure::peer("uv") else { return };
    let (mirror, index) = wheels.serve();
    let scratch = tempfile::tempdir_in(measure::kept("bench-scratch")).expect("a directory");
    let directory = scratch.path();
    let install = || cudaman(directory, &mirror, &index);
    cost(&mut fresh(directory, install));
    let pins = wheels.pins(&mirror);
    let peer = || uv_install(&uv, directory, &index, &pins);

    let mut ours = || cost(&mut fresh(directory, install));
    let mut theirs = || synced(&mut fresh(directory, peer), directory);
    let mut ours_unsynced = || cost(without_sync(&mut fresh(directory, install)));
    let mut theirs_unsynced = || cost(&mut fresh(directory, peer));
    let [ours, theirs, ours_unsynced, theirs_unsynced] = measure::rounds(
        measure::count(7),
        &mut [&mut ours, &mut theirs, &mut ours_unsynced, &mut theirs_unsynced],
    );
    let megabytes = wheels.bytes(&pins) / 1_000_000;
    measure::head(&format!("cold install of {} wheels, {megabytes} MB", pins.len()));
    measure::row("cudaman install", "", Spread::seconds(&ours), "s");
    measure::row("uv pip install + sync -f", "", Spread::seconds(&theirs), "s");
    measure::row("ratio, both durable", "0.95", Spread::ratio(&ours, &theirs), "×");
    measure::row("cudaman install, syncs suppressed", "", Spread::seconds(&ours_unsynced), "s");
    measure::row("uv pip install", "", Spread::seconds(&theirs_unsynced), "s");
    measure::row("ratio, neither durable", "", Spread::ratio(&ours_unsynced, &theirs_unsynced), "×");
    measure::row("ratio, cudaman durable and uv not", "", Spread::ratio(&ours, &theirs_unsynced), "×");
    measure::row("cudaman's peak of memory", "150 MiB", Spread::peak(&ours), "MiB");
    measure::row("uv's peak of memory", "", Spread::peak(&theirs), "MiB");
}

/// Removes what the round before left, and lets the file system come to rest.
fn fresh(directory: &Path, prepare: impl Fn() -> Command) -> Command {
    for name in ["home", "uv"] {
        let _ = std::fs::remove_dir_all(directory.join(name));
        std::fs::create_dir(directory.join(name)).expect("a directory");
    }
    measure::settle(directory);
    prepare()
}

fn cudaman(directory: &Path, mirror: &Mirror, index: &str) -> Command {
    let mut command = quiet(CUDAMAN.as_ref(), directory);
    command.env("CUDAMAN_MIRROR", mirror.url().as_str()).env("CUDAMAN_PYPI_INDEX", index);
    command.args(["install", measure::CUDA, "--profile", "devel", "--source", "pypi", "--quiet"]);
    command
}

fn uv_install(uv: &Path, directory: &Path, index: &str, pins: &[String]) -> Command {
    let mut command = quiet(uv, directory);
    command
        .env("UV_CACHE_DIR", directory.join("uv/cache"))
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.args(["pip", "install", "--quiet", "--no-deps", "--index-url", index, "--target"]);
    command.arg(directory.join("uv/target")).args(pins);
    command
}

fn quiet(program: &Path, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("HOME", directory.join("home")).env("PATH", "/usr/bin:/bin");
    command.current_dir(directory).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    command
}

/// Measures a command and the sync after it as one.
fn synced(command: &mut Command, directory: &Path) -> Cost {
    let run = cost(command);
    let sync = cost(Command::new("sync").arg("-f").arg(directory));
    Cost { time: run.time + sync.time, peak: run.peak }
}

/// Lets every call that waits for the disk succeed at once, without effect.
fn without_sync(command: &mut Command) -> &mut Command {
    use std::os::unix::process::CommandExt as _;
    // SAFETY: between fork and exec only system calls are made, with data on the stack.
    unsafe { command.pre_exec(measure::ignore_syncs) }
}
