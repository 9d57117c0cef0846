//! From what a person types, a name or a prefix, to one environment.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::environments::{CondaEnvironment, at, environments_below, is_environment, linked};
use crate::model::Environment;

/// So many environments are listed in a message.
const LISTED: usize = 8;

/// Why there is not one environment for what was typed.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// Several environments have the name.
    #[error("{} conda environments are named `{}`:{}", .prefixes.len(), one_line(.name), paths(.prefixes))]
    Ambiguous {
        /// The name.
        name: String,
        /// All that have it.
        prefixes: Vec<PathBuf>,
    },
    /// A path that leads to no environment.
    #[error("`{}` is no conda environment: {reason}", one_line(&.prefix.to_string_lossy()))]
    NotEnvironment {
        /// The path, made absolute.
        prefix: PathBuf,
        /// What is missing.
        reason: &'static str,
    },
    /// No environment has the name.
    #[error("there is no conda environment `{}`; {}", one_line(.name), known(.names))]
    Unknown {
        /// What was typed.
        name: String,
        /// The names that there are, the likeliest first.
        names: Vec<String>,
        /// The name that was meant, perhaps.
        nearest: Option<String>,
    },
}

impl FindError {
    /// Returns what to try next.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Ambiguous { prefixes, .. } => {
                let first = prefixes.first()?.to_string_lossy();
                format!("give the path instead of the name: `{}`", one_line(&first))
            }
            Self::Unknown { nearest: Some(name), .. } => format!("did you mean `{}`?", one_line(name)),
            Self::NotEnvironment { .. } | Self::Unknown { .. } => {
                "`cudaman conda list` shows the environments that were found; any other is named by its path"
                    .to_owned()
            }
        })
    }
}

/// Returns the environment with a name, `base` included, or at a prefix, which may be relative.
///
/// # Errors
/// Returns an error where there is none, or where several have the name.
pub fn find(text: &OsStr, environment: &Environment) -> Result<CondaEnvironment, FindError> {
    find_below(Path::new("/"), text, environment)
}

/// Does the same where `root` stands for `/`: an image, or the machine of a test.
///
/// # Errors
/// As [`find`].
pub fn find_below(
    root: &Path,
    text: &OsStr,
    environment: &Environment,
) -> Result<CondaEnvironment, FindError> {
    let known = environments_below(root, environment);
    let prefix = environment.directory.join(text);
    if is_path(text) {
        return by_prefix(prefix, known);
    }
    let is_named = |one: &&CondaEnvironment| one.name.as_deref().is_some_and(|name| OsStr::new(name) == text);
    let mut named: Vec<CondaEnvironment> = known.iter().filter(is_named).cloned().collect();
    match named.len() {
        0 if text.is_empty() => Err(unknown(text, &known)),
        0 => match linked(root, text, environment).or_else(|| is_environment(&prefix).then_some(prefix)) {
            Some(prefix) => by_prefix(prefix, known),
            None => Err(unknown(text, &known)),
        },
        1 => Ok(named.remove(0)),
        _ => Err(FindError::Ambiguous {
            name: text.to_string_lossy().into_owned(),
            prefixes: named.into_iter().map(|one| one.prefix).collect(),
        }),
    }
}

/// conda refuses names with a slash, so such a text can be nothing but a path.
fn is_path(text: &OsStr) -> bool {
    text == "." || text == ".." || text.as_encoded_bytes().contains(&b'/')
}

fn by_prefix(prefix: PathBuf, known: Vec<CondaEnvironment>) -> Result<CondaEnvironment, FindError> {
    let Ok(real) = prefix.canonicalize() else {
        return Err(FindError::NotEnvironment { prefix, reason: "there is no such directory" });
    };
    if !is_environment(&real) {
        return Err(FindError::NotEnvironment { prefix, reason: "it has no directory `conda-meta`" });
    }
    let is_there = |one: &CondaEnvironment| one.prefix.canonicalize().is_ok_and(|one_real| one_real == real);
    // `.` and `../x` mean another place tomorrow: what was not found elsewhere is kept by its real path.
    Ok(known.into_iter().find(is_there).unwrap_or_else(|| at(real.clone())))
}

fn unknown(text: &OsStr, known: &[CondaEnvironment]) -> FindError {
    let name = text.to_string_lossy().into_owned();
    let mut near: Vec<(usize, &str)> = known
        .iter()
        .filter_map(|one| one.name.as_deref())
        .map(|other| (strsim::osa_distance(&name, other), other))
        .collect();
    near.sort_unstable();
    near.dedup();
    let most_typos = (name.chars().count() / 3).clamp(1, 3);
    let nearest = near.first().filter(|(typos, _)| *typos <= most_typos).map(|(_, name)| (*name).to_owned());
    FindError::Unknown { name, names: near.into_iter().map(|(_, name)| name.to_owned()).collect(), nearest }
}

fn known(names: &[String]) -> String {
    if names.is_empty() {
        return "none with a name was found".to_owned();
    }
    let listed: Vec<String> = names.iter().take(LISTED).map(|name| format!("`{}`", one_line(name))).collect();
    format!("found were {}{}", listed.join(", "), rest(names.len()))
}

