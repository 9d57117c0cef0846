//! The program beside a bundle: two files and one command, on a machine that has nothing else.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{CUDAMAN, Parcel, Run, have, skip};

/// Nobody's number: any user but root.
const USER: u32 = 65534;

/// What a person types there, whose shell is dash.
const SCRIPT: &str = r#"
set -eu
./cudaman install --from cuda.tar.zst
rm cudaman cuda.tar.zst
PATH=$HOME/.cudaman/bin:$HOME/.cudaman/shims/bin:$PATH
cudaman current --short
nvcc x.cu
cudaman verify
cudaman install 12.4
"#;

/// Exports with the program beside the bundle, and returns where it was put.
fn with_program(parcel: &Parcel, option: &str) -> (Run, PathBuf) {
    let run = parcel.maker.run(&["export", "12.4", "--force", "-o", parcel.path(), option]);
    (run, parcel.bundle.with_file_name("cudaman"))
}

/// Copies a program to `/bin` of a root, with the libraries that it needs at their own paths.
fn bring(program: &Path, root: &Path, name: &str) {
    std::fs::copy(program, root.join("bin").join(name)).expect("copied");
    let output = Command::new("ldd").arg(program).output().expect("ldd");
    let text = String::from_utf8(output.stdout).expect("text");
    for library in text.split_whitespace().filter(|word| word.starts_with('/')) {
        let target = root.join(library.trim_start_matches('/'));
        std::fs::create_dir_all(target.parent().expect("a parent")).expect("a directory");
        std::fs::copy(library, target).expect("copied");
    }
}

/// Makes a root with dash, the C library, and a home of its user.
fn empty_machine(parcel: &Parcel) -> PathBuf {
    let root = parcel.maker.path().join("machine");
    for directory in ["bin", "proc", "home/user"] {
        std::fs::create_dir_all(root.join(directory)).expect("a directory");
    }
    bring(Path::new("/bin/dash"), &root, "sh");
    bring(Path::new("/usr/bin/dirname"), &root, "dirname");
    bring(Path::new("/usr/bin/rm"), &root, "rm");
    bring(&parcel.bundle.with_file_name("cudaman"), &root, "unused");
    std::fs::remove_file(root.join("bin/unused")).expect("removed");
    for name in ["cudaman", "cuda.tar.zst"] {
        let file = root.join("home/user").join(name);
        std::fs::copy(parcel.bundle.with_file_name(name), &file).expect("copied");
        chown(file, Some(USER), Some(USER)).expect("given away");
    }
    chown(root.join("home/user"), Some(USER), Some(USER)).expect("given away");
    root
}

#[test]
fn two_files_and_one_command_are_enough_on_an_empty_machine() {
    if !["unshare", "dash", "ldd"].into_iter().all(have) {
        return;
    }
    let probe = Command::new("unshare").args(["--net", "--pid", "--fork", "--mount-proc", "true"]).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        skip("a machine without a network", "namespaces are not allowed here");
        return;
    }
    let parcel = Parcel::of(&["12.4"]);
    let (run, program) = with_program(&parcel, "--with-cudaman");
    run.expect(0, &["copy both", "./cudaman install --from cuda.tar.zst"]);
    assert_eq!(std::fs::metadata(&program).expect("a program").permissions().mode() & 0o777, 0o755);
    let root = empty_machine(&parcel);
    let mut command = Command::new("unshare");
    command.env_clear().env("HOME", "/home/user").env("PATH", "/bin");
    command.args(["--net", "--pid", "--fork"]).arg("--mount-proc=/proc");
    command.arg(format!("--root={}", root.display())).args(["--wd=/home/user"]);
    command.args([format!("--setgid={USER}"), format!("--setuid={USER}")]);
    let run = Run::of(command.args(["/bin/sh", "-c", SCRIPT]));
    run.expect(0, &["installed `12.4.1`", "`12.4.1` is installed already"]);
    assert!(run.stdout.starts_with("12.4.1\nnvcc 12.4.99"), "{run:?}");
    let kept = std::fs::symlink_metadata(root.join("home/user/.cudaman/bin/cudaman")).expect("a program");
    assert!(kept.is_file(), "the program is a copy of its own");
}

#[test]
fn what_the_program_needs_is_said_and_programs_of_other_machines_are_refused() {
    let parcel = Parcel::with(&["12.4"], &["--platform", "linux-sbsa"]);
    let (run, program) = with_program(&parcel, "--with-cudaman");
    run.expect(1, &["runs on x86_64", "for linux-sbsa", "--with-cudaman=PATH"]);
    assert!(!program.exists());
    let script = parcel.maker.path().join("script");
    std::fs::write(&script, "#!/bin/sh\n").expect("written");
    with_program(&parcel, &format!("--with-cudaman={}", script.display()))
        .0
        .expect(1, &["could not read", "script"]);

    let parcel = Parcel::of(&["12.4"]);
    let (run, program) = with_program(&parcel, &format!("--with-cudaman={CUDAMAN}"));
    run.expect(0, &[]);
    assert!(std::fs::read(&program).expect("a program") == std::fs::read(CUDAMAN).expect("a program"));
    if !have("readelf") {
        return;
    }
    assert_eq!(
        newest_glibc().is_some_and(|minor| minor > 17),
        run.stderr.contains("and CentOS 7 has 2.17"),
        "{run:?}"
    );
}

/// Returns the minor version of the newest glibc that the program asks for, as readelf tells it.
fn newest_glibc() -> Option<u32> {
    let output =
        Command::new("readelf").args(["--version-info", "--wide", CUDAMAN]).output().expect("readelf");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let minor = |word: &str| word.strip_prefix("GLIBC_2.")?.split('.').next()?.parse().ok();
    text.split_whitespace().filter_map(minor).max()
}
