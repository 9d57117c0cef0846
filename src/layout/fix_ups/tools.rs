//! Tools that live in directories of their own and belong in `bin/`.

use crate::layout::tree::{LayoutError, Tree, link};
use crate::model::{FixUp, Version};

/// A tool: its name in `bin/`, the start of its directory's name, and its name in there.
struct Tool {
    name: &'static str,
    directory: &'static str,
    path: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool { name: "compute-sanitizer", directory: "compute-sanitizer", path: "compute-sanitizer" },
    Tool { name: "ncu", directory: "nsight-compute", path: "ncu" },
    Tool { name: "ncu-ui", directory: "nsight-compute", path: "ncu-ui" },
    Tool { name: "nsys", directory: "nsight-systems", path: "bin/nsys" },
    Tool { name: "nsys-ui", directory: "nsight-systems", path: "bin/nsys-ui" },
];

pub(super) fn fix_ups(tree: &Tree<'_>) -> Result<Vec<FixUp>, LayoutError> {
    Ok(TOOLS.iter().filter_map(|tool| found(tree, tool)).collect())
}

fn found(tree: &Tree<'_>, tool: &Tool) -> Option<FixUp> {
    let directories = tree.top_directories(tool.directory);
    let paths = directories.iter().flat_map(|directory| candidates(tree, directory, tool.path));
    let goal = paths.max_by_key(|path| version_in(path))?;
    Some(link(format!("bin/{}", tool.name), &goal))
}

/// Tools stand in `nsight-compute-2019.4.0/` (runfiles) or `nsight-compute/2024.1.1/` (redist).
fn candidates(tree: &Tree<'_>, directory: &str, path: &str) -> Vec<String> {
    let direct = format!("{directory}/{path}");
    let end = format!("/{path}");
    let is_versioned = |inner: &String| {
        inner.strip_suffix(&end).is_some_and(|directory| directory.parse::<Version>().is_ok())
    };
    let versioned = tree.below(directory).into_iter().filter(is_versioned);
    let versioned = versioned.map(|inner| format!("{directory}/{inner}"));
    std::iter::once(direct).filter(|path| tree.has(path)).chain(versioned).collect()
}

fn version_in(path: &str) -> Option<Version> {
    path.split(['/', '-']).find_map(|part| part.parse().ok())
}
