//! The frameworks of the active Python environment, by their packages' names and versions.

use super::needs::is_provided;
use super::{Check, Scene, Seen, install_and_use};
use crate::compat::framework::{self, Framework, Requirement};
use crate::integrate::python::Python;
use crate::model::Version;

pub(super) const CHECKS: &[Check] = &[
    Check::error("tensorflow-twice", twice),
    Check::warning("torch-without-cuda", without_cuda),
    Check::warning("torch-of-another-cuda", another_cuda),
    Check::error("cudnn-missing", cudnn_missing),
    Check::error("cudnn-other-major", cudnn_other),
];

/// A TensorFlow or its like that takes CUDA from outside.
pub(super) struct Installed {
    /// Its package, with its version.
    pub(super) name: String,
    /// What its release needs.
    pub(super) requirement: Requirement,
}

/// Returns the frameworks whose CUDA comes from outside, as the tables have them. Where there is no GPU, they
/// look for none.
pub(super) fn without_own_cuda(python: &Python, scene: &Scene<'_>) -> Vec<Installed> {
    if scene.host.gpus.is_empty() {
        return Vec::new();
    }
    let names = ["tensorflow-gpu", "tensorflow", "tf-nightly-gpu"];
    let version = names.into_iter().find_map(|name| Some((name, python.version(name)?)));
    let Some((name, text)) = version else { return Vec::new() };
    let brings_own = python.packages.iter().any(|package| package.name.starts_with("nvidia-"));
    let requirement = version_of(text)
        .and_then(|version| framework::requirement(Framework::TensorFlow, Some(&version)).ok());
    let found = requirement.filter(|_| !brings_own);
    found.map(|requirement| Installed { name: format!("{name} {text}"), requirement }).into_iter().collect()
}

/// Reads `2.5.0rc1` and `2.5.0.post1+cpu` as 2.5.0.
fn version_of(text: &str) -> Option<Version> {
    text.split(|letter: char| letter == '+' || letter.is_ascii_alphabetic())
        .next()?
        .trim_end_matches('.')
        .parse()
        .ok()
}

fn twice(scene: &Scene<'_>) -> Vec<Seen> {
    let Some(python) = &scene.python else { return Vec::new() };
    let (Some(plain), Some(gpu)) = (python.version("tensorflow"), python.version("tensorflow-gpu")) else {
        return Vec::new();
    };
    Seen::new(
        format!("tensorflow {plain} and tensorflow-gpu {gpu} are both installed in `{}`", python.prefix.display()),
        "they write the same files, and the one that was installed last wins: often the one for the CPU",
    )
    .fix(format!("`pip uninstall tensorflow tensorflow-gpu`, then `pip install tensorflow-gpu=={gpu}`: below 2.1 only that one knows GPUs"))
    .once()
}

fn without_cuda(scene: &Scene<'_>) -> Vec<Seen> {
    let Some(python) = scene.python.as_ref().filter(|_| !scene.host.gpus.is_empty()) else {
        return Vec::new();
    };
    let Some(version) = python.version("torch").filter(|version| version.ends_with("+cpu")) else {
        return Vec::new();
    };
    Seen::new(
        format!("torch {version} in `{}` is built without CUDA", python.prefix.display()),
        "it computes on the CPU, whatever toolkit is installed: \"Torch not compiled with CUDA enabled\"",
    )
    .fix("`pip uninstall torch`, then install a build with CUDA, such as `torch==2.4.1+cu121` from PyTorch's index of cu121")
    .once()
}

/// Extensions are compiled by the toolkit, and must be of the same major number as torch itself.
fn another_cuda(scene: &Scene<'_>) -> Vec<Seen> {
    let (Some(python), Some(toolkit)) = (&scene.python, &scene.toolkit) else { return Vec::new() };
    let Some(version) = python.version("torch") else { return Vec::new() };
    let Some(cuda) = version.split_once("+cu").and_then(|(_, digits)| line_of(digits)) else {
        return Vec::new();
    };
    if cuda.major() == toolkit.cuda.major() {
        return Vec::new();
    }
    Seen::new(
        format!("torch {version} was built with CUDA {cuda}, and {} is in effect", toolkit.cuda),
        "torch runs; extensions fail to compile: \"The detected CUDA version mismatches the version that was used to \
         compile PyTorch\"",
    )
    .fix(install_and_use(cuda))
    .once()
}

/// Reads `121` as 12.1.
fn line_of(digits: &str) -> Option<Version> {
    let digits: String = digits.chars().take_while(char::is_ascii_digit).collect();
    let (major, minor) = digits.split_at_checked(digits.len().checked_sub(1)?)?;
    format!("{major}.{minor}").parse().ok()
}

fn cudnn_missing(scene: &Scene<'_>) -> Vec<Seen> {
    each(scene, |installed, wanted, cuda, found| {
        found.is_none().then(|| {
            Seen::new(
                format!("{} needs cuDNN {wanted}, and the toolkit in effect has none", installed.name),
                "it computes on the CPU: \"Could not load dynamic library 'libcudnn.so'\"",
            )
            .fix(install_and_use(format!("{cuda}+cudnn{}", wanted.major())))
        })
    })
}

fn cudnn_other(scene: &Scene<'_>) -> Vec<Seen> {
    each(scene, |installed, wanted, cuda, found| {
        let found = found.filter(|found| found.major() != wanted.major())?;
        Some(
            Seen::new(
                format!("{} needs cuDNN {wanted}, and the toolkit in effect has {found}", installed.name),
                format!(
                    "it asks for libcudnn.so.{}, which another major number doesn't have",
                    wanted.major()
                ),
            )
            .fix(install_and_use(format!("{cuda}+cudnn{}", wanted.major()))),
        )
    })
}

/// Asks about each framework that needs a cuDNN: which, for which CUDA, and what the toolkit has.
fn each(
    scene: &Scene<'_>,
    seen: impl Fn(&Installed, &Version, &Version, Option<&Version>) -> Option<Seen>,
) -> Vec<Seen> {
    let (Some(python), Some(toolkit)) = (&scene.python, &scene.toolkit) else { return Vec::new() };
    let cuda = toolkit.cuda.truncated(2);
    let ask = |installed: &Installed| {
        let choices = &installed.requirement.choices;
        let fits = choices.iter().find(|choice| choice.cuda.matches_release(&toolkit.cuda));
        let wanted = fits.or(choices.first())?.cudnn.as_ref()?;
        // A package of the environment or of the system may bring it.
        if is_provided(&format!("libcudnn.so.{}", wanted.major()), python, scene) {
            return None;
        }
        seen(installed, wanted, &cuda, toolkit.cudnn.as_ref())
    };
    without_own_cuda(python, scene).iter().filter_map(ask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_to_what_the_tables_have() {
        let told = |text: &str| version_of(text).map(|version| version.to_string());
        assert_eq!(told("1.14.0").as_deref(), Some("1.14.0"));
        assert_eq!(told("2.5.0rc1").as_deref(), Some("2.5.0"));
        assert_eq!(told("2.5.0.post1+cpu").as_deref(), Some("2.5.0"));
        assert_eq!(line_of("121").map(|line| line.to_string()).as_deref(), Some("12.1"));
        assert_eq!(line_of("92.post1").map(|line| line.to_string()).as_deref(), Some("9.2"));
    }
}
