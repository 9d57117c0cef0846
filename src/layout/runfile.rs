//! Whose a path of a runfile is, and where it stands in the component's own tree.
//!
//! Three generations: up to 10.0 the toolkit is one tree in a second runfile within the first; 10.1
//! and 10.2 have that tree in `builds/cuda-toolkit`, with cuBLAS beside it; from 11.0 on there is a
//! directory for each component. Driver, samples' installer and all scripts stay where they are.

use super::runfile_rules::{self, Owner};
use crate::model::{ComponentName, Platform, Profile};
use crate::packages::components::{self, Membership};

/// A path of a runfile that belongs to the toolkit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Found<'a> {
    /// Who owns it.
    pub(super) owner: Owner,
    /// The path below the owner's root.
    pub(super) parts: Vec<&'a str>,
}

/// Tells whether a file of the payload is the runfile that holds the toolkit.
pub(super) fn opens(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    matches!(parts.as_slice(), ["run_files", name] if is_toolkit(name))
}

/// Finds out whose a path is; none for what no toolkit holds.
pub(super) fn find<'a>(parts: &[&'a str], platform: Platform) -> Option<Found<'a>> {
    match parts {
        ["run_files", name, rest @ ..] if is_toolkit(name) => tree(rest, platform),
        ["builds", "cuda-toolkit", rest @ ..] => tree(rest, platform),
        ["builds", "cublas", rest @ ..] => Some(named("libcublas", rest)),
        ["builds", "cuda-samples" | "cuda_samples", rest @ ..] => Some(samples(rest)),
        ["builds", file @ ("version.json" | "version.txt")] | [file @ "EULA.txt"] => {
            Some(Found { owner: Owner::Toolkit, parts: vec![file] })
        }
        ["builds", directory, rest @ ..] => component(directory, rest),
        _ => None,
    }
}

/// Tells whether a package of this name takes what an owner has.
pub(super) fn is_taken(owner: &Owner, by: &ComponentName) -> bool {
    let Some(profile) = by.toolkit_profile() else {
        return matches!(owner, Owner::Component(name) if is_same(name, by));
    };
    match owner {
        Owner::Component(name) => match components::membership(name, profile) {
            Membership::Member => true,
            Membership::Unknown => profile == Profile::Full,
            Membership::Never | Membership::Optional => false,
        },
        Owner::Development => matches!(profile, Profile::Devel | Profile::Full),
        Owner::Full => profile == Profile::Full,
        Owner::Toolkit => true,
    }
}

/// `run_files/cuda-linux64-rel-8.0.61-21551265.run`, later `cuda-linux.10.0.130-24817639.run`.
fn is_toolkit(name: &str) -> bool {
    name.starts_with("cuda-linux") && name.ends_with(".run")
}

/// A path in the tree that holds all of the toolkit.
fn tree<'a>(parts: &[&'a str], platform: Platform) -> Option<Found<'a>> {
    // Up to 10.0 `lib` has libraries of 32 bits, under the names of those in `lib64`.
    if parts.first() == Some(&"lib") {
        return None;
    }
    let owner = runfile_rules::owner(parts, platform)?;
    Some(Found { owner, parts: parts.to_vec() })
}

/// A path in the directory of one component.
fn component<'a>(directory: &str, rest: &[&'a str]) -> Option<Found<'a>> {
    let name = directory.replace('-', "_");
    let is_known = components::by_name(&name).is_some();
    // What is unknown may be the driver's, or for the desktop: `integration`, `NVIDIA-Linux-…`.
    if !is_known && !name.starts_with("cuda_") && !name.starts_with("lib") {
        return None;
    }
    let owner = Owner::Component(name.parse().ok()?);
    // The Nsight tools have their files at the top of their directory, and the installer adds another.
    let below = match name.as_str() {
        "nsight_compute" => Some("nsight-compute"),
        "nsight_systems" => Some("nsight-systems"),
        _ => None,
    };
    let has_own = below.is_some_and(|below| rest.first().is_some_and(|first| first.starts_with(below)));
    let below = below.filter(|_| !has_own && !rest.is_empty());
    Some(Found { owner, parts: below.into_iter().chain(rest.iter().copied()).collect() })
}

fn samples<'a>(rest: &[&'a str]) -> Found<'a> {
    let rest = rest.strip_prefix(&["samples"]).unwrap_or(rest);
    Found { owner: Owner::Full, parts: std::iter::once("samples").chain(rest.iter().copied()).collect() }
}

fn named<'a>(component: &str, rest: &[&'a str]) -> Found<'a> {
    let owner = Owner::Component(component.parse().expect("the name of a component"));
    Found { owner, parts: rest.to_vec() }
}

/// Thrust, CUB and libcu++ have had three names.
fn is_same(one: &ComponentName, other: &ComponentName) -> bool {
    const RENAMED: [&str; 3] = ["cuda_cccl", "cccl", "cuda_thrust"];
    one == other || RENAMED.contains(&one.as_str()) && RENAMED.contains(&other.as_str())
}

#[cfg(test)]
#[path = "runfile_tests.rs"]
mod tests;
