//! `nvcc.profile` where a package's own was left out, since it named directories of a system: Debian's.

use crate::layout::tree::{LayoutError, Tree, text};
use crate::model::FixUp;

const PATH: &str = "bin/nvcc.profile";

/// What nvcc reads up to 12.4, as far as its directories go; all follow from where nvcc stands.
const TEXT: &str = r#"
TOP              = $(_HERE_)/..

NVVMIR_LIBRARY_DIR = $(TOP)/$(_NVVM_BRANCH_)/libdevice

LD_LIBRARY_PATH += $(TOP)/lib:
PATH            += $(TOP)/$(_NVVM_BRANCH_)/bin:$(_HERE_):

INCLUDES        +=  "-I$(TOP)/$(_TARGET_DIR_)/include" $(_SPACE_)

LIBRARIES        =+ $(_SPACE_) "-L$(TOP)/$(_TARGET_DIR_)/lib$(_TARGET_SIZE_)/stubs" "-L$(TOP)/$(_TARGET_DIR_)/lib$(_TARGET_SIZE_)"

CUDAFE_FLAGS    +=
PTXAS_FLAGS     +=
"#;

pub(super) fn fix_ups(tree: &Tree<'_>) -> Result<Vec<FixUp>, LayoutError> {
    let is_lacking = tree.has("bin/nvcc") && !tree.has(PATH);
    Ok(is_lacking.then(|| text(PATH, TEXT.to_owned())).into_iter().collect())
}
