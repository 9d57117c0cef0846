//! CUPTI beside all other headers and libraries: it lives in `extras/CUPTI`, but most programs
//! look for it in `include` and `lib64`.

use crate::layout::tree::{LayoutError, Tree, link};
use crate::model::FixUp;

const ROOT: &str = "extras/CUPTI";

pub(super) fn fix_ups(tree: &Tree<'_>) -> Result<Vec<FixUp>, LayoutError> {
    let linked = |directory: String, from: &str| {
        let goal = format!("{ROOT}/{from}");
        tree.below(&goal)
            .into_iter()
            .map(move |path| link(format!("{directory}/{path}"), &format!("{goal}/{path}")))
    };
    Ok(linked(tree.include(), "include").chain(linked(tree.lib(), "lib64")).collect())
}
