//! Packages that have no CUDA of their own and go by a framework: Keras by TensorFlow, torchvision by PyTorch.

use serde::Deserialize;

use super::Framework;
use super::request::{FrameworkRequestError, Wanted};
use super::rows::table;
use crate::model::Version;

/// A release of such a package, and the release of the framework that it is installed with.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Companion {
    /// The package: `keras`.
    pub name: String,
    /// Its release, or a line of it: 2.9.
    pub version: Version,
    /// The framework that it goes by.
    pub framework: Framework,
    /// The release of the framework, or a line of it.
    pub release: Version,
    /// Where that is written.
    pub source: String,
}

/// Returns the framework that a package goes by, if it goes by one.
#[must_use]
pub fn framework_of(name: &str) -> Option<Framework> {
    table().companion.iter().find(|row| row.name == name).map(|row| row.framework)
}

/// Finds the release of the framework for a release of a package.
///
/// # Errors
/// Returns the nearest release that has one, where the package has any: Keras before 2.6 works with several
/// releases of TensorFlow, and from 3.0 on with other frameworks too.
pub fn companion(name: &str, version: &Version) -> Result<&'static Companion, Option<&'static Version>> {
    let rows = || table().companion.iter().filter(|row| row.name == name);
    let found = rows().rfind(|row| version.starts_with(&row.version));
    let found = found.or_else(|| rows().rfind(|row| row.version.starts_with(version)));
    let before = || rows().rfind(|row| row.version <= *version);
    found.ok_or_else(|| before().or_else(|| rows().next()).map(|row| &row.version))
}

/// Goes on to the release of the framework, where the package is one that goes by it.
pub(super) fn through(
    name: &str,
    framework: Framework,
    release: Wanted,
) -> Result<(Wanted, Option<&'static Companion>), FrameworkRequestError> {
    if framework_of(name).is_none() {
        return Ok((release, None));
    }
    let Wanted::At(version) = release else { return Ok((Wanted::Any, None)) };
    let found = companion(name, &version).map_err(|nearest| FrameworkRequestError::Companion {
        name: name.to_owned(),
        version: version.to_string(),
        framework,
        nearest: nearest.map(ToString::to_string).unwrap_or_default(),
    })?;
    Ok((Wanted::At(found.release.clone()), Some(found)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_companion_goes_by_the_release_that_it_is_installed_with() {
        let version = |text: &str| text.parse::<Version>().expect("a version");
        for (name, own, expected) in [
            ("keras", "2.6.0", "2.6"),
            ("keras", "2.9", "2.9"),
            ("keras", "2.15.0", "2.15"),
            ("torchvision", "0.4", "1.3"),
            ("torchvision", "0.4.0", "1.2"),
            ("torchvision", "0.15.2", "2.0"),
            ("torchaudio", "0.9.1", "1.9"),
            ("torchaudio", "2.4.0", "2.4"),
        ] {
            let found = companion(name, &version(own)).map(|row| row.release.to_string());
            assert_eq!(found.as_deref(), Ok(expected), "{name} {own}");
        }
        let nearest = |name: &str, own: &str| {
            companion(name, &version(own)).expect_err(own).map(ToString::to_string).unwrap_or_default()
        };
        assert_eq!(nearest("keras", "2.2.4"), "2.6");
        assert_eq!(nearest("keras", "3.4.1"), "2.15");
        assert_eq!(nearest("torchvision", "99.0"), "0.25");
        assert_eq!(nearest("nothing", "1.0"), "");
    }

    #[test]
    fn every_release_that_a_companion_goes_by_has_a_row() {
        for row in &table().companion {
            let found = super::super::requirement(row.framework, Some(&row.release));
            assert!(found.is_ok(), "{} {}: {found:?}", row.name, row.version);
        }
    }
}
