//! Packages of Debian and of conda, and cuDNN's `.tgz`, packed in code.

use std::io::{Cursor, Write as _};

use super::toolkit::{File, file, packed};

/// Packs files as a Debian package; their paths begin below the system's root.
pub(crate) fn deb(name: &str, version: &str, files: &[File]) -> Vec<u8> {
    let control = format!("Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: nobody\n");
    let scripts = [file("control", control), file("postinst", "#!/bin/sh\ntouch /tmp/canary\n")];
    let mut bytes = b"!<arch>\n".to_vec();
    member(&mut bytes, "debian-binary", b"2.0\n");
    member(&mut bytes, "control.tar.xz", &super::toolkit::tar_xz(".", &scripts));
    member(&mut bytes, "data.tar.xz", &super::toolkit::tar_xz(".", files));
    bytes
}

/// Packs files as a conda package.
pub(crate) fn conda(name: &str, version: &str, files: &[File]) -> Vec<u8> {
    let index = serde_json::json!({ "name": name, "version": version, "build": "0", "subdir": "linux-64" })
        .to_string();
    let parts = [
        ("metadata.json".to_owned(), b"{\"conda_pkg_format_version\": 2}".to_vec()),
        (format!("pkg-{name}-{version}-0.tar.zst"), zstd(&tar("", files))),
        (format!("info-{name}-{version}-0.tar.zst"), zstd(&tar("", &[file("info/index.json", index)]))),
    ];
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (path, content) in parts {
        writer.start_file(path, options).expect("an entry");
        writer.write_all(&content).expect("its content");
    }
    writer.finish().expect("a package").into_inner()
}

/// Packs files as a conda package of the older form: one tar in bzip2, sorted by name.
pub(crate) fn old_conda(name: &str, version: &str, files: Vec<File>) -> Vec<u8> {
    let index = serde_json::json!({ "name": name, "version": version, "subdir": "linux-64" }).to_string();
    let mut files: Vec<File> = files.into_iter().chain([file("info/index.json", index)]).collect();
    files.sort_by(|one, other| one.path.cmp(&other.path));
    bzip2(&tar("", &files))
}

/// Packs files as a `.tar.bz2` below one top directory.
pub(crate) fn tar_bz2(top: &str, files: &[File]) -> Vec<u8> {
    bzip2(&tar(&format!("{top}/"), files))
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

/// Packs files as a `.tgz` below one top directory.
pub(crate) fn tgz(top: &str, files: &[File]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&tar(&format!("{top}/"), files)).expect("memory");
    encoder.finish().expect("memory")
}

fn tar(top: &str, files: &[File]) -> Vec<u8> {
    packed(Vec::new(), top, files).expect("an archive")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 1).expect("memory")
}

fn member(bytes: &mut Vec<u8>, name: &str, content: &[u8]) {
    bytes.extend(
        format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, "100644", content.len()).bytes(),
    );
    bytes.extend(content);
    if content.len() % 2 == 1 {
        bytes.push(b'\n');
    }
}
