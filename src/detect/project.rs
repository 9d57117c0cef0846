//! Which files are a project's: those of the nearest directory that says something, up to the root of its
//! version control.

use std::path::{Path, PathBuf};

use super::collector::{Collector, Document, Findings, shortened};
use super::evidence::Statement;
use super::readers::{Reader, docker, reader};
use super::{installed, said};
use crate::model::Environment;

/// Directories of a project that hold files for other places than themselves.
const SUBDIRECTORIES: &[&str] = &[
    "requirements",
    "docker",
    ".devcontainer",
    ".devops",
    "conda",
    "conda/environments",
    "conda_env",
    "env",
    "envs",
    "environments",
];

/// What marks the root of a project under version control.
const ROOTS: &[&str] = &[".git", ".hg", ".svn", ".jj"];

/// More entries of a directory than these are not looked at.
const MOST_ENTRIES: usize = 10_000;

/// Reads what the project of a directory says, and what is installed in the environment that is active.
#[must_use]
pub fn of_project(directory: &Path, environment: &Environment) -> Findings {
    let directories = upward(directory);
    let root = directories.last().map_or(directory, |root| root);
    let mut collector = Collector::new(root, directory);
    for own in &directories {
        read_directory(own, &mut collector);
        if !collector.findings.evidence.is_empty() {
            break;
        }
    }
    installed::read(directory, environment, &mut collector);
    collector.findings
}

/// Reads what one file says.
#[must_use]
pub fn of_file(path: &Path) -> Findings {
    let directory = path.parent().unwrap_or(path);
    let mut collector = Collector::new(directory, directory);
    let reader = path.file_name().and_then(|name| reader(&name.to_string_lossy()));
    match (reader, collector.document(path)) {
        (Some(reader), Some(document)) => (reader.read)(&document, &mut collector),
        (None, Some(document)) => {
            collector.note(format!("`{}` is of no kind of file that is known", document.name));
        }
        (_, None) => {}
    }
    collector.findings
}

/// Reads what a person asks for: `torch==2.4.1+cu121`, or `pytorch/pytorch:1.7.1-cuda11.0-cudnn8-devel`.
#[must_use]
pub fn asked(text: &str) -> Findings {
    let mut collector = Collector::new(Path::new("/"), Path::new("/"));
    let statement = said::requirement(text).or_else(|| docker::statement(text)).unwrap_or_else(|| {
        let name = shortened(text);
        Statement::Unknown(format!("which CUDA `{name}` needs is not known: there is no table of it"))
    });
    let document = Document {
        name: "the command line".to_owned(),
        path: PathBuf::new(),
        text: String::new(),
        is_optional: false,
    };
    collector.add(&document.at(None), text, statement);
    collector.findings
}

/// Returns the directory and those above it up to the root of its version control, if it has one.
fn upward(directory: &Path) -> Vec<PathBuf> {
    let all: Vec<PathBuf> = directory.ancestors().map(Path::to_owned).collect();
    let is_root = |path: &PathBuf| ROOTS.iter().any(|mark| path.join(mark).exists());
    let count = all.iter().position(is_root).map_or(1, |at| at + 1);
    all.into_iter().take(count).collect()
}

fn read_directory(directory: &Path, collector: &mut Collector) {
    read_files(directory, false, collector);
    for name in SUBDIRECTORIES {
        read_files(&directory.join(name), *name == "requirements", collector);
    }
}

/// Reads the files of a directory that have a reader, in the order of the readers, then of their names.
fn read_files(directory: &Path, are_requirements: bool, collector: &mut Collector) {
    let Ok(entries) = std::fs::read_dir(directory) else { return };
    let mut found: Vec<(usize, PathBuf, &'static Reader)> = Vec::new();
    for entry in entries.flatten().take(MOST_ENTRIES) {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_list = are_requirements && [".txt", ".in"].iter().any(|end| name.ends_with(end));
        let Some(reader) = reader(if is_list { "requirements.txt" } else { &name }) else { continue };
        if entry.path().is_file() {
            let order = super::readers::READERS.iter().position(|own| std::ptr::eq(own, reader));
            found.push((order.unwrap_or_default(), entry.path(), reader));
        }
    }
    found.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
    for (_, path, reader) in found {
        if let Some(document) = collector.document(&path) {
            (reader.read)(&document, collector);
        }
    }
}
