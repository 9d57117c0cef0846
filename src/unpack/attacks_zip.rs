//! The catalogue of hostile wheels, one test per case and named after it.

use super::testing::{Yard, names};
use super::testing_zip::{ZipMember, base64, wheel, wheel_with_record, zip};
use super::{Limits, Refusal, UnpackError};
use crate::model::{Digest, Entry, EntryKind, Format};

fn member(name: &str) -> ZipMember {
    ZipMember::new(name, format!("content of {name}").as_bytes())
}

fn unpack(bytes: &[u8]) -> Result<Vec<Entry>, UnpackError> {
    Yard::new().unpack(bytes, Format::Wheel)
}

/// Asserts that a wheel is refused, that nothing was written, and that the message says why.
#[track_caller]
fn refused(bytes: &[u8], why: &str) {
    let yard = Yard::new();
    let error = yard.unpack(bytes, Format::Wheel).expect_err("refused");
    assert!(error.to_string().contains(why), "{error}");
    assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
    assert!(names(&yard.root()).is_empty(), "{error}");
}

#[track_caller]
fn refused_with(why: &str, change: impl FnOnce(&mut ZipMember)) {
    refused(&wheel(&[member("a"), member("b").with(change), member("c")]), why);
}

#[test]
fn an_honest_wheel() {
    let yard = Yard::new();
    let bytes = wheel(&[
        ZipMember::new("d/", b"").with(|m| (m.mode, m.deflated) = (0o040_755, false)),
        member("d/tool").with(|m| m.mode = 0o100_744),
        member("stored").with(|m| m.deflated = false),
        member("streamed").with(|m| m.descriptor = true),
        ZipMember::new("empty", b""),
    ]);
    let entries = yard.unpack(&bytes, Format::Wheel).expect("accepted");
    let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["d/tool", "empty", "stored", "streamed", "x-1.dist-info/RECORD"]);
    assert!(matches!(entries[0].kind, EntryKind::File { size: 17, executable: true, .. }));
    let EntryKind::File { digest, .. } = entries[1].kind else { panic!("a file") };
    let empty: Digest =
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".parse().expect("a digest");
    assert_eq!(digest, empty);
    assert_eq!(fs_err::read(yard.root().join("stored")).expect("a file"), b"content of stored");
}

#[test]
fn arc_zip_cd_mismatch() {
    refused_with("names in its two headers", |m| m.local_name = b"B".to_vec());
    refused_with("names in its two headers", |m| m.local_name = b"longer".to_vec());
    refused_with("sizes or checksums of its two headers", |m| m.local_size += 1);
    refused_with("sizes or checksums of its two headers", |m| m.local_crc ^= 1);
    refused_with("flags of its two headers", |m| m.local_flags = 1 << 11);
    refused_with("methods of its two headers", |m| m.local_method = Some(0));
    refused_with("encrypted", |m| (m.flags, m.local_flags) = (1, 1));
    refused_with("two sizes differ", |m| (m.deflated, m.slack) = (false, b"x".to_vec()));
    refused_with("no entry", |m| m.gap = b"hidden".to_vec());
    refused_with("descriptor", |m| (m.descriptor, m.local_size) = (true, m.size + 1));
    refused_with("descriptor", |m| (m.descriptor, m.gap) = (true, b"x".to_vec()));

    let hidden = wheel(&[member("a"), member("b").with(|m| m.hidden = true)]);
    refused(&hidden, "no entry");
    let twice = [member("a"), member("a")];
    refused(&wheel(&twice), "twice");
    let valid = wheel(&[member("a")]);
    refused(&[b"#!/bin/sh\n".to_vec(), valid.clone()].concat(), "central directory");
}

#[test]
fn arc_trailing_garbage() {
    let valid = wheel(&[member("a")]);
    refused(&[valid.clone(), b"x".to_vec()].concat(), "end record");
    refused(&[valid.clone(), wheel(&[member("b")])].concat(), "central directory");
    // A comment may hold a second end record.
    let mut comment = valid.clone();
    let length = comment.len();
    comment[length - 2] = 22;
    comment.extend_from_slice(&valid[length - 22..]);
    refused(&comment, "central directory");
    for length in 0..valid.len() {
        refused(&valid[..length], "could not read");
    }
}

#[test]
fn arc_zip_symlink() {
    refused_with("symbolic link", |m| m.mode = 0o120_777);
    refused_with("special entry", |m| m.mode = 0o010_644);
    refused_with("special entry", |m| m.mode = 0o040_755);
}

