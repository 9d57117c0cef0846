//! The files that shells and conda read by themselves.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::words::Dialect;
use crate::model::Environment;

/// Start-up files in the user's home, in the order in which their shells read them.
const OF_HOME: &[&str] = &[
    ".profile",
    ".bash_profile",
    ".bash_login",
    ".bashrc",
    ".bash_aliases",
    ".zshenv",
    ".zprofile",
    ".zshrc",
    ".zlogin",
    ".kshrc",
    ".mkshrc",
    ".tcshrc",
    ".cshrc",
    ".login",
];

/// Those that zsh looks for in `$ZDOTDIR`.
const OF_ZSH: &[&str] = &[".zshenv", ".zprofile", ".zshrc", ".zlogin"];

/// Read by PAM at login, and never changed by cudaman.
pub(super) const SYSTEM_ENVIRONMENT: &str = "etc/environment";

/// Returns the start-up files that exist, the system's first, each once.
pub(super) fn start_up(root: &Path, environment: &Environment) -> Vec<PathBuf> {
    let mut files = vec![root.join(SYSTEM_ENVIRONMENT)];
    let is_about_cuda = |name: &str| name.contains("cuda") && name.ends_with(".sh");
    files.extend(named(&root.join("etc/profile.d"), is_about_cuda));
    if environment.home.is_absolute() {
        files.extend(OF_HOME.iter().map(|name| environment.home.join(name)));
        files.extend(of_fish(&environment.home.join(".config")));
    }
    if let Some(directory) = environment.path("ZDOTDIR") {
        files.extend(OF_ZSH.iter().map(|name| directory.join(name)));
    }
    files.extend(environment.path("XDG_CONFIG_HOME").into_iter().flat_map(of_fish));
    let mut known = BTreeSet::new();
    files.retain(|file| file.canonicalize().is_ok_and(|real| known.insert(real)));
    files
}

/// `conf.d` is read before `config.fish`.
fn of_fish(config: &Path) -> Vec<PathBuf> {
    let mut files = named(&config.join("fish/conf.d"), |name| name.ends_with(".fish"));
    files.push(config.join("fish/config.fish"));
    files
}

/// Returns the scripts of an environment that are not cudaman's, in the order in which they run.
pub(super) fn activation(prefix: &Path) -> Vec<PathBuf> {
    let is_script = |name: &str| {
        let is_read = [".sh", ".fish", ".csh"].iter().any(|end| name.ends_with(end));
        is_read && !name.starts_with("~~cudaman.")
    };
    let directories = ["activate.d", "deactivate.d"].iter().map(|name| prefix.join("etc/conda").join(name));
    directories.flat_map(|directory| named(&directory, is_script)).collect()
}

/// Tells whether a package of the environment brought a script. Every package lists its files in a
/// `conda-meta/*.json`, megabytes long at times: it is searched as text and not parsed.
pub(super) fn is_of_package(prefix: &Path, script: &Path) -> bool {
    let path = script.strip_prefix(prefix).ok().and_then(Path::to_str);
    let Some(quoted) = path.and_then(|path| serde_json::to_string(path).ok()) else { return false };
    let lists = named(&prefix.join("conda-meta"), |name| name.ends_with(".json"));
    let holds = |list: &PathBuf| {
        let is_file = list.is_file();
        is_file && std::fs::read(list).is_ok_and(|bytes| String::from_utf8_lossy(&bytes).contains(&quoted))
    };
    lists.iter().any(holds)
}

/// Tells which shells read a file.
pub(super) fn dialect(file: &Path) -> Dialect {
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match name {
        ".cshrc" | ".tcshrc" | ".login" => Dialect::Csh,
        _ if name.ends_with(".csh") => Dialect::Csh,
        _ if name.ends_with(".fish") => Dialect::Fish,
        _ => Dialect::Sh,
    }
}

/// Returns the files of a directory with a fitting name, sorted.
fn named(directory: &Path, fits: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let fitting = entries.filter(|entry| entry.file_name().to_str().is_some_and(&fits));
    let mut paths: Vec<PathBuf> = fitting.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}
