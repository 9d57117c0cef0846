//! NVIDIA's wheels from a Python package index, as a source of toolkits and add-ons.
//!
//! Wheels are found and checked here, never installed: no Python takes part, none of their
//! dependencies on the interpreter counts, and what isn't NVIDIA's is not looked for.

mod add_on;
mod ask;
mod choose;
mod html;
mod index;
mod mapping;
mod marker;
mod metadata;
mod parallel;
mod pip_files;
mod process;
mod releases;
mod settings;
mod shelf;
mod simple;
mod specifier;
mod toolkit;
#[cfg(test)]
mod toolkit_tests;
mod uv_files;
mod wheel;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Access, Listing, Source, SourceError, Wish};
use crate::model::{Artifact, Environment, Platform};
use crate::packages::{PackageKind, TOOLKIT};
use choose::Machine;
use shelf::Shelf;

const NAME: &str = "pypi";

/// The source `pypi`.
pub struct Pypi;

impl Source for Pypi {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "NVIDIA's Python wheels: compilers from CUDA 13.0 on, runtimes from 11.8 on, add-ons"
    }

    fn releases(
        &self,
        kind: &PackageKind,
        platform: Platform,
        access: &Access<'_>,
    ) -> Result<Listing, SourceError> {
        let indexes = discover(access)?;
        releases::releases(kind, platform, &Shelf { pages: access.client, indexes: &indexes })
    }

    fn artifacts(&self, wish: &Wish<'_>, access: &Access<'_>) -> Result<Vec<Artifact>, SourceError> {
        let is_toolkit = *wish.kind == TOOLKIT;
        if is_toolkit {
            toolkit::refuse_early(wish)?;
        }
        let indexes = discover(access)?;
        let shelf = Shelf { pages: access.client, indexes: &indexes };
        let machine = Machine { platform: wish.platform, glibc: glibc(wish.platform, access.environment) };
        if !is_toolkit {
            return add_on::artifacts(wish, &shelf, machine);
        }
        let found = toolkit::artifacts(wish, &shelf, machine)?;
        found.notes.iter().for_each(|note| (access.note)(note));
        Ok(found.artifacts)
    }
}

/// Tells whether a requirement with this marker can apply on a platform; none if it can't be read. What
/// depends on the interpreter or an extra may.
#[must_use]
pub fn applies(marker: &str, platform: Platform) -> Option<bool> {
    marker::holds(marker, platform)
}

/// Returns the file of certificates that pip is configured with (`PIP_CERT`, `cert`): where an
/// index is reached through a company's proxy, its own certificate is needed here too.
#[must_use]
pub fn certificates(environment: &Environment) -> Option<PathBuf> {
    index::certificates(environment)
}

fn discover(access: &Access<'_>) -> Result<index::Indexes, SourceError> {
    let indexes = index::discover(access.pypi_index, access.environment)?;
    indexes.notes.iter().for_each(|note| (access.note)(note));
    Ok(indexes)
}

/// Returns the glibc of this machine if wheels for `platform` would run on it.
fn glibc(platform: Platform, environment: &Environment) -> Option<wheel::Glibc> {
    if platform.machine() != std::env::consts::ARCH.replace("powerpc64", "ppc64le") {
        return None;
    }
    let program = process::program("getconf", environment)?;
    let deadline = Instant::now() + Duration::from_secs(2);
    glibc_version(&process::output(&program, &["GNU_LIBC_VERSION"], environment, deadline)?)
}

fn glibc_version(text: &str) -> Option<wheel::Glibc> {
    let version = text.trim().strip_prefix("glibc ")?;
    let mut numbers = version.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glibc_is_read_from_getconf() {
        assert_eq!(glibc_version("glibc 2.36\n"), Some((2, 36)));
        assert_eq!(glibc_version("glibc 2.17.9000\n"), Some((2, 17)));
        assert_eq!(glibc_version("undefined\n"), None);
    }
}
