//! The rules of the house that a machine can check: who may know whom, and who may touch the world.
//!
//! `CONTRIBUTING.md` explains them. The source is read as text (see `scan`), so a rule can be
//! deceived on purpose; it is there against accidents.

mod samples;
mod scan;

use std::path::{Path, PathBuf};

/// The layers from top to bottom. A module uses its own row and the rows below.
const LAYERS: &[&[&str]] = &[
    &["main", "cli", "commands"],
    &["install", "active", "bundle", "mirror", "detect", "discover", "doctor"],
    &["context", "config", "error", "ui"],
    &["integrate"],
    &["sources"],
    &["fetch", "unpack", "layout"],
    &["store", "host"],
    &["compat", "shell"],
    &["packages"],
    &["model", "shim_program"],
];

/// What only some modules may name.
const RESERVED: &[Reserved] = &[
    Reserved {
        names: &[
            "env::args",
            "env::args_os",
            "env::current_dir",
            "env::home_dir",
            "env::remove_var",
            "env::set_current_dir",
            "env::set_var",
            "env::temp_dir",
            "env::var",
            "env::var_os",
            "env::vars",
            "env::vars_os",
            "env::*",
            "dirs::",
        ],
        owner: "context",
        reason: "the process's environment is read once and passed on",
    },
    Reserved {
        names: &[
            "dbg!",
            "eprint!",
            "eprintln!",
            "print!",
            "println!",
            "indicatif::",
            "io::stderr",
            "io::stdout",
            "io::*",
        ],
        owner: "ui",
        reason: "what users see comes from one place",
    },
    Reserved {
        names: &["TcpListener", "TcpStream", "UdpSocket", "net::*", "ureq::"],
        owner: "fetch",
        reason: "offline, proxies and certificates are decided in one place",
    },
];

/// Names that belong to one top-level module.
struct Reserved {
    names: &'static [&'static str],
    owner: &'static str,
    reason: &'static str,
}

/// A source file and where its module stands: `["sources", "pypi"]`.
struct Source {
    file: String,
    module: Vec<String>,
    text: String,
}

impl Source {
    fn new(file: &str, text: &str) -> Self {
        let stem = file.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
        Self {
            file: file.to_owned(),
            module: stem.split('/').map(str::to_owned).collect(),
            text: text.to_owned(),
        }
    }

    fn top(&self) -> &str {
        &self.module[0]
    }

    fn violations(&self) -> Vec<String> {
        let paths = scan::paths(&self.text);
        let mut found = Vec::new();
        if !self.text.starts_with("//!") {
            found.push(format!("{}: begin with a `//!` that says what the file is for", self.file));
        }
        if self.top() == "lib" {
            let is_use = |path: &&scan::Path| path.segments == ["use"];
            found.extend(paths.iter().find(is_use).map(|path| {
                format!(
                    "{}:{}: the root only declares modules: a re-export hides a layer",
                    self.file, path.line
                )
            }));
            return found;
        }
        for path in &paths {
            let at = |reason: String| format!("{}:{}: {reason}", self.file, path.line);
            found.extend(self.upward(path).map(at));
            found.extend(self.reserved(path).map(at));
        }
        found
    }

    fn upward(&self, path: &scan::Path) -> Option<String> {
        let used = self.used_module(path)?;
        let (own, other) = (row(self.top())?, row(&used)?);
        (other < own).then(|| format!("`{}` uses `{used}`, a layer above it", self.top()))
    }

    fn reserved(&self, path: &scan::Path) -> Option<String> {
        let is_named = |rule: &&Reserved| rule.names.iter().any(|name| names(path, name));
        let rule = RESERVED.iter().filter(|rule| rule.owner != self.top()).find(is_named)?;
        let spelled = path.segments.join("::");
        Some(format!("`{spelled}` belongs to `{}`: {}", rule.owner, rule.reason))
    }

    /// Returns the top-level module that a path leads to, if it leads into this program.
    fn used_module(&self, path: &scan::Path) -> Option<String> {
        let segments = path.segments.iter().skip_while(|segment| *segment == "self").collect::<Vec<_>>();
        let ups = segments.iter().take_while(|segment| **segment == "super").count();
        match segments.first()?.as_str() {
            "crate" | "cudaman" => segments.get(1).map(|segment| (*segment).clone()),
            "super" if ups < self.module.len() => None,
            "super" => segments.get(ups).map(|segment| (*segment).clone()),
            _ => None,
        }
    }
}

fn row(module: &str) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module))
}

