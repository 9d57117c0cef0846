//! How cudaman's home is spelled in each shell, and how its file is loaded there.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::quote;
use crate::model::Environment;

/// Where cudaman's home is, as a hook should spell it.
pub struct HomeDirectory {
    /// The home, or what follows `$HOME`, where it lies in the user's own home: that may be at another place on
    /// another machine.
    path: PathBuf,
    is_relative: bool,
}

impl HomeDirectory {
    /// Tells how to spell a home.
    #[must_use]
    pub fn of(home: &Path, environment: &Environment) -> Self {
        let inside = home.strip_prefix(&environment.home).ok();
        let inside = inside.filter(|_| !environment.home.as_os_str().is_empty());
        Self { path: inside.unwrap_or(home).to_owned(), is_relative: inside.is_some() }
    }

    pub(super) fn join(&self, file: &str) -> Self {
        Self { path: self.path.join(file), is_relative: self.is_relative }
    }

    /// For sh, bash, zsh, ksh; a home has no letter that means something between double quotes.
    pub(super) fn posix(&self) -> Vec<u8> {
        self.spelled(b"\"$HOME/", b"\"", quote::posix)
    }

    pub(super) fn fish(&self) -> Vec<u8> {
        self.spelled(b"\"$HOME/", b"\"", quote::fish)
    }

    pub(super) fn csh(&self) -> Vec<u8> {
        self.spelled(b"\"$HOME/", b"\"", quote::csh)
    }

    /// Python's quotes are escaped as those of fish.
    pub(super) fn xonsh(&self) -> Vec<u8> {
        let path = self.path.as_os_str().as_bytes();
        if !self.is_relative {
            return quote::fish(path);
        }
        let path = quote::fish(&[b"~/", path].concat());
        [b"__import__('os').path.expanduser(", &path[..], b")"].concat()
    }

    /// Quotes of elvish are doubled, as those of PowerShell.
    pub(super) fn elvish(&self) -> Vec<u8> {
        let path = self.path.as_os_str().as_bytes();
        if !self.is_relative {
            return quote::powershell(path);
        }
        [b"$E:HOME", &quote::powershell(&[b"/", path].concat())[..]].concat()
    }

    /// What nushell can tell while it reads a file, too: it sources nothing else.
    pub(super) fn nushell(&self) -> Vec<u8> {
        let path = self.path.as_os_str().as_bytes();
        if !self.is_relative {
            return quote::nushell(path);
        }
        [b"(", &quote::nushell(&[b"~/", path].concat())[..], b" | path expand --no-symlink)"].concat()
    }

    pub(super) fn powershell(&self) -> Vec<u8> {
        let path = self.path.as_os_str().as_bytes();
        if !self.is_relative {
            return quote::powershell(path);
        }
        [b"($HOME + ", &quote::powershell(&[b"/", path].concat())[..], b")"].concat()
    }

    fn spelled(&self, before: &[u8], after: &[u8], quoted: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let path = self.path.as_os_str().as_bytes();
        if self.is_relative { [before, path, after].concat() } else { quoted(path) }
    }
}

pub(super) fn load_posix(file: &str) -> String {
    format!("if [ -r {file} ]; then . {file}; fi\n")
}

pub(super) fn load_fish(file: &str) -> String {
    format!("if test -r {file}; source {file}; end\n")
}

/// `.cshrc` is read by csh too, which has nothing to hook into.
pub(super) fn load_csh(file: &str) -> String {
    format!("if ( $?tcsh && -r {file} ) source {file} __cudaman_load\n")
}

pub(super) fn load_xonsh(file: &str) -> String {
    format!("if __import__('os').access({file}, 4):\n    source @({file})\n")
}

pub(super) fn load_elvish(file: &str) -> String {
    format!("try {{ eval (slurp < {file}) }} catch {{ nop }}\n")
}

/// To source a file that is gone is an error before anything runs; to source nothing is none.
pub(super) fn load_nushell(file: &str) -> String {
    format!("source (if ({file} | path exists) {{ {file} }} else {{ null }})\n")
}

pub(super) fn load_powershell(file: &str) -> String {
    format!("if (Test-Path -LiteralPath {file}) {{ . {file} }}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(home: &str) -> Environment {
        Environment { home: home.into(), ..Environment::default() }
    }

    #[test]
    fn a_home_within_the_users_moves_with_it() {
        let home = HomeDirectory::of(Path::new("/home/me/.cudaman"), &environment("/home/me"));
        assert_eq!(home.posix(), b"\"$HOME/.cudaman\"");
        let home = HomeDirectory::of(Path::new("/data/a b"), &environment("/home/me"));
        assert_eq!(home.posix(), b"'/data/a b'");
        let home = HomeDirectory::of(Path::new("/data"), &environment(""));
        assert_eq!(home.posix(), b"'/data'");
    }
}
