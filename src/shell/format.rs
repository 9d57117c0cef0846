//! The forms in which an environment is handed over: one row each in [`FORMATS`].

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use super::plan::Change;
use super::quote;

/// One form of output for `cudaman env`.
pub struct Format {
    /// The name that `--format` takes.
    pub name: &'static str,
    /// How it is used, in one line.
    pub help: &'static str,
    /// Renders changes; bytes, because values need not be Unicode.
    pub render: fn(&[Change]) -> Vec<u8>,
}

/// Every form, shells first.
pub const FORMATS: &[Format] = &[
    Format { name: "sh", help: "sh, bash, zsh, dash: eval \"$(cudaman env 12.4)\"", render: render_sh },
    Format { name: "fish", help: "fish: cudaman env 12.4 --format fish | source", render: render_fish },
    Format { name: "csh", help: "csh, tcsh: eval `cudaman env 12.4 --format csh`", render: render_csh },
    Format { name: "json", help: "one object; null stands for a variable to remove", render: render_json },
    Format { name: "dotenv", help: "NAME='value' lines for .env files", render: render_dotenv },
    Format { name: "github", help: "lines to append to \"$GITHUB_ENV\"", render: render_github },
];

/// Returns the form with this name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

fn render_sh(changes: &[Change]) -> Vec<u8> {
    lines(changes, |change| match change {
        Change::Set(name, value) => {
            join(&[b"export ", name.as_bytes(), b"=", &quote::posix(value.as_bytes())])
        }
        Change::Unset(name) => join(&[b"unset ", name.as_bytes()]),
    })
}

fn render_fish(changes: &[Change]) -> Vec<u8> {
    lines(changes, |change| match change {
        Change::Set(name, value) => {
            join(&[b"set -gx ", name.as_bytes(), b" ", &quote::fish(value.as_bytes())])
        }
        Change::Unset(name) => join(&[b"set -e ", name.as_bytes()]),
    })
}

/// Each statement ends with a semicolon: csh's backquotes turn line ends into blanks.
fn render_csh(changes: &[Change]) -> Vec<u8> {
    lines(changes, |change| match change {
        Change::Set(name, value) => {
            join(&[b"setenv ", name.as_bytes(), b" ", &quote::csh(value.as_bytes()), b";"])
        }
        Change::Unset(name) => join(&[b"unsetenv ", name.as_bytes(), b";"]),
    })
}

fn render_json(changes: &[Change]) -> Vec<u8> {
    let value = |change: &Change| match change {
        Change::Set(name, value) => ((*name).to_owned(), serde_json::Value::from(value.to_string_lossy())),
        Change::Unset(name) => ((*name).to_owned(), serde_json::Value::Null),
    };
    let object: serde_json::Map<_, _> = changes.iter().map(value).collect();
    let mut text = serde_json::to_vec_pretty(&object).expect("a map of texts is JSON");
    text.push(b'\n');
    text
}

fn render_dotenv(changes: &[Change]) -> Vec<u8> {
    lines(&sets(changes), |change| match change {
        Change::Set(name, value) => join(&[name.as_bytes(), b"=", &quote::posix(value.as_bytes())]),
        Change::Unset(_) => Vec::new(),
    })
}

/// GitHub reads `NAME=value` to the end of the line, or a block up to a delimiter.
fn render_github(changes: &[Change]) -> Vec<u8> {
    lines(&sets(changes), |change| match change {
        Change::Set(name, value) if is_one_line(value) => join(&[name.as_bytes(), b"=", value.as_bytes()]),
        Change::Set(name, value) => {
            let end = delimiter(value);
            join(&[name.as_bytes(), b"<<", end.as_bytes(), b"\n", value.as_bytes(), b"\n", end.as_bytes()])
        }
        Change::Unset(_) => Vec::new(),
    })
}

/// Returns a word that is not in the value: the value must not end its own block.
fn delimiter(value: &OsStr) -> String {
    let text = value.to_string_lossy();
    let mut word = "CUDAMAN_END".to_owned();
    while text.contains(&word) {
        word.push('_');
    }
    word
}

fn is_one_line(value: &OsStr) -> bool {
    !value.as_bytes().contains(&b'\n')
}

/// Leaves out removals, which a list of assignments can't express.
fn sets(changes: &[Change]) -> Vec<Change> {
    changes.iter().filter(|change| matches!(change, Change::Set(..))).cloned().collect()
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn lines(changes: &[Change], render: impl Fn(&Change) -> Vec<u8>) -> Vec<u8> {
    let mut text = Vec::new();
    for change in changes {
        text.extend(render(change));
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(name: &str) -> String {
        let changes = [Change::Set("CUDA_HOME", "/a b/it's".into()), Change::Unset("CUDNN_PATH")];
        let format = format(name).expect("a format");
        String::from_utf8((format.render)(&changes)).expect("text")
    }

    #[test]
    fn each_form_has_its_own_quoting() {
        assert_eq!(rendered("sh"), "export CUDA_HOME='/a b/it'\\''s'\nunset CUDNN_PATH\n");
        assert_eq!(rendered("fish"), "set -gx CUDA_HOME '/a b/it\\'s'\nset -e CUDNN_PATH\n");
        assert_eq!(rendered("csh"), "setenv CUDA_HOME '/a b/it'\\''s';\nunsetenv CUDNN_PATH;\n");
        assert_eq!(rendered("dotenv"), "CUDA_HOME='/a b/it'\\''s'\n");
        assert_eq!(rendered("github"), "CUDA_HOME=/a b/it's\n");
        assert_eq!(rendered("json"), "{\n  \"CUDA_HOME\": \"/a b/it's\",\n  \"CUDNN_PATH\": null\n}\n");
    }
}
