//! The catalogue of hostile archives, what their entries say: one test per case and named after
//! it. Each asserts the refusal; [`Yard`] asserts that nothing outside of the root changed.

use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use tar::EntryType;

use super::testing::{TarBuilder, Yard, fault, header, names, paths, refusal, unpack_tar};
use super::{Limits, Refusal, UnpackError};
use crate::model::{Entry, EntryKind, Format};

fn target<'a>(entries: &'a [Entry], path: &str) -> Option<&'a str> {
    entries.iter().find(|entry| entry.path == path).and_then(|entry| match &entry.kind {
        EntryKind::Link { target } => Some(target.as_str()),
        EntryKind::File { .. } => None,
    })
}

#[test]
fn arc_dotdot_name() {
    for path in ["../../evil", "a/../../evil", "./../evil", "..", "a/.."] {
        let error = unpack_tar(TarBuilder::default().file(path, b"x")).expect_err("refused");
        let shown = path.trim_start_matches("./");
        assert!(error.to_string().contains(shown) && error.to_string().contains("escapes"), "{error}");
    }
}

#[test]
fn arc_absolute_name() {
    for path in ["/tmp/canary/evil", "//etc/x", "/"] {
        assert_eq!(refusal(TarBuilder::default().file(path, b"x")), Refusal::Absolute, "{path}");
    }
}

#[test]
fn arc_symlink_then_file() {
    let through = TarBuilder::default().link("x", "..").file("x/exploit/foo", b"x");
    assert_eq!(refusal(through), Refusal::Duplicate("x".to_owned()));
    let yard = Yard::new();
    let first = TarBuilder::default().file("x/exploit/foo", b"x").link("x", "../outside");
    yard.unpack(&first.xz(), Format::TarXz).expect_err("refused");
}

#[test]
fn arc_symlink_absolute() {
    let absolute = TarBuilder::default().link("lib64", "/etc");
    assert_eq!(refusal(absolute), Refusal::LinkOutside("/etc".to_owned()));
    for target in ["..", "../outside", "a/../../outside", ""] {
        let refusal = refusal(TarBuilder::default().file("a/f", b"").link("lib64", target));
        assert!(matches!(refusal, Refusal::LinkOutside(_)), "{target}");
    }
    // Inside for the eye, outside for the kernel.
    let chain = TarBuilder::default().link("d/up", "..").link("x", "d/up/../outside");
    assert!(matches!(refusal(chain), Refusal::LinkOutside(_)));
    let looped = TarBuilder::default().link("a", "b").link("b", "a");
    assert!(matches!(refusal(looped), Refusal::LinkLoop(_)));

    let inside =
        TarBuilder::default().file("targets/x/lib/f", b"x").link("lib64", "targets/x/lib").link("d", "no");
    let entries = unpack_tar(inside).expect("accepted");
    assert_eq!(target(&entries, "lib64"), Some("targets/x/lib"));
    assert_eq!(target(&entries, "d"), Some("no"));
}

#[test]
fn arc_dir_over_symlink_chmod() {
    let yard = Yard::new();
    let mode = std::fs::Permissions::from_mode(0o700);
    fs_err::set_permissions(yard.outside(), mode).expect("a directory");
    for target in ["../outside", "a"] {
        let builder = TarBuilder::default().file("a/f", b"").link("foo", target).directory("foo/");
        yard.unpack(&builder.clone().xz(), Format::TarXz).expect_err("refused");
        let again = Yard::new().unpack(&builder.xz(), Format::TarXz);
        assert!(matches!(again, Err(UnpackError::Refused { refusal: Refusal::Duplicate(_), .. })));
    }
    let mode = fs_err::metadata(yard.outside()).expect("a directory").mode();
    assert_eq!(mode & 0o7777, 0o700);
}

#[test]
fn arc_hardlink_outside() {
    for target in ["../outside/canary", "/etc/passwd", "missing", "dir", "link"] {
        let yard = Yard::new();
        let builder = TarBuilder::default()
            .file("dir/f", b"x")
            .link("link", "dir/f")
            .hard_link("h", target)
            .file("h", b"evil");
        let result = yard.unpack(&builder.xz(), Format::TarXz);
        assert!(
            matches!(&result, Err(UnpackError::Refused { refusal: Refusal::HardLink(_), .. })),
            "{target}: {result:?}"
        );
        let canary = fs_err::metadata(yard.outside().join("canary")).expect("the canary");
        assert_eq!(canary.nlink(), 1);
    }
    let yard = Yard::new();
    let inside = TarBuilder::default().executable("./a/f", 0o755, b"x").hard_link("./h", "./a/f");
    let entries = yard.unpack(&inside.xz(), Format::TarXz).expect("accepted");
    assert_eq!(paths(&entries), ["a/f", "h"]);
    assert_eq!(entries[0].kind, entries[1].kind);
    assert_eq!(fs_err::read(yard.root().join("h")).expect("a file"), b"x");
}

