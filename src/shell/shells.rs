//! The shells that cudaman has a hook for: one row each. The texts are in `shell/`.

use std::path::{Path, PathBuf};

use super::home::{self, HomeDirectory};
use crate::model::Environment;

/// A shell.
pub struct Shell {
    /// Its name: `bash`.
    pub name: &'static str,
    /// What its program is called on PATH.
    pub programs: &'static [&'static str],
    /// The name of its hook in the store's `shell/`.
    pub hook: &'static str,
    /// What the hook is made of, in order.
    parts: &'static [&'static str],
    /// How the home directory of cudaman is spelled in it.
    home: fn(&HomeDirectory) -> Vec<u8>,
    /// The directory among the user's settings that tells that the shell is in use, even without an rc file.
    settings: &'static str,
    /// Which of the user's files loads the hook.
    pub rc_files: fn(&Environment) -> Vec<PathBuf>,
    /// The lines that load a file that may be gone; the file is spelled as a word of the shell.
    pub load: fn(&str) -> String,
}

pub(super) const ENVIRONMENT: &str = include_str!("../../shell/environment.sh");
const SELECT: &str = include_str!("../../shell/select.sh");
const USE: &str = include_str!("../../shell/use.sh");
const LOGIN: &str = include_str!("../../shell/login.sh");

/// Of these, a login shell of bash reads the first.
const BASH_LOGIN_FILES: [&str; 2] = [".bash_profile", ".bash_login"];

/// What stands for the home in the texts.
const HOME: &str = "@HOME@";

/// Every shell, in order of how many use it.
pub const SHELLS: &[Shell] = &[
    Shell {
        name: "bash",
        programs: &["bash"],
        hook: "hook.bash",
        parts: &[ENVIRONMENT, SELECT, USE, include_str!("../../shell/hook.bash")],
        home: HomeDirectory::posix,
        settings: "",
        rc_files: bash_files,
        load: home::load_posix,
    },
    Shell {
        name: "zsh",
        programs: &["zsh"],
        hook: "hook.zsh",
        parts: &[ENVIRONMENT, SELECT, USE, include_str!("../../shell/hook.zsh")],
        home: HomeDirectory::posix,
        settings: "",
        rc_files: |environment| {
            let directory = environment.path("ZDOTDIR").unwrap_or(&environment.home);
            vec![directory.join(".zshrc")]
        },
        load: home::load_posix,
    },
    Shell {
        name: "fish",
        programs: &["fish"],
        hook: "hook.fish",
        parts: &[include_str!("../../shell/hook.fish")],
        home: HomeDirectory::fish,
        settings: "fish",
        rc_files: |environment| vec![settings(environment).join("fish/conf.d/cudaman.fish")],
        load: home::load_fish,
    },
    Shell {
        name: "sh",
        programs: &["dash", "ash", "sh"],
        hook: "hook.sh",
        parts: &[ENVIRONMENT, SELECT, USE, include_str!("../../shell/hook.sh")],
        home: HomeDirectory::posix,
        settings: "",
        rc_files: |environment| vec![environment.home.join(".profile")],
        load: home::load_posix,
    },
    Shell {
        name: "ksh",
        programs: &["ksh", "mksh", "ksh93"],
        hook: "hook.ksh",
        parts: &[ENVIRONMENT, SELECT, USE, include_str!("../../shell/hook.sh")],
        home: HomeDirectory::posix,
        settings: "",
        rc_files: |environment| {
            [".kshrc", ".mkshrc"].iter().map(|name| environment.home.join(name)).collect()
        },
        load: home::load_posix,
    },
    Shell {
        name: "tcsh",
        programs: &["tcsh"],
        hook: "hook.tcsh",
        parts: &[include_str!("../../shell/hook.tcsh")],
        home: HomeDirectory::csh,
        settings: "",
        rc_files: tcsh_files,
        load: home::load_csh,
    },
    Shell {
        name: "xonsh",
        programs: &["xonsh"],
        hook: "hook.xsh",
        parts: &[include_str!("../../shell/hook.xsh")],
        home: HomeDirectory::xonsh,
        settings: "xonsh",
        rc_files: xonsh_files,
        load: home::load_xonsh,
    },
    Shell {
        name: "elvish",
        programs: &["elvish"],
        hook: "hook.elv",
        parts: &[include_str!("../../shell/hook.elv")],
        home: HomeDirectory::elvish,
        settings: "elvish",
        rc_files: |environment| vec![settings(environment).join("elvish/rc.elv")],
        load: home::load_elvish,
    },
    Shell {
        name: "nushell",
        programs: &["nu"],
        hook: "hook.nu",
        parts: &[include_str!("../../shell/hook.nu")],
        home: HomeDirectory::nushell,
        settings: "nushell",
        rc_files: |environment| vec![settings(environment).join("nushell/autoload/cudaman.nu")],
        load: home::load_nushell,
    },
    Shell {
        name: "powershell",
        programs: &["pwsh"],
        hook: "hook.ps1",
        parts: &[include_str!("../../shell/hook.ps1")],
        home: HomeDirectory::powershell,
        settings: "powershell",
        rc_files: |environment| vec![settings(environment).join("powershell/profile.ps1")],
        load: home::load_powershell,
    },
];

