//! `cudaman list-remote`: what exists, newest last.

use std::collections::BTreeMap;

use anyhow::Result;
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use super::install::source_names;
use crate::context::Context;
use crate::error::{advised, with_advice};
use crate::install::access;
use crate::model::request::Base;
use crate::model::{Platform, ToolchainRequest, Version};
use crate::packages::{self, PackageKind, TOOLKIT};
use crate::sources::{self, SourceError};
use crate::store::Toolchain;

/// Show which releases exist, newest last
#[derive(clap::Args)]
pub struct ListRemote {
    /// Only releases that match; `cudnn` or another add-on lists its releases
    #[arg(value_name = "REQUEST", add = ArgValueCandidates::new(super::candidates::installable))]
    request: Option<ToolchainRequest>,

    /// Ask this source only
    #[arg(long, value_parser = source_names())]
    source: Option<String>,

    /// For another platform than this machine's, such as linux-sbsa
    #[arg(long)]
    platform: Option<Platform>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One release, as all sources together know it.
#[derive(Serialize)]
struct Row {
    version: Version,
    date: Option<String>,
    sources: Vec<&'static str>,
    installed: bool,
}

impl ListRemote {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where no source can be asked.
    pub fn run(&self, context: &Context) -> Result<()> {
        let kind = self.kind()?;
        let mut rows = joined(self.rows(kind, context)?);
        let installed = context.store.toolchains();
        for row in rows.values_mut() {
            row.installed = is_installed(kind, &row.version, &installed);
        }
        let rows: Vec<Row> = rows.into_values().filter(|row| self.is_wanted(&row.version)).collect();
        if self.json {
            return Ok(context.ui.json(&rows)?);
        }
        if rows.is_empty() {
            context.ui.say("no release matches");
        }
        rows.iter().try_for_each(|row| Ok(context.ui.data(&line(row))?))
    }

    fn kind(&self) -> Result<&'static PackageKind> {
        let Some(Base::Name(name)) = self.request.as_ref().map(|request| &request.base) else {
            return Ok(&TOOLKIT);
        };
        packages::kind(name).ok_or_else(|| {
            let known: Vec<_> = packages::add_ons().map(|kind| kind.name).collect();
            advised(format!("there is no package `{name}`"), format!("the add-ons are {}", known.join(", ")))
        })
    }

    fn is_wanted(&self, version: &Version) -> bool {
        match &self.request {
            Some(request) if !matches!(request.base, Base::Name(_)) => request.matches_release(version),
            _ => true,
        }
    }

    fn rows(&self, kind: &PackageKind, context: &Context) -> Result<BTreeMap<Version, Row>> {
        let platform = self.platform.map_or_else(|| context.platform(), Ok)?;
        let names = self.source.as_deref().map_or_else(|| context.config.sources.clone(), |name| vec![name]);
        let client = context.client()?;
        let access = access(&client, context);
        let mut rows: BTreeMap<Version, Row> = BTreeMap::new();
        let mut answers = 0;
        let mut advice = Vec::new();
        for source in sources::named(&names) {
            match source.releases(kind, platform, &access) {
                Ok(listing) => {
                    answers += 1;
                    if let Some(reason) = &listing.embedded {
                        let (name, title) = (source.name(), kind.title);
                        context.ui.warn_once(&format!(
                            "{name}: {reason}; these are the {title} releases known when this cudaman was made"
                        ));
                    }
                    for release in listing.releases {
                        merge(&mut rows, release.version, release.date, source.name());
                    }
                }
                Err(error @ SourceError::Malformed { .. }) => return Err(error.into()),
                Err(error) => {
                    context.ui.warn_once(&format!("{}: {error}", source.name()));
                    advice.extend(error.hint());
                }
            }
        }
        if answers == 0 {
            return Err(unanswered(advice));
        }
        advice.iter().for_each(|hint| context.ui.hint_once(hint));
        Ok(rows)
    }
}

/// Why each of the sources could not be asked was told already.
fn unanswered(mut advice: Vec<String>) -> anyhow::Error {
    advice.dedup();
    let mut advice = advice.into_iter().rev();
    let last =
        advice.next().unwrap_or_else(|| "check the network, or set `--mirror` or `--pypi-index`".to_owned());
    advice.fold(advised("no source could be asked", last), with_advice)
}

fn merge(rows: &mut BTreeMap<Version, Row>, version: Version, date: Option<String>, source: &'static str) {
    let empty = || Row { version: version.clone(), date: None, sources: Vec::new(), installed: false };
    let row = rows.entry(version.clone()).or_insert_with(empty);
    row.date = row.date.take().or(date);
    row.sources.push(source);
}

/// Makes one row of a release that one source lists by its label, 9.1.1, and another by its full
/// version, 9.1.1.17.
fn joined(mut rows: BTreeMap<Version, Row>) -> BTreeMap<Version, Row> {
    let versions: Vec<Version> = rows.keys().cloned().collect();
    for label in &versions {
        let longer: Vec<_> =
            versions.iter().filter(|other| *other != label && other.starts_with(label)).collect();
        let [full] = longer.as_slice() else { continue };
        let Some(short) = rows.remove(label) else { continue };
        if let Some(row) = rows.get_mut(*full) {
            row.date = short.date.or(row.date.take());
            row.sources.splice(0..0, short.sources);
        }
    }
    rows
}

fn is_installed(kind: &PackageKind, version: &Version, installed: &[Toolchain]) -> bool {
    installed.iter().any(|toolchain| {
        let is_cuda = *kind == TOOLKIT && toolchain.name.cuda() == Some(version);
        is_cuda
            || toolchain
                .name
                .add_ons()
                .iter()
                .any(|add_on| add_on.kind == kind.name && add_on.version.starts_with(version))
    })
}

fn line(row: &Row) -> String {
    let mark = if row.installed { '*' } else { ' ' };
    let version = row.version.to_string();
    let date = row.date.as_deref().unwrap_or("");
    format!("{mark} {version:12} {date:10}  {}", row.sources.join(", ")).trim_end().to_owned()
}
