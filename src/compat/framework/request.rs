//! What a person types for a framework, or a project's file has: `tensorflow==1.14.0`, `torch==2.4.1+cu121`,
//! `jax[cuda12]`, `cupy-cuda101`. It reads text only.

use std::str::FromStr;

use super::companion::{self, Companion, through};
use super::tags::{cuda_in, cudnn_in};
use super::{Framework, OwnCuda, Package, Requirement, Unknown, package, requirement, versions};
use crate::model::request::{AddOns, Base, Operator};
use crate::model::{ToolchainRequest, Version};

/// A framework that somebody asked for.
#[derive(Clone, Debug)]
pub struct FrameworkRequest {
    /// Which one.
    pub framework: Framework,
    /// Which release of it.
    pub release: Wanted,
    /// The CUDA that the text itself names: `+cu121`, `[cuda12]`.
    pub cuda: Option<ToolchainRequest>,
    /// The oldest cuDNN that the text itself names: `+cuda11.cudnn82`.
    pub cudnn: Option<Version>,
    /// The extras of the package: `and-cuda`.
    pub extras: Vec<String>,
    /// The package, where its name says which CUDA it is for.
    pub package: Option<&'static Package>,
    /// The package that was asked for, where it is one that goes by this framework.
    pub companion: Option<&'static Companion>,
}

/// A package that somebody asked for, whatever it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Its name, as package indexes compare it.
    pub name: String,
    /// Which releases of it.
    pub release: Wanted,
    /// The local part of its version: `cu121`.
    pub local: Option<String>,
}

/// Which releases of a framework will do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Whichever.
    Any,
    /// This one, or the newest that begins with it.
    At(Version),
    /// The newest for which all comparators hold.
    Within(Vec<(Operator, Version)>),
}

/// A text that asks for no framework that is known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameworkRequestError {
    /// A package that follows the framework below it.
    #[error(
        "which CUDA `{name}` {version} needs is not known: it goes by the {framework} below it, of which it doesn't \
         name one; the nearest release that does is {nearest}"
    )]
    Companion {
        /// The package.
        name: String,
        /// The version that was named.
        version: String,
        /// What it goes by.
        framework: Framework,
        /// The nearest release whose framework is known.
        nearest: String,
    },
    /// Not the name of a package with a version.
    #[error("`{text}` is not a framework: {reason}")]
    Text {
        /// What was typed.
        text: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A package that the tables don't have.
    #[error("which CUDA `{name}` needs is not known: there is no table of it")]
    UnknownName {
        /// Its name.
        name: String,
    },
    /// A package that never uses a GPU.
    #[error("`{text}` is a build without CUDA: it needs no toolkit")]
    WithoutCuda {
        /// What was typed.
        text: String,
    },
}

/// Why nothing is known of what a framework needs.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequirementError {
    /// The release has no build for the CUDA that was named.
    #[error("no build of {framework} for CUDA {cuda} is known")]
    Build {
        /// The framework.
        framework: Framework,
        /// The CUDA that was named.
        cuda: String,
    },
    /// The release is not in the table.
    #[error(transparent)]
    Unknown(#[from] Unknown),
}

/// Reads the name of a package with its version: `cudatoolkit=11.3`, `torchvision==0.15.2+cu118`.
#[must_use]
pub fn named(text: &str) -> Option<Named> {
    let parts = Parts::of(text)?;
    let (release, local) = wanted(parts.specifier).ok()?;
    Some(Named { name: parts.name(), release, local: local.map(str::to_owned) })
}

impl FrameworkRequest {
    /// Returns what the framework needs.
    ///
    /// # Errors
    /// Says that the release, or a build of it for the CUDA that was named, is unknown.
    pub fn requirement(&self) -> Result<Requirement, RequirementError> {
        if let Some(package) = self.package {
            return Ok(package.requirement());
        }
        let found = match &self.release {
            Wanted::Any => requirement(self.framework, None)?,
            Wanted::At(version) => requirement(self.framework, Some(version))?,
            Wanted::Within(comparators) => self.newest_within(comparators)?,
        };
        let Some(cuda) = &self.cuda else { return Ok(found) };
        let build = || RequirementError::Build { framework: self.framework, cuda: cuda.to_string() };
        let mut found = found.narrowed(cuda).ok_or_else(build)?;
        if let Some(cudnn) = &self.cudnn {
            found.choices.iter_mut().for_each(|choice| choice.cudnn = Some(cudnn.clone()));
        }
        Ok(found)
    }

    /// Tells whether what was asked for brings CUDA's libraries itself; none means that it isn't known.
    #[must_use]
    pub fn brings_cuda(&self, requirement: &Requirement) -> Option<bool> {
        match requirement.own_cuda {
            OwnCuda::Always => Some(true),
            OwnCuda::Never => Some(false),
            OwnCuda::Unknown => None,
            OwnCuda::WithExtra(extra) => {
                let unnumbered =
                    |text: &str| text.trim_end_matches(|letter: char| letter.is_ascii_digit()).len();
                let is_like = |own: &String| own[..unnumbered(own)] == extra[..unnumbered(extra)];
                Some(self.extras.iter().any(is_like))
            }
        }
    }

    /// Goes by the newest row in a range, else by the row for its lower bound: updates have few rows of their own.
    fn newest_within(&self, comparators: &[(Operator, Version)]) -> Result<Requirement, Unknown> {
        let range = ToolchainRequest { base: Base::Range(comparators.to_vec()), add_ons: AddOns::Any };
        let newest = versions(self.framework).rfind(|version| range.matches_release(version));
        let lowest = comparators.iter().find(|(operator, _)| *operator == Operator::GreaterOrEqual);
        let unknown = || Unknown { framework: self.framework, version: None, nearest: None };
        let version = newest.or(lowest.map(|(_, version)| version)).ok_or_else(unknown)?;
        requirement(self.framework, Some(version))
    }
}