/// Returns the shell with this name.
#[must_use]
pub fn shell(name: &str) -> Option<&'static Shell> {
    SHELLS.iter().find(|shell| shell.name == name)
}

/// Returns the text of `env.sh`, for login shells.
#[must_use]
pub fn login_text(home: &HomeDirectory) -> Vec<u8> {
    filled(&without_comments(&[ENVIRONMENT, SELECT, LOGIN].concat()), &home.posix())
}

/// Returns the text of direnv's library file.
#[must_use]
pub fn direnv_text(home: &HomeDirectory) -> Vec<u8> {
    filled(include_str!("../../shell/direnv.sh"), &home.posix())
}

impl Shell {
    /// Returns every file that may hold the lines, also those that were put there when another file was missing
    /// or didn't lead to this one yet.
    #[must_use]
    pub fn all_files(&self, environment: &Environment) -> Vec<PathBuf> {
        let mut files = (self.rc_files)(environment);
        let of_login = BASH_LOGIN_FILES.iter().filter(|_| self.name == "bash");
        files.extend(of_login.map(|name| environment.home.join(name)));
        files.sort();
        files.dedup();
        files
    }

    /// Tells whether the user has settings for it, beside its rc files.
    #[must_use]
    pub fn has_settings(&self, environment: &Environment) -> bool {
        !self.settings.is_empty() && settings(environment).join(self.settings).is_dir()
    }

    /// Returns the text of its hook.
    #[must_use]
    pub fn text(&self, home: &HomeDirectory) -> Vec<u8> {
        let text = self.parts.concat();
        let text = if self.parts.contains(&ENVIRONMENT) { without_comments(&text) } else { text };
        filled(&text, &(self.home)(home))
    }

    /// Returns the lines that load the store's file of this name.
    #[must_use]
    pub fn lines(&self, home: &HomeDirectory, file: &str) -> String {
        let word = String::from_utf8_lossy(&(self.home)(&home.join(file))).into_owned();
        (self.load)(&word)
    }
}

/// Drops what only people read: a shell reads it at every start, a tenth of the time in bash (measured).
pub(super) fn without_comments(text: &str) -> String {
    let is_code = |line: &&str| !line.trim_start().starts_with('#') && !line.trim().is_empty();
    let lines: String = text.split_inclusive('\n').filter(is_code).collect();
    format!("# Written by cudaman; its source has the comments, in `shell/`.\n{lines}")
}

fn filled(text: &str, home: &[u8]) -> Vec<u8> {
    let mut parts = text.split(HOME);
    let mut filled = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        filled.extend_from_slice(home);
        filled.extend_from_slice(part.as_bytes());
    }
    filled
}

/// A login shell reads one of the other files, which often leads to `.bashrc`; where it doesn't, it loads
/// the hook itself.
fn bash_files(environment: &Environment) -> Vec<PathBuf> {
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
fn tcsh_files(environment: &Environment) -> Vec<PathBuf> {
    let own = environment.home.join(".tcshrc");
    vec![if own.exists() { own } else { environment.home.join(".cshrc") }]
}

fn xonsh_files(environment: &Environment) -> Vec<PathBuf> {
    let own = environment.home.join(".xonshrc");
    vec![if own.exists() { own } else { settings(environment).join("xonsh/rc.xsh") }]
}

/// Where programs keep what users set.
fn settings(environment: &Environment) -> PathBuf {
    let named = environment.path("XDG_CONFIG_HOME").filter(|path| path.is_absolute());
    named.map_or_else(|| environment.home.join(".config"), Path::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::packages::PACKAGES;

    fn environment(home: &str) -> Environment {
        Environment { home: home.into(), ..Environment::default() }
    }

    #[test]
    fn every_shell_has_files_of_its_own() {
        let names: BTreeSet<_> = SHELLS.iter().map(|shell| shell.name).collect();
        let hooks: BTreeSet<_> = SHELLS.iter().map(|shell| shell.hook).collect();
        assert_eq!((names.len(), hooks.len()), (SHELLS.len(), SHELLS.len()));
        for shell in SHELLS {
            assert!(!(shell.rc_files)(&environment("/home/me")).is_empty(), "{}", shell.name);
            let home = HomeDirectory::of(Path::new("/data/a b"), &environment("/home/me"));
            let text = String::from_utf8(shell.text(&home)).expect("text");
            assert!(!text.contains(HOME) && text.contains("/data/a b"), "{}", shell.name);
        }
    }

    #[test]
    fn the_shells_know_every_variable_of_every_package() {
        for name in PACKAGES.iter().flat_map(|kind| kind.root_variables) {
            assert!(ENVIRONMENT.contains(name), "{name}");
        }
        for kind in crate::packages::add_ons() {
            let line = format!("__cudaman_add_on \"$1\" {} {}\n", kind.name, kind.root_variables.join(" "));
            assert!(ENVIRONMENT.contains(&line), "{line}");
            for name in kind.root_variables {
                assert!(ENVIRONMENT.contains(&format!(":${{{name}-}}")), "the look for all lacks {name}");
            }
        }
    }
}
