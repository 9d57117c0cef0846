//! The links at the root: `include`, `lib64`, `lib`.

use crate::layout::tree::{LayoutError, Tree, link};
use crate::model::FixUp;

pub(super) fn fix_ups(tree: &Tree<'_>) -> Result<Vec<FixUp>, LayoutError> {
    let mut fix_ups = Vec::new();
    if tree.has_below(&tree.include()) {
        fix_ups.push(link("include", &tree.include()));
    }
    if tree.has_below(&tree.lib()) {
        fix_ups.push(link("lib64", &tree.lib()));
        fix_ups.push(link("lib", "lib64"));
    }
    Ok(fix_ups)
}
