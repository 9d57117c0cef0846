//! What an artifact will cost: seconds of decoding, to begin with the longest, and bytes on disk.

use crate::model::{Artifact, Format, Profile};

/// Size that is assumed where a source doesn't say, in bytes.
const UNKNOWN_SIZE: u64 = 100 << 20;

/// Returns the bytes to download.
pub(super) fn download_bytes(artifact: &Artifact) -> u64 {
    artifact.size.unwrap_or(UNKNOWN_SIZE)
}

/// Returns the bytes that the unpacked files will take, on the safe side of what was measured:
/// NVIDIA's wheels unpack to 1.4 times their size, compilers in `.tar.xz` to 4, libraries to 1.6.
pub(super) fn unpacked_bytes(artifact: &Artifact) -> u64 {
    let size = download_bytes(artifact);
    match artifact.format {
        Format::Runfile => taken_bytes(size, artifact.component.toolkit_profile()),
        Format::Wheel => size * 3 / 2,
        Format::Directory => size,
        Format::Conda
        | Format::Deb
        | Format::Rpm
        | Format::TarBz2
        | Format::TarGz
        | Format::TarXz
        | Format::TarZst => size * 2,
    }
}

/// Returns what a profile, or else one component, takes of an installer: a guess on the safe side, in
/// that gzip halves a toolkit, and of an installer a third is left out.
const fn taken_bytes(size: u64, profile: Option<Profile>) -> u64 {
    match profile {
        Some(Profile::Devel | Profile::Full | Profile::Runtime) => size * 2,
        Some(Profile::Minimal) | None => size / 2,
    }
}

/// Returns a figure by which archives are ordered: the longest decode comes first. xz decodes
/// per compressed byte about 15 times slower than deflate, and tools slower than GPU libraries,
/// whose code xz stores as it is (measured; PERFORMANCE figures in `benches/`).
pub(super) fn decode_cost(artifact: &Artifact) -> u64 {
    let rate = match artifact.format {
        Format::Wheel | Format::Conda | Format::Directory | Format::TarZst => 1,
        Format::Runfile | Format::TarGz => 2,
        Format::TarXz if artifact.component.as_str().starts_with("lib") => 5,
        Format::Deb | Format::Rpm | Format::TarBz2 | Format::TarXz => 15,
    };
    download_bytes(artifact) * rate
}