#[test]
fn arc_zip_backslash_names() {
    for (name, why) in [
        ("..\\evil", "backslash"),
        ("a\0b", "control character"),
        ("x\u{1b}[31m", "control character"),
        ("../evil", "escapes"),
        ("a/../../evil", "escapes"),
        ("/etc/evil", "absolute"),
        ("a//b", "empty"),
    ] {
        // The entry stands first, so that nothing is written before it.
        refused(
            &wheel(&[member(name)]),
            if name.contains('\0') || name.contains('\u{1b}') { "" } else { why },
        );
    }
    let raw = member("a").with(|m| (m.name, m.local_name) = (vec![0xff], vec![0xff]));
    refused(&wheel(&[raw]), "not UTF-8");
    let drive = unpack(&wheel(&[member("C:evil")])).expect("a plain name here");
    assert_eq!(drive[0].path, "C:evil");
}

#[test]
fn arc_duplicate_entry() {
    let conflict = wheel(&[member("a"), member("a/b")]);
    let error = unpack(&conflict).expect_err("refused");
    assert!(matches!(error, UnpackError::Refused { refusal: Refusal::Duplicate(_), .. }), "{error}");
}

#[test]
fn arc_bomb_ratio() {
    let place = |path: &str| Some(path.to_owned());
    let limits = Limits { bytes: 1 << 20, ..Limits::default() };
    let zeros = vec![0; 2 << 20];
    let result =
        Yard::new().unpack_with(&wheel(&[ZipMember::new("a", &zeros)]), Format::Wheel, &place, limits);
    assert!(matches!(result, Err(UnpackError::TooLarge { .. })));
    // The directory lies: the stream holds more than announced, or less.
    for size in [10, 3 << 20] {
        let liar = ZipMember::new("a", &zeros).with(|m| (m.size, m.local_size) = (size, size));
        let record = format!("a,sha256={},{size}\n", base64(&zeros));
        let yard = Yard::new();
        let result = yard.unpack(&wheel_with_record(&[liar], &record), Format::Wheel);
        assert!(
            matches!(result, Err(UnpackError::Refused { refusal: Refusal::Size { .. }, .. })),
            "{result:?}"
        );
        let written = fs_err::metadata(yard.root().join("a")).map_or(0, |metadata| metadata.len());
        assert!(written <= u64::from(size));
    }
    let slack = member("a").with(|m| m.slack = b"hidden".to_vec());
    let error = unpack(&wheel(&[slack])).expect_err("refused");
    assert!(error.to_string().contains("shorter than its entry"), "{error}");
}

#[test]
fn arc_bomb_entries() {
    let place = |path: &str| Some(path.to_owned());
    let limits = Limits { entries: 2, ..Limits::default() };
    let result = Yard::new().unpack_with(&wheel(&[member("a"), member("b")]), Format::Wheel, &place, limits);
    assert!(result.expect_err("refused").to_string().contains("limit of 2 entries"));
}

#[test]
fn arc_zip_overlap() {
    // Two entries of the directory share one local header.
    let mut bytes = wheel(&[member("a"), member("b")]);
    let first = bytes.windows(4).position(|window| window == b"PK\x01\x02").expect("a header");
    let second =
        first + 1 + bytes[first + 1..].windows(4).position(|w| w == b"PK\x01\x02").expect("a header");
    bytes[second + 42..second + 46].fill(0);
    refused(&bytes, "overlaps");
}

#[test]
fn arc_whl_record_traversal() {
    let digest = base64(b"x");
    let record = |line: String| wheel_with_record(&[ZipMember::new("a", b"x")], &line);
    let good = format!("a,sha256={digest},1\n");
    refused(&record(format!("{good}../../../bin/victim,sha256={digest},1\n")), "doesn't hold it");
    refused(&record(format!("{good}../../../bin/victim,,\n")), "malformed");
    refused(&record(String::new()), "does not list it");
    refused(&record("a,,\n".to_owned()), "malformed");
    refused(&record(format!("a,sha256={digest},2\n")), "size");
    refused(&record(format!("{good}{good}")), "twice");
    refused(&zip(&[member("a")]), "RECORD");
    let error = unpack(&record(format!("a,sha256={},1\n", base64(b"y")))).expect_err("refused");
    assert!(matches!(error, UnpackError::Refused { refusal: Refusal::Digest { .. }, .. }), "{error}");
    unpack(&record(good)).expect("accepted");
}
