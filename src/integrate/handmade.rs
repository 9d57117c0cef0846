//! CUDA that was set up by hand, as articles recommend it: lines in shells' start-up files, and scripts
//! that were put into an environment of conda. They are found and told with file and line; and taken over
//! when asked, by making comments of them that [`restore`] undoes byte for byte.
//!
//! It is recognised by what a line sets; nothing is run. What goes over several lines may be missed.

mod commands;
mod edges;
mod files;
mod lines;
mod recognise;
mod take_over;
mod words;

use std::path::{Path, PathBuf};

use super::read_small;
use crate::model::Environment;
pub use take_over::{Left, TakeOver, comment_out, restore};

/// A line that sets up CUDA.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandMade {
    /// The file, in the spelling it was found by.
    pub file: PathBuf,
    /// The line's number, from 1.
    pub line: u32,
    /// The line, without its break.
    pub text: String,
    /// The variables that it sets; none where it reads a script of CUDA.
    pub names: Vec<String>,
    /// The release, where a path says it: `11.8`.
    pub cuda: Option<String>,
}

/// Returns the lines of every start-up file of the user's and the system's shells, in the order in which
/// shells read the files.
#[must_use]
pub fn find(environment: &Environment) -> Vec<HandMade> {
    find_below(Path::new("/"), environment)
}

/// Does the same where `root` stands for `/`: an image, or the machine of a test.
#[must_use]
pub fn find_below(root: &Path, environment: &Environment) -> Vec<HandMade> {
    files::start_up(root, environment).iter().flat_map(|file| in_file(file)).collect()
}

/// Returns the lines of the scripts that someone put into a conda environment, which run when it is
/// activated or left; not those of packages, and not cudaman's own.
#[must_use]
pub fn find_in_conda(prefix: &Path) -> Vec<HandMade> {
    let found = files::activation(prefix).into_iter().map(|file| (in_file(&file), file));
    let found = found.filter(|(lines, file)| !lines.is_empty() && !files::is_of_package(prefix, file));
    found.flat_map(|(lines, _)| lines).collect()
}

/// Returns the scripts that someone put into a conda environment.
#[must_use]
pub fn scripts_in_conda(prefix: &Path) -> Vec<PathBuf> {
    files::activation(prefix)
}

/// Returns the start-up files that exist.
#[must_use]
pub fn start_up_files(environment: &Environment) -> Vec<PathBuf> {
    files::start_up(Path::new("/"), environment)
}

fn in_file(file: &Path) -> Vec<HandMade> {
    let lines = read_small(file).and_then(|bytes| lines::lines(&bytes, files::dialect(file)));
    let numbered = (1..).zip(lines.unwrap_or_default());
    let made = numbered.filter_map(|(line, read)| {
        let found = read.found?;
        let (file, text) = (file.to_owned(), read.text);
        Some(HandMade { file, line, text, names: found.names, cuda: found.cuda })
    });
    made.collect()
}

#[cfg(test)]
mod tests;
