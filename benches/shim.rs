//! What the shim adds in front of a tool, beside the proxies of rustup and mise. The tool is the
//! machine's `true`, so that nearly all that is measured is how long a process takes to start.
#![allow(
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    reason = "a benchmark prints and looks around"
)]

#[path = "../tests/support/mod.rs"]
mod support;

mod measure;

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use measure::{Cost, Spread, cost};
use support::{Mirror, Release, Sandbox, skip};

fn main() {
    let mirror = Mirror::start();
    let release = Release::tiny("12.4.1");
    release.serve(&mirror);
    let sandbox = Sandbox::new().with_mirror(&mirror);
    sandbox.ok(&["install", "12.4.1"]);
    let tool = sandbox.root("12.4.1").join("bin/nvcc");
    replace_by_true(&tool);
    let shim = sandbox.store().join("shims/bin/nvcc");
    let plain = sandbox.project("a/b/c/d", None);
    let pinned = sandbox.project("pinned/b/c/d", None);
    std::fs::write(sandbox.project("pinned", None).join(".cuda-version"), "12.4\n").expect("a pin");

    let count = measure::count(400);
    let mut direct = timed(&sandbox, &tool, &plain);
    let mut again = timed(&sandbox, &tool, &plain);
    let mut default = timed(&sandbox, &shim, &plain);
    let mut pin = timed(&sandbox, &shim, &pinned);
    let [direct, again, default, pin] =
        measure::rounds(count, &mut [&mut direct, &mut again, &mut default, &mut pin]);
    measure::head("time added in front of a tool");
    measure::row("the tool itself", "", Spread::seconds(&direct).scaled(1e6), "µs");
    measure::row("the tool again (the error of what follows)", "", Spread::added(&again, &direct), "µs");
    measure::row("shim, default, four directories up", "120 µs", Spread::added(&default, &direct), "µs");
    measure::row("shim, pin three directories up", "120 µs", Spread::added(&pin, &direct), "µs");
    beside_rustup(&sandbox, &plain);
    beside_mise(&sandbox, &plain);
}

fn timed<'a>(sandbox: &'a Sandbox, program: &'a Path, directory: &'a Path) -> impl FnMut() -> Cost + 'a {
    timed_command(sandbox.command(program), directory)
}

fn timed_command(mut command: Command, directory: &Path) -> impl FnMut() -> Cost {
    command.current_dir(directory).stdout(Stdio::null()).stderr(Stdio::null());
    move || cost(&mut command)
}

fn replace_by_true(tool: &Path) {
    std::fs::remove_file(tool).expect("the tool of a sandbox");
    std::fs::copy("/bin/true", tool).expect("a copy of true");
}

/// Gives rustup a toolchain whose compiler is `true` too.
fn beside_rustup(sandbox: &Sandbox, directory: &Path) {
    let own = dirs::home_dir().map(|home| home.join(".cargo/bin/rustup")).filter(|path| path.is_file());
    let Some(rustup) = own.or_else(|| which::which("rustup").ok()) else {
        return skip("the shim beside rustup's proxy", "rustup is not installed");
    };
    let toolchain = sandbox.project("rust/bin", None);
    std::fs::copy("/bin/true", toolchain.join("rustc")).expect("a copy of true");
    let proxy = sandbox.project("cargo", None).join("rustc");
    symlink(&rustup, &proxy).expect("a proxy");
    let command = |program: &Path| {
        let mut command = sandbox.command(program);
        command
            .env("RUSTUP_HOME", sandbox.path().join("rustup"))
            .env("CARGO_HOME", sandbox.path().join("cargo"));
        command
    };
    let root = toolchain.parent().expect("its root");
    for arguments in [&["toolchain", "link", "bench"][..], &["default", "bench"]] {
        let mut command = command(&rustup);
        command.args(arguments);
        if arguments.len() == 3 {
            command.arg(root);
        }
        if !command.output().is_ok_and(|output| output.status.success()) {
            return skip("the shim beside rustup's proxy", "rustup would not take a toolchain");
        }
    }
    let mut direct = timed_command(sandbox.command(toolchain.join("rustc")), directory);
    let mut proxied = timed_command(command(&proxy), directory);
    let [direct, proxied] = measure::rounds(measure::count(60), &mut [&mut direct, &mut proxied]);
    measure::row("beside: rustup's proxy, default", "", Spread::added(&proxied, &direct), "µs");
}

/// Gives mise a tool whose program is `true` too.
fn beside_mise(sandbox: &Sandbox, directory: &Path) {
    let Some(mise) = measure::peer("mise") else { return };
    let tool = sandbox.project("mise/installs/dummy/1.0.0/bin", None);
    std::fs::copy("/bin/true", tool.join("dummy")).expect("a copy of true");
    let shim = sandbox.project("mise/shims", None).join("dummy");
    symlink(&mise, &shim).expect("a shim");
    let mut command = sandbox.command(&shim);
    command.env("MISE_DATA_DIR", sandbox.path().join("mise")).env("MISE_DUMMY_VERSION", "1.0.0");
    command.env("MISE_OFFLINE", "1");
    if !command.output().is_ok_and(|output| output.status.success()) {
        return skip("the shim beside mise's", "mise would not run a tool of its data directory");
    }
    let mut direct = timed_command(sandbox.command(tool.join("dummy")), directory);
    let mut shimmed = timed_command(command, directory);
    let [direct, shimmed] = measure::rounds(measure::count(60), &mut [&mut direct, &mut shimmed]);
    measure::row("beside: mise's shim", "", Spread::added(&shimmed, &direct), "µs");
}
