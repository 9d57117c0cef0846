//! Wheels, packed in code.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::toolkit::File;

/// Packs files as a wheel with its RECORD.
pub(crate) fn wheel(distribution: &str, version: &str, files: &[File]) -> Vec<u8> {
    wheel_requiring(distribution, version, &[], files)
}

/// Packs files as a wheel that requires others.
pub(crate) fn wheel_requiring(
    distribution: &str,
    version: &str,
    requires: &[String],
    files: &[File],
) -> Vec<u8> {
    let info = format!("{}-{version}.dist-info", distribution.replace('-', "_"));
    let mut all: Vec<(String, Vec<u8>, bool)> =
        files.iter().map(|item| (item.path.clone(), item.content.clone(), item.executable)).collect();
    let requires: String = requires.iter().map(|one| format!("Requires-Dist: {one}\n")).collect();
    let metadata = format!("Metadata-Version: 2.4\nName: {distribution}\nVersion: {version}\n{requires}\n");
    all.push((format!("{info}/METADATA"), metadata.into_bytes(), false));
    all.push((format!("{info}/WHEEL"), b"Wheel-Version: 1.0\n".to_vec(), false));
    let record = format!("{info}/RECORD");
    let row = |(path, content, _): &(String, Vec<u8>, bool)| {
        format!(
            "{path},sha256={},{}\n",
            BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(content)),
            content.len()
        )
    };
    let rows: String = all.iter().map(row).collect();
    all.push((record.clone(), format!("{rows}{record},,\n").into_bytes(), false));
    zip(&all)
}

fn zip(files: &[(String, Vec<u8>, bool)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, content, executable) in files {
        let mode = if *executable { 0o744 } else { 0o644 };
        let options = zip::write::SimpleFileOptions::default().unix_permissions(mode);
        writer.start_file(path, options).expect("an entry");
        writer.write_all(content).expect("its content");
    }
    writer.finish().expect("a wheel").into_inner()
}
