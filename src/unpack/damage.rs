//! Properties of damaged archives: whatever bits flip, nothing panics, nothing is written outside,
//! and where checksums cover the archive the tree is right or there is none.

use std::sync::OnceLock;

use proptest::prelude::*;

use super::testing::{TarBuilder, Yard, xz};
use super::testing_zip::{ZipMember, wheel};
use crate::model::{Entry, EntryKind, Format};

fn tar() -> TarBuilder {
    TarBuilder::default()
        .directory("top/")
        .executable("top/bin/nvcc", 0o755, &[7; 3000])
        .pax(&[("path", "top/include/long"), ("size", "5")])
        .file("short", b"12345")
        .link("top/lib64", "lib")
        .file("top/lib/a.so.1", b"library")
        .link("top/lib/a.so", "a.so.1")
        .hard_link("top/again", "top/bin/nvcc")
}

fn packed(format: Format) -> &'static (Vec<u8>, Vec<Entry>) {
    static TAR_XZ: OnceLock<(Vec<u8>, Vec<Entry>)> = OnceLock::new();
    static WHEEL: OnceLock<(Vec<u8>, Vec<Entry>)> = OnceLock::new();
    let cell = if format == Format::TarXz { &TAR_XZ } else { &WHEEL };
    cell.get_or_init(|| {
        let tool = ZipMember::new("bin/tool", &[9; 5000]).with(|m| m.mode = 0o100_744);
        let stored = ZipMember::new("lib/stored", b"bytes").with(|m| m.deflated = false);
        let bytes = match format {
            Format::TarXz => tar().xz(),
            _ => wheel(&[tool, stored.with(|m| m.descriptor = true), ZipMember::new("empty", b"")]),
        };
        let entries = Yard::new().unpack(&bytes, format).expect("accepted");
        (bytes, entries)
    })
}

/// Entries without their execute bits, which no checksum of a zip file covers.
fn contents(entries: &[Entry]) -> Vec<Entry> {
    let mut entries = entries.to_vec();
    for entry in &mut entries {
        if let EntryKind::File { executable, .. } = &mut entry.kind {
            *executable = false;
        }
    }
    entries
}

fn flip(bytes: &[u8], flips: &[(prop::sample::Index, u8)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, bit) in flips {
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << (bit % 8);
    }
    bytes
}

fn flips() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn a_flipped_tar_xz_fails_or_is_right(flips in flips()) {
        let (bytes, entries) = packed(Format::TarXz);
        if let Ok(got) = Yard::new().unpack(&flip(bytes, &flips), Format::TarXz) {
            prop_assert_eq!(&got, entries);
        }
    }

    #[test]
    fn a_flipped_wheel_fails_or_is_right(flips in flips()) {
        let (bytes, entries) = packed(Format::Wheel);
        if let Ok(got) = Yard::new().unpack(&flip(bytes, &flips), Format::Wheel) {
            prop_assert_eq!(contents(&got), contents(entries));
        }
    }

    #[test]
    fn a_flipped_tar_inside_a_sound_xz_stays_inside(flips in flips()) {
        // Checksums of tar headers are sums: flips that pass are rare, so let most of them pass.
        let mut bytes = flip(&tar().end(), &flips);
        for block in bytes.as_chunks_mut::<512>().0 {
            if block[257..262] == *b"ustar" {
                let mut header = tar::Header::from_byte_slice(block).clone();
                header.set_cksum();
                block.copy_from_slice(header.as_bytes());
            }
        }
        let _ = Yard::new().unpack(&xz(&bytes), Format::TarXz);
    }

    #[test]
    fn any_bytes_fail(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        for format in [Format::TarXz, Format::Wheel] {
            prop_assert!(Yard::new().unpack(&bytes, format).is_err());
        }
        let _ = Yard::new().unpack(&xz(&bytes), Format::TarXz);
    }
}
