//! Bundles: exported in one home, installed in another that reaches nothing, the same toolchains.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::bench::{assert_tidy, tree};
use super::injection;
use crate::support::{CUDAMAN, Mirror, Parcel, Release, Run, Sandbox, have, island};

/// Returns a receipt of a store, by its path below `receipts/`.
fn receipt(sandbox: &Sandbox, path: &str) -> Value {
    let text = std::fs::read(sandbox.store().join("receipts").join(path)).expect(path);
    serde_json::from_slice(&text).expect("JSON")
}

/// Returns what a toolchain holds, by paths below its root.
fn content(root: &Path) -> Vec<(String, u32, Vec<u8>)> {
    let relative = |path: &Path| path.strip_prefix(root).expect("below the root").display().to_string();
    tree(root).into_iter().map(|(path, (mode, bytes))| (relative(&path), mode, bytes)).collect()
}

#[test]
fn an_exported_toolchain_is_the_same_on_a_machine_without_a_network() {
    let parcel = Parcel::of(&["12.4+cudnn", "12.4+none", "13.0"]);
    let island = island();
    let run = island.run(&["install", "--from", parcel.path()]);
    run.expect(0, &["installed `12.4.1`", "installed `12.4.1+cudnn9.1.0.70`", "installed `13.0.2`"]);
    let list = |sandbox: &Sandbox| sandbox.ok(&["list"]).replace("* ", "  ").replace("  (default)", "");
    assert_eq!(list(&island), list(&parcel.maker));
    for name in ["12.4.1", "12.4.1+cudnn9.1.0.70", "13.0.2"] {
        let path = format!("toolchains/{name}.json");
        assert_eq!(receipt(&island, &path), receipt(&parcel.maker, &path), "{name}");
        assert_eq!(content(&island.root(name)), content(&parcel.maker.root(name)), "{name}");
    }
    for package in std::fs::read_dir(island.store().join("receipts/packages")).expect("receipts") {
        let name = package.expect("a receipt").file_name().into_string().expect("a name");
        let path = format!("packages/{name}");
        assert_eq!(receipt(&island, &path), receipt(&parcel.maker, &path), "{name}");
    }
    let shim = island.shim("nvcc", island.path(), &["+13.0", "x.cu"]);
    assert!(shim.stdout.starts_with("nvcc 13.0.99"), "{shim:?}");
    island.assert_healthy();
    assert_tidy(&island);

    let again = island.run(&["install", "--from", parcel.path(), "--json"]);
    again.expect(0, &["`13.0.2` is installed already"]);
    assert!(!again.stdout.contains("\"changed\": true"), "{again:?}");
    island
        .run(&["install", "--from", parcel.path(), "--force"])
        .expect(0, &["installed `13.0.2`", "0 packages"]);
    island.assert_healthy();
}

#[test]
fn packages_that_toolchains_share_are_stored_once_and_tar_can_read_it() {
    let parcel = Parcel::of(&["12.4+none", "12.4+cudnn"]);
    let (manifest, _) = parcel.opened();
    let ids: Vec<&str> = manifest["packages"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert_eq!(ids.iter().filter(|id| id.starts_with("cuda_nvcc-")).count(), 1, "{ids:?}");
    assert_eq!(manifest["toolchains"].as_array().map(Vec::len), Some(2));
    if !have("zstd") || !have("tar") {
        return;
    }
    let place = parcel.maker.project("unpacked", None);
    let tar =
        Run::of(parcel.maker.command("tar").arg("-C").arg(&place).args(["--zstd", "-xf", parcel.path()]));
    tar.expect(0, &[]);
    let nvcc = ids.iter().find(|id| id.starts_with("cuda_nvcc-")).expect("nvcc");
    assert!(place.join("packages").join(nvcc).join("bin/nvcc").exists());
}

#[test]
fn a_request_takes_only_what_it_names() {
    let parcel = Parcel::of(&["12.4", "13.0"]);
    let island = island();
    let shown = island.ok(&["install", "13", "--from", parcel.path(), "--dry-run"]);
    assert_eq!(shown, "13.0.2 (devel) from redist for linux-x86_64\n");
    assert!(!island.store().exists());
    island
        .run(&["install", "11.8", "--from", parcel.path()])
        .expect(1, &["has no `11.8`", "it has 12.4.1, 13.0.2"]);
    island
        .run(&["install", "13", "--from", parcel.path(), "--default"])
        .expect(0, &["the default is now `13.0.2`"]);
    assert_eq!(island.ok(&["list"]), "* 13.0.2  devel from redist  (default)\n");
    let packages = std::fs::read_dir(island.store().join("packages")).expect("packages");
    let names: Vec<_> = packages.map(|entry| entry.expect("an entry").file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("-12.4")), "{names:?}");
    island.assert_healthy();
    island
        .run(&["install", "13", "--from", parcel.path(), "--profile", "full"])
        .expect(2, &["as it was exported"]);
    island.run(&["install", "--from", parcel.path(), "--source", "redist"]).expect(2, &["--source"]);
    let other = island.project("other", None).join("file");
    std::fs::write(&other, "no bundle").expect("written");
    let other = other.to_str().expect("a path");
    island.run(&["install", "--from", parcel.path(), other]).expect(2, &["can't be installed together"]);
    island.run(&["install", "--from", other]).expect(1, &["hint:"]);
    island.run(&["install", "--from", "/none"]).expect(1, &["/none"]);
}

