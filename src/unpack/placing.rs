//! Tests of where entries go: files and links that `Place` moves, links that lose an end, kernels
//! without `openat2`, and threads.

use std::io::Cursor;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::beneath::{Beneath, Resolution};
use super::testing::{TarBuilder, Yard};
use super::testing_zip::{ZipMember, wheel};
use super::tree::FileEntry;
use super::{Limits, Place, Refusal, Tree, UnpackError};
use crate::model::{Digest, Entry, EntryKind, Format};

/// Places as NVIDIA's archives are placed: without their top directory, and libraries below targets.
fn canonical(path: &str) -> Option<String> {
    let path = if path == "top" { "" } else { path.strip_prefix("top/")? };
    match path.split_once('/').unwrap_or((path, "")) {
        ("lib" | "lib64", "") => Some("targets/x/lib".to_owned()),
        ("lib", rest) => Some(format!("targets/x/lib/{rest}")),
        ("LICENSE" | "doc", _) => None,
        _ => Some(path.to_owned()),
    }
}

fn unpack(builder: TarBuilder, place: &dyn Place) -> Result<(Yard, Vec<Entry>), UnpackError> {
    let yard = Yard::new();
    let entries = yard.unpack_with(&builder.xz(), Format::TarXz, place, Limits::default())?;
    Ok((yard, entries))
}

fn shown(entries: &[Entry]) -> Vec<String> {
    let show = |entry: &Entry| match &entry.kind {
        EntryKind::Link { target } => format!("{} -> {target}", entry.path),
        EntryKind::File { size, .. } => format!("{} {size}", entry.path),
    };
    entries.iter().map(show).collect()
}

#[test]
fn links_follow_what_place_moves() {
    let builder = TarBuilder::default()
        .directory("top/")
        .link("top/lib64", "lib")
        .link("top/lib/a.so", "a.so.1")
        .link("top/lib/a.so.1", "./a.so.1.2")
        .file("top/lib/a.so.1.2", b"x")
        .link("top/nvvm/lib/a.so.1", "../../lib64/a.so.1")
        .link("top/bin/libs", "../lib/")
        .link("top/here", ".")
        .link("top/later", "lib/missing")
        .file("top/LICENSE", b"text")
        .link("top/EULA", "LICENSE")
        .link("top/doc", "lib");
    let (yard, entries) = unpack(builder, &canonical).expect("accepted");
    let expected = [
        "bin/libs -> ../targets/x/lib",
        "here -> .",
        "later -> targets/x/lib/missing",
        "nvvm/lib/a.so.1 -> ../../targets/x/lib/a.so.1",
        "targets/x/lib/a.so -> a.so.1",
        "targets/x/lib/a.so.1 -> a.so.1.2",
        "targets/x/lib/a.so.1.2 1",
    ];
    assert_eq!(shown(&entries), expected);
    for path in ["nvvm/lib/a.so.1", "bin/libs/a.so", "here/targets/x/lib/a.so"] {
        assert_eq!(fs_err::read(yard.root().join(path)).expect("a file"), b"x", "{path}");
    }
    assert!(!yard.root().join("doc").exists());
}

#[test]
fn what_repeats_an_entry_is_left_out_where_the_place_says_so() {
    struct Merged(bool);
    impl Place for Merged {
        fn place(&self, path: &str) -> Option<String> {
            path.split_once('/').map(|(_, rest)| rest.to_owned())
        }

        fn repeats(&self, _path: &str) -> bool {
            self.0
        }
    }
    let twice = || {
        let one = TarBuilder::default().file("a/x", b"first").file("b/x", b"second").link("a/l", "x");
        one.link("b/l", "x").hard_link("b/h", "b/x").link("b/h2", "x").file("a/h2", b"file")
    };
    let (yard, entries) = unpack(twice(), &Merged(true)).expect("accepted");
    assert_eq!(shown(&entries), ["h 5", "h2 4", "l -> x", "x 5"]);
    assert_eq!(fs_err::read(yard.root().join("h")).expect("a file"), b"first");
    let result = unpack(twice(), &Merged(false));
    assert!(matches!(result, Err(UnpackError::Refused { refusal: Refusal::Duplicate(_), .. })));
}

