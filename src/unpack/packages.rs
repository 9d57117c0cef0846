//! Packages of systems and of conda, directories and other tars: honest ones, hostile ones, and any
//! damage to them.

use std::os::unix::fs::symlink;

use proptest::prelude::*;

use super::testing::{TarBuilder, Yard, gzip, paths, xz, zstd};
use super::testing_zip::{ZipMember, zip};
use super::{Limits, Place, Refusal, UnpackError, identify, metadata};
use crate::model::{Entry, EntryKind, Format};

const FORMATS: [Format; 5] = [Format::Conda, Format::Deb, Format::Rpm, Format::TarGz, Format::TarZst];

fn member(name: &str, content: &[u8]) -> Vec<u8> {
    let header = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, "100644", content.len());
    let mut bytes = [header.as_bytes(), content].concat();
    bytes.resize(bytes.len().next_multiple_of(2), b'\n');
    bytes
}

fn deb(data: TarBuilder) -> Vec<u8> {
    let control = "Package: cuda-nvcc-12-4\nVersion: 12.4.131-1\nArchitecture: amd64\n";
    let control = TarBuilder::default()
        .executable("./postinst", 0o755, b"#!/bin/sh")
        .file("./control", control.as_bytes());
    [
        b"!<arch>\n".to_vec(),
        member("debian-binary", b"2.0\n"),
        member("control.tar.xz", &control.xz()),
        member("data.tar.zst", &zstd(&data.end())),
    ]
    .concat()
}

