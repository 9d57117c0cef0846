//! The forms in which an environment is handed over: one row each in [`FORMATS`].

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::plan::Change;
use super::{assignments, clangd, cmake, jupyter, quote, vscode};

/// One form of output for `cudaman env`.
pub struct Format {
    /// The name that `--format` takes.
    pub name: &'static str,
    /// How it is used, in one line.
    pub help: &'static str,
    /// What it is made of, and how; bytes, because values need not be Unicode.
    pub render: Render,
}

/// What a form is made of.
pub enum Render {
    /// What must change here and now, for a shell.
    Changes(fn(&[Change]) -> Vec<u8>),
    /// Every variable with its value, for a program that is started elsewhere with the same environment.
    Assignments(fn(&[(&str, &OsStr)]) -> Vec<u8>),
    /// The toolkit and what it adds, for a tool with a file of its own.
    Toolkit(fn(&Toolkit<'_>) -> Vec<u8>),
}

/// A toolkit for a tool's own file.
pub struct Toolkit<'a> {
    /// Its name: `12.4.1+cudnn9.1.0.70`.
    pub name: &'a str,
    /// Its root.
    pub root: &'a Path,
    /// What it sets; the lists hold its own directories only.
    pub variables: Vec<(Cow<'static, str>, OsString)>,
}

/// Every form, shells first.
pub const FORMATS: &[Format] = &[
    Format {
        name: "sh",
        help: "sh, bash, zsh, dash: eval \"$(cudaman env 12.4)\"",
        render: Render::Changes(render_sh),
    },
    Format {
        name: "fish",
        help: "fish: cudaman env 12.4 --format fish | source",
        render: Render::Changes(render_fish),
    },
    Format {
        name: "csh",
        help: "csh, tcsh: eval `cudaman env 12.4 --format csh`",
        render: Render::Changes(render_csh),
    },
    Format {
        name: "json",
        help: "one object; null stands for a variable to remove",
        render: Render::Changes(render_json),
    },
    Format {
        name: "dotenv",
        help: "NAME='value' lines for .env files",
        render: Render::Assignments(assignments::dotenv),
    },
    Format {
        name: "github",
        help: "lines to append to \"$GITHUB_ENV\"",
        render: Render::Assignments(assignments::github),
    },
    Format {
        name: "gitlab",
        help: "a file for artifacts:reports:dotenv",
        render: Render::Assignments(assignments::plain),
    },
    Format {
        name: "docker",
        help: "a file for docker run --env-file",
        render: Render::Assignments(assignments::plain),
    },
    Format {
        name: "systemd",
        help: "a file for EnvironmentFile=",
        render: Render::Assignments(assignments::systemd),
    },
    Format {
        name: "slurm",
        help: "a file for sbatch --export-file",
        render: Render::Assignments(assignments::slurm),
    },
    Format {
        name: "cmake",
        help: "CMakeUserPresets.json, for cmake --preset",
        render: Render::Toolkit(cmake::render),
    },
    Format { name: "vscode", help: ".vscode/settings.json", render: Render::Toolkit(vscode::render) },
    Format { name: "clangd", help: ".clangd", render: Render::Toolkit(clangd::render) },
    Format { name: "jupyter", help: "kernel.json of a kernelspec", render: Render::Toolkit(jupyter::render) },
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
        Change::Set(name, value) => (name.to_string(), serde_json::Value::from(value.to_string_lossy())),
        Change::Unset(name) => (name.to_string(), serde_json::Value::Null),
    };
    let object: serde_json::Map<_, _> = changes.iter().map(value).collect();
    let mut text = serde_json::to_vec_pretty(&object).expect("a map of texts is JSON");
    text.push(b'\n');
    text
}

pub(super) fn join(parts: &[&[u8]]) -> Vec<u8> {
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
        let changes =
            [Change::Set("CUDA_HOME".into(), "/a b/it's".into()), Change::Unset("CUDNN_PATH".into())];
        let Render::Changes(render) = format(name).expect("a format").render else {
            panic!("{name} is no shell")
        };
        String::from_utf8(render(&changes)).expect("text")
    }

    #[test]
    fn each_form_has_its_own_quoting() {
        assert_eq!(rendered("sh"), "export CUDA_HOME='/a b/it'\\''s'\nunset CUDNN_PATH\n");
        assert_eq!(rendered("fish"), "set -gx CUDA_HOME '/a b/it\\'s'\nset -e CUDNN_PATH\n");
        assert_eq!(rendered("csh"), "setenv CUDA_HOME '/a b/it'\\''s';\nunsetenv CUDNN_PATH;\n");
        assert_eq!(rendered("json"), "{\n  \"CUDA_HOME\": \"/a b/it's\",\n  \"CUDNN_PATH\": null\n}\n");
    }
}
