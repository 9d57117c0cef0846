//! The wheel of an add-on: cuDNN and the like, one wheel per CUDA line.

use super::super::{SourceError, Wish};
use super::choose::{Lack, Machine, artifact, choose};
use super::releases::serves;
use super::shelf::Shelf;
use super::specifier::Specifier;
use crate::model::{Artifact, ComponentName};

/// Returns the one artifact of an add-on for the CUDA line that it will be composed with.
///
/// # Errors
/// Returns [`SourceError::NotOffered`] if that line lacks the version.
pub(super) fn artifacts(
    wish: &Wish<'_>,
    shelf: &Shelf<'_>,
    machine: Machine,
) -> Result<Vec<Artifact>, SourceError> {
    let (title, line) = (wish.kind.title, wish.cuda.major());
    let Some(stem) = wish.kind.wheel else {
        return Err(SourceError::NotOffered(format!("there are no Python wheels of {title}")));
    };
    if !serves(wish.platform, line) {
        let text = format!("the Python wheels of {title} for CUDA {line} don't serve {}", wish.platform);
        return Err(SourceError::NotOffered(text));
    }
    let project = format!("{stem}-cu{line}");
    let offer = shelf.offer(&project)?;
    let chosen = choose(&offer.candidates, &Specifier::release(&wish.release.version), machine);
    let candidate = chosen.map_err(|lack| match lack {
        Lack::Version(Some(newest)) if offer.failures.is_empty() => SourceError::NotOffered(format!(
            "{title} {} has no Python wheel for CUDA {line}: the newest one there is {newest}",
            wish.release.version
        )),
        lack => lack.into_error(&format!("{project} {}", wish.release.version), &offer, wish.platform),
    })?;
    Ok(vec![artifact(candidate, component(wish)?, wish.platform)?])
}

fn component(wish: &Wish<'_>) -> Result<ComponentName, SourceError> {
    let name = wish.kind.redist_components.first().copied().unwrap_or(wish.kind.name);
    name.parse().map_err(|error| SourceError::Malformed { what: name.to_owned(), reason: format!("{error}") })
}

#[cfg(test)]
mod tests {
    use super::super::shelf::tests::{Memory, indexes};
    use super::*;
    use crate::model::{Platform, Profile, Release, Version};
    use crate::packages::CUDNN;

    fn wheel_for(cuda: &str, platform: Platform) -> Result<Vec<Artifact>, SourceError> {
        let mut memory = Memory::default();
        memory.add("nvidia_cudnn_cu12-9.1.0.70-py3-none-manylinux2014_x86_64.whl", b"12", "");
        memory.add("nvidia_cudnn_cu11-9.0.0.312-py3-none-manylinux2014_x86_64.whl", b"11", "");
        let indexes = indexes(&[]);
        let version: Version = "9.1.0.70".parse().expect("a version");
        let release = Release::of(version);
        let wish = Wish {
            kind: &CUDNN,
            release: &release,
            cuda: &cuda.parse().expect(cuda),
            platform,
            profile: Profile::Devel,
            with: &[],
        };
        let machine = Machine { platform, glibc: None };
        artifacts(&wish, &Shelf { pages: &memory, indexes: &indexes }, machine)
    }

    #[test]
    fn the_cuda_line_names_the_wheel() {
        let found = wheel_for("12.4.1", Platform::LinuxX86_64).expect("a wheel");
        assert_eq!((found.len(), found[0].component.as_str()), (1, "cudnn"));
        assert!(found[0].url.path().contains("nvidia_cudnn_cu12-9.1.0.70"));
        assert_eq!(found[0].url.fragment(), None);
    }

    #[test]
    fn what_a_line_lacks_is_said() {
        let error = |cuda, platform| wheel_for(cuda, platform).expect_err(cuda).to_string();
        assert!(
            error("11.8.0", Platform::LinuxX86_64).contains("for CUDA 11: the newest one there is 9.0.0.312")
        );
        assert!(error("13.0.0", Platform::LinuxX86_64).contains("no such project"));
        assert!(error("12.4.1", Platform::LinuxSbsa).contains("linux-sbsa"));
        assert!(error("12.4.1", Platform::LinuxAarch64).contains("don't serve linux-aarch64"));
    }
}
