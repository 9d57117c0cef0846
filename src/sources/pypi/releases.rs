//! Lists releases: versions of the metapackage for the toolkit, of the wheels for an add-on.

use std::collections::BTreeMap;

use super::super::{Listing, SourceError};
use super::shelf::Shelf;
use super::simple::Candidate;
use crate::model::{Platform, Release, Version};
use crate::packages::{PackageKind, TOOLKIT};

/// The CUDA lines for which add-ons are published; each has a project of its own.
const LINES: &[u32] = &[11, 12, 13];

/// Returns the releases of a kind that may serve a platform, oldest first.
///
/// # Errors
/// Returns an error if no index can be asked or an answer can't be read.
pub(super) fn releases(
    kind: &PackageKind,
    platform: Platform,
    shelf: &Shelf<'_>,
) -> Result<Listing, SourceError> {
    let Some(stem) = kind.wheel else { return Ok(Listing::default()) };
    if platform == Platform::LinuxPpc64le {
        return Ok(Listing::default());
    }
    let releases = if *kind == TOOLKIT {
        toolkit_releases(&shelf.offer(stem)?.candidates, platform)
    } else {
        let projects =
            LINES.iter().filter(|line| serves(platform, **line)).map(|line| format!("{stem}-cu{line}"));
        let projects: Vec<String> = projects.collect();
        let offers = super::parallel::map(&projects, |project| shelf.offer(project));
        let offers = offers.into_iter().collect::<Result<Vec<_>, _>>()?;
        add_on_releases(offers.iter().flat_map(|offer| &offer.candidates), platform)
    };
    Ok(Listing::complete(releases.into_iter()))
}

/// Tells whether wheels of a CUDA line can serve a platform: those of Arm are for servers, and
/// serve Jetson only from CUDA 13 on, where NVIDIA made one platform of the two.
pub(super) fn serves(platform: Platform, line: u32) -> bool {
    match platform {
        Platform::LinuxAarch64 => line >= 13,
        Platform::LinuxPpc64le => false,
        Platform::LinuxSbsa | Platform::LinuxX86_64 => true,
    }
}

/// The metapackage is older or younger than the release it stands for, so its day tells nothing.
fn toolkit_releases(candidates: &[Candidate], platform: Platform) -> Vec<Release> {
    let live = candidates.iter().filter(|candidate| !candidate.is_yanked);
    let served = live.filter(|candidate| serves(platform, candidate.wheel.version.major()));
    let mut releases = grouped(served, toolkit_version);
    releases.iter_mut().for_each(|release| release.date = None);
    releases
}

fn add_on_releases<'c>(candidates: impl Iterator<Item = &'c Candidate>, platform: Platform) -> Vec<Release> {
    let live = candidates.filter(|candidate| !candidate.is_yanked);
    let fitting = live.filter(|candidate| candidate.wheel.fit(platform, None).is_some());
    grouped(fitting, |version| version.truncated(usize::MAX))
}

/// The index spells some releases with a fourth number: `13.0.3.0` stands for 13.0.3.
fn toolkit_version(version: &Version) -> Version {
    let mut numbers = version.numbers();
    while let [shorter @ .., 0] = numbers
        && shorter.len() >= 3
    {
        numbers = shorter;
    }
    Version::from_numbers(numbers.iter().copied())
}

/// Makes one release of a version and its post releases, under the label of the last one.
fn grouped<'c>(
    candidates: impl Iterator<Item = &'c Candidate>,
    release_of: impl Fn(&Version) -> Version,
) -> Vec<Release> {
    let mut best: BTreeMap<Version, &Candidate> = BTreeMap::new();
    for candidate in candidates {
        let entry = best.entry(release_of(&candidate.wheel.version)).or_insert(candidate);
        if candidate.wheel.version > entry.wheel.version {
            *entry = candidate;
        }
    }
    let release = |(version, candidate): (Version, &Candidate)| Release {
        version,
        date: candidate.date.clone(),
        label: candidate.label.clone(),
    };
    best.into_iter().map(release).collect()
}

#[cfg(test)]
mod tests {
    use super::super::shelf::tests::{Memory, indexes};
    use super::*;
    use crate::packages::CUDNN;

    fn listed(kind: &PackageKind, platform: Platform, files: &[(&str, &str)]) -> Vec<String> {
        let mut memory = Memory::default();
        files.iter().for_each(|(file, note)| memory.add(file, b"", note));
        let indexes = indexes(&[]);
        let shelf = Shelf { pages: &memory, indexes: &indexes };
        let listing = releases(kind, platform, &shelf).expect("a listing");
        let shown = |release: &Release| {
            format!("{} {} {}", release.version, release.label, release.date.as_deref().unwrap_or("-"))
        };
        listing.releases.iter().map(shown).collect()
    }

    #[test]
    fn the_toolkits_releases_have_their_usual_names() {
        let day = "data-upload-time=\"2025-08-13T02:02:39Z\"";
        let files = [
            ("cuda_toolkit-13.0.3.0-py2.py3-none-any.whl", day),
            ("cuda_toolkit-12.4.1-py2.py3-none-any.whl", day),
            ("cuda_toolkit-13.10.0-py2.py3-none-any.whl", ""),
            ("cuda_toolkit-13.2.0-py2.py3-none-any.whl", "data-yanked"),
            ("cuda_toolkit-13.4.0rc1-py2.py3-none-any.whl", ""),
            ("cuda_toolkit-0.0.0a0.tar.gz", ""),
        ];
        let all = ["12.4.1 12.4.1 -", "13.0.3 13.0.3.0 -", "13.10.0 13.10.0 -"];
        assert_eq!(listed(&TOOLKIT, Platform::LinuxX86_64, &files), all);
        assert_eq!(listed(&TOOLKIT, Platform::LinuxAarch64, &files), all[1..]);
        assert!(listed(&TOOLKIT, Platform::LinuxPpc64le, &files).is_empty());
    }

    #[test]
    fn add_ons_are_listed_over_all_cuda_lines() {
        let files = [
            (
                "nvidia_cudnn_cu11-9.10.2.21-py3-none-manylinux_2_27_x86_64.whl",
                "data-upload-time=\"2025-06-06T1\"",
            ),
            ("nvidia_cudnn_cu12-9.10.2.21.post1-py3-none-manylinux_2_27_x86_64.whl", ""),
            ("nvidia_cudnn_cu13-9.12.0.46-py3-none-manylinux_2_27_aarch64.whl", ""),
        ];
        assert_eq!(listed(&CUDNN, Platform::LinuxX86_64, &files), ["9.10.2.21 9.10.2.21.post1 -"]);
        assert_eq!(listed(&CUDNN, Platform::LinuxX86_64, &files[..1]), ["9.10.2.21 9.10.2.21 2025-06-06"]);
        assert_eq!(listed(&CUDNN, Platform::LinuxSbsa, &files), ["9.12.0.46 9.12.0.46 -"]);
    }
}