#[test]
fn what_is_there_grows_and_what_differs_is_refused() {
    let small = Parcel::with(&["12.4"], &["--profile", "minimal"]);
    let other = Parcel::with(&["12.4"], &["--profile", "minimal", "--with", "cuda_cuobjdump"]);
    let large = Parcel::with(&["12.4"], &["--profile", "runtime"]);
    let island = island();
    island.ok(&["install", "--from", small.path()]);
    island.run(&["install", "--from", other.path()]).expect(0, &["installed `12.4.1`", "1 package,"]);
    assert!(island.root("12.4.1").join("bin/cuda_cuobjdump-tool").exists());
    island.run(&["install", "--from", small.path()]).expect(0, &["installed already"]);
    let differs = island.run(&["install", "--from", large.path()]);
    differs.expect(1, &["packages that the bundle lacks", "--force"]);
    island.assert_healthy();
    island.ok(&["install", "--from", large.path(), "--force"]);
    assert_eq!(content(&island.root("12.4.1")), content(&large.maker.root("12.4.1")));
    island.assert_healthy();
}

#[test]
fn another_machines_toolkit_is_carried_through() {
    let parcel = Parcel::with(&["12.4"], &["--platform", "linux-sbsa"]);
    parcel
        .maker
        .run(&["export", "12.4", "--platform", "linux-x86_64"])
        .expect(1, &["it is for linux-sbsa", "hint:"]);
    parcel
        .maker
        .run(&["export", "12.4", "--platform", "linux-sbsa"])
        .expect(0, &["for linux-sbsa", "cuda-12.4.1.tar.zst"]);
    let island = island();
    island
        .run(&["install", "--from", parcel.path()])
        .expect(1, &["is for linux-sbsa", "this machine is linux-x86_64", "--platform linux-sbsa"]);
    assert!(!island.store().exists());
    island.ok(&["install", "--from", parcel.path(), "--platform", "linux-sbsa"]);
    assert!(island.root("12.4.1").join("targets/sbsa-linux/include/cuda.h").exists());
    island.assert_healthy();
}

#[test]
fn what_another_machine_needs_is_got_for_it_without_being_installed_here() {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    let maker = Sandbox::new().with_mirror(&mirror);
    let file = maker.path().join("cuda.tar.zst").display().to_string();
    let export = ["export", "12.4", "--platform", "linux-sbsa", "-o", &file];
    maker.run(&[&export[..], &["--offline"]].concat()).expect(1, &["offline"]);
    assert!(!Path::new(&file).exists());
    maker.run(&["export", "12.9", "--platform", "linux-sbsa"]).expect(1, &["12.9"]);
    maker.run(&export).expect(0, &["for linux-sbsa", "wrote"]);
    assert!(!maker.root("12.4.1").exists() && !maker.ok(&["list"]).contains("12.4"), "nothing runs here");
    maker.assert_healthy();
    maker.ok(&["gc"]);
    assert_eq!(std::fs::read_dir(maker.store().join("packages")).expect("a directory").count(), 0);

    let island = island();
    island.ok(&["install", "--from", &file, "--platform", "linux-sbsa"]);
    assert!(island.root("12.4.1").join("targets/sbsa-linux/include/cuda.h").exists());
    island.assert_healthy();
}

