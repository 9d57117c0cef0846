//! Picks the one wheel that satisfies a specifier on a machine, and makes an artifact of it.

use std::cmp::Reverse;
use std::io::Read;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::super::SourceError;
use super::shelf::Offer;
use super::simple::{Candidate, Vouched};
use super::specifier::Specifier;
use super::wheel::{Fit, Glibc};
use crate::fetch::shown;
use crate::model::{Artifact, ComponentName, Digest, Format, Platform, Trust, Version};

/// The machine that the wheels are for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    /// Its platform.
    pub(super) platform: Platform,
    /// Its glibc, where it is known and matters.
    pub(super) glibc: Option<Glibc>,
}

/// Why no wheel was picked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    /// The version exists for other platforms only.
    Platform,
    /// The index states no sha256.
    Digest,
    /// Every file that would do was withdrawn.
    Yanked,
    /// No such version; the newest one that fits the machine.
    Version(Option<Version>),
}

/// Picks a wheel. Withdrawn files count only where one version was asked for and nothing else has
/// it. Of a pinned line the highest version is taken; of a range the lowest, which is what NVIDIA
/// released with the toolkit, so that a release stays the same from year to year.
pub(super) fn choose<'c>(
    candidates: &'c [Candidate],
    specifier: &Specifier,
    machine: Machine,
) -> Result<&'c Candidate, Lack> {
    let fitting =
        |candidate: &'c Candidate| Some((candidate, candidate.wheel.fit(machine.platform, machine.glibc)?));
    let allowed: Vec<_> =
        candidates.iter().filter(|candidate| specifier.allows(&candidate.wheel.version)).collect();
    let live: Vec<_> =
        allowed.iter().copied().filter(|candidate| !candidate.is_yanked || specifier.is_exact()).collect();
    let here: Vec<_> = live.iter().copied().filter_map(fitting).collect();
    let sound = here.iter().copied().filter(|(candidate, _)| candidate.digest != Vouched::Nobody);
    // The last of equals is taken, so the order is turned round: the first index wins.
    let best = sound.rev().max_by(|one, other| compare(*one, *other, specifier));
    best.map(|(candidate, _)| candidate).ok_or_else(|| {
        if !here.is_empty() {
            return Lack::Digest;
        }
        if !live.is_empty() {
            return Lack::Platform;
        }
        if !allowed.is_empty() {
            return Lack::Yanked;
        }
        let others = candidates.iter().filter(|candidate| !candidate.is_yanked).filter_map(fitting);
        Lack::Version(others.map(|(candidate, _)| candidate.wheel.version.clone()).max())
    })
}

fn compare(one: (&Candidate, Fit), other: (&Candidate, Fit), specifier: &Specifier) -> std::cmp::Ordering {
    let key = |(candidate, fit): (&Candidate, Fit)| (!candidate.is_yanked, fit.is_supported);
    let numbers = |candidate: &Candidate| candidate.wheel.version.truncated(usize::MAX);
    let order = numbers(one.0).compare_padded(&numbers(other.0));
    let order = if specifier.is_pinned() { order } else { order.reverse() };
    key(one)
        .cmp(&key(other))
        .then(order)
        .then(one.0.wheel.version.post().cmp(&other.0.wheel.version.post()))
        .then(one.1.cmp(&other.1))
        .then(Reverse(one.0.digest == Vouched::Local).cmp(&Reverse(other.0.digest == Vouched::Local)))
}

impl Lack {
    /// Says what is lacking; `wanted` is the distribution with its specifier.
    pub(super) fn into_error(self, wanted: &str, offer: &Offer, platform: Platform) -> SourceError {
        let reason = match self {
            Self::Digest => "the index states no sha256 for it".to_owned(),
            Self::Platform => format!("there is none for {platform}"),
            Self::Version(None) if offer.candidates.is_empty() => "the index has no such project".to_owned(),
            Self::Version(None) => format!("there is none at all for {platform}"),
            Self::Version(Some(newest)) => format!("the newest one for {platform} is {newest}"),
            Self::Yanked => "all such wheels were withdrawn (yanked)".to_owned(),
        };
        let text = format!("the package index offers no usable wheel of `{wanted}`: {reason}");
        if offer.failures.is_empty() {
            return SourceError::NotOffered(text);
        }
        let error = offer.unreachable();
        SourceError::Unreachable { reason: format!("{text}; and {error}"), hint: error.hint() }
    }
}

/// Makes an artifact of a wheel. A local file is read for its digest.
///
/// # Errors
/// Returns [`SourceError::Malformed`] if a local file can't be read.
pub(super) fn artifact(
    candidate: &Candidate,
    component: ComponentName,
    platform: Platform,
) -> Result<Artifact, SourceError> {
    let (digest, trust) = match candidate.digest {
        Vouched::Index(digest) => (digest, Trust::Manifest),
        Vouched::Local | Vouched::Nobody => (local_digest(candidate)?, Trust::Unverified),
    };
    Ok(Artifact {
        component,
        version: candidate.wheel.version.clone(),
        platform,
        url: candidate.url.clone(),
        checksum: digest.into(),
        trust,
        size: candidate.size,
        format: Format::Wheel,
        source: super::NAME,
        licence: None,
    })
}

fn local_digest(candidate: &Candidate) -> Result<Digest, SourceError> {
    let malformed = |reason: String| SourceError::Malformed { what: shown(&candidate.url), reason };
    let path = candidate.url.to_file_path().map_err(|()| malformed("it has no sha256".to_owned()))?;
    hash(&path).map_err(|error| malformed(error.to_string()))
}

