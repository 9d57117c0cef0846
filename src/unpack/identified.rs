//! Tests of what a file is told to be, where its first bytes don't settle it.

use std::os::unix::fs::symlink;

use super::testing::{TarBuilder, Yard, bzip2, gzip, xz, zstd};
use super::{identify, metadata, open_regular};
use crate::model::Format;

#[test]
fn a_tar_in_bzip2_is_condas_only_where_conda_says_so() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("f");
    let write = |tar: TarBuilder| fs_err::write(&file, bzip2(&tar.end())).expect("a file");
    let index = br#"{"name": "cudatoolkit", "version": "10.0.130", "subdir": "linux-64"}"#;
    for tar in [
        TarBuilder::default().file("info/index.json", index).file("lib/a.so", b"x"),
        TarBuilder::default().file("bin/nvcc", b"x").file("info/index.json", index),
    ] {
        write(tar);
        assert_eq!(identify(&file).expect("known"), Format::Conda);
        let said = metadata(&file, Format::Conda).expect("readable").expect("it says something");
        assert_eq!((said.name.as_str(), said.version.as_str()), ("cudatoolkit", "10.0.130"));
        let entries = Yard::new().unpack(&fs_err::read(&file).expect("bytes"), Format::Conda);
        assert_eq!(entries.expect("accepted").len(), 2);
    }
    for top in ["cuda", "lib"] {
        write(TarBuilder::default().file(&format!("{top}/include/cudnn.h"), b"x"));
        assert_eq!(identify(&file).expect("known"), Format::TarBz2, "{top}");
    }
    write(TarBuilder::default().file("cuda/info/index.json", index));
    assert_eq!(identify(&file).expect("known"), Format::TarBz2);
}

#[test]
fn what_is_compressed_must_be_a_tar() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("notes.gz");
    let text = b"notes of a year".repeat(100);
    for bytes in
        [gzip(&text), gzip(b""), gzip(&[0; 1024]), xz(&text), zstd(&text), bzip2(&text), b"BZh9".to_vec()]
    {
        fs_err::write(&file, bytes).expect("a file");
        let fault = identify(&file).expect_err("no tar").to_string();
        assert!(fault.contains("what is compressed in it is"), "{fault}");
    }
}

#[test]
fn only_regular_files_are_opened() {
    let directory = tempfile::tempdir().expect("a directory");
    let at = |name: &str| directory.path().join(name);
    fs_err::write(at("file"), "x").expect("a file");
    symlink("file", at("link")).expect("a link");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, at("fifo"), rustix::fs::FileType::Fifo, mode, 0).expect("a FIFO");
    assert!(open_regular(&at("file")).is_ok());
    for name in ["link", "fifo", ".", "missing"] {
        assert!(open_regular(&at(name)).is_err(), "{name}");
    }
    assert!(
        identify(&at("fifo")).expect_err("a FIFO").to_string().contains("neither a file nor a directory")
    );
}
