//! Composing, growing, and being stopped at every step of it.

mod processes;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use super::*;
use crate::model::PackageId;
use crate::store::testing::{Lab, executable, file, fix_up, link, name};

fn two_packages(lab: &Lab) -> (PackageId, PackageId) {
    let nvcc = lab.add("cuda_nvcc", &[executable("bin/nvcc", "nvcc"), file("bin/nvcc.profile", "TOP")]);
    let cudart = lab.add(
        "cuda_cudart",
        &[
            file("targets/x86_64-linux/lib/libcudart.so.12", "lib"),
            link("targets/x86_64-linux/lib/libcudart.so", "libcudart.so.12"),
        ],
    );
    (nvcc, cudart)
}

fn link_up(path: &str, target: &str) -> FixUp {
    FixUp { path: path.to_owned(), change: Change::Link { target: target.to_owned() } }
}

#[test]
fn a_toolchain_is_hard_links_and_fix_ups() {
    let lab = Lab::new();
    let (nvcc, cudart) = two_packages(&lab);
    let fix_ups = [fix_up("bin/nvcc.profile", "OURS"), link_up("lib64", "targets/x86_64-linux/lib")];
    let toolchain = lab.compose("12.4.1", &[&nvcc, &cudart], &fix_ups).expect("composed");
    assert_eq!(toolchain.root, lab.path("versions/12.4.1"));
    assert_eq!(lab.inode("versions/12.4.1/bin/nvcc"), lab.inode(&format!("packages/{nvcc}/bin/nvcc")));
    assert_eq!(lab.read("versions/12.4.1/bin/nvcc.profile"), "OURS");
    assert_eq!(lab.read(&format!("packages/{nvcc}/bin/nvcc.profile")), "TOP");
    assert_eq!(lab.read("versions/12.4.1/lib64/libcudart.so"), "lib");
    let mode = |path: &str| fs::metadata(lab.path(path)).expect(path).permissions().mode() & 0o7777;
    assert_eq!(mode("versions/12.4.1/bin/nvcc"), 0o555);
    assert_eq!(mode("versions/12.4.1/bin/nvcc.profile"), 0o444);
    assert_eq!(mode("versions/12.4.1/bin"), 0o755);
    assert_eq!(mode("versions/12.4.1"), 0o755);
    let receipt = lab.store.receipt(&toolchain).expect("read").expect("a receipt");
    assert_eq!(receipt.fix_ups.len(), 2);
    lab.assert_healthy("composed");
}

#[test]
fn growing_keeps_what_was_there() {
    for can_exchange in [true, false] {
        let lab = Lab::new().with_abilities(can_exchange, true);
        let (nvcc, cudart) = two_packages(&lab);
        lab.compose("12.4.1", &[&nvcc], &[fix_up("version.json", "1")]).expect("composed");
        let (program, root) = (lab.inode("versions/12.4.1/bin/nvcc"), lab.inode("versions/12.4.1"));
        lab.compose("12.4.1", &[&nvcc, &cudart], &[fix_up("version.json", "2")]).expect("grown");
        assert_eq!(lab.inode("versions/12.4.1/bin/nvcc"), program);
        assert_eq!(lab.inode("versions/12.4.1") == root, !can_exchange);
        assert_eq!(lab.read("versions/12.4.1/version.json"), "2");
        lab.assert_healthy("grown");
        lab.compose("12.4.1", &[&cudart], &[]).expect("shrunk");
        assert!(!lab.path("versions/12.4.1/bin").exists());
        lab.assert_healthy("shrunk");
    }
}

#[test]
fn where_links_are_refused_files_are_copied() {
    let lab = Lab::new().with_abilities(true, false);
    let (nvcc, cudart) = two_packages(&lab);
    lab.compose("12.4.1", &[&nvcc, &cudart], &[]).expect("composed");
    let copy = fs::metadata(lab.path("versions/12.4.1/bin/nvcc")).expect("a copy");
    assert_eq!((copy.nlink(), copy.mode() & 0o7777, copy.len()), (1, 0o555, 4));
    lab.assert_healthy("copied");
}

#[test]
fn packages_of_a_further_store_are_copied() {
    let lab_store = Lab::new();
    let (nvcc, _) = two_packages(&lab_store);
    let lab = Lab::beside(&[lab_store.store.home().to_owned()]);
    lab.compose("12.4.1", &[&nvcc], &[]).expect("composed");
    assert_eq!(fs::metadata(lab.path("versions/12.4.1/bin/nvcc")).expect("a copy").nlink(), 1);
    assert_eq!(lab.read("versions/12.4.1/bin/nvcc"), "nvcc");
}

#[test]
fn a_package_that_lacks_a_file_is_said_and_nothing_changes() {
    let lab = Lab::new();
    let (nvcc, _) = two_packages(&lab);
    fs::remove_file(lab.path(&format!("packages/{nvcc}/bin/nvcc"))).expect("removed");
    let error = lab.compose("12.4.1", &[&nvcc], &[]).expect_err("damaged");
    assert!(matches!(&error, StoreError::Damaged { path, .. } if path.ends_with("bin/nvcc")), "{error}");
    assert!(lab.names().is_empty() && fs::read_dir(lab.path("tmp")).expect("listed").next().is_none());
}

