//! Which of a user's files a shell reads when it starts.

use std::path::{Path, PathBuf};

use crate::model::Environment;

/// Of these, a login shell of bash reads the first.
pub(super) const BASH_LOGIN_FILES: [&str; 2] = [".bash_profile", ".bash_login"];

/// A login shell reads one of the other files, which often leads to `.bashrc`; where it doesn't, it loads
/// the hook itself.
pub(super) fn bash_files(environment: &Environment) -> Vec<PathBuf> {
    let login = BASH_LOGIN_FILES.map(|name| environment.home.join(name));
    let login = login.into_iter().find(|path| path.exists());
    let leads_on = |path: &PathBuf| {
        // What isn't a file, as a pipe, might be waited for.
        let text = if path.is_file() { std::fs::read(path).unwrap_or_default() } else { Vec::new() };
        String::from_utf8_lossy(&text).contains("bashrc")
    };
    [environment.home.join(".bashrc")].into_iter().chain(login.filter(|path| !leads_on(path))).collect()
}

/// tcsh reads the first of these that is there.
pub(super) fn tcsh_files(environment: &Environment) -> Vec<PathBuf> {
    let own = environment.home.join(".tcshrc");
    vec![if own.exists() { own } else { environment.home.join(".cshrc") }]
}

pub(super) fn xonsh_files(environment: &Environment) -> Vec<PathBuf> {
    let own = environment.home.join(".xonshrc");
    vec![if own.exists() { own } else { settings(environment).join("xonsh/rc.xsh") }]
}

/// Where programs keep what users set.
pub(super) fn settings(environment: &Environment) -> PathBuf {
    let named = environment.path("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    named.map_or_else(|| environment.home.join(".config"), Path::to_owned)
}

pub(super) fn zsh_files(environment: &Environment) -> Vec<PathBuf> {
    vec![environment.path("ZDOTDIR").unwrap_or(&environment.home).join(".zshrc")]
}

pub(super) fn ksh_files(environment: &Environment) -> Vec<PathBuf> {
    [".kshrc", ".mkshrc"].iter().map(|name| environment.home.join(name)).collect()
}
