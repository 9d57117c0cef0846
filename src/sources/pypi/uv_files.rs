//! uv's configuration files: the user's and the machine's `uv.toml`.
//!
//! What a project says to uv, in its own `uv.toml` or `pyproject.toml`, is not looked at.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::settings::Settings;
use crate::model::Environment;

/// Reads the user's file over the machine's; `root` is `/`.
pub(super) fn settings(environment: &Environment, root: &Path) -> Settings {
    let texts = files(environment, root).into_iter().filter_map(|path| fs_err::read_to_string(path).ok());
    // A file that uv itself would refuse says nothing here either.
    let layers = texts.filter_map(|text| toml::from_str::<File>(&text).ok()).map(from_file);
    layers.fold(Settings::default(), Settings::or)
}

fn files(environment: &Environment, root: &Path) -> Vec<PathBuf> {
    if let Some(named) = environment.path("UV_CONFIG_FILE") {
        return Some(named.to_owned()).into_iter().filter(|path| path.is_absolute()).collect();
    }
    let home = environment.home.as_path();
    let user = environment.path("XDG_CONFIG_HOME").map_or_else(|| home.join(".config"), Path::to_owned);
    let mut files = vec![user.join("uv/uv.toml")];
    files.extend(environment.path_list("XDG_CONFIG_DIRS").iter().map(|path| path.join("uv/uv.toml")));
    files.extend([root.join("etc/xdg/uv/uv.toml"), root.join("etc/uv/uv.toml")]);
    files.retain(|file| file.is_absolute());
    files
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct File {
    index: Vec<Index>,
    #[serde(flatten)]
    plain: Plain,
    pip: Plain,
}

#[derive(Deserialize)]
struct Index {
    url: String,
    #[serde(default)]
    default: bool,
    /// Only for packages that a project sends there.
    #[serde(default)]
    explicit: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Plain {
    index_url: Option<String>,
    extra_index_url: Vec<String>,
    find_links: Vec<String>,
    no_index: Option<bool>,
}

fn from_file(file: File) -> Settings {
    let (defaults, others): (Vec<_>, Vec<_>) =
        file.index.into_iter().filter(|index| !index.explicit).partition(|index| index.default);
    let listed = Settings {
        index: defaults.into_iter().next().map(|index| index.url),
        further: others.into_iter().map(|index| index.url).collect(),
        ..Settings::default()
    };
    listed.or(from_plain(file.pip)).or(from_plain(file.plain))
}

fn from_plain(plain: Plain) -> Settings {
    Settings {
        index: plain.index_url,
        further: plain.extra_index_url,
        find_links: plain.find_links,
        no_index: plain.no_index,
        ..Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Settings {
        from_file(toml::from_str(text).expect("a file"))
    }

    #[test]
    fn indexes_in_both_forms() {
        let settings = read(
            "compile-bytecode = true\nindex-url = \"https://old.example\"\nfind-links = [\"/srv/wheels\"]\n\
             [[index]]\nname = \"torch\"\nurl = \"https://torch.example\"\nexplicit = true\n\
             [[index]]\nurl = \"https://new.example\"\ndefault = true\n[[index]]\nurl = \"https://more.example\"\n",
        );
        assert_eq!(settings.index.as_deref(), Some("https://new.example"));
        assert_eq!(settings.further, ["https://more.example"]);
        assert_eq!(settings.find_links, ["/srv/wheels"]);
        assert_eq!(read("index-url = \"https://old.example\"").index.as_deref(), Some("https://old.example"));
        assert_eq!(read("[pip]\nno-index = true").no_index, Some(true));
    }

    #[test]
    fn the_users_file_counts_more_than_the_machines() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path();
        let environment = Environment {
            home: root.join("home"),
            directory: root.join("home/project"),
            ..Environment::default()
        };
        for (path, host) in [("home/project", "project"), ("etc/uv", "etc"), ("home/.config/uv", "user")] {
            fs_err::create_dir_all(root.join(path)).expect("a directory");
            let text = format!("index-url = \"https://{host}.example\"\n");
            fs_err::write(root.join(path).join("uv.toml"), text).expect("a file");
            let expected = (host != "project").then(|| format!("https://{host}.example"));
            assert_eq!(settings(&environment, root).index, expected);
        }
    }
}
