//! pip's configuration files, in pip's own order.
//!
//! A `pip.conf` in the working directory is not among them, and none is looked for there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::settings::{Settings, is_true, words};
use crate::model::Environment;

/// A command's section counts more than `[global]`.
const SECTIONS: [&str; 3] = ["install", "download", "global"];

/// Reads every file that pip would read; `root` is `/`.
pub(super) fn settings(environment: &Environment, root: &Path) -> Settings {
    let texts = files(environment, root).into_iter().filter_map(|path| fs_err::read_to_string(path).ok());
    texts.map(|text| from_text(&text)).fold(Settings::default(), Settings::or)
}

/// Lists the files, those that count most first.
fn files(environment: &Environment, root: &Path) -> Vec<PathBuf> {
    let named = environment.path("PIP_CONFIG_FILE");
    if named == Some(Path::new("/dev/null")) {
        return Vec::new();
    }
    let mut files: Vec<PathBuf> = named.map(Path::to_owned).into_iter().collect();
    let prefixes = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(|name| environment.path(name));
    files.extend(prefixes.map(|prefix| prefix.join("pip.conf")));
    let home = environment.home.as_path();
    let user = environment.path("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), Path::to_owned);
    files.extend([user.join("pip/pip.conf"), home.join(".pip/pip.conf"), root.join("etc/pip.conf")]);
    let mut system = environment.path_list("XDG_CONFIG_DIRS");
    if system.is_empty() {
        system.push(root.join("etc/xdg"));
    }
    files.extend(system.iter().rev().map(|directory| directory.join("pip/pip.conf")));
    files.retain(|file| file.is_absolute());
    files
}

fn from_text(text: &str) -> Settings {
    let sections = sections(text);
    let layers = SECTIONS.iter().filter_map(|name| sections.get(*name)).map(from_section);
    layers.fold(Settings::default(), Settings::or)
}

fn from_section(section: &BTreeMap<String, String>) -> Settings {
    let value = |key: &str| section.get(key).map(|value| value.trim()).filter(|value| !value.is_empty());
    let list = |key| value(key).map(words).unwrap_or_default();
    Settings {
        index: value("index-url").map(str::to_owned),
        further: list("extra-index-url"),
        find_links: list("find-links"),
        no_index: value("no-index").map(is_true),
        trusted_hosts: list("trusted-host"),
        certificates: value("cert").map(str::to_owned),
    }
}

/// Reads sections of `key = value`, where indented lines continue a value.
fn sections(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut sections: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let (mut section, mut key) = (String::new(), None::<String>);
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        let values = sections.entry(section.clone()).or_default();
        if line.starts_with([' ', '\t'])
            && let Some(value) = key.as_ref().and_then(|key| values.get_mut(key))
        {
            value.push('\n');
            value.push_str(trimmed);
        } else if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            (section, key) = (name.to_owned(), None);
        } else if let Some((name, value)) = trimmed.split_once(['=', ':']) {
            let name = name.trim().to_ascii_lowercase().replace('_', "-");
            let name = name.trim_start_matches('-').to_owned();
            values.insert(name.clone(), value.trim().to_owned());
            key = Some(name);
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_in_every_spelling() {
        let text = "# a comment\n[global]\nindex_url: https://global.example/simple\nno-index = no\n\
            extra-index-url =\n    https://one.example/simple\n    # not this\n    https://two.example/simple\n\
            [install]\n--index-url = https://install.example/simple\n[search]\nindex = https://no.example\n";
        let settings = from_text(text);
        assert_eq!(settings.index.as_deref(), Some("https://install.example/simple"));
        assert_eq!(settings.further, ["https://one.example/simple", "https://two.example/simple"]);
        assert_eq!(settings.no_index, Some(false));
    }

    #[test]
    fn files_in_pips_order() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path();
        let home = root.join("home");
        let project = home.join("project");
        let place = |path: &str, host: &str| {
            let path = root.join(path);
            fs_err::create_dir_all(path.parent().expect("a parent")).expect("a directory");
            fs_err::write(path, format!("[global]\nindex-url = https://{host}.example\n")).expect("a file");
        };
        let variables = [("VIRTUAL_ENV".into(), root.join("venv").into())].into();
        let environment = Environment { variables, home: home.clone(), directory: project };
        let index = || settings(&environment, root).index.unwrap_or_default();
        place("home/project/pip.conf", "project");
        assert_eq!(index(), "", "a project's file counts nothing");
        for (path, host) in [
            ("etc/xdg/pip/pip.conf", "xdg"),
            ("etc/pip.conf", "etc"),
            ("home/.pip/pip.conf", "old"),
            ("home/.config/pip/pip.conf", "user"),
            ("venv/pip.conf", "venv"),
        ] {
            place(path, host);
            assert_eq!(index(), format!("https://{host}.example"));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(\\[|\\]|=|:|\n| |#|install|index-url|é){0,40}") {
            let _ = from_text(&text);
        }
    }
}
