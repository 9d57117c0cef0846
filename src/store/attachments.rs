//! Which environments have a toolkit attached: so that `uninstall` can warn, and a newer cudaman can renew
//! their scripts. Losing the list loses no more than that: the scripts stand for themselves.
//!
//! ```text
//! attachments    one line each: the kind, the toolchain and the environment's directory, with tabs between
//! ```

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::error::StoreError;
use super::files::{read_limited, remove_file};
use super::locks::{Key, Mode};
use super::{Lock, Store};
use crate::model::ToolchainName;

/// The largest list that is read, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// An environment that has a toolkit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Whose environment it is: `conda`, `venv`.
    pub kind: String,
    /// The toolkit.
    pub toolchain: ToolchainName,
    /// The environment's directory.
    pub place: PathBuf,
}

impl Store {
    /// Returns every attachment that is known; what can't be read is left out.
    #[must_use]
    pub fn attachments(&self) -> Vec<Attachment> {
        let text = read_limited(&self.own.attachments(), MAX_SIZE).ok().flatten().unwrap_or_default();
        text.split(|byte| *byte == b'\n').filter_map(parse).collect()
    }

    /// Keeps other processes from changing environments and this list until dropped: to be held from the first
    /// script to the line in the list, so that of two at once the later one is whole.
    ///
    /// # Errors
    /// Returns [`StoreError::Locked`] with the holder if it is not free in time.
    pub fn lock_attachments(&self) -> Result<Lock, StoreError> {
        self.locks.acquire(Key::Attachments, Mode::Alone)
    }

    /// Keeps an attachment, in place of what the same environment had.
    ///
    /// # Errors
    /// Returns an error where the home can't be written.
    pub fn attach(&self, attachment: &Attachment) -> Result<(), StoreError> {
        self.change_attachments(|all| {
            all.retain(|other| !is_same(other, attachment));
            all.push(attachment.clone());
        })
    }

    /// Forgets an attachment.
    ///
    /// # Errors
    /// Returns an error where the home can't be written.
    pub fn detach(&self, kind: &str, place: &Path) -> Result<(), StoreError> {
        self.change_attachments(|all| all.retain(|other| other.kind != kind || other.place != place))
    }

    fn change_attachments(&self, change: impl FnOnce(&mut Vec<Attachment>)) -> Result<(), StoreError> {
        let _lock = self.locks.acquire(Key::Store, Mode::Alone)?;
        let before = self.attachments();
        let mut all = before.clone();
        change(&mut all);
        if all == before {
            return Ok(());
        }
        if all.is_empty() {
            return remove_file(&self.own.attachments());
        }
        let text: Vec<u8> = all.iter().flat_map(line).collect();
        self.stage("attachments")?.replace(&self.own.attachments(), &text, 0o644)
    }
}

fn is_same(one: &Attachment, other: &Attachment) -> bool {
    one.kind == other.kind && one.place == other.place
}

fn line(attachment: &Attachment) -> Vec<u8> {
    let head = format!("{}\t{}\t", attachment.kind, attachment.toolchain);
    [head.as_bytes(), attachment.place.as_os_str().as_bytes(), b"\n"].concat()
}

fn parse(line: &[u8]) -> Option<Attachment> {
    let mut parts = line.splitn(3, |byte| *byte == b'\t');
    let mut text = || std::str::from_utf8(parts.next()?).ok().map(str::to_owned);
    let (kind, toolchain) = (text()?, text()?.parse().ok()?);
    Some(Attachment { kind, toolchain, place: OsStr::from_bytes(parts.next()?).into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{Lab, name};

    #[test]
    fn each_environment_has_one() {
        let lab = Lab::new();
        lab.store.prepare().expect("prepared");
        let of = |place: &str, toolchain: &str| Attachment {
            kind: "conda".to_owned(),
            toolchain: name(toolchain),
            place: place.into(),
        };
        for attachment in [of("/envs/a b", "11.8.0"), of("/envs/c", "12.4.1"), of("/envs/a b", "12.4.1")] {
            lab.store.attach(&attachment).expect("kept");
        }
        assert_eq!(lab.store.attachments(), [of("/envs/c", "12.4.1"), of("/envs/a b", "12.4.1")]);
        lab.store.detach("conda", Path::new("/envs/c")).expect("forgotten");
        lab.store.detach("venv", Path::new("/envs/a b")).expect("nothing");
        assert_eq!(lab.store.attachments(), [of("/envs/a b", "12.4.1")]);
        std::fs::write(lab.path("attachments"), b"nonsense\nconda\t../x\t/y\n\xff\n").expect("written");
        assert!(lab.store.attachments().is_empty());
    }
}
