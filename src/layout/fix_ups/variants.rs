//! Libraries that an add-on brings once per CUDA version, as cuTENSOR 1 in `lib/11` and `lib/12`:
//! the variant for this release is linked into the library directory itself.

use std::cmp::Ordering;

use crate::layout::tree::{LayoutError, Tree, link};
use crate::model::{FixUp, Version};

pub(super) fn fix_ups(tree: &Tree<'_>) -> Result<Vec<FixUp>, LayoutError> {
    let lib = tree.lib();
    let mut files: Vec<(Version, String)> = Vec::new();
    for path in tree.below(&lib) {
        let Some((directory, file)) = path.split_once('/') else { continue };
        let Ok(version) = directory.parse::<Version>() else { continue };
        if !file.contains('/') && suits(&version, tree.composed.cuda) {
            files.push((version, path.clone()));
        }
    }
    // The first proposal for a path wins: the closest variant goes first.
    files.sort_by(|(a, _), (b, _)| b.cmp(a));
    Ok(files.iter().map(|(_, path)| linked(&lib, path)).collect())
}

fn linked(lib: &str, path: &str) -> FixUp {
    let file = path.rsplit('/').next().unwrap_or(path);
    link(format!("{lib}/{file}"), &format!("{lib}/{path}"))
}

/// A variant works with its own CUDA major, from its own minor on.
fn suits(variant: &Version, cuda: &Version) -> bool {
    variant.major() == cuda.major() && variant.compare_padded(cuda) != Ordering::Greater
}
