//! Which variables a line of shell text sets to something of CUDA, and whether that is all it does.

use super::commands::{Command, PATHS, commands};
use super::words::{Dialect, Token};
use crate::packages::TOOLKIT;

/// Lists of directories that a toolkit's are put into.
const LISTS: &[&str] = &[
    "PATH",
    "LD_LIBRARY_PATH",
    "LIBRARY_PATH",
    "CPATH",
    "C_INCLUDE_PATH",
    "CPLUS_INCLUDE_PATH",
    "MANPATH",
    "PKG_CONFIG_PATH",
];

/// Variables that name a toolkit, beside those that cudaman sets: what build tools of the years have read.
const ROOTS: &[&str] = &[
    "CUDACXX",
    "CUDA_BIN_PATH",
    "CUDA_DIR",
    "CUDA_INC_PATH",
    "CUDA_LIB_PATH",
    "CUDA_TOOLKIT_PATH",
    "CUDA_TOOLKIT_ROOT_DIR",
];

/// What a line sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recognised {
    /// The variables that get something of CUDA; none where a script of CUDA is read.
    pub(super) names: Vec<String>,
    /// The release that a path names.
    pub(super) cuda: Option<String>,
    /// Whether the line does anything else, which would be lost with it.
    pub(super) is_mixed: bool,
}

/// Recognises a line that sets up CUDA; none for every other line.
pub(super) fn recognise(tokens: &[Token], dialect: Dialect) -> Option<Recognised> {
    let mut found = Recognised { names: Vec::new(), cuda: None, is_mixed: false };
    let mut is_cuda = false;
    for command in commands(tokens, dialect) {
        match command {
            Command::Other => found.is_mixed = true,
            Command::Quiet => (),
            Command::Reads(path) => {
                let of_cuda = names_cuda(&path) && !is_virtualenv(&path);
                found.is_mixed |= !of_cuda;
                is_cuda |= of_cuda;
                found.cuda = found.cuda.or_else(|| release(&path));
            }
            Command::Sets(name, value) => {
                let of_cuda = is_root(&name) && is_place(&value) || is_list(&name) && names_cuda(&value);
                found.is_mixed |= !(of_cuda || is_root(&name)) || !has_only_cuda(&name, &value);
                if of_cuda {
                    is_cuda = true;
                    found.cuda = found.cuda.or_else(|| release(&value));
                    found.names.push(name);
                }
            }
        }
    }
    found.names.dedup();
    is_cuda.then_some(found)
}

/// `activate`, `activate.fish`: what the directory is called says nothing of CUDA.
fn is_virtualenv(script: &str) -> bool {
    script.rsplit('/').next().is_some_and(|name| name.starts_with("activate"))
}

/// Tells whether a bare `export NAME` is about what this is about.
pub(super) fn is_variable(name: &str) -> bool {
    is_list(name) || is_root(name)
}

fn is_list(name: &str) -> bool {
    LISTS.contains(&name)
}

fn is_root(name: &str) -> bool {
    TOOLKIT.root_variables.contains(&name) || ROOTS.contains(&name) || name.starts_with("CUDNN_")
}

/// A path, or another variable's; not the `8` of `CUDNN_VERSION`, and nothing of cudaman's own.
fn is_place(value: &str) -> bool {
    value.contains(['/', '$']) && !value.contains("cudaman")
}

/// Tells whether a text names CUDA or cuDNN as a word: `/usr/local/cuda`, `$CUDA_HOME`; not
/// `/opt/barracuda`, not `~/.cudaman`.
fn names_cuda(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let begins_word = |at: usize| !text[..at].ends_with(|c: char| c.is_ascii_alphabetic());
    let is_cuda =
        text.match_indices("cuda").any(|(at, _)| begins_word(at) && !text[at..].starts_with("cudaman"));
    is_cuda || text.match_indices("cudnn").any(|(at, _)| begins_word(at))
}