#[test]
fn a_link_skips_a_link_that_is_left_out() {
    let builder = TarBuilder::default().file("a", b"x").link("middle", "a").link("end", "middle");
    let place = |path: &str| (path != "middle").then(|| path.to_owned());
    let (_, entries) = unpack(builder, &place).expect("accepted");
    assert_eq!(shown(&entries), ["a 1", "end -> a"]);
}

#[test]
fn a_bad_place_is_refused() {
    for bad in ["", "/abs", "../up", "a/../../b", "a//b"] {
        let result = unpack(TarBuilder::default().file("f", b""), &|_: &str| Some(bad.to_owned()));
        assert!(matches!(&result, Err(UnpackError::Refused { refusal: Refusal::Place(_), .. })), "{bad:?}");
    }
    let onto = TarBuilder::default().file("lib/f", b"").link("l", "other");
    let place = |path: &str| Some(if path == "l" { "lib".to_owned() } else { path.to_owned() });
    let result = unpack(onto, &place);
    assert!(matches!(result, Err(UnpackError::Refused { refusal: Refusal::Duplicate(_), .. })));
}

#[test]
fn a_hard_link_to_what_is_left_out_is_refused() {
    let builder = TarBuilder::default().file("top/LICENSE", b"x").hard_link("top/copy", "top/LICENSE");
    let result = unpack(builder, &canonical);
    assert!(matches!(result, Err(UnpackError::Refused { refusal: Refusal::HardLink(_), .. })));
}

#[test]
fn old_kernels_get_the_same_tree() {
    let place = |path: &str| Some(path.to_owned());
    let trees = [Resolution::Kernel, Resolution::Stepwise].map(|resolution| {
        let yard = Yard::new();
        let beneath = Beneath::with_resolution(&yard.root(), resolution).expect("a directory");
        let archive = Path::new("archive");
        let tree = Tree::within(beneath, &yard.root(), archive, (&place, Limits::default())).expect("a tree");
        for path in ["a/b/c/file", "a/b/other", "top"] {
            let file = FileEntry { path, executable: true, size: 4, digest: None };
            tree.file(file, &mut Cursor::new(b"text")).expect("written");
        }
        tree.link("a/link", "b/c/file").expect("noted");
        tree.hard_link("z/hard", "a/b/c/file").expect("linked");
        let entries = tree.finish().expect("a tree");
        assert_eq!(fs_err::read(yard.root().join("a/link")).expect("a file"), b"text");
        entries
    });
    assert_eq!(trees[0], trees[1]);
    assert_eq!(trees[0].len(), 5);
}

#[test]
fn a_copy_stands_in_for_a_hard_link() {
    let yard = Yard::new();
    let place = |path: &str| Some(path.to_owned());
    let tree = Tree::create(&yard.root(), Path::new("archive"), &place, Limits::default()).expect("a tree");
    let file = FileEntry { path: "tool", executable: true, size: 4, digest: None };
    tree.file(file, &mut Cursor::new(b"text")).expect("written");
    let kind = EntryKind::File { size: 4, digest: Digest::from_bytes([0; 32]), executable: true };
    tree.copy("tool", "again", &kind).expect("copied");
    let metadata = fs_err::metadata(yard.root().join("again")).expect("a file");
    assert_eq!((metadata.nlink(), metadata.mode() & 0o7777), (1, 0o555));
    assert_eq!(fs_err::read(yard.root().join("again")).expect("a file"), b"text");
}

#[test]
fn a_tree_with_an_unfinished_file_is_refused() {
    let yard = Yard::new();
    let place = |path: &str| Some(path.to_owned());
    let tree = Tree::create(&yard.root(), Path::new("archive"), &place, Limits::default()).expect("a tree");
    let file = FileEntry { path: "f", executable: false, size: 10, digest: None };
    tree.file(file, &mut Cursor::new(b"short")).expect_err("refused");
    tree.finish().expect_err("refused");
}

#[test]
fn threads_give_the_same_tree() {
    let member = |index: usize| ZipMember::new(&format!("d{}/f{index}", index % 7), &[7; 40][..index % 40]);
    let members: Vec<_> = (0..1500).map(member).collect();
    let bytes = wheel(&members);
    let serial = Yard::new().unpack(&bytes, Format::Wheel).expect("accepted");
    let parallel = Yard::new().unpack_parallel(&bytes, Format::Wheel).expect("accepted");
    assert_eq!(serial, parallel);
    assert_eq!(serial.len(), 1501);
}
