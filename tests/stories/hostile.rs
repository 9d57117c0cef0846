//! Archives that mean harm, or were built wrong, with the digest that the manifest promises.

use std::os::unix::fs::PermissionsExt as _;

use super::bench::{Bench, INSTALL};
use crate::support::{file, serve_bytes, serve_files, wheel};

/// A tar of one top directory with entries as they are given: kind, path, target, mode, content.
struct Hostile(Vec<u8>);

impl Hostile {
    fn new() -> Self {
        Self(Vec::new()).entry((tar::EntryType::Regular, 0o644), "LICENSE", "", b"licence\n")
    }

    fn entry(
        mut self,
        (kind, mode): (tar::EntryType, u32),
        path: &str,
        target: &str,
        content: &[u8],
    ) -> Self {
        let mut header = tar::Header::new_gnu();
        let path = match path.strip_prefix("raw:") {
            Some(raw) => raw.to_owned(),
            None => format!("cuda_nvcc-linux-x86_64-12.4.99-archive/{path}"),
        };
        // The builder of the crate refuses such names: they are written as they are.
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        header.set_uid(65534);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    fn file(self, path: &str, content: &[u8]) -> Self {
        self.entry((tar::EntryType::Regular, 0o644), path, "", content)
    }

    fn xz(mut self) -> Vec<u8> {
        use std::io::Write as _;
        self.0.resize(self.0.len() + 1024, 0);
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 0);
        encoder.write_all(&self.0).and_then(|()| encoder.finish()).expect("an archive")
    }
}

#[test]
fn arc_hostile_entries_are_refused_by_name_and_write_nothing_outside() {
    use tar::EntryType::{Block, Char, Fifo, Link, Regular, Symlink};
    let bench = Bench::new();
    let outside = bench.sandbox.path().join("outside");
    std::fs::create_dir(&outside).expect("a directory");
    let absolute = outside.join("evil").display().to_string();
    let deep = "../".repeat(12) + absolute.trim_start_matches('/');
    let cases: Vec<(&str, Hostile)> = vec![
        ("evil", Hostile::new().file("../../evil", b"x")),
        ("evil", Hostile::new().entry((Regular, 0o644), &format!("raw:{absolute}"), "", b"x")),
        ("lib64", Hostile::new().entry((Symlink, 0o777), "lib64", "/etc", b"")),
        ("through", Hostile::new().entry((Symlink, 0o777), "through", &deep, b"").file("through/x", b"x")),
        ("null", Hostile::new().entry((Char, 0o666), "null", "", b"")),
        ("disk", Hostile::new().entry((Block, 0o666), "disk", "", b"")),
        ("pipe", Hostile::new().entry((Fifo, 0o666), "pipe", "", b"")),
        ("hard", Hostile::new().entry((Link, 0o644), "hard", "/etc/passwd", b"")),
        ("bin/nvcc", Hostile::new().file("bin/nvcc", b"one").file("bin/nvcc", b"two")),
        ("bin/nvcc", Hostile::new().file("bin/nvcc", b"one").file("bin/nvcc/x", b"two")),
        ("u{1b}", Hostile::new().file("bin/\u{1b}[31m", b"x")),
        ("archive", Hostile(b"this is no tar at all".repeat(40))),
    ];
    for (name, archive) in cases {
        serve_bytes(&bench.mirror, "12.4.1", "cuda_nvcc", archive.xz());
        let run = bench.sandbox.run(INSTALL);
        run.expect(1, &["cuda_nvcc 12.4.99", name, "hint:"]);
        assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
        assert_eq!(std::fs::read_dir(&outside).expect("a directory").count(), 0, "{name}");
        bench.assert_unharmed();
    }
    crate::support::Release::tiny("12.4.1").serve(&bench.mirror);
    bench.sandbox.ok(&["cache", "clear"]);
    bench.assert_recovers(INSTALL);
}

#[test]
fn arc_setuid_bits_and_owners_are_not_taken_over() {
    let bench = Bench::new();
    let archive = Hostile::new()
        .entry((tar::EntryType::Regular, 0o6777), "bin/nvcc", "", b"#!/bin/sh\necho nvcc\n")
        .entry((tar::EntryType::Directory, 0o1777), "bin/open/", "", b"")
        .file("bin/nvcc.profile", b"TOP = $(_HERE_)/..\n");
    serve_bytes(&bench.mirror, "12.4.1", "cuda_nvcc", archive.xz());
    bench.sandbox.ok(INSTALL);
    let metadata = std::fs::metadata(bench.sandbox.root("12.4.1").join("bin/nvcc")).expect("nvcc");
    assert_eq!(metadata.permissions().mode() & 0o7777, 0o555);
    assert_ne!(std::os::unix::fs::MetadataExt::uid(&metadata), 65534);
    bench.assert_unharmed();
}

#[test]
fn arc_bomb_of_depth_is_refused() {
    let bench = Bench::new();
    serve_files(&bench.mirror, "12.4.1", "cuda_nvcc", &[file(&("a/".repeat(900) + "x"), "x")]);
    bench.fail(INSTALL, &["deep"]);
}

#[test]
fn arc_truncated_archives_are_never_published() {
    let bench = Bench::new();
    let whole = bench.mirror.bytes(&bench.archive("cuda_nvcc"));
    for length in [1, 12, whole.len() / 2, whole.len() - 1] {
        serve_bytes(&bench.mirror, "12.4.1", "cuda_nvcc", whole[..length].to_vec());
        bench.fail(INSTALL, &["cuda_nvcc 12.4.99"]);
    }
    let mut twice = whole.clone();
    twice.extend_from_slice(b"PK\x03\x04 and more");
    serve_bytes(&bench.mirror, "12.4.1", "cuda_nvcc", twice);
    bench.fail(INSTALL, &["cuda_nvcc 12.4.99"]);
    crate::support::Release::tiny("12.4.1").serve(&bench.mirror);
    bench.sandbox.ok(&["cache", "clear"]);
    bench.assert_recovers(INSTALL);
}

#[test]
fn a_wheel_in_the_place_of_a_tar_is_refused() {
    let bench = Bench::new();
    serve_bytes(
        &bench.mirror,
        "12.4.1",
        "cuda_nvcc",
        wheel("nvidia-cuda-nvcc", "12.4.99", &[file("a", "x")]),
    );
    bench.fail(INSTALL, &["cuda_nvcc 12.4.99"]);
}