/// An entry of a cpio archive: mode, links and inode are the caller's.
fn cpio(path: &str, mode: u32, (inode, links): (u32, u32), content: &[u8]) -> Vec<u8> {
    let size = content.len();
    let fields = [inode, mode, 0, 0, links, 0, u32::try_from(size).expect("small"), 0, 0, 0, 0];
    let mut bytes = b"070701".to_vec();
    bytes.extend(fields.iter().flat_map(|field| format!("{field:08x}").into_bytes()));
    bytes.extend(format!("{:08x}{:08x}{path}\0", path.len() + 1, 0).into_bytes());
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

fn rpm(entries: &[Vec<u8>]) -> Vec<u8> {
    let header = |strings: &[(u32, &str)]| {
        let (mut index, mut store) = (Vec::new(), Vec::new());
        for (tag, text) in strings {
            let offset = u32::try_from(store.len()).expect("small");
            index.extend([*tag, 6, offset, 1].iter().flat_map(|field| field.to_be_bytes()));
            store.extend([text.as_bytes(), b"\0"].concat());
        }
        let count = u32::try_from(strings.len()).expect("small");
        let size = u32::try_from(store.len()).expect("small");
        [
            vec![0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0],
            [count, size].iter().flat_map(|n| n.to_be_bytes()).collect(),
            index,
            store,
        ]
        .concat()
    };
    let mut bytes = vec![0xed, 0xab, 0xee, 0xdb, 3, 0];
    bytes.resize(96, 0);
    let mut signature = header(&[(1000, "x")]);
    signature.resize(signature.len().next_multiple_of(8), 0);
    bytes.extend(signature);
    bytes.extend(header(&[(1000, "cuda-nvcc-12-4"), (1001, "12.4.131"), (1022, "x86_64"), (1124, "cpio")]));
    let archive = [entries.concat(), cpio("TRAILER!!!", 0, (0, 1), b"")].concat();
    bytes.extend(xz(&archive));
    bytes
}

fn conda(package: TarBuilder) -> Vec<u8> {
    let index = br#"{"name": "cuda-nvcc", "version": "12.4.131", "subdir": "linux-64", "build": "0"}"#;
    let info = TarBuilder::default().file("info/index.json", index).end();
    let stored = |name: &str, content: &[u8]| ZipMember::new(name, content).with(|m| m.deflated = false);
    zip(&[
        stored("metadata.json", b"{\"conda_pkg_format_version\": 2}"),
        stored("pkg-cuda-nvcc-12.4.131-0.tar.zst", &zstd(&package.end())),
        stored("info-cuda-nvcc-12.4.131-0.tar.zst", &zstd(&info)),
    ])
}

fn sample(format: Format) -> Vec<u8> {
    let tar = TarBuilder::default().executable("./usr/bin/nvcc", 0o755, b"nvcc").link("./usr/lib", "bin");
    match format {
        Format::Conda => conda(tar),
        Format::Deb => deb(tar),
        Format::Rpm => rpm(&[
            cpio("./usr/bin", 0o040_755, (1, 2), b""),
            cpio("./usr/bin/nvcc", 0o100_755, (2, 1), b"nvcc"),
            cpio("./usr/lib", 0o120_777, (3, 1), b"bin"),
        ]),
        Format::TarGz => gzip(&tar.end()),
        _ => zstd(&tar.end()),
    }
}

#[track_caller]
fn refusal(bytes: &[u8], format: Format) -> Refusal {
    match Yard::new().unpack(bytes, format) {
        Err(UnpackError::Refused { refusal, .. }) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn every_container_gives_the_same_files() {
    for format in FORMATS {
        let entries = Yard::new().unpack(&sample(format), format).expect("accepted");
        let files: Vec<&str> =
            paths(&entries).into_iter().filter(|path| !path.starts_with("info/")).collect();
        assert_eq!(files, ["usr/bin/nvcc", "usr/lib"], "{format:?}");
        let is_tool = |entry: &Entry| matches!(entry.kind, EntryKind::File { executable: true, size: 4, .. });
        assert!(entries.iter().any(|entry| entry.path == "usr/bin/nvcc" && is_tool(entry)), "{format:?}");
    }
}

#[test]
fn content_decides_what_a_file_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("cuda_10.0.130_410.48_linux");
    for format in FORMATS {
        fs_err::write(&file, sample(format)).expect("a file");
        assert_eq!(identify(&file).expect("known"), format);
    }
    for format in [Format::Conda, Format::Deb, Format::Rpm] {
        fs_err::write(&file, sample(format)).expect("a file");
        let said = metadata(&file, format).expect("readable").expect("it says something");
        assert!(said.name.starts_with("cuda-nvcc") && said.version.starts_with("12.4.131"), "{said:?}");
        assert!(said.architecture.is_some());
    }
    assert_eq!(identify(directory.path()).expect("known"), Format::Directory);
    for other in ["", "hello", "\u{7f}ELF", "#!/bin/sh\nexit 0\n", "PK"] {
        fs_err::write(&file, other).expect("a file");
        assert!(identify(&file).is_err(), "{other}");
    }
    fs_err::write(&file, zip(&[ZipMember::new("a", b"x")])).expect("a file");
    assert!(identify(&file).expect_err("no package").to_string().contains("no wheel and no conda package"));
    assert!(identify(&directory.path().join("missing")).is_err());
}

#[test]
fn packages_inside_packages_are_opened_in_the_stream() {
    struct Repository;
    impl Place for Repository {
        fn place(&self, path: &str) -> Option<String> {
            path.split_once(".deb/").or(path.split_once(".rpm/")).map(|(_, inner)| inner.to_owned())
        }
        fn opens(&self, path: &str) -> bool {
            path.ends_with(".deb") || path.ends_with(".rpm")
        }
    }
    let bytes = deb(TarBuilder::default()
        .file("./var/cuda-repo/a.deb", &sample(Format::Deb))
        .file("./var/Packages", b""));
    let entries = Yard::new().unpack_with(&bytes, Format::Deb, &Repository, Limits::default());
    assert_eq!(paths(&entries.expect("accepted")), ["usr/bin/nvcc", "usr/lib"]);
    let inner = cpio("./var/cuda-repo/a.rpm", 0o100_644, (1, 1), &sample(Format::Rpm));
    let entries = Yard::new().unpack_with(&rpm(&[inner]), Format::Rpm, &Repository, Limits::default());
    assert_eq!(paths(&entries.expect("accepted")), ["usr/bin/nvcc", "usr/lib"]);
}

#[test]
fn paths_and_links_of_packages_stay_inside() {
    for path in ["../evil", "./usr/../../evil", "/etc/../../x"] {
        let file = cpio(path, 0o100_644, (1, 1), b"x");
        assert!(matches!(refusal(&rpm(&[file]), Format::Rpm), Refusal::Escapes), "{path}");
    }
    assert_eq!(
        refusal(&deb(TarBuilder::default().file("/etc/passwd", b"x")), Format::Deb),
        Refusal::Absolute
    );
    let outside = TarBuilder::default().file("./usr/a", b"x").link("./usr/b", "../../etc");
    assert!(matches!(refusal(&deb(outside), Format::Deb), Refusal::LinkOutside(_)));
    let device = cpio("./dev/null", 0o020_666, (1, 1), b"");
    assert!(matches!(refusal(&rpm(&[device]), Format::Rpm), Refusal::Special(_)));
    // In a package an absolute target means the root that it would be unpacked to.
    let rooted =
        TarBuilder::default().file("./usr/lib/a.so.1", b"x").link("./usr/lib/a.so", "/usr/lib/a.so.1");
    let entries = Yard::new().unpack(&deb(rooted), Format::Deb).expect("accepted");
    assert_eq!(entries[0].kind, EntryKind::Link { target: "a.so.1".to_owned() });
}

#[test]
fn names_of_one_file_in_an_rpm_are_all_there() {
    let entries = [
        cpio("./usr/first", 0o100_644, (7, 2), b""),
        cpio("./usr/second", 0o100_644, (7, 2), b"bytes"),
        cpio("./usr/empty", 0o100_644, (8, 2), b""),
    ];
    let entries = Yard::new().unpack(&rpm(&entries), Format::Rpm).expect("accepted");
    assert_eq!(paths(&entries), ["usr/empty", "usr/first", "usr/second"]);
    assert_eq!(entries[1].kind, entries[2].kind);
}

#[test]
fn a_hole_of_ten_gigabytes_is_refused_before_it_is_read() {
    let mut file = cpio("./hole", 0o100_644, (1, 1), b"");
    file[54..62].copy_from_slice(b"ffffffff");
    let limits = Limits { bytes: 1 << 30, ..Limits::default() };
    let place = |path: &str| Some(path.to_owned());
    let result = Yard::new().unpack_with(&rpm(&[file]), Format::Rpm, &place, limits);
    assert!(matches!(result, Err(UnpackError::TooLarge { .. })), "{result:?}");
    let zeros = zstd(&vec![0; 40 << 20]);
    let package =
        [b"!<arch>\n".to_vec(), member("debian-binary", b"2.0\n"), member("data.tar.zst", &zeros)].concat();
    assert!(matches!(Yard::new().unpack(&package, Format::Deb), Err(UnpackError::Damaged { .. })));
}

#[test]
fn a_directory_is_taken_with_its_links() {
    let source = tempfile::tempdir().expect("a directory");
    let at = |path: &str| source.path().join(path);
    fs_err::create_dir_all(at("targets/x86_64-linux/lib")).expect("a directory");
    fs_err::write(at("targets/x86_64-linux/lib/a.so.1"), "x").expect("a file");
    symlink("targets/x86_64-linux/lib", at("lib64")).expect("a link");
    let root = Yard::new();
    let place = |path: &str| Some(path.to_owned());
    let unpack = || super::unpack(source.path(), Format::Directory, &root.root(), &place, Limits::default());
    assert_eq!(paths(&unpack().expect("accepted")), ["lib64", "targets/x86_64-linux/lib/a.so.1"]);
    symlink("/etc/passwd", at("hostile")).expect("a link");
    let root = Yard::new();
    let result = super::unpack(source.path(), Format::Directory, &root.root(), &place, Limits::default());
    assert!(matches!(result, Err(UnpackError::Refused { refusal: Refusal::LinkOutside(_), .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn damaged_packages_never_reach_outside(which in 0..FORMATS.len(), flips in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8), 1..4), cut in prop::option::of(any::<prop::sample::Index>())) {
        let mut bytes = sample(FORMATS[which]);
        for (at, bit) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        // The yard's canaries are looked at in any case.
        let _ = Yard::new().unpack(&bytes, FORMATS[which]);
    }

    #[test]
    fn any_bytes_are_no_package(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for format in FORMATS {
            prop_assert!(Yard::new().unpack(&bytes, format).is_err());
        }
    }
}
