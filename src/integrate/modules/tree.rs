//! A tree of modulefiles on disk. Its directory is the user's: what cudaman has not written there for this
//! home is neither replaced nor removed.
//!
//! ```text
//! DIR/
//!   lua/            for Lmod: `module use DIR/lua`
//!     cuda/         .modulerc.lua  11.8.0.lua  12.4.1-cudnn9.1.0.70.lua
//!     cudnn/        9.1.0.70-cuda12.4.1.lua
//!   tcl/            for Environment Modules: the same names without `.lua`, and `.modulerc`
//! ```
//! Each file comes into place by one rename.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::dialect::{DIALECTS, Dialect, MARK};
use super::error::{At as _, ModulesError};
use super::render::{Files, MODULES};

/// How the names of files begin that are not in place yet; both programs pass over hidden files.
const STAGED: &str = ".cudaman-";

/// The beginning of a file in which its marker is looked for.
const LARGEST_MARK: u64 = 8192;

/// A directory, and the home whose modulefiles it holds.
pub(super) struct Tree<'a> {
    pub(super) directory: &'a Path,
    pub(super) home: &'a Path,
}

/// Whose a path is.
enum Owner {
    Foreign(String),
    Nobody,
    Ours,
}

impl Tree<'_> {
    /// Fails if something that is not ours stands where a file belongs.
    pub(super) fn check(&self, files: &Files) -> Result<(), ModulesError> {
        files.keys().try_for_each(|path| self.refuse_foreign(&self.directory.join(path)))
    }

    /// Lists our modulefiles that are not wanted any more. They stay: who has loaded one can't unload it
    /// without its file (Environment Modules 5.2 even refuses to load or purge anything then).
    pub(super) fn retired(&self, files: &Files) -> Result<Vec<PathBuf>, ModulesError> {
        let is_hidden =
            |path: &PathBuf| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let mut retired = self.ours()?;
        retired.retain(|path| !files.contains_key(path) && !is_hidden(path));
        retired.sort();
        Ok(retired)
    }

    /// Writes what differs, and removes what is ours, neither wanted nor retired. What can't be written
    /// doesn't keep the rest from being written.
    ///
    /// # Errors
    /// Returns the first thing that failed.
    pub(super) fn write(&self, files: &Files, retired: &[PathBuf]) -> Result<(), ModulesError> {
        for (dialect, module) in places() {
            let directory = self.directory.join(dialect.directory);
            make_directory(&directory)?;
            let is_used =
                files.keys().any(|path| path.starts_with(Path::new(dialect.directory).join(module)));
            if is_used || module == "cuda" {
                make_directory(&directory.join(module))?;
            }
        }
        let mut results: Vec<_> = files.iter().map(|(path, text)| self.write_file(path, text)).collect();
        let is_kept = |path: &PathBuf| files.contains_key(path) || retired.contains(path);
        let surplus = self.ours()?.into_iter().filter(|path| !is_kept(path));
        results.extend(surplus.map(|path| self.remove_file(&path)));
        self.remove_if_empty("cudnn");
        results.into_iter().collect()
    }

    /// Removes every file that is ours, and the directories below `DIR` that this leaves empty; tells how
    /// many files there were.
    pub(super) fn remove(&self) -> Result<usize, ModulesError> {
        let ours = self.ours()?;
        ours.iter().try_for_each(|path| self.remove_file(path))?;
        MODULES.iter().chain(&[""]).for_each(|module| self.remove_if_empty(module));
        Ok(ours.len())
    }

    /// Tells whether the tree holds these files as they should be.
    pub(super) fn is_current(&self, files: &Files) -> bool {
        let is_right = |(path, text): (&PathBuf, &String)| {
            fs::read(self.directory.join(path)).is_ok_and(|found| found == text.as_bytes())
        };
        files.iter().all(is_right)
    }

    fn write_file(&self, path: &Path, text: &str) -> Result<(), ModulesError> {
        let target = self.directory.join(path);
        self.refuse_foreign(&target)?;
        if fs::read(&target).is_ok_and(|found| found == text.as_bytes()) {
            return Ok(());
        }
        let staged = target.with_file_name(format!("{STAGED}{}", std::process::id()));
        let result = create(&staged, text).and_then(|()| fs::rename(&staged, &target)).at("write", &target);
        if result.is_err() {
            let _ = fs::remove_file(&staged);
        }
        result
    }

    fn remove_file(&self, path: &Path) -> Result<(), ModulesError> {
        let path = self.directory.join(path);
        fs::remove_file(&path).at("remove", &path)
    }

    fn remove_if_empty(&self, module: &str) {
        for dialect in DIALECTS {
            let _ = fs::remove_dir(self.directory.join(dialect.directory).join(module));
        }
    }

    /// Lists our files, and what writers that were killed have left of them.
    fn ours(&self) -> Result<Vec<PathBuf>, ModulesError> {
        let mut ours = Vec::new();
        for (dialect, module) in places() {
            let below = Path::new(dialect.directory).join(module);
            let directory = self.directory.join(&below);
            let entries = match fs::read_dir(&directory) {
                Err(error) if is_absent(&error) => continue,
                entries => entries.at("list", &directory)?,
            };
            for entry in entries {
                let name = entry.at("list", &directory)?.file_name();
                let is_staged = name.as_encoded_bytes().starts_with(STAGED.as_bytes());
                if is_staged || matches!(self.owner(&directory.join(&name)), Ok(Owner::Ours)) {
                    ours.push(below.join(name));
                }
            }
        }
        Ok(ours)
    }

    fn refuse_foreign(&self, path: &Path) -> Result<(), ModulesError> {
        match self.owner(path).at("read", path)? {
            Owner::Foreign(reason) => Err(ModulesError::Foreign { path: path.to_owned(), reason }),
            Owner::Nobody | Owner::Ours => Ok(()),
        }
    }

    fn owner(&self, path: &Path) -> io::Result<Owner> {
        match fs::symlink_metadata(path) {
            Err(error) if is_absent(&error) => return Ok(Owner::Nobody),
            Ok(found) if found.is_file() => (),
            Ok(_) => return Ok(Owner::Foreign("it is no plain file".to_owned())),
            Err(error) => return Err(error),
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(LARGEST_MARK).read_to_end(&mut bytes)?;
        let text = String::from_utf8_lossy(&bytes);
        let head: Vec<&str> = text.lines().take(2).collect();
        if DIALECTS.iter().any(|dialect| head.contains(&dialect.marker(self.home).as_str())) {
            return Ok(Owner::Ours);
        }
        let other = head.iter().find_map(|line| line.split_once(MARK)?.1.split('`').nth(1));
        Ok(Owner::Foreign(match other {
            Some(home) => format!("it belongs to the cudaman of `{home}`"),
            None => "cudaman has not written it".to_owned(),
        }))
    }
}

/// Every directory of modulefiles, by language and kind.
fn places() -> impl Iterator<Item = (&'static Dialect, &'static str)> {
    DIALECTS.iter().flat_map(|dialect| MODULES.iter().map(move |module| (dialect, *module)))
}

/// Makes a directory and those above it, so that others can read them, whatever the umask; what exists is
/// left alone.
fn make_directory(path: &Path) -> Result<(), ModulesError> {
    let mut missing: Vec<&Path> = path.ancestors().take_while(|directory| !directory.is_dir()).collect();
    missing.reverse();
    missing.into_iter().try_for_each(|directory| {
        let made = DirBuilder::new().create(directory);
        made.and_then(|()| fs::set_permissions(directory, Permissions::from_mode(0o755)))
            .at("create", directory)
    })
}

/// Writes a new file that others can read, whatever the umask, durably.
fn create(path: &Path, text: &str) -> io::Result<()> {
    // Left by a process of this number that was killed.
    let _ = fs::remove_file(path);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(Permissions::from_mode(0o644))?;
    file.sync_all()
}

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotADirectory | io::ErrorKind::NotFound)
}
