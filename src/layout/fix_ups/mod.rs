//! The fix-ups: links and files that turn a union of packages into NVIDIA's layout.
//!
//! Each family of rules is a file and a line in [`RULES`]. A rule only proposes: a package's own
//! entry always wins (`.pc` files excepted), so no rule has to ask first.

mod cupti;
mod headers;
mod libraries;
mod nvvm;
mod pkgconfig;
mod profile;
mod roots;
mod stubs;
mod tools;
mod variants;
mod version;

use super::tree::{Composed, LayoutError, Tree};
use crate::model::FixUp;

/// Looks at a tree and proposes what it lacks.
struct Rule(fn(&Tree<'_>) -> Result<Vec<FixUp>, LayoutError>);

/// Every rule, in an order in which each finds what it builds on.
const RULES: &[Rule] = &[
    Rule(variants::fix_ups),
    Rule(nvvm::fix_ups),
    Rule(stubs::fix_ups),
    Rule(libraries::fix_ups),
    Rule(headers::fix_ups),
    Rule(cupti::fix_ups),
    Rule(tools::fix_ups),
    Rule(profile::fix_ups),
    Rule(pkgconfig::fix_ups),
    Rule(version::fix_ups),
    Rule(roots::fix_ups),
];

/// Returns what a composition lacks for NVIDIA's layout, sorted by path.
///
/// # Errors
/// Returns [`LayoutError::Read`] where a package's file that a rule must look into can't be read.
pub fn fix_ups(composed: &Composed<'_>) -> Result<Vec<FixUp>, LayoutError> {
    let mut tree = Tree::new(composed);
    for Rule(propose) in RULES {
        for fix_up in propose(&tree)? {
            tree.add(fix_up);
        }
    }
    Ok(tree.into_fix_ups())
}

#[cfg(test)]
mod tests;
