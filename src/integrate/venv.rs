//! A toolkit for a virtual environment of Python, whoever made it: venv, virtualenv or uv.
//!
//! ```text
//! <venv>/cudaman/enter.sh leave.sh leave.csh    what is done
//! <venv>/bin/activate{,.fish,.csh,.ps1}         a block at the end that does the one, and one line at the
//!                                               beginning of `deactivate` that does the other
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::rc::{self, Edit, RcError};
use crate::model::ToolchainRequest;
use crate::shell::{Activation, Foreign, Kind, Loading};
use crate::store::Toolchain;

/// The kind of these attachments in the store's list.
pub const KIND: &str = "venv";

const DIRECTORY: &str = "cudaman";

/// Ends the one line within `deactivate`.
const MARK: &str = " # cudaman\n";

/// An activate script, and how it says what `deactivate` does.
struct Script {
    name: &'static str,
    loading: Loading,
    opening: &'static str,
}

const SCRIPTS: &[Script] = &[
    Script { name: "activate", loading: Loading::Sh, opening: "deactivate () {" },
    Script {
        name: "activate.fish",
        loading: Loading::Foreign(Foreign::Fish),
        opening: "function deactivate",
    },
    Script { name: "activate.csh", loading: Loading::Foreign(Foreign::Csh), opening: "alias deactivate '" },
    Script {
        name: "activate.ps1",
        loading: Loading::Foreign(Foreign::PowerShell),
        opening: "function global:deactivate",
    },
    Script {
        name: "Activate.ps1",
        loading: Loading::Foreign(Foreign::PowerShell),
        opening: "function global:deactivate",
    },
];

/// Why a virtual environment was left as it was.
#[derive(Debug, thiserror::Error)]
pub enum VenvError {
    /// A shell would trip over its path.
    #[error("`{}` contains {letter:?}, which not every shell can bear in a path", .place.display())]
    Name {
        /// The environment.
        place: PathBuf,
        /// What is in the way.
        letter: char,
    },
    /// It is something else.
    #[error("`{}` is no virtual environment: it has no `bin/activate`", .0.display())]
    NotVenv(PathBuf),
    /// A file couldn't be read, written or removed.
    #[error(transparent)]
    Rc(#[from] RcError),
    /// A script that nobody foresaw.
    #[error("`{}` has no `deactivate` of the kind that venv, virtualenv and uv write", .0.display())]
    Unknown(PathBuf),
}

/// Puts a toolkit into an environment, in the place of what was there.
///
/// # Errors
/// Returns an error, and changes nothing, where it isn't such an environment or can't be edited.
pub fn attach(place: &Path, toolchain: &Toolchain, versions: &Path) -> Result<(), VenvError> {
    let is_trouble = |letter: &char| letter.is_control() || "'\"$`\\!".contains(*letter);
    let text = place.to_string_lossy();
    if let Some(letter) = text.chars().find(is_trouble) {
        return Err(VenvError::Name { place: place.to_owned(), letter });
    }
    if !is_venv(place) {
        return Err(VenvError::NotVenv(place.to_owned()));
    }
    let mut edits = scripts(place, toolchain, versions);
    for script in present(place) {
        edits.extend(script.with_toolkit(place)?);
    }
    edits.iter().try_for_each(Edit::apply)?;
    Ok(())
}

/// Takes it away again without a trace. Tells whether there was anything.
///
/// # Errors
/// Returns an error where a file can't be edited or removed.
pub fn detach(place: &Path) -> Result<bool, VenvError> {
    let edits: Vec<Edit> = present(place)
        .map(|script| script.without_toolkit(place))
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    edits.iter().try_for_each(Edit::apply)?;
    let directory = place.join(DIRECTORY);
    match fs::remove_dir_all(&directory) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(!edits.is_empty()),
        Err(source) => Err(RcError::Io { action: "remove", path: directory, source }.into()),
    }
}

/// Tells whether everything is as this cudaman writes it.
#[must_use]
pub fn is_current(place: &Path, toolchain: &Toolchain, versions: &Path) -> bool {
    let is_written = |edit: &Edit| fs::read(&edit.path).ok() == edit.after;
    scripts(place, toolchain, versions).iter().all(is_written)
        && present(place).all(|script| matches!(script.with_toolkit(place), Ok(None)))
}

