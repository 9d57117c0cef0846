//! The names by which libraries ask for the driver's, beside the stubs that stand in for them:
//! the linker follows them when a program is linked on a machine without a driver.

use crate::layout::tree::{LayoutError, Tree, link};
use crate::model::FixUp;

/// Only these: the real libraries behind the other stubs are there.
const DRIVER_LIBRARIES: &[&str] = &["libcuda.so", "libnvidia-ml.so"];

pub(super) fn fix_ups(tree: &Tree<'_>) -> Result<Vec<FixUp>, LayoutError> {
    let stubs = format!("{}/stubs", tree.lib());
    let present = DRIVER_LIBRARIES.iter().map(|name| format!("{stubs}/{name}")).filter(|path| tree.has(path));
    Ok(present.map(|path| link(format!("{path}.1"), &path)).collect())
}
