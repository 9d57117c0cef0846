//! The search for a release: through the sources in order, in each from the best match downwards.

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::error::{Advise as _, advised, with_advice};
use crate::model::request::Base;
use crate::model::{Artifact, ComponentName, Platform, Profile, Release, ToolchainRequest, Version};
use crate::packages::PackageKind;
use crate::sources::{Access, Source, SourceError, Wish};

/// How many releases of one source are tried before it is given up: a request such as `latest`
/// matches dozens, and what the newest of them lack the older ones lack too.
const CANDIDATES: usize = 150;

/// Which releases of a kind will do.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// Those of an add-on that begin with a version, if one is given, and were built for this CUDA.
    AddOn {
        /// The beginning of its version.
        version: Option<&'a Version>,
        /// The toolkit that it is composed with.
        cuda: &'a Version,
    },
    /// Those that a request for a toolkit matches.
    Toolkit(&'a ToolchainRequest),
}

impl Wanted<'_> {
    fn may_be(self, release: &Release, kind: &PackageKind, source: &dyn Source) -> bool {
        match self {
            Self::AddOn { version, .. } => {
                version.is_none_or(|version| source.may_hold(kind, release, version))
            }
            Self::Toolkit(request) => request.matches_release(&release.version),
        }
    }

    /// The release that was spelled out goes before longer ones that begin alike.
    fn is_exactly(self, version: &Version) -> bool {
        match self {
            Self::AddOn { version: wanted, .. } => wanted == Some(version),
            Self::Toolkit(request) => request.base == Base::Prefix(version.clone()),
        }
    }

    /// An add-on is asked for by its component's version, which only the artifact tells for sure.
    fn is_met_by(self, artifacts: &[Artifact]) -> bool {
        match self {
            Self::AddOn { version: Some(wanted), .. } => {
                artifacts.iter().any(|artifact| artifact.version.starts_with(wanted))
            }
            Self::AddOn { version: None, .. } | Self::Toolkit(_) => true,
        }
    }

    fn cuda<'r>(&'r self, release: &'r Release) -> &'r Version {
        match self {
            Self::AddOn { cuda, .. } => cuda,
            Self::Toolkit(_) => &release.version,
        }
    }
}

/// What a source gives for one kind.
pub(super) struct Found {
    pub(super) source: &'static str,
    pub(super) release: Release,
    pub(super) artifacts: Vec<Artifact>,
}

/// How much is wanted, and for which machine.
pub(super) struct Terms {
    pub(super) platform: Platform,
    pub(super) profile: Profile,
    /// Components beyond the profile.
    pub(super) with: Vec<ComponentName>,
}

/// One search through the sources for one kind.
pub(super) struct Search<'a> {
    terms: &'a Terms,
    kind: &'a PackageKind,
    wanted: Wanted<'a>,
    access: &'a Access<'a>,
    context: &'a Context,
    /// Why each source that was asked has nothing.
    misses: Vec<Miss>,
    /// What to do about those that could not be asked.
    advice: Vec<String>,
}

/// Why sources have nothing. Those that can't be asked for one reason, such as a host that doesn't
/// answer, share it.
struct Miss {
    sources: Vec<&'static str>,
    reason: String,
    is_failure: bool,
}

impl std::fmt::Display for Miss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.sources.join(", "), self.reason)
    }
}

impl<'a> Search<'a> {
    pub(super) fn new(
        terms: &'a Terms,
        kind: &'a PackageKind,
        wanted: Wanted<'a>,
        access: &'a Access<'a>,
        context: &'a Context,
    ) -> Self {
        Self { terms, kind, wanted, access, context, misses: Vec::new(), advice: Vec::new() }
    }

    /// Asks the sources in order; the first that has all of it gives it, and why others could not be
    /// asked is told then. `what` is for the error that lists why each of them has nothing.
    pub(super) fn run(mut self, order: &[&'static dyn Source], what: &str) -> Result<Found> {
        for source in order {
            match self.ask(*source) {
                Ok(Some(found)) => {
                    let failures = self.misses.iter().filter(|miss| miss.is_failure);
                    failures.for_each(|miss| self.context.ui.warn_once(&miss.to_string()));
                    return Ok(found);
                }
                Ok(None) => {}
                Err(error @ SourceError::Malformed { .. }) => {
                    return Err(error)
                        .with_context(|| format!("the source {} can't be used", source.name()))
                        .hint("use another mirror with `--mirror`, or another source with `--source`");
                }
                Err(error) => {
                    self.miss(*source, error.to_string(), true);
                    self.advice.extend(error.hint().filter(|hint| !self.advice.contains(hint)));
                }
            }
        }
        Err(self.failure(what))
    }

    fn miss(&mut self, source: &dyn Source, reason: String, is_failure: bool) {
        let is_same = |miss: &&mut Miss| is_failure && miss.is_failure && miss.reason == reason;
        match self.misses.iter_mut().find(is_same) {
            Some(miss) => miss.sources.push(source.name()),
            None => self.misses.push(Miss { sources: vec![source.name()], reason, is_failure }),
        }
    }

    fn ask(&mut self, source: &'static dyn Source) -> Result<Option<Found>, SourceError> {
        let listing = source.releases(self.kind, self.terms.platform, self.access)?;
        let is_candidate = |release: &Release| self.wanted.may_be(release, self.kind, source);
        let mut releases: Vec<Release> = listing.releases.into_iter().filter(is_candidate).collect();
        if releases.is_empty() {
            releases = source.further_releases(self.kind, self.terms.platform, self.access, &is_candidate)?;
        }
        releases.sort_by_key(|release| (self.wanted.is_exactly(&release.version), release.version.clone()));
        if releases.is_empty() {
            self.miss(source, "no such release".to_owned(), false);
            return Ok(None);
        }
        let mut first_reason = None;
        for release in releases.into_iter().rev().take(CANDIDATES) {
            let wish = Wish {
                kind: self.kind,
                release: &release,
                cuda: self.wanted.cuda(&release),
                platform: self.terms.platform,
                profile: self.terms.profile,
                with: &self.terms.with,
            };
            match source.artifacts(&wish, self.access) {
                Ok(artifacts) if self.wanted.is_met_by(&artifacts) => {
                    return Ok(Some(Found { source: source.name(), release, artifacts }));
                }
                Ok(_) => {}
                Err(SourceError::NotOffered(reason)) => first_reason = first_reason.or(Some(reason)),
                Err(error) => return Err(error),
            }
        }
        let reason = first_reason.unwrap_or_else(|| "no such release".to_owned());
        self.miss(source, reason, false);
        Ok(None)
    }

    fn failure(self, what: &str) -> anyhow::Error {
        let reasons = self.misses.iter().map(|miss| format!("\n  {miss}")).collect::<String>();
        let list = match self.wanted {
            Wanted::AddOn { .. } => format!("cudaman list-remote {}", self.kind.name),
            Wanted::Toolkit(_) => "cudaman list-remote".to_owned(),
        };
        let ways = format!(
            "`{list}` shows what exists; `--source`, `--profile`, `--mirror` and `--pypi-index` choose another way"
        );
        let message = format!(
            "no source gives {} {what} in the profile {} for {}{reasons}",
            self.kind.title, self.terms.profile, self.terms.platform
        );
        let mut advice = self.advice.into_iter().rev();
        let last = advice.next().unwrap_or(ways);
        advice.fold(advised(message, last), with_advice)
    }
}
