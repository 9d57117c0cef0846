//! The shells that cudaman has a hook for: one row each. The texts are in `shell/`.

use std::path::PathBuf;

use super::home::{self, HomeDirectory};
use super::rc_files::{
    BASH_LOGIN_FILES, bash_files, ksh_files, settings, tcsh_files, xonsh_files, zsh_files,
};
use super::text::{filled, with_fast_tests, without_comments};
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
    /// The files of a hook that is read bit by bit, as more is needed, by name: the last one is read at the start of
    /// a shell.
    stages: &'static [(&'static str, &'static [&'static str])],
    /// How the home directory of cudaman is spelled in it.
    home: fn(&HomeDirectory) -> Vec<u8>,
    /// The directory among the user's settings that tells that the shell is in use, even without an rc file.
    settings: &'static str,
    /// Which of the user's files loads the hook.
    pub rc_files: fn(&Environment) -> Vec<PathBuf>,
    /// The lines that load a file that may be gone; the file is spelled as a word of the shell.
    pub load: fn(&str) -> String,
}

const PATHS: &str = include_str!("../../shell/paths.sh");
const ENTER: &str = include_str!("../../shell/enter.sh");
const ADD_ONS: &str = include_str!("../../shell/add_ons.sh");
const CHANGE: &str = include_str!("../../shell/change.sh");
pub(super) const ENVIRONMENT: &str = concat!(
    include_str!("../../shell/enter.sh"),
    include_str!("../../shell/add_ons.sh"),
    include_str!("../../shell/change.sh")
);
const FOLLOW: &str = include_str!("../../shell/follow.sh");
const STUBS: &str = include_str!("../../shell/stubs.sh");
const SELECT: &str = include_str!("../../shell/select.sh");
const USE: &str = include_str!("../../shell/use.sh");
const EARLY: &str = include_str!("../../shell/early.sh");
const LOGIN: &str = include_str!("../../shell/login.sh");

const BASH_HOOK: &str = include_str!("../../shell/hook.bash");
const BASH_EARLY: &str = include_str!("../../shell/early.bash");
const BASH_INSTALL: &str = include_str!("../../shell/install.bash");
const ZSH_HOOK: &str = include_str!("../../shell/hook.zsh");
const ZSH_EARLY: &str = include_str!("../../shell/early.zsh");
const ZSH_INSTALL: &str = include_str!("../../shell/install.zsh");

/// Every shell, in order of how many use it.
pub const SHELLS: &[Shell] = &[
    Shell {
        name: "bash",
        programs: &["bash"],
        hook: "hook.bash",
        parts: &[PATHS, ENVIRONMENT, SELECT, USE, FOLLOW, BASH_HOOK, BASH_INSTALL],
        stages: &[
            ("rest.bash", &[CHANGE, SELECT, USE, BASH_HOOK]),
            ("common.bash", &[STUBS, ENTER, ADD_ONS, FOLLOW, BASH_HOOK]),
            ("install.bash", &[BASH_INSTALL]),
            ("hook.bash", &[PATHS, EARLY, BASH_EARLY, include_str!("../../shell/start.bash")]),
        ],
        home: HomeDirectory::posix,
        settings: "",
        rc_files: bash_files,
        load: home::load_posix,
    },
    Shell {
        name: "zsh",
        programs: &["zsh"],
        hook: "hook.zsh",
        parts: &[PATHS, ENVIRONMENT, SELECT, USE, FOLLOW, ZSH_HOOK, ZSH_INSTALL],
        stages: &[
            ("rest.zsh", &[CHANGE, SELECT, USE, ZSH_HOOK]),
            ("common.zsh", &[STUBS, ENTER, ADD_ONS, FOLLOW, ZSH_HOOK]),
            ("hook.zsh", &[PATHS, EARLY, ZSH_EARLY, ZSH_INSTALL]),
        ],
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
        stages: &[],
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
        stages: &[],
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
        stages: &[],
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
        stages: &[],
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
        stages: &[],
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
        stages: &[],
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
        stages: &[],
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
        stages: &[],
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
        // Whoever finds the last one finds the others too.
        match self.stages {
            [] => vec![(self.hook, self.text(home))],
            stages => stages.iter().map(|(name, parts)| (*name, self.text_of(parts, home))).collect(),
        }
    }

    fn text_of(&self, parts: &[&str], home: &HomeDirectory) -> Vec<u8> {
        let mut text = parts.concat();
        if self.parts.contains(&SELECT) {
            text = without_comments(&text);
        }
        if self.parts.contains(&FOLLOW) {
            text = with_fast_tests(&text);
        }
        filled(&text, &(self.home)(home))
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
