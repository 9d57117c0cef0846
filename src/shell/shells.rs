//! The shells that cudaman has a hook for: one row each. The texts are in `shell/`.

use std::path::PathBuf;

use super::home::{self, HomeDirectory};
use super::rc_files::{
    BASH_LOGIN_FILES, bash_files, ksh_files, settings, tcsh_files, xonsh_files, zsh_files,
};
use super::text::{filled, without_comments};
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
    /// What is read at the start of the shell alone, where the hook stands in two files.
    early: Option<Early>,
    /// How the home directory of cudaman is spelled in it.
    home: fn(&HomeDirectory) -> Vec<u8>,
    /// The directory among the user's settings that tells that the shell is in use, even without an rc file.
    settings: &'static str,
    /// Which of the user's files loads the hook.
    pub rc_files: fn(&Environment) -> Vec<PathBuf>,
    /// The lines that load a file that may be gone; the file is spelled as a word of the shell.
    pub load: fn(&str) -> String,
}

/// A hook in two files: the first holds what an idle shell needs, and reads the other one when a toolkit is wanted.
struct Early {
    /// What the first file is made of.
    parts: &'static [&'static str],
    /// The name of the other one.
    rest: &'static str,
    /// What that one is made of.
    rest_parts: &'static [&'static str],
}

const PATHS: &str = include_str!("../../shell/paths.sh");
pub(super) const ENVIRONMENT: &str = include_str!("../../shell/environment.sh");
const SELECT: &str = include_str!("../../shell/select.sh");
const USE: &str = include_str!("../../shell/use.sh");
const EARLY: &str = include_str!("../../shell/early.sh");
const LOGIN: &str = include_str!("../../shell/login.sh");

const BASH_HOOK: &str = include_str!("../../shell/hook.bash");
const BASH_INSTALL: &str = include_str!("../../shell/install.bash");
const ZSH_HOOK: &str = include_str!("../../shell/hook.zsh");
const ZSH_INSTALL: &str = include_str!("../../shell/install.zsh");

/// Every shell, in order of how many use it.
pub const SHELLS: &[Shell] = &[
    Shell {
        name: "bash",
        programs: &["bash"],
        hook: "hook.bash",
        parts: &[PATHS, ENVIRONMENT, SELECT, USE, BASH_HOOK, BASH_INSTALL],
        early: Some(Early {
            parts: &[PATHS, EARLY, include_str!("../../shell/early.bash"), BASH_INSTALL],
            rest: "rest.bash",
            rest_parts: &[ENVIRONMENT, SELECT, USE, BASH_HOOK],
        }),
        home: HomeDirectory::posix,
        settings: "",
        rc_files: bash_files,
        load: home::load_posix,
    },
    Shell {
        name: "zsh",
        programs: &["zsh"],
        hook: "hook.zsh",
        parts: &[PATHS, ENVIRONMENT, SELECT, USE, ZSH_HOOK, ZSH_INSTALL],
        early: Some(Early {
            parts: &[PATHS, EARLY, include_str!("../../shell/early.zsh"), ZSH_INSTALL],
            rest: "rest.zsh",
            rest_parts: &[ENVIRONMENT, SELECT, USE, ZSH_HOOK],
        }),
        home: HomeDirectory::posix,
        settings: "",
        rc_files: zsh_files,
        load: home::load_posix,
    },
    Shell {
        name: "fish",
        programs: &["fish"],
        hook: "hook.fish",
        parts: &[include_str!("../../shell/hook.fish")],
        early: None,
        home: HomeDirectory::fish,
        settings: "fish",
        rc_files: |environment| vec![settings(environment).join("fish/conf.d/cudaman.fish")],
        load: home::load_fish,
    },
    Shell {
        name: "sh",
        programs: &["dash", "ash", "sh"],
        hook: "hook.sh",
        parts: &[PATHS, ENVIRONMENT, SELECT, USE, include_str!("../../shell/hook.sh")],
        early: None,
        home: HomeDirectory::posix,
        settings: "",
        rc_files: |environment| vec![environment.home.join(".profile")],
        load: home::load_posix,
    },
    Shell {
        name: "ksh",
        programs: &["ksh", "mksh", "ksh93"],
        hook: "hook.ksh",
        parts: &[PATHS, ENVIRONMENT, SELECT, USE, include_str!("../../shell/hook.sh")],
        early: None,
        home: HomeDirectory::posix,
        settings: "",
        rc_files: ksh_files,
        load: home::load_posix,
    },
    Shell {
        name: "tcsh",
        programs: &["tcsh"],
        hook: "hook.tcsh",
        parts: &[include_str!("../../shell/hook.tcsh")],
        early: None,
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
        early: None,
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
        early: None,
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
        early: None,
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
        early: None,
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
    filled(&without_comments(&[PATHS, ENVIRONMENT, SELECT, LOGIN].concat()), &home.posix())
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

    /// Returns the text of its hook, whole.
    #[must_use]
    pub fn text(&self, home: &HomeDirectory) -> Vec<u8> {
        self.text_of(self.parts, home)
    }

    /// Returns the files that its hook is in, by name.
    #[must_use]
    pub fn files(&self, home: &HomeDirectory) -> Vec<(&'static str, Vec<u8>)> {
        match &self.early {
            // The rest comes first: whoever finds the other finds it too.
            Some(early) => vec![
                (early.rest, self.text_of(early.rest_parts, home)),
                (self.hook, self.text_of(early.parts, home)),
            ],
            None => vec![(self.hook, self.text(home))],
        }
    }

    fn text_of(&self, parts: &[&str], home: &HomeDirectory) -> Vec<u8> {
        let text = parts.concat();
        let is_posix = self.parts.contains(&ENVIRONMENT);
        filled(&if is_posix { without_comments(&text) } else { text }, &(self.home)(home))
    }

    /// Returns the lines that load the store's file of this name.
    #[must_use]
    pub fn lines(&self, home: &HomeDirectory, file: &str) -> String {
        let word = String::from_utf8_lossy(&(self.home)(&home.join(file))).into_owned();
        (self.load)(&word)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

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
            assert!(!text.contains("@HOME@") && text.contains("/data/a b"), "{}", shell.name);
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
