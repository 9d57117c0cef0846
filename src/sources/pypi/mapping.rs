//! Which component a wheel holds, and whether a profile wants it: the rows of the components' table,
//! and what to make of wheels that are newer than it.

use crate::model::{ComponentName, Profile};
use crate::packages::components::{Membership, by_wheel, membership};

/// Returns the component that a wheel holds, by the wheel's normalised name. One that isn't in the
/// table is newer than this cudaman and gets the name that NVIDIA's manifests would give it.
pub(super) fn component(distribution: &str) -> Option<ComponentName> {
    let stem = stem(distribution);
    match by_wheel(stem) {
        Some(row) => Some(row.name.clone()),
        None => stem.strip_prefix("nvidia-")?.replace('-', "_").parse().ok(),
    }
}

/// Returns a component under the one name that this source gives it: manifests from 13.3 on say
/// `cccl` for what is `cuda_cccl` before.
pub(super) fn canonical(component: &ComponentName) -> &str {
    match component.as_str() {
        "cccl" => "cuda_cccl",
        name => name,
    }
}

/// Tells whether a profile holds a component. A component that the table doesn't know counts as a
/// part of `devel` and `full`: the metapackage names only parts of the toolkit.
pub(super) fn is_member(component: &ComponentName, profile: Profile) -> bool {
    match membership(component, profile) {
        Membership::Member => true,
        Membership::Never | Membership::Optional => false,
        Membership::Unknown => matches!(profile, Profile::Devel | Profile::Full),
    }
}

/// Returns the name without the mark of a CUDA line: `nvidia-cublas` for `nvidia-cublas-cu12`.
fn stem(distribution: &str) -> &str {
    match distribution.rsplit_once("-cu") {
        Some((stem, digits)) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            stem
        }
        _ => distribution,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wheels_have_the_manifests_names() {
        let name = |distribution| component(distribution).map(|name| name.to_string());
        assert_eq!(name("nvidia-cuda-nvcc").as_deref(), Some("cuda_nvcc"));
        assert_eq!(name("nvidia-cuda-nvcc-cu12").as_deref(), Some("cuda_nvcc"));
        assert_eq!(name("nvidia-cuda-runtime-cu11").as_deref(), Some("cuda_cudart"));
        assert_eq!(name("nvidia-cublas").as_deref(), Some("libcublas"));
        assert_eq!(name("nvidia-cuda-culibos").as_deref(), Some("cuda_culibos"));
        assert_eq!(name("nvidia-cuda-newthing-cu14").as_deref(), Some("cuda_newthing"));
        assert_eq!(name("requests"), None);
    }

    #[test]
    fn what_no_table_knows_is_for_developers() {
        let is_in = |name: &str, profile| is_member(&name.parse().expect(name), profile);
        assert!(is_in("cuda_newthing", Profile::Devel) && !is_in("cuda_newthing", Profile::Runtime));
        assert!(!is_in("libcudla", Profile::Devel), "a part of Jetson's system");
    }
}