impl FromStr for FrameworkRequest {
    type Err = FrameworkRequestError;

    fn from_str(text: &str) -> Result<Self, FrameworkRequestError> {
        let shown: String = text.chars().take(80).collect();
        let shown = shown.escape_default().to_string();
        let fault = |reason| FrameworkRequestError::Text { text: shown.clone(), reason };
        let parts = Parts::of(text).ok_or_else(|| fault("expected a package, as in `torch==2.4.1`"))?;
        let name = parts.name();
        let (release, local) = wanted(parts.specifier).map_err(fault)?;
        if matches!(name.as_str(), "tensorflow-cpu" | "torch-cpu" | "pytorch-cpu") || local == Some("cpu") {
            return Err(FrameworkRequestError::WithoutCuda { text: shown });
        }
        let package = package(&name);
        let known = package.map(|package| package.framework).or_else(|| framework(&name));
        let framework = known.ok_or_else(|| FrameworkRequestError::UnknownName { name: name.clone() })?;
        let (release, companion) = through(&name, framework, release)?;
        let extras = parts.extras();
        let mut tags = local.into_iter().chain(extras.iter().map(String::as_str));
        let cuda = tags.clone().find_map(cuda_in);
        let cudnn = tags.find_map(cudnn_in);
        Ok(Self { framework, release, cuda, cudnn, extras, package, companion })
    }
}

/// The pieces of `name[extras]specifier`, without what follows a semicolon or a space and `#`.
struct Parts<'t> {
    name: &'t str,
    extras: &'t str,
    specifier: &'t str,
}

impl<'t> Parts<'t> {
    fn of(text: &'t str) -> Option<Self> {
        let text = text.split([';', '#']).next()?.trim();
        let text = text.rsplit_once("::").map_or(text, |(_channel, package)| package);
        let is_in_name = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        let end = text.find(|letter| !is_in_name(letter)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let rest = rest.trim_start();
        let (extras, specifier) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", rest),
        };
        let is_name = name.starts_with(|letter: char| letter.is_ascii_alphabetic());
        is_name.then_some(Self { name, extras, specifier: specifier.trim() })
    }

    /// Returns the name as package indexes compare it.
    fn name(&self) -> String {
        normal(self.name)
    }

    fn extras(&self) -> Vec<String> {
        let named = self.extras.split(',').map(str::trim).filter(|extra| !extra.is_empty());
        named.map(normal).collect()
    }
}

fn normal(name: &str) -> String {
    let parts: Vec<&str> = name.split(['.', '_', '-']).filter(|part| !part.is_empty()).collect();
    parts.join("-").to_ascii_lowercase()
}

fn framework(name: &str) -> Option<Framework> {
    match name {
        "cupy" => Some(Framework::CuPy),
        "jax" | "jaxlib" => Some(Framework::Jax),
        "tensorflow" | "tensorflow-gpu" => Some(Framework::TensorFlow),
        "mxnet" => Some(Framework::Mxnet),
        "pytorch" | "pytorch-gpu" | "torch" => Some(Framework::Torch),
        _ => companion::framework_of(name),
    }
}

/// Reads `==2.4.1+cu121`, conda's `=2.4=py310_0`, `>=1.13,<2` and `~=2.4`; the second is the local part.
fn wanted(specifier: &str) -> Result<(Wanted, Option<&str>), &'static str> {
    if specifier.is_empty() {
        return Ok((Wanted::Any, None));
    }
    let (mut comparators, mut exact) = (Vec::new(), None);
    for part in specifier.split(',').map(str::trim) {
        let (operator, text) =
            split_operator(part).ok_or("expected a version after `==`, `>=` or the like")?;
        let text = text.trim();
        let (text, local) = text.split_once('+').map_or((text, None), |(text, local)| (text, Some(local)));
        let version = release(text).ok_or("that is not a version")?;
        match operator {
            "=" | "==" | "===" => exact = Some((version, local)),
            "~=" => {
                let line = version.truncated(version.numbers().len().saturating_sub(1).max(1));
                comparators.extend([(Operator::GreaterOrEqual, version), (Operator::Equal, line)]);
            }
            _ => comparators.push((comparison(operator), version)),
        }
    }
    Ok(match exact {
        Some((version, local)) => (Wanted::At(version), local),
        None => (Wanted::Within(comparators), None),
    })
}

fn split_operator(part: &str) -> Option<(&str, &str)> {
    let operators = ["===", "==", "~=", ">=", "<=", "!=", ">", "<", "="];
    operators.iter().find_map(|operator| part.strip_prefix(operator).map(|rest| (*operator, rest)))
}

const fn comparison(operator: &str) -> Operator {
    match operator.as_bytes() {
        b">" => Operator::Greater,
        b">=" => Operator::GreaterOrEqual,
        b"<" => Operator::Less,
        b"<=" => Operator::LessOrEqual,
        _ => Operator::NotEqual,
    }
}

/// Reads a version; a pre-release, a post-release and conda's build go by the release they are of.
fn release(text: &str) -> Option<Version> {
    let text = text.split('=').next()?;
    let text = text.strip_suffix(".*").unwrap_or(text);
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (numbers, suffix) = text.split_at(end);
    let suffix = suffix.trim_start_matches('-');
    let is_release_of =
        suffix.is_empty() || ["a", "b", "c", "dev", "post", "rc"].iter().any(|mark| suffix.starts_with(mark));
    let is_plain = suffix.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    (is_release_of && is_plain).then(|| numbers.trim_end_matches('.').parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