/// Stops a change at each of its steps in turn, checks the store as the next process finds it, and
/// after that process has prepared it.
fn stopped_anywhere(
    make: impl Fn() -> Lab,
    change: impl Fn(&Lab) -> Result<(), StoreError>,
    check: impl Fn(&Lab),
) {
    for number in 1.. {
        let lab = make();
        lab.store.faults.stop_at(number);
        let is_done = change(&lab).is_ok();
        let next = lab.reopen();
        let lab = lab.with(next);
        check(&lab);
        lab.prepare();
        check(&lab);
        lab.assert_healthy(&format!("step {number}"));
        change(&lab).ok();
        lab.assert_healthy(&format!("step {number}, tried again"));
        if is_done {
            assert!(number > 5, "there were {number} steps");
            return;
        }
    }
}

#[test]
fn stopped_anywhere_a_new_toolchain_is_absent_or_whole() {
    let make = || {
        let lab = Lab::new();
        two_packages(&lab);
        lab
    };
    stopped_anywhere(
        make,
        |lab| {
            let ids = package_ids(lab);
            lab.compose("12.4.1", &[&ids[1], &ids[0]], &[fix_up("version.json", "1")]).map(drop)
        },
        |lab| {
            for toolchain in lab.store.toolchains() {
                let receipt = lab.store.receipt(&toolchain).expect("read").expect("a receipt");
                assert_eq!(receipt.packages.len(), 2);
                assert!(toolchain.root.join("targets/x86_64-linux/lib/libcudart.so").exists());
            }
        },
    );
}

fn package_ids(lab: &Lab) -> Vec<PackageId> {
    let names = crate::store::files::names(&lab.path("packages")).expect("listed");
    names.iter().map(|name| PackageId::from_directory(name).expect("an id")).collect()
}

#[test]
fn stopped_anywhere_a_growing_toolchain_is_old_or_new() {
    for can_exchange in [true, false] {
        let make = || {
            let lab = Lab::new().with_abilities(can_exchange, true);
            let (nvcc, _) = two_packages(&lab);
            lab.compose("12.4.1", &[&nvcc], &[fix_up("version.json", "1")]).expect("composed");
            lab
        };
        let grow = |lab: &Lab| {
            let ids = package_ids(lab);
            lab.compose("12.4.1", &[&ids[1], &ids[0]], &[fix_up("version.json", "2")]).map(drop)
        };
        let check = |lab: &Lab| {
            assert_eq!(lab.names(), ["12.4.1"]);
            let toolchain = lab.store.find(&"12".parse().expect("a request")).expect("found");
            let receipt = lab.store.receipt(&toolchain).expect("read").expect("a receipt");
            let has_library = toolchain.root.join("targets/x86_64-linux/lib/libcudart.so").exists();
            // File by file, the tree may be ahead of its receipt, never behind.
            assert!(has_library || receipt.packages.len() == 1);
            assert!(!can_exchange || has_library == (receipt.packages.len() == 2));
            assert_eq!(lab.read("versions/12.4.1/bin/nvcc"), "nvcc");
        };
        if can_exchange {
            stopped_anywhere(make, grow, check);
            continue;
        }
        for number in 1..40 {
            let lab = make();
            lab.store.faults.stop_at(number);
            let _ = grow(&lab);
            let next = lab.reopen();
            let lab = lab.with(next);
            check(&lab);
            lab.prepare();
            check(&lab);
            grow(&lab).expect("grown");
            lab.assert_healthy(&format!("step {number}"));
        }
    }
}

#[test]
fn stopped_anywhere_a_removed_toolchain_is_whole_or_absent() {
    let make = || {
        let lab = Lab::new();
        lab.install("12.4.1");
        lab.install("11.8.0");
        lab
    };
    stopped_anywhere(
        make,
        |lab| lab.store.remove(&name("12.4.1")),
        |lab| {
            assert!(lab.names().contains(&"11.8.0".to_owned()));
            assert!(lab.names().len() == 1 || lab.path("versions/12.4.1/bin/nvcc").exists());
        },
    );
}

#[test]
fn threads_that_compose_the_same_all_succeed() {
    let lab = Lab::new();
    let (nvcc, cudart) = two_packages(&lab);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let store = lab.reopen();
                store.prepare().expect("prepared");
                let draft = lab.draft("12.4.1", &[&nvcc, &cudart], &[fix_up("version.json", "1")]);
                let toolchain = store.compose(&draft).expect("composed");
                assert!(toolchain.root.join("bin/nvcc").exists());
            });
        }
        for _ in 0..200 {
            // A reader sees no toolchain or a whole one.
            if let Some(toolchain) = lab.store.toolchains().first() {
                assert!(toolchain.root.join("targets/x86_64-linux/lib/libcudart.so").exists());
            }
        }
    });
    lab.prepare();
    lab.assert_healthy("after all threads");
}
