//! Which package indexes to ask, found where pip and uv find theirs. No address is built in.
//!
//! cudaman's own setting counts alone. Else, per setting, the first that says anything: variables,
//! uv.toml, pip's files; and where none names an index, the one that the installed pip would use.
//! Nothing that a project holds takes part. Logins come from the addresses; netrc and keyring are
//! not asked.

use std::path::{Path, PathBuf};

use url::Url;

use super::super::SourceError;
use super::settings::Settings;
use super::{ask, pip_files, uv_files};
use crate::fetch::shown;
use crate::model::Environment;

/// Where wheels are looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Indexes {
    /// Indexes; the first that has a wheel gives it.
    pub(super) urls: Vec<Url>,
    /// Directories of wheels on this machine (`find-links`).
    pub(super) directories: Vec<PathBuf>,
    /// What the user should know about settings that are not followed.
    pub(super) notes: Vec<String>,
}

/// Finds the indexes.
///
/// # Errors
/// Returns [`SourceError::Unreachable`], with what to do, if there is none.
pub(super) fn discover(own: Option<&Url>, environment: &Environment) -> Result<Indexes, SourceError> {
    if let Some(url) = own {
        return Ok(Indexes { urls: vec![url.clone()], ..Indexes::default() });
    }
    from_settings(settings(environment, Path::new("/")), &|| ask::default_index(environment))
}

/// Returns the file of certificates that pip is told to trust, for whoever sets up the network.
pub(super) fn certificates(environment: &Environment) -> Option<PathBuf> {
    let named = settings(environment, Path::new("/")).certificates?;
    Some(PathBuf::from(named)).filter(|path| path.is_absolute())
}

/// Returns the address of a project's page.
pub(super) fn project_page(index: &Url, project: &str) -> Url {
    let mut page = index.clone();
    if let Ok(mut segments) = page.path_segments_mut() {
        // A file system has no server that would look for the directory's index.
        let last = if index.scheme() == "file" { "index.html" } else { "" };
        segments.pop_if_empty().extend([project, last]);
    }
    page
}

fn settings(environment: &Environment, root: &Path) -> Settings {
    let files = uv_files::settings(environment, root).or(pip_files::settings(environment, root));
    Settings::from_environment(environment).or(files)
}

fn from_settings(settings: Settings, ask: &dyn Fn() -> Option<String>) -> Result<Indexes, SourceError> {
    let mut indexes = Indexes::default();
    for link in &settings.find_links {
        match local_directory(link) {
            Some(directory) => indexes.directories.push(directory),
            None => indexes.notes.push(format!(
                "the setting find-links `{}` is ignored: cudaman only looks into directories of this machine",
                location(link).map_or_else(|_| "…".to_owned(), |url| shown(&url))
            )),
        }
    }
    if settings.no_index != Some(true) {
        let default = settings.index.or_else(ask);
        indexes.urls =
            default.iter().chain(&settings.further).map(|text| location(text)).collect::<Result<_, _>>()?;
    }
    indexes.notes.extend(indexes.urls.iter().filter_map(|url| trust_note(url, &settings.trusted_hosts)));
    if indexes.urls.is_empty() && !indexes.directories.iter().any(|directory| directory.is_dir()) {
        return Err(SourceError::unreachable(no_index(settings.no_index == Some(true))));
    }
    Ok(indexes)
}

fn no_index(is_forbidden: bool) -> String {
    let reason = if is_forbidden {
        "pip and uv are told to use no index (`no-index`)"
    } else {
        "neither a setting of pip or uv nor an installed pip names one"
    };
    format!("no Python package index is known: {reason}; name one with `--pypi-index URL`")
}

/// Reads an address, or a directory that is laid out like an index.
fn location(text: &str) -> Result<Url, SourceError> {
    let parsed = match text.starts_with('/') {
        true => Url::from_directory_path(text).ok(),
        false => text.parse().ok(),
    };
    parsed.filter(|url| matches!(url.scheme(), "http" | "https" | "file")).ok_or_else(|| {
        // The text itself may hold a password, so it is not repeated.
        SourceError::Malformed {
            what: "the package index that pip or uv is configured with".to_owned(),
            reason:
                "it is neither an http address nor an absolute path; name another with `--pypi-index URL`"
                    .to_owned(),
        }
    })
}

