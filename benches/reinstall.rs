//! An install of what the store has as packages already: hard links, and no file's bytes. Scaled to
//! 1.5 GB, since what it costs goes by files and not by bytes.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints and looks around"
)]

#[path = "../tests/support/mod.rs"]
mod support;

mod measure;

use std::process::{Command, Stdio};

use measure::{Cost, Spread, cost};
use support::{CUDAMAN, Mirror};

const SCALE: f64 = 1.5e9;

fn main() {
    let Some(wheels) = measure::fetch_wheels() else { return };
    let (mirror, index) = wheels.serve();
    let scratch = tempfile::tempdir_in(measure::kept("bench-scratch")).expect("a directory");
    let cudaman = |arguments: &[&str]| {
        let mut command = Command::new(CUDAMAN);
        command
            .env_clear()
            .env("HOME", scratch.path())
            .env("PATH", "/usr/bin:/bin")
            .current_dir(scratch.path());
        command.env("CUDAMAN_MIRROR", mirror.url().as_str()).env("CUDAMAN_PYPI_INDEX", &index);
        command.args(arguments).arg("--quiet").stdin(Stdio::null()).stdout(Stdio::null());
        command
    };
    let install = ["install", measure::CUDA, "--profile", "devel", "--source", "pypi"];
    let again = ["install", measure::CUDA, "--profile", "devel", "--source", "pypi", "--force"];
    cost(&mut cudaman(&install));
    let root = scratch.path().join(".cudaman/versions").join(measure::CUDA);
    let bytes = measure::bytes_below(&root);

    let mut new = || {
        cost(&mut cudaman(&["uninstall", measure::CUDA, "--keep-packages"]));
        measure::settle(scratch.path());
        cost(&mut cudaman(&install))
    };
    let mut forced = || {
        measure::settle(scratch.path());
        cost(&mut cudaman(&again))
    };
    let mut proof = || {
        let mut nvcc = Command::new(root.join("bin/nvcc"));
        cost(nvcc.arg("--version").stdout(Stdio::null()))
    };
    let mut present = || cost(&mut cudaman(&install));
    let [new, forced, proof, present] =
        measure::rounds(measure::count(15), &mut [&mut new, &mut forced, &mut proof, &mut present]);
    measure::head(&format!("re-install of {} MB in {} packages", bytes / 1_000_000, packages(&mirror)));
    report("after `uninstall --keep-packages`", &new, bytes);
    report("with `--force`", &forced, bytes);
    measure::row("of that, one `nvcc --version`", "", Spread::seconds(&proof), "s");
    measure::row("installed already", "", Spread::seconds(&present), "s");
}

fn report(what: &str, costs: &[Cost], bytes: u64) {
    let spread = Spread::seconds(costs);
    measure::row(&format!("{what}, whole"), "", spread, "s");
    measure::row(&format!("{what}, per 1.5 GB"), "0.15 s", spread.scaled(SCALE / bytes as f64), "s");
}

fn packages(mirror: &Mirror) -> usize {
    let log = mirror.log();
    let wheels = log.iter().filter(|request| request.method == "GET" && request.path().ends_with(".whl"));
    wheels.count()
}
