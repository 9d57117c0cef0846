//! Fix-ups: what a composition adds to or replaces in the files of its packages.

use super::EntryKind;

/// How the name of a program ends that a script of ours has the place of: it is no tool by itself.
pub const BEHIND_A_SCRIPT: &str = ".real";

/// One file or link of a toolchain that no package holds in this form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FixUp {
    /// The path below the toolchain's root, with `/` between its parts.
    pub path: String,
    /// What will stand there.
    pub change: Change,
}

/// What a fix-up puts at its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A file of its own, never an edit of a package's file: that one is shared.
    File {
        /// Every byte of it.
        content: Vec<u8>,
        /// Whether it may be executed.
        executable: bool,
    },
    /// A symbolic link.
    Link {
        /// Its target, relative to the directory it stands in, or absolute where it leads to the machine.
        target: String,
    },
    /// A package's file under another name, in the same directory.
    Renamed {
        /// Its name in the package.
        from: String,
        /// What it is.
        kind: EntryKind,
    },
}
