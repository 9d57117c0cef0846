//! libNVVM in `nvvm/`, where Numba and NVIDIA's samples look: wheels of CUDA 13 keep its library
//! and header among all others.

use crate::layout::tree::{LayoutError, Tree, link};
use crate::model::FixUp;

pub(super) fn fix_ups(tree: &Tree<'_>) -> Result<Vec<FixUp>, LayoutError> {
    let mut fix_ups = Vec::new();
    let lib = tree.lib();
    for name in tree.names(&lib).iter().filter(|name| name.starts_with("libnvvm.so")) {
        fix_ups.push(link(format!("nvvm/lib64/{name}"), &format!("{lib}/{name}")));
    }
    let header = format!("{}/nvvm.h", tree.include());
    if tree.has(&header) {
        fix_ups.push(link("nvvm/include/nvvm.h", &header));
    }
    Ok(fix_ups)
}