/// Tells whether `name` stands in the path: `env::var` in `std::env::var`; `ureq::` is a crate.
fn names(path: &scan::Path, name: &str) -> bool {
    if let Some(library) = name.strip_suffix("::") {
        return path.segments.len() > 1 && path.segments[0] == library;
    }
    let wanted: Vec<&str> = name.split("::").collect();
    path.segments.windows(wanted.len()).any(|window| window == wanted)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Reads the Rust files below a directory of the repository, but for those that hold only tests.
fn sources(directory: &str) -> Vec<Source> {
    let mut pending = vec![root().join(directory)];
    let mut found = Vec::new();
    while let Some(path) = pending.pop() {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if matches!(name, "tests" | "tests.rs") {
            continue;
        }
        if path.is_dir() {
            pending.extend(children(&path));
        } else if name.ends_with(".rs") {
            let file = path.strip_prefix(root()).expect("it lies below the root");
            found.push(Source::new(file.to_str().expect("ASCII names"), &read(&path)));
        }
    }
    let of_tests: Vec<PathBuf> = found.iter().flat_map(test_modules).collect();
    found.retain(|source| !of_tests.iter().any(|path| root().join(&source.file).starts_with(path)));
    found
}

/// Returns where the modules stand that a file declares for tests only, as file and as directory.
fn test_modules(source: &Source) -> Vec<PathBuf> {
    let file = root().join(&source.file);
    let is_root = matches!(file.file_stem().and_then(|stem| stem.to_str()), Some("lib" | "main" | "mod"));
    let directory = if is_root { file.with_file_name("") } else { file.with_extension("") };
    let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
    let declared = |pair: &[&str]| {
        let name =
            pair[1].strip_prefix("pub(super) ").unwrap_or(pair[1]).strip_prefix("mod ")?.strip_suffix(';')?;
        (pair[0] == "#[cfg(test)]").then(|| directory.join(name))
    };
    lines.windows(2).filter_map(declared).flat_map(|path| [path.with_extension("rs"), path]).collect()
}

fn children(directory: &Path) -> Vec<PathBuf> {
    let entries = fs_err::read_dir(directory).expect("a readable directory");
    entries.map(|entry| entry.expect("a readable entry").path()).collect()
}

fn read(path: &Path) -> String {
    fs_err::read_to_string(path).expect("a readable file")
}

fn assert_none(violations: &[String]) {
    assert!(violations.is_empty(), "CONTRIBUTING.md, \"Layers\", is violated:\n{}", violations.join("\n"));
}

#[test]
fn modules_look_down_only() {
    let sources = sources("src");
    assert!(sources.len() > 20, "only {} source files were found", sources.len());
    assert_none(&sources.iter().flat_map(Source::violations).collect::<Vec<_>>());
}

#[test]
fn every_module_has_a_layer() {
    let is_homeless = |source: &&Source| source.top() != "lib" && row(source.top()).is_none();
    let homeless =
        sources("src").iter().filter(is_homeless).map(|source| source.file.clone()).collect::<Vec<_>>();
    assert!(homeless.is_empty(), "give these a row in LAYERS and in CONTRIBUTING.md: {homeless:?}");
}

/// Within a row the order is open, but two modules that need each other are one module.
#[test]
fn neighbours_do_not_need_each_other() {
    let sources = sources("src");
    let uses = |from: &str, to: &str| {
        let leads_to = |source: &Source| {
            scan::paths(&source.text).iter().any(|path| source.used_module(path).as_deref() == Some(to))
        };
        sources.iter().any(|source| source.top() == from && leads_to(source))
    };
    // The top row is one program: `commands` and `cli` know each other.
    for neighbours in &LAYERS[1..] {
        for (index, one) in neighbours.iter().enumerate() {
            let mutual = neighbours[index + 1..].iter().find(|other| uses(one, other) && uses(other, one));
            assert_eq!(mutual, None, "`{one}` needs it, and is needed by it");
        }
    }
}

#[test]
fn shims_depend_on_nothing() {
    let manifest: toml::Table = read(&root().join("shims/Cargo.toml")).parse().expect("a manifest");
    for table in ["dependencies", "build-dependencies", "target"] {
        let is_empty = manifest.get(table).and_then(toml::Value::as_table).is_none_or(toml::Table::is_empty);
        assert!(is_empty, "shims/Cargo.toml has [{table}]: the shim must start in microseconds");
    }
}

#[test]
fn shims_need_no_standard_library() {
    let sources = sources("shims/src");
    assert!(!sources.is_empty());
    let is_root = |source: &&Source| {
        let file = source.file.as_str();
        file.ends_with("src/lib.rs") || file.ends_with("src/main.rs") || file.contains("src/bin/")
    };
    for source in sources.iter().filter(is_root) {
        let is_free =
            ["#![no_std]", "#![cfg_attr(not(test), no_std)]"].iter().any(|text| source.text.contains(text));
        assert!(is_free, "{} lacks `#![cfg_attr(not(test), no_std)]`", source.file);
    }
    let heavy = |source: &Source| {
        let is_heavy = |path: &scan::Path| ["std", "alloc"].contains(&path.segments[0].as_str());
        let paths = scan::paths(&source.text);
        paths.iter().find(|path| is_heavy(path)).map(|path| format!("{}:{}", source.file, path.line))
    };
    assert_none(&sources.iter().filter_map(heavy).collect::<Vec<_>>());
}
