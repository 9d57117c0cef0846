//! The real shim in a fake home: what it becomes, what it passes on, and what it refuses.
//!
//! Tools are links to `/bin/sh`, which tells its first argument and its environment when asked by
//! `-c`; `bin/cudaman` is a link to `echo`, which tells what it was asked to do. Nothing that is
//! executed is written by these tests, so none of them meets a file that is still open.
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const PROGRAM: &str = concat!(env!("OUT_DIR"), "/cudaman-shim");

/// A home with two toolchains, a project below it, and a shim for nvcc.
struct Sandbox {
    directory: TempDir,
    home: PathBuf,
    project: PathBuf,
}

impl Sandbox {
    fn new() -> Self {
        // On the file system of the program, for a hard link.
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory");
        let home = directory.path().join("hö me/.cudaman");
        let project = directory.path().join("project/src");
        for directory in ["shims/bin", "resolve", "bin"] {
            fs::create_dir_all(home.join(directory)).expect("a directory");
        }
        fs::create_dir_all(&project).expect("a directory");
        fs::write(home.join("layout"), "1\n").expect("a file");
        let sandbox = Self { directory, home, project };
        fs::hard_link(PROGRAM, sandbox.shim()).expect("a hard link");
        symlink("/bin/echo", sandbox.home.join("bin/cudaman")).expect("a link");
        sandbox.toolchain("12.4.1", &["12.4", "12.4.1", "latest", "default"]);
        sandbox.toolchain("11.8.0", &["11.8", "11.8+cudnn9.1"]);
        sandbox
    }

    fn toolchain(&self, name: &str, requests: &[&str]) {
        let bin = self.home.join("versions").join(name).join("bin");
        fs::create_dir_all(&bin).expect("a directory");
        symlink("/bin/sh", bin.join("nvcc")).expect("a link");
        for request in requests {
            fs::write(self.home.join("resolve").join(request), format!("{name}\n")).expect("an entry");
        }
    }

    fn shim(&self) -> PathBuf {
        self.home.join("shims/bin/nvcc")
    }

    fn tool(&self, toolchain: &str) -> String {
        let tool = self.home.join("versions").join(toolchain).join("bin/nvcc");
        tool.to_str().expect("Unicode").to_owned()
    }

    fn pin(&self, text: &str) {
        fs::write(self.project.join(".cuda-version"), text).expect("a pin");
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.shim());
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nonexistent");
        command.current_dir(&self.project);
        command
    }

    fn run<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Output {
        self.command().args(arguments).output().expect("the shim starts")
    }

    /// Runs the shim and returns the first argument that the tool got.
    fn started(&self) -> String {
        quiet(&self.run(["-c", "printf %s \"$0\""]))
    }
}

/// Returns what was printed by a run that succeeded and said nothing else.
fn quiet(output: &Output) -> String {
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()), "{output:?}");
    text(&output.stdout)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("Unicode")
}

#[test]
fn the_program_is_what_cudaman_carries() {
    assert_eq!(fs::read(PROGRAM).expect("the program"), cudaman::shim_program::SHIM_PROGRAM);
    assert!(cudaman::shim_program::SHIM_PROGRAM.starts_with(b"\x7fELF"));
    assert!(cudaman::shim_program::SHIM_PROGRAM.len() < 100_000);
}

#[test]
fn the_tool_gets_its_real_path_as_first_argument() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.started(), sandbox.tool("12.4.1"));
    // Neither another name nor a directory that looks like a home's leads astray.
    let elsewhere = sandbox.directory.path().join("shims/bin/other-name");
    fs::create_dir_all(elsewhere.parent().expect("a parent")).expect("a directory");
    symlink(sandbox.shim(), &elsewhere).expect("a link");
    for (program, path) in [(elsewhere.as_path(), "/bin"), (Path::new("nvcc"), "")] {
        let path = format!("{path}:{}", sandbox.home.join("shims/bin").display());
        let mut command = Command::new("/usr/bin/env");
        command.arg(program).args(["-c", "printf %s \"$0\""]).env_clear().env("PATH", path);
        let output = command.current_dir(&sandbox.project).output().expect("it starts");
        assert_eq!(quiet(&output), sandbox.tool("12.4.1"));
    }
}

#[test]
fn pins_are_read_as_documented() {
    let sandbox = Sandbox::new();
    for pin in
        ["11.8", "cu118\r\n", "\u{feff}# ours\r\n\r\n 11.8 # torch\r\n", "11.8\ncudnn=9.1\n", "11.8\n12.4\n"]
    {
        sandbox.pin(pin);
        assert_eq!(sandbox.started(), sandbox.tool("11.8.0"), "{pin:?}");
    }
    sandbox.pin("# nothing\n");
    assert_eq!(sandbox.started(), sandbox.tool("12.4.1"));
    let above = sandbox.directory.path().join("project/.tool-versions");
    fs::write(&above, "python 3.12\ncuda 11.8\n").expect("a pin");
    assert_eq!(sandbox.started(), sandbox.tool("11.8.0"));
    sandbox.pin("latest");
    assert_eq!(sandbox.started(), sandbox.tool("12.4.1"));
}

