//! How long `--version`, `current` and `list` take with thirty toolchains, beside a program that does
//! nothing and beside other version managers; and how large the program is.
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
use support::{CUDAMAN, Mirror, Release, Sandbox};

fn main() {
    let sandbox = crowded();
    let mut nothing = timed(sandbox.command("/bin/true"));
    let mut version = timed(sandbox.cudaman(&["--version"]));
    let mut current = timed(sandbox.cudaman(&["current"]));
    let mut list = timed(sandbox.cudaman(&["list"]));
    let alternatives: &mut [&mut dyn FnMut() -> Cost; 4] =
        &mut [&mut nothing, &mut version, &mut current, &mut list];
    let [nothing, version, current, list] = measure::rounds(measure::count(200), alternatives);
    measure::head("start-up with 30 toolchains");
    let milliseconds = |costs: &[Cost]| Spread::seconds(costs).scaled(1e3);
    measure::row("a program that does nothing", "", milliseconds(&nothing), "ms");
    measure::row("`cudaman --version`", "2 ms", milliseconds(&version), "ms");
    measure::row("`cudaman current`", "2 ms", milliseconds(&current), "ms");
    measure::row("`cudaman list`", "2 ms", milliseconds(&list), "ms");
    for (peer, arguments) in [("uv", "--version"), ("rustup", "--version"), ("mise", "--version")] {
        let Some(program) = measure::peer(peer) else { continue };
        let mut command = Command::new(program);
        command.arg(arguments);
        let mut run = timed(command);
        let [costs] = measure::rounds(measure::count(30), &mut [&mut run]);
        measure::row(&format!("beside: `{peer} {arguments}`"), "", milliseconds(&costs), "ms");
    }
    let size = std::fs::metadata(CUDAMAN).map_or(0, |metadata| metadata.len());
    measure::row("size of the program", "10 MB", Spread::of([size as f64 / 1e6]), "MB");
}

fn timed(mut command: Command) -> impl FnMut() -> Cost {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    move || cost(&mut command)
}

/// Returns a sandbox with thirty toolchains, one of them pinned where commands run.
fn crowded() -> Sandbox {
    let mirror = Mirror::start();
    let labels: Vec<String> =
        (0..10).flat_map(|minor| (0..3).map(move |patch| format!("12.{minor}.{patch}"))).collect();
    labels.iter().for_each(|label| Release::tiny(label).serve(&mirror));
    let sandbox = Sandbox::new().with_mirror(&mirror);
    for label in &labels {
        sandbox.ok(&["install", label]);
    }
    std::fs::write(sandbox.path().join(".cuda-version"), "12.4\n").expect("a pin");
    assert_eq!(sandbox.ok(&["list"]).lines().count(), labels.len());
    sandbox
}