fn hash(path: &Path) -> std::io::Result<Digest> {
    let mut file = fs_err::File::open(path)?;
    let (mut hasher, mut buffer) = (Sha256::new(), vec![0; 256 * 1024]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(Digest::from_bytes(hasher.finalize().into())),
            length => hasher.update(&buffer[..length]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::wheel::WheelName;
    use super::*;

    fn candidate(name: &str) -> Candidate {
        let (name, is_yanked) = name.strip_prefix('!').map_or((name, false), |name| (name, true));
        let (name, has_digest) = name.strip_prefix('?').map_or((name, true), |name| (name, false));
        let digest = Digest::from_bytes([7; 32]);
        Candidate {
            wheel: WheelName::parse(&format!("nvidia_x-{name}.whl")).expect(name),
            label: String::new(),
            url: format!("https://i.example/{name}").parse().expect(name),
            digest: if has_digest { Vouched::Index(digest) } else { Vouched::Nobody },
            size: None,
            is_yanked,
            date: None,
        }
    }

    fn pick(specifier: &str, names: &[&str]) -> Result<String, Lack> {
        let candidates: Vec<_> = names.iter().map(|name| candidate(name)).collect();
        let machine = Machine { platform: Platform::LinuxX86_64, glibc: Some((2, 17)) };
        let chosen = choose(&candidates, &specifier.parse().expect(specifier), machine)?;
        Ok(chosen.url.path()[1..].split("-py3").next().expect("a name").to_owned())
    }

    const CCCL: [&str; 3] = [
        "!12.4.127-py3-none-manylinux2014_x86_64",
        "12.4.127.post1-py3-none-manylinux2014_x86_64",
        "12.4.99-py3-none-manylinux2014_x86_64",
    ];

    #[test]
    fn a_withdrawn_wheel_gives_way_to_its_post_release() {
        assert_eq!(pick("==12.4.127.*", &CCCL).as_deref(), Ok("12.4.127.post1"));
        assert_eq!(pick("==12.4.127.*", &CCCL[..1]), Err(Lack::Yanked));
        assert_eq!(pick("==12.4.127", &CCCL).as_deref(), Ok("12.4.127"), "asked for in full");
        assert_eq!(pick("==12.4.*", &CCCL[2..]).as_deref(), Ok("12.4.99"));
    }

    #[test]
    fn a_range_gives_what_the_release_came_with() {
        let names =
            ["13.5.25-py3-none-any", "13.4.92-py3-none-any", "13.4.49-py3-none-any", "14.0.1-py3-none-any"];
        assert_eq!(pick("<14,>=13.4.92", &names).as_deref(), Ok("13.4.92"));
        let posts = ["13.4.92-py3-none-any", "13.4.92.post1-py3-none-any"];
        assert_eq!(pick("<14,>=13.4.92", &posts).as_deref(), Ok("13.4.92.post1"));
    }

    #[test]
    fn the_reason_for_a_lack_is_known() {
        let arm = ["1.0-py3-none-manylinux2014_aarch64", "0.9-py3-none-manylinux2014_x86_64"];
        assert_eq!(pick("==1.0.*", &arm), Err(Lack::Platform));
        assert_eq!(pick("==2.0.*", &arm), Err(Lack::Version("0.9".parse().ok())));
        assert_eq!(pick("==2.0.*", &[]), Err(Lack::Version(None)));
        assert_eq!(pick("==1.0.*", &["?1.0-py3-none-any"]), Err(Lack::Digest));
    }

    #[test]
    fn a_wheel_that_this_glibc_can_load_is_preferred() {
        let names = ["1.0.1-py3-none-manylinux_2_27_x86_64", "1.0.0-py3-none-manylinux2014_x86_64"];
        assert_eq!(pick("==1.0.*", &names).as_deref(), Ok("1.0.0"));
        assert_eq!(pick("==1.0.*", &names[..1]).as_deref(), Ok("1.0.1"), "better than none");
    }

    #[test]
    fn the_first_index_wins_among_equals() {
        let mut candidates = [candidate("1.0-py3-none-any"), candidate("1.0-py3-none-any")];
        candidates[0].url = "https://first.example/".parse().expect("an address");
        let machine = Machine { platform: Platform::LinuxX86_64, glibc: None };
        let chosen = choose(&candidates, &Specifier::default(), machine).expect("a wheel");
        assert_eq!(chosen.url.host_str(), Some("first.example"));
        candidates[0].digest = Vouched::Local;
        let chosen = choose(&candidates, &Specifier::default(), machine).expect("a wheel");
        assert_eq!(chosen.url.host_str(), Some("i.example"), "who vouches comes first");
    }

    #[test]
    fn local_files_are_hashed() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("nvidia_x-1.0-py3-none-any.whl");
        fs_err::write(&path, b"abc").expect("a file");
        let local = Candidate {
            url: url::Url::from_file_path(&path).expect("an address"),
            digest: Vouched::Local,
            ..candidate("1.0-py3-none-any")
        };
        let component: ComponentName = "cuda_x".parse().expect("a name");
        let artifact = artifact(&local, component, Platform::LinuxX86_64).expect("an artifact");
        assert_eq!(artifact.checksum.key().short(), "ba7816bf");
        assert_eq!(artifact.trust, Trust::Unverified);
    }
}