#[test]
fn argument_and_variable_outrank_the_pin() {
    let sandbox = Sandbox::new();
    sandbox.pin("9.9");
    let print = ["-c", "printf '%s %s %s' \"$0\" \"$1\" \"$CUDAMAN_VERSION\"", "", "x"];
    let by_variable =
        sandbox.command().env("CUDAMAN_VERSION", "cu118").args(["-c", "printf %s \"$0\""]).output();
    assert_eq!(quiet(&by_variable.expect("it starts")), sandbox.tool("11.8.0"));
    let mut command = sandbox.command();
    command.env("CUDAMAN_VERSION", "9.9").arg("+cu118").args(print);
    assert_eq!(quiet(&command.output().expect("it starts")), " x 11.8");
    let first = sandbox.run(["+12.4", "-c", "printf %s \"$0\""]);
    assert_eq!(quiet(&first), sandbox.tool("12.4.1"));
}

#[test]
fn variables_are_set_unless_they_are() {
    let sandbox = Sandbox::new();
    let print = "printf '%s\\n' \"$CUDA_HOME\" \"$CUDA_PATH\" \"$CUDA_ROOT\" \"$CUDAToolkit_ROOT\" \"${CUDAMAN_VERSION-unset}\"";
    let root = sandbox.home.join("versions/12.4.1").to_str().expect("Unicode").to_owned();
    let output = quiet(&sandbox.run(["-c", print]));
    assert_eq!(output.lines().collect::<Vec<_>>(), [&root[..], &root, &root, &root, "unset"]);
    let mut command = sandbox.command();
    command.env("CUDA_HOME", "/mine").env("CUDA_ROOT", "").args(["-c", print]);
    let output = quiet(&command.output().expect("it starts"));
    assert_eq!(output.lines().collect::<Vec<_>>(), ["/mine", &root, "", &root, "unset"]);
}

#[test]
fn arguments_pass_through_unchanged() {
    let sandbox = Sandbox::new();
    let long = vec![b'x'; 100_000];
    let arguments: [&[u8]; 7] = [b"", b"a\nb", b"\xff\xfe", b"+12.4", b"'\"$`", &long, "é ".as_bytes()];
    let mut command = sandbox.command();
    command.args(["-c", "for argument; do printf '%s\\n--\\n' \"$argument\"; done", "name"]);
    command.args(arguments.map(OsStr::from_bytes));
    let output = command.output().expect("it starts");
    let expected: Vec<u8> =
        arguments.iter().flat_map(|argument| [argument, &b"\n--\n"[..]].concat()).collect();
    assert!(output.status.success() && output.stdout == expected, "{}", text(&output.stderr));
}

#[test]
fn environments_and_arguments_may_be_large() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command();
    for index in 0..3000 {
        command.env(format!("VARIABLE_{index}"), "v".repeat(100));
    }
    command.args(["-c", "printf '%s %s %s' $# \"$VARIABLE_2999\" \"$CUDA_HOME\"", "name"]);
    command.args((0..20_000).map(|index| format!("argument-{index}")));
    let root = sandbox.home.join("versions/12.4.1");
    let expected = format!("20000 {} {}", "v".repeat(100), root.display());
    assert_eq!(quiet(&command.output().expect("it starts")), expected);
}

#[test]
fn exit_codes_and_signals_are_the_tools_own() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(["-c", "exit 42"]).status.code(), Some(42));
    assert_eq!(sandbox.run(["-c", "kill -TERM $$"]).status.signal(), Some(15));
    let shell = Command::new("/bin/sh")
        .arg("-c")
        .arg("\"$0\" -c 'kill -TERM $$'; exit $?")
        .arg(sandbox.shim())
        .output();
    assert_eq!(shell.expect("it starts").status.code(), Some(143));
}

#[test]
fn what_the_shim_cannot_do_is_handed_to_cudaman() {
    let sandbox = Sandbox::new();
    for pin in ["9.9", ">=11,<12", "../../x", "11.8\n$(id)", "12.4+cudnn", "system+cudnn"] {
        sandbox.pin(pin);
        let output = sandbox.run(["-c", "never run", ""]);
        assert_eq!(quiet(&output), "shim nvcc -c never run \n", "{pin}");
    }
    let output = sandbox.run(["+13", "x.cu"]);
    assert_eq!(quiet(&output), "shim nvcc +13 x.cu\n");
    sandbox.pin("system");
    assert_eq!(quiet(&sandbox.run(["--version"])), "shim nvcc --version\n");
    sandbox.pin("11.8");
    fs::remove_file(sandbox.tool("11.8.0")).expect("a tool");
    assert_eq!(quiet(&sandbox.run(["--version"])), "shim nvcc --version\n");
}

