//! What a toolchain sets, as data for files that other programs read at another time and place.

use super::plan::{COMPILER, LISTS, Target};
use crate::packages::PACKAGES;

/// One variable that a toolchain sets, for files that have ways of their own to set and to restore it.
/// Paths are below the toolchain's root; an empty one is the root itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// A list that gets these directories, in this order, before what it holds.
    List(&'static str, Vec<&'static str>),
    /// A variable that names this path.
    Path(&'static str, &'static str),
}

/// Returns everything that `target` sets, wherever its file will be read: nothing of this process's
/// environment is in it. Whether `MANPATH` can be set is for the reader to see.
#[must_use]
pub fn settings(target: &Target<'_>) -> Vec<Setting> {
    let lists = LISTS
        .iter()
        .filter(|(name, _)| *name != "LD_LIBRARY_PATH" || target.sets_library_path)
        .map(|(name, directories)| Setting::List(name, target.present(directories)));
    let roots = PACKAGES.iter().filter(|kind| target.has(kind)).flat_map(|kind| kind.root_variables);
    let paths = roots.map(|name| Setting::Path(name, ""));
    let compiler = target.root.join(COMPILER).exists().then_some(Setting::Path("CUDACXX", COMPILER));
    lists.chain(paths).chain(compiler).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Environment;
    use crate::shell::plan::{changes, is_bookkeeping};
    use crate::shell::{Change, Wanted};

    #[test]
    fn settings_are_what_entering_sets() {
        let directory = tempfile::tempdir().expect("a directory");
        let root = directory.path().join("12.4.1");
        for part in ["bin", "lib64/stubs", "extras/CUPTI/lib64", "share/man"] {
            std::fs::create_dir_all(root.join(part)).expect("a tree");
        }
        std::fs::write(root.join("bin/nvcc"), "").expect("a file");
        let variables = [("MANPATH".into(), "/usr/share/man".into())].into();
        let environment = Environment { variables, ..Environment::default() };
        for sets_library_path in [true, false] {
            let target = Target { root: &root, add_ons: vec!["cudnn"], sets_library_path };
            let mut set = changes(&environment, &[], &Wanted::Toolchain(target.clone()));
            set.retain(|change| !matches!(change, Change::Set(name, _) if is_bookkeeping(name)));
            let rendered = settings(&target).into_iter().filter_map(|setting| match setting {
                Setting::List(_, directories) if directories.is_empty() => None,
                Setting::List(name, directories) => {
                    let system = (name == "MANPATH").then(|| "/usr/share/man".into());
                    let paths = directories.iter().map(|path| root.join(path)).chain(system);
                    Some(Change::Set(name.into(), std::env::join_paths(paths).expect("no colon")))
                }
                Setting::Path(name, "") => Some(Change::Set(name.into(), root.clone().into())),
                Setting::Path(name, path) => Some(Change::Set(name.into(), root.join(path).into())),
            });
            assert_eq!(rendered.collect::<Vec<_>>(), set, "library path: {sets_library_path}");
        }
    }
}