#[test]
fn arc_special_nodes() {
    for kind in
        [EntryType::Char, EntryType::Block, EntryType::Fifo, EntryType::GNUSparse, EntryType::new(b'V')]
    {
        let builder = TarBuilder::default().entry(kind, b"dev/node", "", b"");
        assert!(matches!(refusal(builder), Refusal::Special(_)), "{kind:?}");
    }
    let sparse = TarBuilder::default().pax(&[("GNU.sparse.major", "1")]).file("a", b"x");
    assert!(fault(&sparse.xz()).contains("sparse"));
}

#[test]
fn arc_setuid_worldwritable() {
    let yard = Yard::new();
    let builder = TarBuilder::default()
        .directory("bin/")
        .executable("bin/nvcc", 0o6755, b"x")
        .executable("bin/odd", 0o010, b"x")
        .executable("open", 0o1666, b"x");
    // The umask belongs to the whole process: the narrowest one shows that it plays no part.
    let umask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let entries = yard.unpack(&builder.xz(), Format::TarXz);
    rustix::process::umask(umask);
    assert_eq!(paths(&entries.expect("accepted")), ["bin/nvcc", "bin/odd", "open"]);
    for (path, mode) in [("bin", 0o755), ("bin/nvcc", 0o555), ("bin/odd", 0o555), ("open", 0o444)] {
        let metadata = fs_err::metadata(yard.root().join(path)).expect("an entry");
        assert_eq!(metadata.mode() & 0o7777, mode, "{path}");
    }
}

#[test]
fn arc_owner_uid() {
    let yard = Yard::new();
    let mut foreign = header(EntryType::Regular, b"f", "", 1);
    foreign.set_uid(65534);
    foreign.set_gid(65534);
    let builder = TarBuilder::default()
        .pax(&[("uid", "65534"), ("SCHILY.xattr.security.capability", "x"), ("SCHILY.xattr.user.a", "b")])
        .raw(&foreign, b"x");
    yard.unpack(&builder.xz(), Format::TarXz).expect("accepted");
    let metadata = fs_err::metadata(yard.root().join("f")).expect("a file");
    assert_eq!(metadata.uid(), rustix::process::geteuid().as_raw());
    let attributes = rustix::fs::listxattr(yard.root().join("f"), &mut [0_u8; 256]).unwrap_or(0);
    assert_eq!(attributes, 0);
}

#[test]
fn arc_duplicate_entry() {
    let base = || TarBuilder::default().file("bin/nvcc", b"one");
    for builder in [
        base().file("bin/nvcc", b"two"),
        base().file("./bin/nvcc", b"one"),
        base().directory("bin/nvcc"),
        base().file("bin", b"x"),
        base().link("bin", "x"),
        base().link("bin/nvcc", "x"),
        base().hard_link("bin/nvcc", "bin/nvcc"),
        base().file("bin/nvcc/x", b"x"),
    ] {
        assert!(matches!(refusal(builder), Refusal::Duplicate(_)));
    }
    unpack_tar(base().directory("bin/").directory("bin")).expect("the same directory twice");
    // Different in the archive, the same in the tree.
    let place = |path: &str| Some(path.rsplit('/').next().unwrap_or(path).to_owned());
    let builder = TarBuilder::default().file("a/f", b"1").file("b/f", b"2");
    let result = Yard::new().unpack_with(&builder.xz(), Format::TarXz, &place, Limits::default());
    assert!(matches!(result, Err(UnpackError::Refused { refusal: Refusal::Duplicate(_), .. })));
}

#[test]
fn arc_case_collision() {
    let yard = Yard::new();
    let builder = TarBuilder::default()
        .file("bin/NVCC", b"1")
        .file("bin/nvcc", b"2")
        .file("\u{e9}", b"3")
        .file("e\u{301}", b"4");
    let entries = yard.unpack(&builder.xz(), Format::TarXz).expect("both are kept");
    assert_eq!(entries.len(), 4);
    assert_eq!(names(&yard.root().join("bin")), ["NVCC", "nvcc"]);
}

#[test]
fn arc_marker_in_archive() {
    let marker = TarBuilder::default().link(".cudaman-ok", "/home/user/.bashrc");
    assert!(matches!(refusal(marker), Refusal::LinkOutside(_)));
    let named = TarBuilder::default().file("manifest.json", b"{}").file(".lock", b"");
    assert_eq!(paths(&unpack_tar(named).expect("plain files of the tree")), [".lock", "manifest.json"]);
}

#[test]
fn an_occupied_root_is_refused() {
    let yard = Yard::new();
    symlink(yard.outside(), yard.root().join("a")).expect("a link");
    let result = yard.unpack(&TarBuilder::default().file("a/b", b"x").xz(), Format::TarXz);
    assert!(matches!(result, Err(UnpackError::Io { .. })));
}