#[test]
fn a_pin_must_be_a_plain_file() {
    let sandbox = Sandbox::new();
    let pin = sandbox.project.join(".cuda-version");
    let secret = sandbox.directory.path().join("secret");
    fs::write(&secret, "11.8").expect("a file");
    let handed_over = |what: &str| {
        assert_eq!(quiet(&sandbox.run(["x"])), "shim nvcc x\n", "{what}");
        fs::remove_file(&pin).or_else(|_| fs::remove_dir(&pin)).expect("a pin");
    };
    symlink(&secret, &pin).expect("a link");
    handed_over("a link");
    symlink("/dev/zero", &pin).expect("a link");
    handed_over("a link to a device");
    fs::create_dir(&pin).expect("a directory");
    handed_over("a directory");
    assert!(Command::new("mkfifo").arg(&pin).status().expect("mkfifo").success());
    handed_over("a FIFO");
    fs::write(&pin, "11.8\n".repeat(1000)).expect("a file");
    handed_over("a large file");
    symlink(&secret, sandbox.project.join(".tool-versions")).expect("a link");
    assert_eq!(sandbox.started(), sandbox.tool("12.4.1"), "another's file is not ours to judge");
}

#[test]
fn a_pin_that_may_not_be_read_is_not_passed_over() {
    let sandbox = Sandbox::new();
    sandbox.pin("11.8");
    let pin = sandbox.project.join(".cuda-version");
    fs::set_permissions(&pin, fs::Permissions::from_mode(0o0)).expect("our file");
    if fs::read(&pin).is_ok() {
        crate::support::skip("a pin that may not be read", "this user may read everything");
        return;
    }
    assert_eq!(quiet(&sandbox.run(["x"])), "shim nvcc x\n");
}

#[test]
fn without_cudaman_the_shim_explains_itself() {
    let sandbox = Sandbox::new();
    fs::remove_file(sandbox.home.join("bin/cudaman")).expect("a link");
    sandbox.pin("\n9.9");
    let output = sandbox.run(["x.cu"]);
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(127), &b""[..]));
    let pin = sandbox.project.join(".cuda-version");
    let expected = format!(
        "cudaman: `nvcc` can't be started: `9.9` (`{}` line 2): it is not installed\nhint: ",
        pin.display()
    );
    assert!(said.starts_with(&expected) && said.contains(".cudaman`") && said.ends_with('\n'), "{said}");
    sandbox.pin("\x1b]0;x\x07secret");
    let said = text(&sandbox.run(["x.cu"]).stderr);
    assert!(
        said.contains("/.cuda-version` line 1: ") && !said.contains("secret") && !said.contains('\x1b'),
        "{said}"
    );
    sandbox.pin("11.8");
    fs::remove_file(sandbox.tool("11.8.0")).expect("a tool");
    fs::create_dir(sandbox.tool("11.8.0")).expect("a directory");
    let output = sandbox.run(["x.cu"]);
    assert_eq!(output.status.code(), Some(126), "{output:?}");
}

#[test]
fn a_circle_is_broken() {
    let sandbox = Sandbox::new();
    sandbox.toolchain("mine", &["mine"]);
    fs::remove_file(sandbox.tool("mine")).expect("a tool");
    symlink(sandbox.shim(), sandbox.tool("mine")).expect("a link");
    let output = sandbox.run(["+mine", "x.cu"]);
    assert_eq!(output.status.code(), Some(126));
    assert!(text(&output.stderr).contains("`nvcc` leads back to its own shim"), "{output:?}");
}

#[test]
fn system_is_what_path_has_outside_cudaman() {
    let sandbox = Sandbox::new();
    let system = sandbox.directory.path().join("system");
    let alias = sandbox.directory.path().join("alias");
    fs::create_dir(&system).expect("a directory");
    fs::create_dir(&alias).expect("a directory");
    symlink(sandbox.shim(), alias.join("nvcc")).expect("a link");
    symlink("/bin/sh", system.join("nvcc")).expect("a link");
    let ours = [sandbox.home.join("versions/11.8.0/bin"), sandbox.home.join("shims/bin"), alias];
    let path = std::env::join_paths(ours.iter().chain([&system])).expect("a list");
    let mut command = sandbox.command();
    command.env("PATH", &path).args([
        "+system",
        "-c",
        "printf '%s %s %s' \"$0\" \"$CUDAMAN_VERSION\" \"${CUDA_HOME-unset}\"",
    ]);
    let expected = format!("{} system unset", system.join("nvcc").display());
    assert_eq!(quiet(&command.output().expect("it starts")), expected);

    // A wrapper that starts nvcc by name finds the shim again.
    fs::remove_file(system.join("nvcc")).expect("a link");
    symlink("/usr/bin/env", system.join("nvcc")).expect("a link");
    let path = std::env::join_paths([&ours[1], &system]).expect("a list");
    let mut command = sandbox.command();
    command.env("PATH", &path).env("CUDAMAN_VERSION", "system").args(["nvcc"; 30]);
    let output = command.output().expect("it starts");
    assert_eq!(output.status.code(), Some(126), "{output:?}");
}

