//! Settings: command line over environment over the user's `config.toml`; projects can't set any.
//!
//! Every setting is one row of [`SETTINGS`]; help, `cudaman config` and the reader iterate it.

mod file;
mod settings;
mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::fetch::{self, FetchError, shown};
use crate::model::{CompilerChoice, Environment, Profile};
use crate::sources;

pub use settings::SETTINGS;
pub use tables::{Acceptance, entry_of};

/// NVIDIA's own host, which a mirror replaces.
const NVIDIA: &str = "https://developer.download.nvidia.com/";

/// Every setting with its value in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Plain http to hosts that are not loopback.
    pub allow_http: bool,
    /// Certificates to trust beside the system's.
    pub ca_file: Option<PathBuf>,
    /// How long a host may take, in all, before it is given up.
    pub connect_timeout: Duration,
    /// The compiler that toolchains use for the host's part, where they take it.
    pub host_compiler: CompilerChoice,
    /// How many archives are downloaded at once.
    pub jobs: usize,
    /// Whether downloaded archives stay in the cache after they were unpacked.
    pub keep_archives: bool,
    /// When `LD_LIBRARY_PATH` is set.
    pub ld_library_path: LibraryPathPolicy,
    /// What stands for NVIDIA's host, with a final slash.
    pub mirror: Url,
    /// No network at all.
    pub offline: bool,
    /// The profile of an install that names none.
    pub profile: Profile,
    /// The Python package index, instead of the one that pip would use.
    pub pypi_index: Option<Url>,
    /// Sources in the order in which they are asked.
    pub sources: Vec<&'static str>,
    /// Further stores, read only.
    pub stores: Vec<PathBuf>,
    /// The tables in the home that are read in place of the program's, by name.
    pub tables: BTreeMap<&'static str, Acceptance>,
}

/// When `LD_LIBRARY_PATH` is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LibraryPathPolicy {
    /// Unless the active Python environment brings CUDA libraries of its own.
    #[default]
    Auto,
    /// Never.
    Never,
    /// Always, before what is there.
    Prepend,
}

/// One setting.
pub struct Setting {
    /// The key in `config.toml`.
    pub key: &'static str,
    /// The environment variable.
    pub variable: &'static str,
    /// What it is for, in one line.
    pub help: &'static str,
    /// What separates the items of a list, written as an array in `config.toml`.
    separator: Option<char>,
    apply: fn(&mut Config, &str) -> Result<(), String>,
    show: fn(&Config) -> String,
}

/// Why a setting can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("could not read the settings in `{path}`: {reason}", path = .path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// A key that no setting has.
    #[error("`{key}` is not a setting of cudaman ({origin})")]
    Unknown {
        /// The key.
        key: String,
        /// Where it stands.
        origin: String,
    },
    /// An address that would be refused when it is asked.
    #[error("`{key}` can't be that: {source}")]
    Address {
        /// The key.
        key: &'static str,
        /// Why it would be refused.
        source: Box<FetchError>,
    },
    /// A value that doesn't fit.
    #[error("`{value}` is no value for the setting `{key}` ({origin}): {reason}")]
    Value {
        /// The key.
        key: &'static str,
        /// The value, without credentials.
        value: String,
        /// Where it stands.
        origin: String,
        /// What was expected.
        reason: String,
    },
}

impl ConfigError {
    /// Returns what to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Address { .. } => {
                Some("name an https address, or `cudaman config set allow-http true` first".to_owned())
            }
            Self::File { path, .. } => Some(format!("correct `{}`, or move it away", path.display())),
            Self::Unknown { .. } => Some("`cudaman config list` shows every setting".to_owned()),
            Self::Value { key, .. } => Some(format!("`cudaman config list` explains `{key}`")),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            allow_http: false,
            ca_file: None,
            connect_timeout: Duration::from_secs(5),
            host_compiler: CompilerChoice::default(),
            jobs: 4,
            keep_archives: false,
            ld_library_path: LibraryPathPolicy::default(),
            mirror: Url::parse(NVIDIA).expect("a constant address"),
            offline: false,
            profile: Profile::default(),
            pypi_index: None,
            sources: sources::SOURCES.iter().map(|source| source.name()).collect(),
            stores: Vec::new(),
            tables: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads the settings: the file, then the environment, then `flags` from the command line.
    ///
    /// # Errors
    /// Returns the first setting that is unknown or has a value that doesn't fit.
    pub fn load(
        file: &Path,
        environment: &Environment,
        flags: &[(&str, String)],
    ) -> Result<Self, ConfigError> {
        let mut config = Self::default();
        for (key, value) in file::read(file)? {
            let origin = format!("in `{}`", file.display());
            let setting =
                setting(&key).ok_or_else(|| ConfigError::Unknown { key, origin: origin.clone() })?;
            config.set(setting, &value, &origin)?;
        }
        for setting in SETTINGS {
            if let Some(value) = environment.text(setting.variable) {
                config.set(setting, value, &format!("in the variable {}", setting.variable))?;
            }
        }
        for (key, value) in flags {
            let origin = format!("in --{key}");
            let setting = setting(key)
                .ok_or_else(|| ConfigError::Unknown { key: (*key).to_owned(), origin: origin.clone() })?;
            config.set(setting, value, &origin)?;
        }
        Ok(config)
    }

    fn set(&mut self, setting: &Setting, value: &str, origin: &str) -> Result<(), ConfigError> {
        (setting.apply)(self, value).map_err(|reason| ConfigError::Value {
            key: setting.key,
            value: Url::parse(value).map_or_else(|_| value.to_owned(), |url| shown(&url)),
            origin: origin.to_owned(),
            reason,
        })
    }
}

impl Setting {
    /// Returns the value in force, as text, without credentials.
    #[must_use]
    pub fn value(&self, config: &Config) -> String {
        (self.show)(config)
    }

    /// Checks a value, and returns the items that `config.toml` should hold: one, or a list's.
    ///
    /// # Errors
    /// Returns what was expected instead, and an error for an address that `allow_http` rules out.
    pub fn check(&self, value: &str, allow_http: bool) -> Result<Vec<String>, ConfigError> {
        let mut config = Config { allow_http, ..Config::default() };
        config.set(self, value, "on the command line")?;
        let address = |source| ConfigError::Address { key: self.key, source: Box::new(source) };
        let mut addresses = std::iter::once(&config.mirror).chain(&config.pypi_index);
        addresses.try_for_each(|url| fetch::check(url, config.allow_http)).map_err(address)?;
        let items = |separator| value.split(separator).map(str::trim).filter(|item| !item.is_empty());
        Ok(self
            .separator
            .map_or_else(|| vec![value.to_owned()], |sign| items(sign).map(str::to_owned).collect()))
    }

    /// Tells whether `config.toml` holds a name and a value for each of its items, as in `tables.frameworks`.
    #[must_use]
    pub fn has_entries(&self) -> bool {
        self.key == tables::KEY
    }

    /// Tells whether `config.toml` holds an array for it.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.separator.is_some() && !self.has_entries()
    }
}

impl LibraryPathPolicy {
    /// Returns its name in the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Never => "never",
            Self::Prepend => "prepend",
        }
    }
}

/// Returns the setting with this key.
#[must_use]
pub fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}

#[cfg(test)]
mod tests;
