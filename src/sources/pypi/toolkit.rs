//! The wheels that make up a toolkit: the metapackage `cuda-toolkit` says which versions belong to
//! a release, the profile says which of them are wanted.
//!
//! From CUDA 13.0 on the wheels hold the whole compiler. Those of 11.8 and 12.x hold shared
//! libraries, headers, ptxas, libnvvm and NVRTC, but no nvcc: they give `runtime`, to which
//! `--with cuda_nvcc` adds ptxas and libnvvm. `full` is never given: no wheel holds cuda-gdb or Nsight.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::super::{SourceError, Wish};
use super::choose::{Lack, Machine, artifact, choose};
use super::mapping::{canonical, component, is_member};
use super::releases::serves;
use super::shelf::{Fault, Shelf};
use super::simple::{Candidate, Vouched};
use super::specifier::Specifier;
use super::{metadata, parallel};
use crate::fetch::shown;
use crate::model::{Artifact, ComponentName, Digest, Platform, Profile};
use crate::packages::components::{missing_essentials, refusal};

/// Many times the size of a metapackage, which holds text only.
const METAPACKAGE_LIMIT: u64 = 1024 * 1024;

/// Programs of `devel` that every toolkit has and some releases' wheels lack.
const TOOLS: &[&str] = &["cuda_cuobjdump", "cuda_nvdisasm", "cuda_nvprune"];

/// One distribution that is wanted.
struct Part {
    component: ComponentName,
    distribution: String,
    specifier: Specifier,
    /// Whether the toolkit is of no use without it.
    is_needed: bool,
}

/// What became of the parts.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// One for each part.
    pub(super) artifacts: Vec<Artifact>,
    /// What the user should know.
    pub(super) notes: Vec<String>,
}

/// Refuses what the wheels can't give, without asking anyone.
///
/// # Errors
/// Returns [`SourceError::NotOffered`] with the reason and the alternatives.
pub(super) fn refuse_early(wish: &Wish<'_>) -> Result<(), SourceError> {
    let (version, line, profile) = (&wish.release.version, wish.release.version.major(), wish.profile);
    let refuse = |text: String| Err(SourceError::NotOffered(text));
    if !serves(wish.platform, line) {
        return refuse(format!("the Python wheels of CUDA {version} don't serve {}", wish.platform));
    }
    if line < 13 && profile.has_compiler() {
        return refuse(format!(
            "the Python wheels of CUDA {version} hold no nvcc (those from 13.0 on do), so they can't give the profile \
             `{profile}`: use `--source redist` for it, or `--profile runtime`, or a release from 13.0 on"
        ));
    }
    if profile == Profile::Full {
        return refuse(format!(
            "the Python wheels of CUDA {version} hold no cuda-gdb, Nsight Compute or Nsight Systems, so they can't \
             give the profile `full`: use `--source redist` for it, or `--profile devel`"
        ));
    }
    wish.with.iter().find_map(refusal).map_or(Ok(()), refuse)
}

/// Resolves a wish for the toolkit to wheels.
///
/// # Errors
/// Returns [`SourceError::NotOffered`] if a needed part has no wheel.
pub(super) fn artifacts(wish: &Wish<'_>, shelf: &Shelf<'_>, machine: Machine) -> Result<Found, SourceError> {
    let pins = pins(wish, shelf, machine)?;
    let parts = parts(wish, &pins)?;
    let resolved = parallel::map(&parts, |part| resolve(part, shelf, machine));
    let mut found = Found::default();
    let mut doubts = Vec::new();
    for (part, result) in parts.iter().zip(resolved) {
        match result? {
            Some((artifact, is_supported)) => {
                if !is_supported {
                    doubts.push(glibc_note(part, &artifact));
                }
                found.artifacts.push(artifact);
            }
            None => {
                let note = format!("no wheel of `{}` exists for {}", part.component, wish.platform);
                found.notes.push(note);
            }
        }
    }
    found.notes.extend(doubts.into_iter().take(1));
    found.notes.extend(tools_note(wish, &pins));
    Ok(found)
}

/// Components of the release with their distributions, by component.
type Pins = BTreeMap<ComponentName, (String, Specifier)>;

