//! Bundles for tests: made by the real program, and by a liar that seals whatever it is given.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::mirror::Mirror;
use super::sandbox::Sandbox;
use super::toolkit::Release;

/// A home with toolkits, and a bundle of all of them.
pub(crate) struct Parcel {
    pub(crate) maker: Sandbox,
    pub(crate) bundle: PathBuf,
}

impl Parcel {
    /// Installs requests, from 12.4.1 and 13.0.2 with a cuDNN for each, and exports them.
    pub(crate) fn of(requests: &[&str]) -> Self {
        Self::with(requests, &[])
    }

    /// As [`Parcel::of`], with further arguments to the installs.
    pub(crate) fn with(requests: &[&str], further: &[&str]) -> Self {
        let mirror = Mirror::start();
        for release in ["12.4.1", "13.0.2"] {
            Release::tiny(release).serve(&mirror);
        }
        Release::cudnn("9.1.0", "9.1.0.70", &["12", "13"]).serve(&mirror);
        let maker = Sandbox::new().with_mirror(&mirror);
        for request in requests {
            maker.ok(&[&["install", request], further].concat());
        }
        let bundle = maker.path().join("cuda.tar.zst");
        let file = bundle.to_str().expect("a path");
        maker.ok(&[&["export", "-o", file], requests].concat());
        Self { maker, bundle }
    }

    /// Returns the path of the bundle.
    pub(crate) fn path(&self) -> &str {
        self.bundle.to_str().expect("a path")
    }

    /// Writes a variant of the bundle beside it, and returns its path.
    pub(crate) fn variant(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.bundle.with_file_name(name);
        std::fs::write(&path, bytes).expect("written");
        path.to_str().expect("a path").to_owned()
    }

    /// Returns `bundle.json` and the bytes of the tar archive after it.
    pub(crate) fn opened(&self) -> (Value, Vec<u8>) {
        let bytes = std::fs::read(&self.bundle).expect("a bundle");
        let archive = zstd::decode_all(bytes.as_slice()).expect("zstd");
        let size = tar::Header::from_byte_slice(&archive[..512]).entry_size().expect("a size");
        let size = usize::try_from(size).expect("a size");
        let text = &archive[512..512 + size];
        (serde_json::from_slice(text).expect("JSON"), archive[512 + size.next_multiple_of(512)..].to_vec())
    }
}

/// Makes a home that reaches no network.
pub(crate) fn island() -> Sandbox {
    let mut sandbox = Sandbox::new();
    // The discard port on loopback: nothing listens there.
    sandbox.set("CUDAMAN_MIRROR", "http://127.0.0.1:9/");
    sandbox.set("CUDAMAN_SOURCES", "redist");
    sandbox
}

/// Packs a bundle of this manifest and what follows it in the tar archive, and seals it.
pub(crate) fn packed(manifest: &Value, rest: &[u8]) -> Vec<u8> {
    let text = serde_json::to_vec(manifest).expect("JSON");
    let mut archive = Vec::new();
    let mut header = tar::Header::new_gnu();
    header.set_mtime(0);
    header.set_mode(0o644);
    header.set_size(text.len() as u64);
    header.set_path("bundle.json").expect("a short path");
    header.set_cksum();
    archive.extend_from_slice(header.as_bytes());
    archive.extend_from_slice(&text);
    archive.resize(archive.len().next_multiple_of(512), 0);
    archive.extend_from_slice(rest);
    sealed(zstd::encode_all(archive.as_slice(), 1).expect("zstd"))
}

/// Adds the seal of a bundle.
pub(crate) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let digest = Sha256::digest(&bytes);
    bytes.write_all(&[0x5c, 0x2a, 0x4d, 0x18, 32, 0, 0, 0]).expect("written");
    bytes.extend_from_slice(&digest);
    bytes
}

/// Returns the bytes of a bundle without its seal.
pub(crate) fn unsealed(path: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(path).expect("a bundle");
    bytes.truncate(bytes.len() - 40);
    bytes
}