/// Tells whether every directory in a list is of CUDA, but for what the variable had before.
fn has_only_cuda(name: &str, value: &str) -> bool {
    if is_root(name) {
        return true;
    }
    let value = value.strip_prefix('(').and_then(|list| list.strip_suffix(')')).unwrap_or(value);
    elements(value).iter().all(|element| {
        let variable = element.trim_matches(|c: char| "\"'${}()[@]".contains(c));
        // `${PATH:+:${PATH}}` too: what comes after the name says only how to join.
        let before = variable.split([':', '-', '+']).next().unwrap_or_default();
        element.is_empty() || names_cuda(element) || element.contains('$') && is_same(before, name)
    })
}

fn is_same(variable: &str, name: &str) -> bool {
    variable == name || name == "PATH" && PATHS.contains(&variable)
}

/// Splits at colons and spaces that stand in no braces.
fn elements(value: &str) -> Vec<&str> {
    let (mut depth, mut start) = (0_usize, 0);
    let mut elements = Vec::new();
    for (at, character) in value.char_indices() {
        match character {
            '{' | '(' => depth += 1,
            '}' | ')' => depth = depth.saturating_sub(1),
            ':' | ' ' | '\t' if depth == 0 => {
                elements.push(&value[start..at]);
                start = at + 1;
            }
            _ => (),
        }
    }
    elements.push(&value[start..]);
    elements
}