/// Writes the scripts anew where another cudaman has written them; `activate` itself is left alone.
pub fn renew(place: &Path, toolchain: &Toolchain, versions: &Path) {
    if place.join(DIRECTORY).is_dir() {
        let differs = |edit: &&Edit| fs::read(&edit.path).ok() != edit.after;
        for edit in scripts(place, toolchain, versions).iter().filter(differs) {
            // The scripts of any version do their work.
            let _ = edit.apply();
        }
    }
}

fn is_venv(place: &Path) -> bool {
    place.join("bin/activate").is_file()
}

fn present(place: &Path) -> impl Iterator<Item = &'static Script> {
    let directory = place.join("bin");
    SCRIPTS.iter().filter(move |script| directory.join(script.name).is_file())
}

fn scripts(place: &Path, toolchain: &Toolchain, versions: &Path) -> Vec<Edit> {
    let request = ToolchainRequest::exactly(&toolchain.name).to_string();
    let root = &toolchain.root;
    let activation = Activation { kind: Kind::Venv, prefix: place, request: &request, root, versions };
    let leave = place.join(DIRECTORY).join("leave.sh");
    vec![
        Edit { path: place.join(DIRECTORY).join("enter.sh"), after: Some(activation.enter()) },
        Edit { path: place.join(DIRECTORY).join("leave.csh"), after: Some(Foreign::Csh.line(&leave)) },
        Edit { path: leave, after: Some(activation.leave()) },
    ]
}

impl Script {
    fn with_toolkit(&self, place: &Path) -> Result<Option<Edit>, VenvError> {
        let path = place.join("bin").join(self.name);
        let enter = self.loading.lines(&place.join(DIRECTORY).join("enter.sh"));
        let with_block = rc::with_block(&path, &String::from_utf8_lossy(&enter))?;
        let before = rc::read(&path)?.unwrap_or_default();
        if std::str::from_utf8(&before).is_err() {
            return Err(VenvError::Unknown(path));
        }
        let text = with_block.and_then(|edit| edit.after).unwrap_or_else(|| before.clone());
        let text = self.without_line(&text, place);
        let (at, inserted) = self.insertion(&text, place).ok_or_else(|| VenvError::Unknown(path.clone()))?;
        let after = [&text.as_bytes()[..at], inserted.as_bytes(), &text.as_bytes()[at..]].concat();
        Ok((after != before).then_some(Edit { path, after: Some(after) }))
    }

    /// Returns where, and what, `deactivate` gets.
    fn insertion(&self, text: &str, place: &Path) -> Option<(usize, String)> {
        let leave = place.join(DIRECTORY).join("leave.sh");
        let is_opening = |line: &&str| line.trim_start().starts_with(self.opening);
        let opening = text.split_inclusive('\n').find(is_opening)?;
        let start = opening.as_ptr() as usize - text.as_ptr() as usize;
        if self.loading == Loading::Foreign(Foreign::Csh) {
            let at = start + opening.find(self.opening)? + self.opening.len();
            return Some((at, csh_prefix(place)));
        }
        let line = String::from_utf8_lossy(&self.loading.lines(&leave)).trim_end().to_owned();
        Some((start + opening.len(), format!("    {line}{MARK}")))
    }

    fn without_toolkit(&self, place: &Path) -> Result<Option<Edit>, RcError> {
        let path = place.join("bin").join(self.name);
        let before = rc::read(&path)?.unwrap_or_default();
        let text = rc::without_block(&path)?.and_then(|edit| edit.after).unwrap_or_else(|| before.clone());
        let text = self.without_line(&text, place).into_bytes();
        Ok((text != before).then_some(Edit { path, after: Some(text) }))
    }

    /// Takes what `deactivate` got away again.
    fn without_line(&self, text: &[u8], place: &Path) -> String {
        let lines = text.split_inclusive(|byte| *byte == b'\n');
        let kept = lines.filter(|line| !line.ends_with(MARK.as_bytes())).collect::<Vec<_>>().concat();
        let text = String::from_utf8_lossy(&kept).into_owned();
        if self.loading == Loading::Foreign(Foreign::Csh) {
            text.replace(&csh_prefix(place), "")
        } else {
            text
        }
    }
}

/// csh has one alias for all of it: the line is continued at its beginning.
fn csh_prefix(place: &Path) -> String {
    format!("source \"{}\"; ", place.join(DIRECTORY).join("leave.csh").display())
}