/// Returns the directory that a find-links setting names; one that doesn't exist holds no wheels.
fn local_directory(link: &str) -> Option<PathBuf> {
    let path = match link.starts_with('/') {
        true => PathBuf::from(link),
        false => link.parse::<Url>().ok().filter(|url| url.scheme() == "file")?.to_file_path().ok()?,
    };
    (!path.is_file()).then_some(path)
}

fn trust_note(index: &Url, trusted_hosts: &[String]) -> Option<String> {
    let host = index.host_str()?;
    let is_trusted = trusted_hosts
        .iter()
        .any(|trusted| trusted.rsplit_once(':').map_or(trusted.as_str(), |(name, _)| name) == host);
    is_trusted.then(|| {
        format!(
            "the setting trusted-host `{host}` is ignored: cudaman checks certificates (see `ca-file`) and \
             plain http needs `allow-http`"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        let variables = variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Environment { variables, ..Environment::default() }
    }

    fn found(variables: &[(&str, &str)], asked: Option<&str>) -> Result<Indexes, SourceError> {
        from_settings(Settings::from_environment(&environment(variables)), &|| asked.map(str::to_owned))
    }

    fn urls(indexes: &Indexes) -> Vec<&str> {
        indexes.urls.iter().map(Url::as_str).collect()
    }

    #[test]
    fn the_own_setting_counts_alone() {
        let own: Url = "https://own.example/simple/".parse().expect("an address");
        let variables = environment(&[("PIP_INDEX_URL", "https://pip.example"), ("PIP_NO_INDEX", "1")]);
        assert_eq!(
            urls(&discover(Some(&own), &variables).expect("an index")),
            ["https://own.example/simple/"]
        );
    }

    #[test]
    fn pip_is_asked_last() {
        let asked = Some("https://asked.example/simple");
        assert_eq!(urls(&found(&[], asked).expect("an index")), ["https://asked.example/simple"]);
        let further = found(&[("PIP_EXTRA_INDEX_URL", "https://more.example/")], asked).expect("two");
        assert_eq!(urls(&further), ["https://asked.example/simple", "https://more.example/"]);
        let set = found(&[("PIP_INDEX_URL", "/srv/index")], asked).expect("an index");
        assert_eq!(urls(&set), ["file:///srv/index/"]);
    }

    #[test]
    fn without_any_index_the_error_tells_what_to_do() {
        let error = found(&[("PIP_FIND_LINKS", "/nonexistent/wheels")], None).expect_err("none");
        assert!(error.to_string().contains("`--pypi-index URL`"), "{error}");
        let asked = Some("https://asked.example/simple");
        let error = found(&[("PIP_NO_INDEX", "1")], asked).expect_err("forbidden");
        assert!(error.to_string().contains("no-index"), "{error}");
    }

    #[test]
    fn find_links_are_directories_or_a_note() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().to_str().expect("a path");
        let links = format!("{path} https://user:secret@links.example/page.html");
        let indexes = found(&[("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", &links)], None).expect("a directory");
        assert_eq!(indexes.directories, [directory.path()]);
        assert_eq!(indexes.notes.len(), 1);
        assert!(indexes.notes[0].contains("links.example") && !indexes.notes[0].contains("secret"));
    }

    #[test]
    fn secrets_are_not_shown() {
        let url: Url =
            "https://user:secret@index.example/simple/?token=secret#secret".parse().expect("an address");
        assert!(!shown(&url).contains("secret"), "{}", shown(&url));
        let error = found(&[("PIP_INDEX_URL", "ftp://user:secret@index.example")], None).expect_err("ftp");
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn a_trusted_host_is_said_to_be_ignored() {
        let variables = [
            ("PIP_INDEX_URL", "http://index.example:8080/simple"),
            ("PIP_TRUSTED_HOST", "index.example:8080"),
        ];
        assert_eq!(found(&variables, None).expect("an index").notes.len(), 1);
    }

    #[test]
    fn pages_lie_below_the_index() {
        for (index, page) in [
            ("https://u:p@i.example/simple", "https://u:p@i.example/simple/cuda-toolkit/"),
            ("https://i.example/simple/?t=1", "https://i.example/simple/cuda-toolkit/?t=1"),
            ("file:///srv/index/", "file:///srv/index/cuda-toolkit/index.html"),
        ] {
            assert_eq!(project_page(&index.parse().expect(index), "cuda-toolkit").as_str(), page);
        }
    }
}