fn pins(wish: &Wish<'_>, shelf: &Shelf<'_>, machine: Machine) -> Result<Pins, SourceError> {
    let project = wish.kind.wheel.unwrap_or("cuda-toolkit");
    let offer = shelf.offer(project)?;
    let chosen = choose(&offer.candidates, &Specifier::release(&wish.release.version), machine);
    let candidate = chosen.map_err(|lack| {
        lack.into_error(&format!("{project} {}", wish.release.version), &offer, wish.platform)
    })?;
    let text = metapackage(candidate, shelf)?;
    let requirements = metadata::requirements(&text, wish.platform)
        .map_err(|reason| SourceError::Malformed { what: shown(&candidate.url), reason })?;
    let named = requirements
        .into_iter()
        .filter_map(|(distribution, specifier)| Some((component(&distribution)?, (distribution, specifier))));
    Ok(named.collect())
}

/// The wheel is smaller than its METADATA alone and its digest is known, so it is what is read.
fn metapackage(candidate: &Candidate, shelf: &Shelf<'_>) -> Result<String, SourceError> {
    let what = shown(&candidate.url);
    let document =
        shelf.pages.read(&candidate.url, "*/*", METAPACKAGE_LIMIT).map_err(|fault| match fault {
            Fault::Failed(failure) => failure.into(),
            Fault::Missing => {
                SourceError::unreachable(format!("could not find `{what}`, which the index lists"))
            }
        })?;
    let got = Digest::from_bytes(Sha256::digest(&document.body).into());
    if let Vouched::Index(expected) = candidate.digest
        && expected != got
    {
        let reason = format!("expected the sha256 {expected}, got {got}");
        return Err(SourceError::Malformed { what, reason });
    }
    metadata::from_wheel(&document.body).map_err(|reason| SourceError::Malformed { what, reason })
}

fn parts(wish: &Wish<'_>, pins: &Pins) -> Result<Vec<Part>, SourceError> {
    let version = &wish.release.version;
    let is_asked = |name: &ComponentName| wish.with.iter().any(|asked| canonical(asked) == name.as_str());
    let has = |name: &str| pins.keys().any(|component| component.as_str() == name);
    let mut lacking = missing_essentials(wish.profile, version, has);
    lacking.extend(wish.with.iter().map(canonical).filter(|name| !has(name)));
    if !lacking.is_empty() {
        let text = format!("the Python wheels of CUDA {version} hold no `{}`", lacking.join("`, `"));
        return Err(SourceError::NotOffered(text));
    }
    let chosen = pins.iter().filter(|(name, _)| is_member(name, wish.profile) || is_asked(name));
    let part = |(name, (distribution, specifier)): (&ComponentName, &(String, Specifier))| Part {
        component: name.clone(),
        distribution: distribution.clone(),
        specifier: specifier.clone(),
        is_needed: is_asked(name) || !is_partial(name, wish.platform),
    };
    Ok(chosen.map(part).collect())
}

/// Tells whether a component is known not to exist for a platform in all releases: the older
/// metapackages require it everywhere nonetheless.
fn is_partial(component: &ComponentName, platform: Platform) -> bool {
    platform != Platform::LinuxX86_64 && matches!(component.as_str(), "cuda_opencl" | "libcufile")
}

/// Finds the wheel of a part; `None` for one that this platform can do without. The flag tells
/// whether the machine's glibc is as new as the wheel asks for.
fn resolve(
    part: &Part,
    shelf: &Shelf<'_>,
    machine: Machine,
) -> Result<Option<(Artifact, bool)>, SourceError> {
    let offer = shelf.offer(&part.distribution)?;
    match choose(&offer.candidates, &part.specifier, machine) {
        Ok(candidate) => {
            let is_supported =
                candidate.wheel.fit(machine.platform, machine.glibc).is_none_or(|fit| fit.is_supported);
            let artifact = artifact(candidate, part.component.clone(), machine.platform)?;
            Ok(Some((artifact, is_supported)))
        }
        Err(Lack::Platform | Lack::Version(None)) if !part.is_needed => Ok(None),
        Err(lack) => {
            let wanted = format!("{} {}", part.distribution, part.specifier);
            Err(lack.into_error(&wanted, &offer, machine.platform))
        }
    }
}

fn glibc_note(part: &Part, artifact: &Artifact) -> String {
    format!(
        "the wheel of `{} {}` is marked for a newer glibc than this machine's: its programs may not start",
        part.component, artifact.version
    )
}

fn tools_note(wish: &Wish<'_>, pins: &Pins) -> Option<String> {
    let is_absent = |name: &&&str| !pins.keys().any(|component| component.as_str() == **name);
    let absent: Vec<&str> = TOOLS.iter().filter(is_absent).copied().collect();
    (wish.profile == Profile::Devel && !absent.is_empty()).then(|| {
        let names = absent.join("`, `");
        format!(
            "the Python wheels of CUDA {} hold no `{names}`, and no stub of libcuda",
            wish.release.version
        )
    })
}
