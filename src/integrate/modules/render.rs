//! The files of a tree: one modulefile per toolchain, and per cuDNN one that needs its toolchain's.
//!
//! The templates are in `shell/modules/`; here they are filled in, and nothing is read or written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::dialect::{DIALECTS, Dialect};
use crate::model::{ToolchainName, ToolchainRequest};
use crate::packages::{self, CUDNN};
use crate::shell::Setting;

/// What a tree holds: texts by their path below its directory.
pub(super) type Files = BTreeMap<PathBuf, String>;

/// The directories of modulefiles in each language's tree.
pub(super) const MODULES: [&str; 2] = ["cuda", "cudnn"];

/// A toolchain to make a module of.
pub(super) struct Module {
    pub(super) name: ToolchainName,
    pub(super) root: PathBuf,
    /// Where a linked one leads.
    pub(super) link: Option<PathBuf>,
    pub(super) settings: Vec<Setting>,
}

/// The toolchains that a tree shows, in the store of `home`.
pub(super) struct Shelf {
    pub(super) modules: Vec<Module>,
    pub(super) default: Option<ToolchainName>,
    pub(super) home: PathBuf,
}

impl Shelf {
    /// Returns the files of a tree in which the modulefiles `retired` are to be hidden. Of two toolchains
    /// with one cuDNN for one CUDA, the first has its module.
    pub(super) fn files(&self, retired: &[PathBuf]) -> Files {
        let mut files = Files::new();
        for dialect in DIALECTS {
            let marker = dialect.marker(&self.home);
            let directory = Path::new(dialect.directory);
            for module in &self.modules {
                let (version, text) = (version(&module.name), module.cuda(dialect, &marker));
                files.insert(directory.join("cuda").join(version + dialect.suffix), text);
                if let Some((version, text)) = module.cudnn(dialect, &marker) {
                    files.entry(directory.join("cudnn").join(version + dialect.suffix)).or_insert(text);
                }
            }
            for kind in MODULES {
                let lines = self.rc_lines(kind, dialect, retired);
                if !lines.is_empty() {
                    let text = fill(dialect.rc, &[("marker", &marker), ("lines", &lines)]);
                    files.insert(directory.join(kind).join(dialect.rc_file), text);
                }
            }
        }
        files
    }

    fn rc_lines(&self, kind: &str, dialect: &Dialect, retired: &[PathBuf]) -> String {
        let line = |function, module: String| (dialect.call)(function, &[(dialect.quote)(&module)]);
        let default = self.default.as_ref().filter(|_| kind == "cuda");
        let default = default.map(|name| line("prefer", format!("cuda/{}", version(name))));
        let directory = Path::new(dialect.directory).join(kind);
        let hidden = retired.iter().filter_map(|path| {
            let name = path.strip_prefix(&directory).ok()?.to_str()?.strip_suffix(dialect.suffix)?;
            Some(line("hide", format!("{kind}/{name}")))
        });
        default.into_iter().chain(hidden).collect()
    }
}

/// Returns what follows `cuda/`. A `+` would begin a variant in Environment Modules 5, which then finds no
/// such module.
fn version(name: &ToolchainName) -> String {
    name.to_string().replace('+', "-")
}

impl Module {
    fn cuda(&self, dialect: &Dialect, marker: &str) -> String {
        let quote = dialect.quote;
        let (name, root) = (&self.name, self.root.display());
        let values = [
            ("marker", marker.to_owned()),
            ("root", quote(&root.to_string())),
            ("version", quote(&version(name))),
            ("description", quote(&self.description())),
            (
                "help",
                quote(&format!("{} in `{root}`, as `cudaman env '{name}'` sets it.", self.description())),
            ),
            ("missing", quote(&self.missing())),
            ("settings", self.settings.iter().map(|setting| lines(setting, dialect)).collect()),
            ("request", quote(&ToolchainRequest::exactly(name).to_string())),
        ];
        fill(dialect.cuda, &values.each_ref().map(|(key, value)| (*key, value.as_str())))
    }

    fn cudnn(&self, dialect: &Dialect, marker: &str) -> Option<(String, String)> {
        let quote = dialect.quote;
        let cuda = self.name.cuda()?;
        let cudnn = &self.name.add_ons().iter().find(|add_on| add_on.kind == CUDNN.name)?.version;
        let description = format!("cuDNN {cudnn} for CUDA {cuda}");
        let values = [
            ("marker", marker.to_owned()),
            ("version", quote(&cudnn.to_string())),
            ("help", quote(&format!("{description}, which it loads."))),
            ("description", quote(&description)),
            ("cuda", quote(&format!("cuda/{}", version(&self.name)))),
        ];
        let text = fill(dialect.cudnn, &values.each_ref().map(|(key, value)| (*key, value.as_str())));
        Some((format!("{cudnn}-cuda{cuda}"), text))
    }

    fn description(&self) -> String {
        let Some(cuda) = self.name.cuda() else {
            let target = self.link.as_deref().unwrap_or(&self.root).display();
            return format!("The CUDA toolkit `{}`, linked to `{}`", self.name, shown(&target.to_string()));
        };
        let title = |kind: &str| packages::kind(kind).map_or(kind.to_owned(), |kind| kind.title.to_owned());
        let add_ons =
            self.name.add_ons().iter().map(|add_on| format!("{} {}", title(&add_on.kind), add_on.version));
        let add_ons = add_ons.collect::<Vec<_>>().join(", ");
        let with = if add_ons.is_empty() { "" } else { " with " };
        format!("NVIDIA CUDA {cuda}{with}{add_ons}")
    }

