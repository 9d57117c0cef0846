//! A toolkit for a conda environment: scripts that conda runs when the environment is activated and left.
//!
//! ```text
//! <prefix>/etc/conda/
//!   activate.d/~~cudaman.{sh,fish,csh,ps1}     `~~` sorts last: after those of packages
//!   deactivate.d/~~cudaman.{sh,fish,csh,ps1}   conda runs these backwards: before those of packages
//! ```
//! xonsh has bash run the `.sh`. Never conda's own variables for environments: they replace
//! LD_LIBRARY_PATH, are left behind between environments, and end as empty instead of unset.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::integrate::rc::{Edit, RcError};
use crate::model::ToolchainRequest;
use crate::shell::{Activation, Foreign, Kind};
use crate::store::Toolchain;

/// The kind of these attachments in the store's list.
pub const KIND: &str = "conda";

const DIRECTORIES: [&str; 2] = ["etc/conda/activate.d", "etc/conda/deactivate.d"];

/// Why an environment was left as it was.
#[derive(Debug, thiserror::Error)]
pub enum AttachError {
    /// conda, or a shell, would trip over its path.
    #[error("`{}` contains {letter:?}, which conda and shells can't bear in a path", .prefix.display())]
    Name {
        /// The environment.
        prefix: PathBuf,
        /// What is in the way.
        letter: char,
    },
    /// A script couldn't be written or removed.
    #[error(transparent)]
    Rc(#[from] RcError),
}

/// What an environment's scripts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There are none.
    Absent,
    /// Some of them are missing, or not what this cudaman writes.
    Changed,
    /// All are there, as this cudaman writes them.
    Current,
}

/// Writes the scripts. What was attached before makes way.
///
/// # Errors
/// Returns an error for a path that conda can't bear, and where a script can't be written.
pub fn attach(prefix: &Path, toolchain: &Toolchain, versions: &Path) -> Result<(), AttachError> {
    let is_trouble = |letter: &char| letter.is_control() || "'\"$`\\!:".contains(*letter);
    let text = prefix.to_string_lossy();
    if let Some(letter) = text.chars().find(is_trouble) {
        return Err(AttachError::Name { prefix: prefix.to_owned(), letter });
    }
    for (path, text) in scripts(prefix, toolchain, versions) {
        Edit { path, after: Some(text) }.apply()?;
    }
    Ok(())
}

/// Writes the scripts anew where another cudaman has written them. What can't be written stays: the scripts
/// of any version do their work.
pub fn renew(prefix: &Path, toolchain: &Toolchain, versions: &Path) {
    if state(prefix, toolchain, versions) == State::Changed {
        let _ = attach(prefix, toolchain, versions);
    }
}

/// Takes the scripts away, and the directories that are empty without them. Tells whether there were any.
///
/// # Errors
/// Returns an error where a script can't be removed.
pub fn detach(prefix: &Path) -> Result<bool, AttachError> {
    let mut were_there = false;
    for path in paths(prefix) {
        match fs::remove_file(&path) {
            Ok(()) => were_there = true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(RcError::Io { action: "remove", path, source }.into()),
        }
    }
    if were_there {
        for directory in DIRECTORIES.iter().chain(&["etc/conda", "etc"]) {
            // One that holds something else stays.
            let _ = fs::remove_dir(prefix.join(directory));
        }
    }
    Ok(were_there)
}

/// Compares the scripts of an environment with what they should be.
#[must_use]
pub fn state(prefix: &Path, toolchain: &Toolchain, versions: &Path) -> State {
    let found = paths(prefix).filter(|path| path.exists()).count();
    let is_current = |(path, text): &(PathBuf, Vec<u8>)| fs::read(path).is_ok_and(|found| found == *text);
    match found {
        0 => State::Absent,
        _ if scripts(prefix, toolchain, versions).iter().all(is_current) => State::Current,
        _ => State::Changed,
    }
}

/// Tells whether an environment has scripts of ours, whichever store wrote them.
#[must_use]
pub fn is_attached(prefix: &Path) -> bool {
    paths(prefix).any(|path| path.exists())
}

fn scripts(prefix: &Path, toolchain: &Toolchain, versions: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let request = ToolchainRequest::exactly(&toolchain.name).to_string();
    let root = &toolchain.root;
    let activation = Activation { kind: Kind::Conda, prefix, request: &request, root, versions };
    let [activate, deactivate] = DIRECTORIES;
    let mut scripts = Vec::new();
    // Whoever is stopped in between leaves no environment that can be entered and not left.
    for (directory, text) in [(deactivate, activation.leave()), (activate, activation.enter())] {
        let path = prefix.join(directory).join("~~cudaman.sh");
        let foreign =
            Foreign::ALL.map(|foreign| (path.with_extension(foreign.extension()), foreign.line(&path)));
        scripts.push((path, text));
        scripts.extend(foreign);
    }
    scripts
}

fn paths(prefix: &Path) -> impl Iterator<Item = PathBuf> {
    let extensions = Foreign::ALL.map(Foreign::extension).into_iter().chain(["sh"]);
    extensions.flat_map(move |extension| {
        DIRECTORIES.map(|directory| prefix.join(directory).join("~~cudaman").with_extension(extension))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolchain() -> Toolchain {
        Toolchain {
            name: "11.8.0".parse().expect("a name"),
            root: "/home/me/.cudaman/versions/11.8.0".into(),
            store: "/home/me/.cudaman".into(),
            is_own: true,
            link: None,
            is_broken: false,
        }
    }

    #[test]
    fn what_is_attached_goes_without_a_trace() {
        let directory = tempfile::tempdir().expect("a directory");
        let prefix = directory.path().join("my env");
        fs::create_dir_all(prefix.join("etc/conda/activate.d")).expect("made");
        fs::write(prefix.join("etc/conda/activate.d/other.sh"), "").expect("written");
        let versions = Path::new("/home/me/.cudaman/versions");
        assert_eq!(state(&prefix, &toolchain(), versions), State::Absent);
        attach(&prefix, &toolchain(), versions).expect("attached");
        assert_eq!(state(&prefix, &toolchain(), versions), State::Current);
        fs::write(prefix.join("etc/conda/deactivate.d/~~cudaman.csh"), "").expect("written");
        assert_eq!(state(&prefix, &toolchain(), versions), State::Changed);
        assert!(detach(&prefix).expect("detached") && !detach(&prefix).expect("nothing"));
        assert!(!prefix.join("etc/conda/deactivate.d").exists());
        assert!(prefix.join("etc/conda/activate.d/other.sh").exists());
    }

    #[test]
    fn what_conda_cannot_bear_is_refused() {
        for name in ["/envs/it's", "/envs/a\nb", "/envs/$(x)"] {
            let error = attach(Path::new(name), &toolchain(), Path::new("/v")).expect_err(name);
            assert!(matches!(error, AttachError::Name { .. }));
        }
    }
}
