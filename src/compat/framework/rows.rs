//! The rows of the table of frameworks, and how one is found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;

use super::companion::Companion;
use super::{Choice, Framework, OwnCuda, Package, Requirement};
use crate::compat::table::{self, ascending, require};
use crate::model::request::RequestError;
use crate::model::{ToolchainRequest, Version};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::compat) struct Table {
    pub(super) companion: Vec<Companion>,
    cupy: Vec<Row>,
    jax: Vec<Row>,
    pub(super) package: Vec<Package>,
    pub(super) source: BTreeMap<String, String>,
    tensorflow: Vec<Row>,
    torch: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) version: Version,
    #[serde(default)]
    pub(super) since: bool,
    pub(super) cuda: Vec<Cuda>,
    pub(super) cudnn: Option<Cudnn>,
    python: Option<String>,
    compiler: Option<String>,
    own_cuda: Option<String>,
    #[serde(default)]
    partial: bool,
    pub(super) source: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Cuda(pub(super) ToolchainRequest);

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Cudnn {
    One(Version),
    ByCuda(BTreeMap<String, Version>),
}

impl table::Table for Table {
    const NAME: &'static str = "frameworks";
    const BUILT_IN: &'static str = include_str!("../tables/frameworks.toml");

    fn check(&self) -> Result<(), String> {
        for (name, rows) in [
            ("cupy", &self.cupy),
            ("jax", &self.jax),
            ("tensorflow", &self.tensorflow),
            ("torch", &self.torch),
        ] {
            require(!rows.is_empty(), || format!("it has no releases of {name}"))?;
            ascending(name, rows, |row| &row.version)?;
            rows.iter()
                .try_for_each(|row| row.check().map_err(|lack| format!("{name} {} {lack}", row.version)))?;
        }
        // Its name and nearest line are told where a release has no row.
        require(!self.companion.is_empty(), || "it has no companions".to_owned())?;
        let mut names = BTreeSet::new();
        self.package.iter().try_for_each(|package| {
            require(names.insert(&package.name), || format!("the package `{}` is there twice", package.name))
        })
    }
}

impl Row {
    fn check(&self) -> Result<(), String> {
        require(!self.cuda.is_empty(), || "names no CUDA".to_owned())?;
        require(!self.source.is_empty(), || "has no source".to_owned())
    }

    /// Returns what the release of this row needs.
    pub(super) fn requirement(&'static self, framework: Framework) -> Requirement {
        let own_cuda = match self.own_cuda.as_deref() {
            None => OwnCuda::Unknown,
            Some("always") => OwnCuda::Always,
            Some("never") => OwnCuda::Never,
            Some(extra) => OwnCuda::WithExtra(extra),
        };
        Requirement {
            framework,
            version: Some(&self.version),
            choices: self.cuda.iter().map(|cuda| self.choice(cuda)).collect(),
            python: self.python.as_deref(),
            compiler: self.compiler.as_deref(),
            own_cuda,
            partial: self.partial,
            source: &self.source,
        }
    }

    fn choice(&self, cuda: &Cuda) -> Choice {
        let cudnn = match &self.cudnn {
            None => None,
            Some(Cudnn::One(version)) => Some(version.clone()),
            Some(Cudnn::ByCuda(versions)) => versions.get(&cuda.0.to_string()).cloned(),
        };
        Choice { cuda: cuda.0.clone(), cudnn }
    }
}

impl TryFrom<String> for Cuda {
    type Error = RequestError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// Finds the row for a version: itself, or the newest that begins with it, or one of the same first two numbers.
pub(super) fn row_of(rows: &'static [Row], version: &Version) -> Option<&'static Row> {
    if let Some(row) = rows.iter().rfind(|row| row.version.starts_with(version)) {
        return Some(row);
    }
    let before = rows.iter().rfind(|row| row.version <= *version);
    if let Some(row) = before.filter(|row| row.since) {
        return Some(row).filter(|row| row.version.major() == version.major());
    }
    let line = version.truncated(2);
    let is_in_line = |row: &&Row| line.numbers().len() == 2 && row.version.starts_with(&line) && !row.since;
    before.filter(is_in_line).or_else(|| rows.iter().find(is_in_line))
}

/// Returns the last release before a version, or the first of all.
pub(super) fn nearest(rows: &'static [Row], version: &Version) -> Option<&'static Version> {
    let row = rows.iter().rfind(|row| row.version <= *version).or_else(|| rows.first());
    row.map(|row| &row.version)
}

/// Returns the rows of a framework, oldest first.
pub(super) fn rows(framework: Framework) -> &'static [Row] {
    match framework {
        Framework::CuPy => &table().cupy,
        Framework::Jax => &table().jax,
        Framework::Mxnet => &[],
        Framework::TensorFlow => &table().tensorflow,
        Framework::Torch => &table().torch,
    }
}

pub(super) fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(table::load)
}
