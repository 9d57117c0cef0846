//! Activation scripts: the texts that put a toolkit into effect with the environment of another tool, such as
//! conda's, and take it back. They stand for themselves: no cudaman is called, and none has to be there.

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::quote;
use super::shells::ENVIRONMENT;
use super::text::without_comments;

const ACT: &str = include_str!("../../shell/activation/act.sh");
const LATER: &str = include_str!("../../shell/activation/later.sh");
const TRANSLATE: &str = include_str!("../../shell/activation/translate.sh");

/// The form of these scripts: a newer one replaces an older one.
const VERSION: u32 = 2;

/// Whose environment it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// conda's, and that of its kin.
    Conda,
    /// A virtual environment of Python.
    Venv,
}

/// An environment with a toolkit.
#[derive(Clone, Debug)]
pub struct Activation<'a> {
    /// Whose it is.
    pub kind: Kind,
    /// Where it is.
    pub prefix: &'a Path,
    /// What `CUDAMAN_VERSION` is to be.
    pub request: &'a str,
    /// The toolchain's root, below `versions`.
    pub root: &'a Path,
    /// The `versions/` directory of the home.
    pub versions: &'a Path,
}

/// A shell that can't read POSIX; it has /bin/sh work, and takes its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// csh and tcsh.
    Csh,
    /// fish.
    Fish,
    /// PowerShell.
    PowerShell,
}

/// How a script runs another one that POSIX shells can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loading {
    /// By /bin/sh.
    Foreign(Foreign),
    /// By itself.
    Sh,
}

impl Loading {
    /// Returns the line.
    #[must_use]
    pub fn lines(self, script: &Path) -> Vec<u8> {
        match self {
            Self::Foreign(foreign) => foreign.line(script),
            Self::Sh => {
                let word = quote::posix(script.as_os_str().as_bytes());
                [b"if [ -r ", &word[..], b" ]; then . ", &word, b"; fi\n"].concat()
            }
        }
    }
}

impl Kind {
    /// Returns its name, as `current` tells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conda => "conda",
            Self::Venv => "venv",
        }
    }
}

impl Activation<'_> {
    /// Returns the script that puts the toolkit into effect.
    #[must_use]
    pub fn enter(&self) -> Vec<u8> {
        let words = [self.request.as_bytes(), self.root.as_os_str().as_bytes(), self.versions()];
        self.script("act", &words)
    }

    /// Returns the script that brings back what was before.
    #[must_use]
    pub fn leave(&self) -> Vec<u8> {
        let function = if self.kind == Kind::Conda { "leave" } else { "undo" };
        self.script(function, &[self.versions()])
    }

    fn versions(&self) -> &[u8] {
        self.versions.as_os_str().as_bytes()
    }

    fn script(&self, function: &str, words: &[&[u8]]) -> Vec<u8> {
        let who = [self.kind.name().as_bytes(), b" ", self.prefix.as_os_str().as_bytes()].concat();
        let words: Vec<Vec<u8>> =
            [&who[..]].iter().chain(words).map(|word| [b" ", &quote::posix(word)[..]].concat()).collect();
        let prefix = format!("__cudaman_{}_", self.kind.name());
        let later = if function == "leave" { LATER } else { "" };
        let core = without_comments(&[ENVIRONMENT, ACT, later, TRANSLATE].concat());
        let core = core.replace("CUDAMAN_KIND", &format!("CUDAMAN_{}", self.kind.name().to_uppercase()));
        let core = if function == "act" { core } else { without_environment(&core) };
        let names = Names::of(&core);
        let before = "if [ -n \"${__CUDAMAN_FOR-}\" ]; then __cudaman_each __cudaman_note; fi\n";
        let after = "if [ -n \"${__CUDAMAN_FOR-}\" ]; then __cudaman_each __cudaman_print; fi\n";
        let end = format!("unset -f {}\nunset {}\n", names.functions, names.variables);
        // A hook has functions of the same names, perhaps of another version: these get their own.
        let own = |text: &str| text.replace("__cudaman_", &prefix).into_bytes();
        let head = format!("# shellcheck shell=sh\n# cudaman {} activation {VERSION}\n", self.kind.name());
        let call = [&own(&format!("__cudaman_{function}"))[..], &words.concat(), b"\n"].concat();
        [head.as_bytes(), &own(&core), &own(before), &call, &own(after), &own(&end)].concat()
    }
}