    fn missing(&self) -> String {
        let hint = match &self.link {
            None => format!("`cudaman install '{}'` installs it", self.name),
            Some(_) => "`cudaman list` shows what is installed".to_owned(),
        };
        let (name, root) = (&self.name, self.root.display());
        format!("CUDA `{name}` is not installed any more: `{root}` is no directory\nhint: {hint}")
    }
}

/// Makes control characters visible: a link's target may hold any, and help texts end up on terminals.
fn shown(text: &str) -> String {
    let escape =
        |letter: char| if letter.is_control() { letter.escape_default().to_string() } else { letter.into() };
    text.chars().map(escape).collect()
}

/// Renders a setting; what is prepended last comes first.
fn lines(setting: &Setting, dialect: &Dialect) -> String {
    let line =
        |function, name, path| (dialect.call)(function, &[(dialect.quote)(name), (dialect.quote)(path)]);
    match setting {
        Setting::List(name, directories) => {
            directories.iter().rev().map(|directory| line("prepend", name, directory)).collect()
        }
        Setting::Path(name, path) => line("point", name, path),
    }
}

/// Puts values in the place of `@key@`, each of which is known; values are not looked into.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let value = |key: &str| {
        let found = values.iter().find(|(known, _)| *known == key);
        found.expect("a template has known keys, and an @ for nothing else").1.trim_end_matches('\n')
    };
    let pieces = template.split('@').enumerate();
    pieces.map(|(index, piece)| if index % 2 == 0 { piece } else { value(piece) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn module(name: &str, link: Option<&str>) -> Module {
        let settings =
            vec![Setting::List("PATH", vec!["bin"]), Setting::List("LD_LIBRARY_PATH", vec!["a", "b"])];
        let root = Path::new("/home/a b/versions").join(name);
        Module { name: name.parse().expect("a name"), root, link: link.map(PathBuf::from), settings }
    }

    fn shelf(modules: Vec<Module>, default: Option<&str>) -> Shelf {
        let default = default.map(|name| name.parse().expect("a name"));
        Shelf { modules, default, home: "/home/a b".into() }
    }

    fn text(files: &Files, path: &str) -> String {
        files.get(Path::new(path)).unwrap_or_else(|| panic!("no `{path}` in {:?}", files.keys())).clone()
    }

    #[test]
    fn each_toolchain_has_a_module_in_both_languages() {
        let with = "12.4.1+cudnn9.1.0.70";
        let files = shelf(vec![module("11.8.0", None), module(with, None)], Some(with)).files(&[]);
        let names: Vec<String> = files.keys().map(|path| path.display().to_string()).collect();
        let expected = [
            "lua/cuda/.modulerc.lua",
            "lua/cuda/11.8.0.lua",
            "lua/cuda/12.4.1-cudnn9.1.0.70.lua",
            "lua/cudnn/9.1.0.70-cuda12.4.1.lua",
            "tcl/cuda/.modulerc",
            "tcl/cuda/11.8.0",
            "tcl/cuda/12.4.1-cudnn9.1.0.70",
            "tcl/cudnn/9.1.0.70-cuda12.4.1",
        ];
        assert_eq!(names, expected);
        assert!(text(&files, "lua/cuda/11.8.0.lua").contains("keep(\"CUDAMAN_VERSION\", \"11.8.0+none\")\n"));
        assert!(text(&files, "tcl/cuda/11.8.0").contains("keep CUDAMAN_VERSION \"11.8.0+none\"\n"));
        assert!(
            text(&files, "tcl/cudnn/9.1.0.70-cuda12.4.1").contains("prereq \"cuda/12.4.1-cudnn9.1.0.70\"\n")
        );
        assert!(text(&files, "lua/cuda/.modulerc.lua").ends_with("prefer(\"cuda/12.4.1-cudnn9.1.0.70\")\n"));
        assert!(files.values().all(|text| !text.contains('@')), "a placeholder was left");
    }

    #[test]
    fn the_first_directory_of_a_list_is_prepended_last() {
        let files = shelf(vec![module("11.8.0", None)], None).files(&[]);
        let text = text(&files, "tcl/cuda/11.8.0");
        let place = |line: &str| text.find(line).unwrap_or_else(|| panic!("no `{line}`"));
        assert!(place("prepend \"LD_LIBRARY_PATH\" \"b\"\n") < place("prepend \"LD_LIBRARY_PATH\" \"a\"\n"));
    }

    #[test]
    fn the_target_of_a_link_is_text_and_nothing_else() {
        let target = "/opt/a\"]];os.exit()--$(x)[exec x]\n\u{1b}@root@";
        let files = shelf(vec![module("site", Some(target))], None).files(&[]);
        let (lua, tcl) = (text(&files, "lua/cuda/site.lua"), text(&files, "tcl/cuda/site"));
        assert!(lua.contains(r#"/opt/a\"]];os.exit()--$(x)[exec x]\\n\\u{1b}@root@"#), "{lua}");
        assert!(tcl.contains(r#"/opt/a\"\]\];os.exit()--\$(x)\[exec x\]\\n\\u\{1b\}@root@"#), "{tcl}");
    }

    #[test]
    fn what_is_retired_is_hidden() {
        let retired = ["lua/cuda/9.0.lua", "tcl/cudnn/7.6.5-cuda9.0"].map(PathBuf::from);
        let files = shelf(vec![module("11.8.0", None)], None).files(&retired);
        assert!(text(&files, "lua/cuda/.modulerc.lua").ends_with("\nhide(\"cuda/9.0\")\n"));
        assert!(text(&files, "tcl/cudnn/.modulerc").ends_with("\nhide \"cudnn/7.6.5-cuda9.0\"\n"));
        assert!(!files.contains_key(Path::new("tcl/cuda/.modulerc")));
    }
}
