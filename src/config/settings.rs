//! The table of settings: what each is called, what it is for, how it is read and shown.

use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use super::{LibraryPathPolicy, NVIDIA, Setting, tables};
use crate::fetch::shown;
use crate::model::CompilerChoice;
use crate::sources;

/// Every setting, by key.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "allow-http",
        variable: "CUDAMAN_ALLOW_HTTP",
        help: "accept plain http from other hosts than loopback: true or false",
        separator: None,
        apply: |config, text| parse_flag(text).map(|flag| config.allow_http = flag),
        show: |config| config.allow_http.to_string(),
    },
    Setting {
        key: "ca-file",
        variable: "CUDAMAN_CA_FILE",
        help: "a PEM file of certificates to trust beside the system's",
        separator: None,
        apply: |config, text| parse_path(text).map(|path| config.ca_file = Some(path)),
        show: |config| config.ca_file.as_deref().map(|path| path.display().to_string()).unwrap_or_default(),
    },
    Setting {
        key: "connect-timeout",
        variable: "CUDAMAN_CONNECT_TIMEOUT",
        help: "seconds after which a host that doesn't answer is given up",
        separator: None,
        apply: |config, text| parse_seconds(text).map(|time| config.connect_timeout = time),
        show: |config| config.connect_timeout.as_secs_f64().to_string(),
    },
    Setting {
        key: "host-compiler",
        variable: "CUDAMAN_HOST_COMPILER",
        help: "what nvcc compiles the host's part with: auto, path (the gcc on PATH), or a name such as gcc-11",
        separator: None,
        apply: |config, text| parse_compiler(text).map(|choice| config.host_compiler = choice),
        show: |config| config.host_compiler.to_string(),
    },
    Setting {
        key: "jobs",
        variable: "CUDAMAN_JOBS",
        help: "how many archives are downloaded at once; a large one uses up to 4 of these connections",
        separator: None,
        apply: |config, text| parse_jobs(text).map(|jobs| config.jobs = jobs),
        show: |config| config.jobs.to_string(),
    },
    Setting {
        key: "keep-archives",
        variable: "CUDAMAN_KEEP_ARCHIVES",
        help: "keep downloaded archives in the cache after unpacking: true or false",
        separator: None,
        apply: |config, text| parse_flag(text).map(|flag| config.keep_archives = flag),
        show: |config| config.keep_archives.to_string(),
    },
    Setting {
        key: "ld-library-path",
        variable: "CUDAMAN_LD_LIBRARY_PATH",
        help: "when LD_LIBRARY_PATH is set: auto, prepend or never",
        separator: None,
        apply: |config, text| parse_policy(text).map(|policy| config.ld_library_path = policy),
        show: |config| config.ld_library_path.name().to_owned(),
    },
    Setting {
        key: "mirror",
        variable: "CUDAMAN_MIRROR",
        help: "what stands for https://developer.download.nvidia.com: a mirror's https:// or file:// address",
        separator: None,
        apply: |config, text| parse_base(text).map(|url| config.mirror = url),
        show: |config| shown(&config.mirror),
    },
    Setting {
        key: "offline",
        variable: "CUDAMAN_OFFLINE",
        help: "never use the network: true or false",
        separator: None,
        apply: |config, text| parse_flag(text).map(|flag| config.offline = flag),
        show: |config| config.offline.to_string(),
    },
    Setting {
        key: "profile",
        variable: "CUDAMAN_PROFILE",
        help: "the profile of an install that names none: runtime, minimal, devel or full",
        separator: None,
        apply: |config, text| {
            text.parse().map(|profile| config.profile = profile).map_err(|error| format!("{error}"))
        },
        show: |config| config.profile.to_string(),
    },
    Setting {
        key: "pypi-index",
        variable: "CUDAMAN_PYPI_INDEX",
        help: "the Python package index for the source pypi, instead of the one that pip uses",
        separator: None,
        apply: |config, text| parse_base(text).map(|url| config.pypi_index = Some(url)),
        show: |config| config.pypi_index.as_ref().map(shown).unwrap_or_default(),
    },
    Setting {
        key: "sources",
        variable: "CUDAMAN_SOURCES",
        help: "the sources in the order in which they are asked",
        separator: Some(','),
        apply: |config, text| parse_sources(text).map(|sources| config.sources = sources),
        show: |config| config.sources.join(","),
    },
    Setting {
        key: "stores",
        variable: "CUDAMAN_STORES",
        help: "further stores, read only, searched after the user's own",
        separator: Some(':'),
        apply: |config, text| parse_stores(text).map(|stores| config.stores = stores),
        show: |config| {
            config.stores.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(":")
        },
    },
    Setting {
        key: tables::KEY,
        variable: "CUDAMAN_TABLES",
        help: "which files in the home's tables/ stand in for the program's: tables.NAME, a sha256 or local",
        separator: Some(','),
        apply: |config, text| tables::parse(text).map(|tables| config.tables = tables),
        show: |config| tables::show(&config.tables),
    },
];

fn parse_flag(text: &str) -> Result<bool, String> {
    match text {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}

fn parse_path(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.is_absolute() { Ok(path) } else { Err("expected an absolute path".to_owned()) }
}

/// Takes a name, which is looked for on PATH, or an absolute path.
fn parse_compiler(text: &str) -> Result<CompilerChoice, String> {
    if text.is_empty() || (text.contains('/') && !text.starts_with('/')) {
        return Err("expected auto, path, a compiler's name or its absolute path".to_owned());
    }
    Ok(text.to_owned().into())
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    let is_sane = (0.1..=600.0).contains(&seconds);
    if is_sane { Ok(Duration::from_secs_f64(seconds)) } else { Err("expected 0.1 to 600 seconds".to_owned()) }
}

fn parse_jobs(text: &str) -> Result<usize, String> {
    text.parse()
        .ok()
        .filter(|jobs| (1..=64).contains(jobs))
        .ok_or_else(|| "expected a number from 1 to 64".to_owned())
}

fn parse_policy(text: &str) -> Result<LibraryPathPolicy, String> {
    [LibraryPathPolicy::Auto, LibraryPathPolicy::Never, LibraryPathPolicy::Prepend]
        .into_iter()
        .find(|policy| policy.name() == text)
        .ok_or_else(|| "expected auto, prepend or never".to_owned())
}

/// Reads a base address and gives it the final slash that relative addresses are joined to.
fn parse_base(text: &str) -> Result<Url, String> {
    let text = if text.ends_with('/') { text.to_owned() } else { format!("{text}/") };
    let url =
        Url::parse(&text).map_err(|error| format!("expected an address such as `{NVIDIA}`: {error}"))?;
    match url.scheme() {
        "https" | "http" | "file" => Ok(url),
        other => Err(format!("expected https, http or file, not `{other}`")),
    }
}

fn parse_sources(text: &str) -> Result<Vec<&'static str>, String> {
    let known = || sources::SOURCES.iter().map(|source| source.name());
    let find = |name: &str| {
        known().find(|known| *known == name).ok_or_else(|| {
            format!("there is no source `{name}`, only {}", known().collect::<Vec<_>>().join(", "))
        })
    };
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let sources = names.map(find).collect::<Result<Vec<_>, _>>()?;
    if sources.is_empty() { Err("expected at least one source".to_owned()) } else { Ok(sources) }
}

fn parse_stores(text: &str) -> Result<Vec<PathBuf>, String> {
    text.split(':').filter(|path| !path.is_empty()).map(parse_path).collect()
}