fn paths(prefixes: &[PathBuf]) -> String {
    let listed = prefixes.iter().take(LISTED);
    let listed = listed.map(|prefix| format!(" `{}`", one_line(&prefix.to_string_lossy())));
    listed.collect::<Vec<_>>().join(",") + &rest(prefixes.len())
}

fn rest(count: usize) -> String {
    let more = count.saturating_sub(LISTED);
    if more == 0 { String::new() } else { format!(" and {more} more") }
}

/// A name with a line break must not look like a line of ours.
fn one_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            // Writing to a String can't fail.
            let _ = write!(shown, "{}", character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::super::environments::tests::Machine;
    use super::*;

    fn found(machine: &Machine, text: impl AsRef<OsStr>) -> Result<CondaEnvironment, FindError> {
        find_below(machine.root(), text.as_ref(), &machine.environment)
    }

    fn message(machine: &Machine, text: &str) -> (String, String) {
        let error = found(machine, text).expect_err("none is found");
        let root = machine.root().display().to_string();
        (error.to_string().replace(&root, "ROOT"), error.hint().unwrap_or_default().replace(&root, "ROOT"))
    }

    #[test]
    fn names_and_prefixes_lead_to_the_same_environment() {
        let machine = Machine::new();
        let root = machine.conda("home/me/miniconda3");
        let torch = machine.conda("home/me/miniconda3/envs/torch");
        let here = machine.conda("home/me/work/deep/own");
        assert_eq!(found(&machine, "base").expect("found").prefix, root);
        assert_eq!(found(&machine, "torch").expect("found").prefix, torch);
        for text in ["../../miniconda3/envs/torch/", torch.to_str().expect("Unicode")] {
            assert_eq!(found(&machine, text).expect("found").name.as_deref(), Some("torch"), "{text}");
        }
        for text in ["own", "./own", "../deep/own"] {
            let own = found(&machine, text).expect("found");
            assert_eq!((own.name, own.prefix), (None, here.canonicalize().expect("real")), "{text}");
        }
    }

    #[test]
    fn each_of_two_names_leads_to_the_environment() {
        let machine = Machine::new();
        let torch = machine.conda("opt/conda/envs/torch");
        std::os::unix::fs::symlink("torch", torch.with_file_name("work")).expect("a link");
        assert_eq!(found(&machine, "torch").expect("found").prefix, torch);
        assert_eq!(found(&machine, "work").expect("found").prefix, torch);
    }

    #[test]
    fn a_name_comes_before_a_directory_that_is_called_so() {
        let machine = Machine::new();
        machine.conda("home/me/work/deep/torch");
        let torch = machine.conda("opt/conda/envs/torch");
        assert_eq!(found(&machine, "torch").expect("found").prefix, torch);
        assert_ne!(found(&machine, "./torch").expect("found").prefix, torch);
    }

    #[test]
    fn several_with_one_name_are_listed() {
        let machine = Machine::new();
        machine.conda("opt/conda");
        machine.conda("home/me/miniforge3");
        let (error, hint) = message(&machine, "base");
        assert_eq!(
            error,
            "2 conda environments are named `base`: `ROOT/home/me/miniforge3`, `ROOT/opt/conda`"
        );
        assert_eq!(hint, "give the path instead of the name: `ROOT/home/me/miniforge3`");
    }

    #[test]
    fn what_is_not_there_is_answered_with_what_is() {
        let machine = Machine::new();
        assert_eq!(
            message(&machine, "torch").0,
            "there is no conda environment `torch`; none with a name was found"
        );
        machine.conda("opt/conda");
        machine.conda("opt/conda/envs/pytorch");
        machine.conda("opt/conda/envs/torch2");
        let (error, hint) = message(&machine, "torch");
        assert_eq!(error, "there is no conda environment `torch`; found were `torch2`, `pytorch`, `base`");
        assert_eq!(hint, "did you mean `torch2`?");
        let (_, hint) = message(&machine, "quantum-flux");
        assert!(hint.contains("`cudaman conda list`"), "{hint}");
        machine.file("home/me/work/deep/plain/file", "");
        assert_eq!(
            message(&machine, "./plain").0,
            "`ROOT/home/me/work/deep/./plain` is no conda environment: it has no directory `conda-meta`"
        );
        for text in ["./gone", "/gone", "./plain/file/x"] {
            assert!(message(&machine, text).0.ends_with("there is no such directory"), "{text}");
        }
    }

    #[test]
    fn a_hostile_name_stays_on_its_line() {
        let machine = Machine::new();
        machine.conda("opt/conda/envs/a\nhint: `rm -rf ~`\u{1b}[31m");
        for text in ["", "x", "a\nb\u{1b}"] {
            let (error, hint) = message(&machine, text);
            assert!(!(error + &hint).contains(char::is_control), "{text:?}");
        }
        let name = "a\nhint: `rm -rf ~`\u{1b}[31m";
        assert_eq!(found(&machine, name).expect("found").name.as_deref(), Some(name));
    }
}