#[test]
fn exports_that_would_lose_something_are_refused() {
    let parcel = Parcel::of(&["12.4"]);
    let maker = &parcel.maker;
    let before = std::fs::read(&parcel.bundle).expect("a bundle");
    maker.run(&["export", "12.4", "-o", parcel.path()]).expect(1, &["is there already", "--force"]);
    maker.run(&["export", "12.9"]).expect(1, &["`12.9` is not installed", "hint:"]);
    let nowhere = maker.run(&["export", "12.4", "-o", "/nonexistent/cuda.tar.zst"]);
    nowhere
        .expect(1, &["could not write `/nonexistent/cuda.tar.zst`", "hint: `mkdir -p /nonexistent` makes"]);
    maker.run(&["export"]).expect(2, &[]);
    std::os::unix::fs::symlink(maker.home(), maker.root("site")).expect("linked");
    maker.run(&["export", "site"]).expect(1, &["is a link to", "hint:"]);
    std::fs::remove_file(maker.root("site")).expect("removed");
    let sum = maker.ok(&["export", "12.4", "-o", parcel.path(), "--force"]);
    assert_eq!(std::fs::read(&parcel.bundle).expect("a bundle"), before, "the same toolkit, the same bundle");
    assert_eq!(sum, format!("{}  {}\n", crate::support::sha256(&before), parcel.path()));

    let script = format!("{CUDAMAN} export 12.4 -o - > /dev/full");
    Run::of(maker.command("sh").args(["-c", &script])).expect(1, &["could not write"]);
    let piped =
        Command::output(maker.cudaman(&["export", "12.4", "-o", "-"]).env("CUDAMAN_SOURCES", "redist"));
    assert_eq!(piped.expect("run").stdout, before);

    let id = parcel.opened().0["packages"][0]["id"].as_str().expect("an id").to_owned();
    let licence = maker.store().join("packages").join(id).join("share/licenses");
    let licence = tree(&licence).into_iter().find(|(_, (_, bytes))| !bytes.is_empty()).expect("a file").0;
    let text = std::fs::read(&licence).expect("a licence");
    std::fs::remove_file(&licence).expect("removed");
    std::fs::write(&licence, vec![b'x'; text.len()]).expect("written");
    let again = maker.path().join("again.tar.zst");
    maker
        .run(&["export", "12.4", "-o", again.to_str().expect("a path")])
        .expect(1, &["is not what its receipt says", "verify --repair"]);
    let left: Vec<_> = std::fs::read_dir(maker.path())
        .expect("listed")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().contains("again")), "{left:?}");
}

#[test]
fn an_import_killed_anywhere_is_absent_or_whole() {
    if !injection::is_possible() {
        return;
    }
    let parcel = Parcel::of(&["12.4"]);
    let kinds: [(&str, &[u32]); 6] = [
        ("openat2", &[2, 9]),
        ("renameat2", &[1, 4]),
        ("rename", &[3, 8]),
        ("linkat", &[5]),
        ("syncfs", &[1]),
        ("fsync", &[6]),
    ];
    let mut killed = 0;
    for (call, counts) in kinds {
        for count in counts {
            let island = island();
            let mut command = island.command("strace");
            command.args(["-f", "-qq", "-o", "strace.log", "-e", &format!("trace={call}")]);
            command.args(["-e", &format!("inject={call}:signal=KILL:when={count}"), CUDAMAN]);
            Run::of(command.args(["install", "--from", parcel.path()]));
            let log = std::fs::read_to_string(island.path().join("strace.log")).expect("a log");
            killed += u32::from(log.contains("killed by SIGKILL"));
            island.assert_healthy();
            island.ok(&["install", "--from", parcel.path()]);
            assert_eq!(
                content(&island.root("12.4.1")),
                content(&parcel.maker.root("12.4.1")),
                "{call} {count}"
            );
            island.assert_healthy();
            assert_tidy(&island);
        }
    }
    assert!(killed >= 6, "killed {killed} times");
}
