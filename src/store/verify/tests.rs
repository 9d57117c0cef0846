//! Damage of every kind: found, and mended where the store can.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;
use crate::store::testing::{Lab, executable, file, fix_up, link, name};

fn damaged_lab() -> (Lab, PackageId) {
    let lab = Lab::new();
    let id = lab
        .add("cuda_nvcc", &[executable("bin/nvcc", "nvcc"), file("include/cuda.h", "h"), link("l", "bin")]);
    lab.compose("12.4.1", &[&id], &[fix_up("version.json", "{}")]).expect("composed");
    lab.store.install_shim_program(b"shim").expect("installed");
    lab.assert_healthy("before");
    (lab, id)
}

/// Changes a file's content in place, with its size and time of modification as before.
fn flip(path: &Path) {
    let metadata = fs::metadata(path).expect("a file");
    let mut bytes = fs::read(path).expect("read");
    bytes[0] ^= 1;
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).expect("set");
    fs::write(path, bytes).expect("written");
    fs::set_permissions(path, metadata.permissions()).expect("set");
    let file = fs::File::options().append(true).open(path);
    if let Ok(file) = file {
        file.set_modified(metadata.modified().expect("a time")).expect("set");
    }
}

/// Replaces a file by another inode with other content.
fn replace(path: &Path, text: &str) {
    fs::remove_file(path).expect("removed");
    fs::write(path, text).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o444)).expect("set");
}

fn verify(lab: &Lab) -> Report {
    lab.store.verify(Repair::No).expect("verified")
}

fn repair(lab: &Lab) -> Report {
    lab.store.verify(Repair::Yes).expect("repaired")
}

#[test]
fn one_flipped_bit_in_a_package_is_found_and_asks_for_a_new_installation() {
    let (lab, id) = damaged_lab();
    flip(&lab.path(&format!("packages/{id}/bin/nvcc")));
    let report = verify(&lab);
    assert!(!report.is_healthy());
    assert_eq!(report.problems.len(), 1);
    assert!(report.problems[0].what.contains("expected sha256"), "{report:?}");
    assert_eq!(report.reinstall, BTreeMap::from([(name("12.4.1"), vec![id.clone()])]));
    assert!(!repair(&lab).is_healthy());
    // The new installation: replaced, then composed anew.
    let staging = lab.store.stage("test").expect("staged");
    let pieces = [executable("bin/nvcc", "nvcc"), file("include/cuda.h", "h"), link("l", "bin")];
    lab.store.replace_packages(vec![lab.staged(&staging, "cuda_nvcc", &pieces)]).expect("replaced");
    lab.compose("12.4.1", &[&id], &[fix_up("version.json", "{}")]).expect("composed");
    drop(staging);
    lab.assert_healthy("after");
}

#[test]
fn a_toolchain_is_mended_from_its_packages() {
    type Damage = fn(&Path);
    let damages: [Damage; 5] = [
        |root| fs::remove_file(root.join("bin/nvcc")).expect("removed"),
        |root| fs::remove_dir_all(root.join("include")).expect("removed"),
        |root| replace(&root.join("include/cuda.h"), "x"),
        |root| {
            fs::remove_file(root.join("l")).expect("removed");
            std::os::unix::fs::symlink("/etc", root.join("l")).expect("linked");
        },
        |root| fs::set_permissions(root.join("bin"), fs::Permissions::from_mode(0o700)).expect("set"),
    ];
    for (number, damage) in damages.iter().enumerate() {
        let (lab, _) = damaged_lab();
        damage(&lab.path("versions/12.4.1"));
        assert!(!verify(&lab).is_healthy(), "{number}");
        let report = repair(&lab);
        assert!(report.is_healthy() && !report.problems.is_empty(), "{number}: {report:?}");
        lab.assert_healthy("repaired");
    }
}

#[test]
fn a_damaged_fix_up_is_found_and_kept() {
    let (lab, _) = damaged_lab();
    flip(&lab.path("versions/12.4.1/version.json"));
    assert!(!repair(&lab).is_healthy());
    assert!(lab.path("versions/12.4.1/bin/nvcc").exists());
}

#[test]
fn every_state_file_can_be_lost_or_damaged() {
    let texts = [None, Some(""), Some("{"), Some("[1]"), Some("\0\u{1}"), Some("{\"format\":99}")];
    for text in texts {
        for path in ["layout", "resolve/12.4", "shims/bin/nvcc", "receipts/toolchains/12.4.1.json"] {
            let (lab, id) = damaged_lab();
            fs::remove_file(lab.path(path)).expect("removed");
            if let Some(text) = text {
                fs::write(lab.path(path), text).expect("written");
            }
            let context = format!("{path}: {text:?}");
            assert_eq!(lab.names(), ["12.4.1"], "{context}");
            let report = repair(&lab);
            assert!(report.is_healthy(), "{context}: {report:?}");
            lab.assert_healthy(&context);
            let toolchain = lab.store.find(&"12".parse().expect("a request")).expect("found");
            let receipt = lab.store.receipt(&toolchain).expect("read").expect("a receipt");
            assert_eq!((receipt.packages, receipt.fix_ups.len()), (vec![id], 1), "{context}");
        }
    }
}

#[test]
fn a_lost_package_is_named_and_its_toolchain_stays() {
    for lost in ["packages", "receipts/packages"] {
        let (lab, id) = damaged_lab();
        fs::remove_dir_all(lab.path(lost)).expect("removed");
        for report in [verify(&lab), repair(&lab)] {
            assert!(!report.is_healthy());
            assert_eq!(report.reinstall.get(&name("12.4.1")), Some(&vec![id.clone()]), "{lost}: {report:?}");
        }
        assert_eq!(lab.read("versions/12.4.1/bin/nvcc"), "nvcc");
        let again = lab.add(
            "cuda_nvcc",
            &[executable("bin/nvcc", "nvcc"), file("include/cuda.h", "h"), link("l", "bin")],
        );
        lab.compose("12.4.1", &[&again], &[fix_up("version.json", "{}")]).expect("composed");
        lab.assert_healthy(lost);
    }
}

#[test]
fn a_users_file_in_a_toolchain_is_noticed_and_left() {
    let (lab, _) = damaged_lab();
    fs::write(lab.path("versions/12.4.1/notes.txt"), "mine").expect("written");
    let report = repair(&lab);
    assert!(report.is_healthy());
    assert_eq!(report.problems.len(), 1);
    assert!(lab.path("versions/12.4.1/notes.txt").exists());
}

#[test]
fn deleted_directories_come_back() {
    for directory in ["locks", "tmp", "trash", "cache", "resolve", "shims"] {
        let (lab, _) = damaged_lab();
        fs::remove_dir_all(lab.path(directory)).expect("removed");
        let _ = verify(&lab);
        assert!(repair(&lab).is_healthy(), "{directory}");
        lab.assert_healthy(directory);
    }
}
