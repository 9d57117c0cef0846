//! METADATA of a wheel: which other distributions it requires.
//!
//! Reads the one file out of a small wheel in memory; it unpacks nothing to disk.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use super::marker;
use super::specifier::Specifier;
use super::wheel::{is_name, normalised};
use crate::model::Platform;

/// More than ten times the largest METADATA of a metapackage.
const METADATA_LIMIT: u64 = 512 * 1024;

/// Returns the text of METADATA in a wheel.
///
/// # Errors
/// Returns the reason if the bytes are no wheel or lack the file.
pub(super) fn from_wheel(wheel: &[u8]) -> Result<String, String> {
    let mut archive =
        zip::ZipArchive::new(Cursor::new(wheel)).map_err(|error| format!("not a wheel: {error}"))?;
    let names = archive.file_names().filter_map(Result::ok).map(std::borrow::Cow::into_owned);
    let name = names.into_iter().find(|name| is_metadata(name));
    let name = name.ok_or("the wheel holds no METADATA")?;
    let file = archive.by_name(&name).map_err(|error| error.to_string())?;
    let mut text = String::new();
    file.take(METADATA_LIMIT + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > METADATA_LIMIT {
        return Err("its METADATA is too large".to_owned());
    }
    Ok(text)
}

fn is_metadata(name: &str) -> bool {
    matches!(name.split_once('/'), Some((directory, "METADATA")) if directory.ends_with(".dist-info"))
}

/// Returns what a distribution requires on a platform with all of its extras, by normalised name.
///
/// # Errors
/// Returns the reason if a requirement can't be read: a part left out would be missed much later.
pub(super) fn requirements(text: &str, platform: Platform) -> Result<BTreeMap<String, Specifier>, String> {
    let mut found: BTreeMap<String, Specifier> = BTreeMap::new();
    for value in unfolded(text).iter().filter_map(|line| requirement_field(line)) {
        let unreadable = || format!("the requirement `{}` can't be read", shortened(value));
        let (requirement, applies) = match value.split_once(';') {
            Some((requirement, text)) => (requirement, marker::holds(text, platform).ok_or_else(unreadable)?),
            None => (value, true),
        };
        if applies {
            let (name, specifier) = name_and_specifier(requirement).ok_or_else(unreadable)?;
            found.entry(name).or_default().narrow(specifier);
        }
    }
    Ok(found)
}

/// Joins folded lines; the header ends at the first empty line.
fn unfolded(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines().take_while(|line| !line.trim().is_empty()) {
        match lines.last_mut() {
            Some(last) if line.starts_with([' ', '\t']) => last.push_str(line),
            _ => lines.push(line.to_owned()),
        }
    }
    lines
}

fn requirement_field(line: &str) -> Option<&str> {
    let (field, value) = line.split_once(':')?;
    field.eq_ignore_ascii_case("requires-dist").then(|| value.trim())
}

fn name_and_specifier(text: &str) -> Option<(String, Specifier)> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    let end = text.find(|character| !is_part(character)).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = match rest.trim_start().strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1,
        None => rest,
    };
    is_name(name).then_some(())?;
    Some((normalised(name), rest.parse().ok()?))
}

fn shortened(text: &str) -> String {
    text.chars().take(100).collect::<String>().escape_default().to_string()
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;

    /// Builds a wheel that holds METADATA with these requirements.
    pub(in crate::sources::pypi) fn metapackage(version: &str, requirements: &[&str]) -> Vec<u8> {
        let mut text = format!("Metadata-Version: 2.4\nName: cuda-toolkit\nVersion: {version}\n");
        for requirement in requirements {
            text.push_str(&format!("Requires-Dist: {requirement}\n"));
        }
        text.push_str("\n# cuda-toolkit\nRequires-Dist: not-a-header==1\n");
        let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        archive.start_file(format!("cuda_toolkit-{version}.dist-info/METADATA"), options).expect("a zip");
        archive.write_all(text.as_bytes()).expect("memory");
        archive.finish().expect("a zip").into_inner()
    }

    fn required(lines: &[&str], platform: Platform) -> Vec<String> {
        let text = from_wheel(&metapackage("13.4.3", lines)).expect("a wheel");
        let found = requirements(&text, platform).expect("requirements");
        found.iter().map(|(name, specifier)| format!("{name} {specifier}")).collect()
    }

    #[test]
    fn a_metapackage_maps_a_release_to_pins() {
        let lines = [
            "nvidia-cuda-nvcc==13.4.92.*; (sys_platform == 'linux' and platform_machine == 'x86_64') and extra == 'all'",
            "nvidia-cuda-nvcc==13.4.92.*; (sys_platform == 'linux') and extra == 'nvcc'",
            "nvidia-nvjitlink<14,>=13.4.92; (sys_platform == 'linux') and extra == 'cufft'",
            "nvidia-cudla==13.4.92.*; (sys_platform == 'linux' and platform_machine == 'aarch64') and extra == 'all'",
            "Nvidia_Cublas[all] (==13.8.0.4.*)",
        ];
        assert_eq!(
            required(&lines, Platform::LinuxX86_64),
            ["nvidia-cublas ==13.8.0.4.*", "nvidia-cuda-nvcc ==13.4.92.*", "nvidia-nvjitlink <14,>=13.4.92"]
        );
        assert_eq!(required(&lines, Platform::LinuxSbsa).len(), 4);
    }

    #[test]
    fn unreadable_requirements_are_errors() {
        for line in ["x @ https://example.org/x.whl", "x==1; nonsense", "x===1", "../x==1", "x[a==1"] {
            let text = format!("Requires-Dist: {line}\n\n");
            assert!(requirements(&text, Platform::LinuxX86_64).is_err(), "{line}");
        }
    }

    #[test]
    fn other_bytes_are_no_wheel() {
        assert!(from_wheel(b"PK\x05\x06nonsense").is_err());
        let empty = zip::ZipWriter::new(Cursor::new(Vec::new())).finish().expect("a zip").into_inner();
        assert!(from_wheel(&empty).expect_err("empty").contains("no METADATA"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(Requires-Dist: .{0,30}\n){0,4}.{0,30}") {
            let _ = requirements(&text, Platform::LinuxX86_64);
        }
    }
}
