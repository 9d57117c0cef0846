//! Installers of releases that are newer than the table, from `md5sum.txt`: the list of a release's
//! files with their md5 that NVIDIA publishes with its documentation.

use url::Url;

use super::NVIDIA;
use super::table::Installer;
use crate::fetch::{FetchError, shown};
use crate::model::{Md5Sum, Platform, Version};
use crate::sources::{Access, SourceError};

/// The most bytes that such a list may have; NVIDIA's have about three thousand.
const LIMIT: u64 = 256 << 10;

/// Returns the installer of a release that the table lacks.
pub(super) fn installer(
    version: &Version,
    platform: Platform,
    access: &Access<'_>,
) -> Result<Installer, SourceError> {
    let malformed = |error: url::ParseError| SourceError::Malformed {
        what: shown(access.mirror),
        reason: error.to_string(),
    };
    let list = format!("compute/cuda/{version}/docs/sidebar/md5sum.txt");
    let url = access.mirror.join(&list).map_err(malformed)?;
    let document =
        access.client.document(&url, "text/plain, */*;q=0.5", LIMIT).map_err(|error| match error {
            FetchError::NotFound { .. } => SourceError::NotOffered(format!(
                "there is no list of the installers of CUDA {version}: {error}"
            )),
            FetchError::Malformed { .. } | FetchError::TooLarge { .. } => SourceError::NotOffered(format!(
                "the list of the installers of CUDA {version} can't be read: {error}"
            )),
            _ => SourceError::Unreachable { reason: error.to_string(), hint: error.hint() },
        })?;
    let text = String::from_utf8_lossy(&document.body);
    let (name, md5) = find(&text, version, platform).ok_or_else(|| {
        SourceError::NotOffered(format!("`{}` lists no runfile for {platform}", shown(&url)))
    })?;
    let url = format!("https://{NVIDIA}/compute/cuda/{version}/local_installers/{name}");
    let url = Url::parse(&url).map_err(malformed)?;
    Ok(Installer { url, sha256: None, md5: Some(md5), size: None })
}

/// Finds the name and the md5 of the runfile for a platform.
fn find(list: &str, version: &Version, platform: Platform) -> Option<(String, Md5Sum)> {
    let end = match platform {
        Platform::LinuxAarch64 => return None,
        Platform::LinuxPpc64le => "_linux_ppc64le.run",
        Platform::LinuxSbsa => "_linux_sbsa.run",
        Platform::LinuxX86_64 => "_linux.run",
    };
    let start = format!("cuda_{version}_");
    list.lines().find_map(|line| {
        let (md5, name) = line.trim().split_once(char::is_whitespace)?;
        let name = name.trim_start().trim_start_matches('*');
        // `cuda_13.4.2_linux.run`, and before 13.4.1 `cuda_13.3.1_610.43.02_linux.run`.
        let driver = name.strip_prefix(&start[..start.len() - 1])?.strip_suffix(end)?;
        let is_driver = driver.is_empty() || driver.strip_prefix('_').is_some_and(is_version);
        is_driver.then_some((name.to_owned(), md5.parse().ok()?))
    })
}

/// The name becomes part of an address, hence the narrow grammar.
fn is_version(text: &str) -> bool {
    text.split('.').all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "\
        0a7ffad0f0d2f12592fe333dd3be580e  cuda_13.4.1_linux.run\n\
        90a4467e1ac192963b0713634d5a0e43  cuda_13.3.1_610.43.02_linux_sbsa.run\n\
        5D7A0BC1F719655F2083FC711CACF7CF *cuda_13.4.1_610.43.02_linux_ppc64le.run\r\n\
        11111111111111111111111111111111  cuda_13.4.1_../../x_linux.run\n\
        22222222222222222222222222222222  cuda-repo-rhel9-13-4-local-13.4.1-1.x86_64.rpm\n\
        short  cuda_13.5.0_linux.run\n\
        33333333333333333333333333333333  cuda_13.5.01_linux.run\n";

    fn found(version: &str, platform: Platform) -> Option<(String, String)> {
        let found = find(LIST, &version.parse().expect("a version"), platform);
        found.map(|(name, md5)| (name, md5.to_string()))
    }

    #[test]
    fn names_with_and_without_a_driver_are_found() {
        let expected = |name: &str, md5: &str| Some((name.to_owned(), md5.to_owned()));
        assert_eq!(
            found("13.4.1", Platform::LinuxX86_64),
            expected("cuda_13.4.1_linux.run", "0a7ffad0f0d2f12592fe333dd3be580e")
        );
        assert_eq!(
            found("13.3.1", Platform::LinuxSbsa),
            expected("cuda_13.3.1_610.43.02_linux_sbsa.run", "90a4467e1ac192963b0713634d5a0e43")
        );
        assert_eq!(
            found("13.4.1", Platform::LinuxPpc64le),
            expected("cuda_13.4.1_610.43.02_linux_ppc64le.run", "5d7a0bc1f719655f2083fc711cacf7cf")
        );
    }

    #[test]
    fn other_files_and_odd_lines_are_passed_over() {
        for (version, platform) in [
            ("13.4.1", Platform::LinuxSbsa),
            ("13.4.1", Platform::LinuxAarch64),
            ("13.3.1", Platform::LinuxX86_64),
            ("13.5.0", Platform::LinuxX86_64),
            ("13.4", Platform::LinuxX86_64),
        ] {
            assert_eq!(found(version, platform), None, "{version} {platform}");
        }
    }
}