/// Returns the release in `cuda-11.8`, `cuda/11.8.0`, `cuda11.8`.
fn release(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    lower.match_indices("cuda").find_map(|(at, word)| {
        let rest = lower[at + word.len()..].trim_start_matches(['-', '_', '/', 'v']);
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number = rest[..end].trim_end_matches('.');
        let is_release = number.contains('.') && number.split('.').all(|part| !part.is_empty());
        is_release.then(|| number.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::super::words::Reader;
    use super::*;

    /// As `NAME,NAME release`, with `+` before it where the line does more.
    fn read(dialect: Dialect, line: &str) -> Option<String> {
        let found = recognise(&Reader::new(dialect).line(line).tokens, dialect)?;
        let more = if found.is_mixed { "+" } else { "" };
        Some(format!("{more}{} {}", found.names.join(","), found.cuda.unwrap_or_default()).trim().to_owned())
    }

    #[test]
    fn lines_of_posix_shells() {
        for (line, expected) in [
            ("export PATH=/usr/local/cuda-11.8/bin${PATH:+:${PATH}}", "PATH 11.8"),
            ("export PATH=\"/usr/local/cuda/bin:$PATH\"", "PATH"),
            ("PATH=$PATH:$CUDA_HOME/bin", "PATH"),
            ("PATH+=:/usr/local/cuda-12.4/bin; export PATH", "PATH 12.4"),
            ("export CUDA_HOME=/opt/tk PATH=/usr/local/cuda/bin:$PATH", "CUDA_HOME,PATH"),
            ("declare -x LD_LIBRARY_PATH=/a/cuda/lib64:${LD_LIBRARY_PATH-}", "LD_LIBRARY_PATH"),
            ("[ -d /usr/local/cuda-9.0 ] && export CUDA_HOME=/usr/local/cuda-9.0", "CUDA_HOME 9.0"),
            ("if [ -d /c ]; then export CPATH=/usr/local/cuda/include:$CPATH; fi", "CPATH"),
            ("path=(/usr/local/cuda/bin $path)", "PATH"),
            ("path+=/usr/local/cuda/bin", "PATH"),
            ("path=('/usr/local/cuda/bin' \"$path[@]\")", "PATH"),
            ("command -v nvcc >/dev/null 2>&1 || export PATH=/usr/local/cuda/bin:$PATH", "PATH"),
            ("source /usr/local/cuda-10.0/env.sh", "10.0"),
            ("test -f ~/.cuda.sh && . ~/.cuda.sh 2>/dev/null", ""),
            ("pathmunge /usr/local/cuda/bin after", "PATH"),
            ("export CUDNN_PATH=/opt/cudnn8", "CUDNN_PATH"),
            ("export LD_LIBRARY_PATH=/opt/cudnn-8.9/lib:$LD_LIBRARY_PATH", "LD_LIBRARY_PATH"),
            ("export PATH=~/bin:/usr/local/cuda/bin:$PATH", "+PATH"),
            ("export PATH=/usr/local/cuda/bin:$HOME/bin", "+PATH"),
            ("export EDITOR=vi CUDA_HOME=/usr/local/cuda", "+CUDA_HOME"),
            ("export CUDA_HOME=/usr/local/cuda; echo hello", "+CUDA_HOME"),
            ("export CUDA_HOME=$(dirname $(dirname $(which nvcc)))", "CUDA_HOME"),
        ] {
            assert_eq!(read(Dialect::Sh, line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn lines_of_fish_and_csh() {
        for (line, expected) in [
            ("set -gx PATH /usr/local/cuda-11.8/bin $PATH", "PATH 11.8"),
            ("set --export CUDA_HOME /usr/local/cuda", "CUDA_HOME"),
            ("set -U fish_user_paths /usr/local/cuda/bin $fish_user_paths", "PATH"),
            ("fish_add_path -g /usr/local/cuda/bin", "PATH"),
            ("test -d /usr/local/cuda; and set -x LD_LIBRARY_PATH /usr/local/cuda/lib64", "LD_LIBRARY_PATH"),
            ("set -x PATH ~/bin /usr/local/cuda/bin $PATH", "+PATH"),
            ("export CUDA_HOME=/usr/local/cuda", "CUDA_HOME"),
        ] {
            assert_eq!(read(Dialect::Fish, line).as_deref(), Some(expected), "{line}");
        }
        for (line, expected) in [
            ("setenv PATH /usr/local/cuda-9.2/bin:${PATH}", "PATH 9.2"),
            ("set path = (/usr/local/cuda/bin $path)", "PATH"),
            ("set path=( $path /usr/local/cuda/bin )", "PATH"),
            ("if ( -d /usr/local/cuda ) setenv CUDA_HOME /usr/local/cuda", "CUDA_HOME"),
            ("setenv CUDA_HOME /usr/local/cuda ; echo x", "+CUDA_HOME"),
        ] {
            assert_eq!(read(Dialect::Csh, line).as_deref(), Some(expected), "{line}");
        }
    }

    #[test]
    fn other_lines_are_not_taken_for_it() {
        for line in [
            "# export CUDA_HOME=/usr/local/cuda",
            "export PATH=/opt/barracuda/bin:$PATH",
            "export PATH=\"$HOME/.cudaman/bin:$PATH\"",
            ". ~/.cudaman/env.sh",
            "source ~/cuda-course/venv/bin/activate",
            ". ~/cuda-course/venv/bin/activate.sh",
            "alias cuda11='export PATH=/usr/local/cuda-11.8/bin:$PATH'",
            "echo export CUDA_HOME=/usr/local/cuda",
            "export CUDA_VISIBLE_DEVICES=0 CUDNN_VERSION=8",
            "CUDA_HOME=/usr/local/cuda make",
            "export CUDA_HOME CUDA_HOME=",
            "export LD_LIBRARY_PATH=$ORIGINAL_LD_LIBRARY_PATH",
            "cd /usr/local/cuda/samples",
            "if [ -d /usr/local/cuda ]; then",
            "",
        ] {
            assert_eq!(read(Dialect::Sh, line), None, "{line}");
        }
        for line in ["set -e CUDA_HOME", "set -q CUDA_HOME", "set cuda /usr/local/cuda"] {
            assert_eq!(read(Dialect::Fish, line), None, "{line}");
        }
    }

    #[test]
    fn the_release_is_read_from_paths() {
        for (text, expected) in [
            ("/usr/local/cuda-11.8/bin", Some("11.8")),
            ("/sw/CUDA/12.4.1", Some("12.4.1")),
            ("/opt/cuda10.2.", Some("10.2")),
            ("/cuda/x:/cuda-9.0/b", Some("9.0")),
            ("/usr/local/cuda", None),
            ("/usr/local/cuda-12/bin", None),
            ("/opt/cudnn-8.9", None),
        ] {
            assert_eq!(release(text).as_deref(), expected, "{text}");
        }
    }
}