#[test]
fn links_beside_the_shims_serve_the_default_only() {
    let sandbox = Sandbox::new();
    let include = format!("-I{}", sandbox.home.join("shims/include").display());
    let tool = sandbox.home.join("shims/bin/nvcc");
    let print = ["-c", "printf ok", ""];
    assert_eq!(quiet(&sandbox.run(print.iter().chain([&include.as_str()]))), "ok");
    sandbox.pin("12.4.1");
    assert_eq!(quiet(&sandbox.run(print.iter().chain([&include.as_str()]))), "ok");
    sandbox.pin("11.8");
    assert_eq!(quiet(&sandbox.run(print.iter().chain([&tool.to_str().expect("Unicode")]))), "ok");
    let output = sandbox.run(print.iter().chain([&include.as_str()]));
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), &output.stdout[..]), (Some(126), &b""[..]));
    for part in [
        include.as_str(),
        "`12.4.1`",
        "`11.8.0`",
        ".cuda-version",
        "hint: run the build as `cudaman exec '11.8' -- …`",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // However the caller, or the argument, spells a home that is reached through a link.
    let linked = sandbox.directory.path().join("linked");
    symlink(&sandbox.home, &linked).expect("a link");
    for home in [&linked, &sandbox.home] {
        let mut command = Command::new(linked.join("shims/bin/nvcc"));
        command.env_clear().current_dir(&sandbox.project);
        command.arg(format!("-I{}", home.join("shims/include").display()));
        assert_eq!(command.output().expect("it starts").status.code(), Some(126));
    }
}

#[test]
fn further_stores_come_after_the_own() {
    let sandbox = Sandbox::new();
    let lab = sandbox.directory.path().join("lab");
    for directory in ["resolve", "versions/10.0.130/bin"] {
        fs::create_dir_all(lab.join(directory)).expect("a directory");
    }
    fs::write(lab.join("resolve/10.0"), "10.0.130\n").expect("an entry");
    fs::write(lab.join("resolve/12.4"), "10.0.130\n").expect("an entry");
    let tool = lab.join("versions/10.0.130/bin/nvcc");
    symlink("/bin/sh", &tool).expect("a link");
    fs::write(sandbox.home.join("stores"), format!("{}\n", lab.display())).expect("a list");
    sandbox.pin("10.0");
    assert_eq!(Path::new(&sandbox.started()), tool);
    sandbox.pin("12.4");
    assert_eq!(sandbox.started(), sandbox.tool("12.4.1"));
}

#[test]
fn a_deleted_directory_pins_nothing() {
    let sandbox = Sandbox::new();
    let script = "mkdir gone && cd gone && rmdir ../gone && exec \"$0\" -c 'printf %s \"$0\"' 2>&1";
    let output = Command::new("/bin/sh")
        .arg("-c")
        .arg(script)
        .arg(sandbox.shim())
        .current_dir(&sandbox.project)
        .output();
    let said = text(&output.expect("it starts").stdout);
    assert!(said.ends_with(&sandbox.tool("12.4.1")), "{said}");
}

#[test]
fn a_copy_elsewhere_finds_the_home_by_the_environment() {
    let sandbox = Sandbox::new();
    let copy = sandbox.directory.path().join("nvcc");
    fs::hard_link(PROGRAM, &copy).expect("a hard link");
    let run = |name: &str, value: &Path| {
        let mut command = Command::new(&copy);
        command.env_clear().env(name, value).current_dir(&sandbox.project).args(["-c", "printf %s \"$0\""]);
        command.output().expect("it starts")
    };
    assert_eq!(quiet(&run("CUDAMAN_HOME", &sandbox.home)), sandbox.tool("12.4.1"));
    assert_eq!(quiet(&run("HOME", sandbox.home.parent().expect("a parent"))), sandbox.tool("12.4.1"));
    let homeless = run("OTHER", Path::new("x"));
    assert_eq!(homeless.status.code(), Some(127));
    assert!(text(&homeless.stderr).contains("hint: set CUDAMAN_HOME"), "{homeless:?}");
}