impl Foreign {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Csh, Self::Fish, Self::PowerShell];

    /// Returns how its scripts are named at the end.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csh => "csh",
            Self::Fish => "fish",
            Self::PowerShell => "ps1",
        }
    }

    /// Returns the line that has /bin/sh run `script` and takes over what it changed.
    #[must_use]
    pub fn line(self, script: &Path) -> Vec<u8> {
        let script = script.as_os_str().as_bytes();
        match self {
            Self::Csh => {
                [b"eval \"`env __CUDAMAN_FOR=csh /bin/sh ", &quote::csh(script)[..], b"`\"\n"].concat()
            }
            Self::Fish => {
                [b"env __CUDAMAN_FOR=fish /bin/sh ", &quote::fish(script)[..], b" | source\n"].concat()
            }
            Self::PowerShell => [
                b"(& /usr/bin/env __CUDAMAN_FOR=powershell /bin/sh ",
                &quote::powershell(script)[..],
                b") | Out-String | Invoke-Expression\n",
            ]
            .concat(),
        }
    }
}

/// What is brought back isn't looked at with the eyes of the environment that is left: its wheels have no say.
fn without_environment(core: &str) -> String {
    core.replace("\"${VIRTUAL_ENV-}\" \"${CONDA_PREFIX-}\"; do", "\"\" \"\"; do")
}

/// What a script defines, and takes away at its end.
struct Names {
    functions: String,
    variables: String,
}

impl Names {
    fn of(text: &str) -> Self {
        let is_letter = |letter: char| letter.is_ascii_lowercase() || letter == '_';
        let mut functions = BTreeSet::new();
        let mut variables = BTreeSet::new();
        for (at, _) in text.match_indices("__cudaman_") {
            let end = text[at..].find(|letter| !is_letter(letter)).map_or(text.len(), |length| at + length);
            let name = &text[at..end];
            if name.ends_with('_') {
                continue;
            }
            if text[end..].starts_with("() {") {
                functions.insert(name)
            } else {
                variables.insert(name)
            };
        }
        let variables: Vec<&str> = variables.difference(&functions).copied().collect();
        Self {
            functions: functions.into_iter().collect::<Vec<_>>().join(" "),
            variables: variables.join(" "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_take_away_what_they_define() {
        let names = Names::of("__cudaman_a() {\n__cudaman_b=1; __cudaman_a; \"__cudaman_before_$1\"\n}\n");
        assert_eq!((&*names.functions, &*names.variables), ("__cudaman_a", "__cudaman_b"));
    }

    #[test]
    fn scripts_keep_out_of_the_hooks_way() {
        let activation = Activation {
            kind: Kind::Conda,
            prefix: Path::new("/envs/a b"),
            request: "12.4.1+none",
            root: Path::new("/home/it's/versions/12.4.1"),
            versions: Path::new("/home/it's/versions"),
        };
        for script in [activation.enter(), activation.leave()] {
            let text = String::from_utf8(script).expect("text");
            assert_eq!(text.matches("__cudaman_").count(), text.matches("__cudaman_conda_").count());
            assert!(
                text.contains("'conda /envs/a b'") && text.contains("'/home/it'\\''s/versions'"),
                "{text}"
            );
            assert!(!text.contains("CUDAMAN_KIND") && text.contains("__CUDAMAN_CONDA_ROOT"));
        }
        assert!(!String::from_utf8_lossy(&activation.leave()).contains("VIRTUAL_ENV-}\" "));
    }
}
