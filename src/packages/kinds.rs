//! The consts behind [`super::PACKAGES`].

use super::PackageKind;

/// The CUDA toolkit.
pub const TOOLKIT: PackageKind = PackageKind {
    name: "cuda",
    title: "CUDA",
    redist: "compute/cuda/redist",
    redist_components: &[],
    wheel: Some("cuda-toolkit"),
    root_variables: &["CUDA_HOME", "CUDA_PATH", "CUDA_ROOT", "CUDAToolkit_ROOT"],
};

/// cuDNN. Its samples and the smaller `cudnn_jit` build are other components of the same manifests.
pub const CUDNN: PackageKind = PackageKind {
    name: "cudnn",
    title: "cuDNN",
    redist: "compute/cudnn/redist",
    redist_components: &["cudnn"],
    wheel: Some("nvidia-cudnn"),
    root_variables: &["CUDNN_HOME", "CUDNN_PATH", "CUDNN_ROOT", "CUDNN_INSTALL_PATH"],
};

/// NCCL, which has no redist manifests: wheels only.
pub const NCCL: PackageKind = PackageKind {
    name: "nccl",
    title: "NCCL",
    redist: "",
    redist_components: &[],
    wheel: Some("nvidia-nccl"),
    root_variables: &["NCCL_HOME", "NCCL_ROOT"],
};

/// cuTENSOR, whose wheels are named without `nvidia-`.
pub const CUTENSOR: PackageKind = PackageKind {
    name: "cutensor",
    title: "cuTENSOR",
    redist: "compute/cutensor/redist",
    redist_components: &["libcutensor"],
    wheel: Some("cutensor"),
    root_variables: &["CUTENSOR_HOME", "CUTENSOR_ROOT"],
};

/// cuSPARSELt.
pub const CUSPARSELT: PackageKind = PackageKind {
    name: "cusparselt",
    title: "cuSPARSELt",
    redist: "compute/cusparselt/redist",
    redist_components: &["libcusparse_lt"],
    wheel: Some("nvidia-cusparselt"),
    root_variables: &["CUSPARSELT_HOME", "CUSPARSELT_ROOT"],
};

/// cuDSS.
pub const CUDSS: PackageKind = PackageKind {
    name: "cudss",
    title: "cuDSS",
    redist: "compute/cudss/redist",
    redist_components: &["libcudss"],
    wheel: Some("nvidia-cudss"),
    root_variables: &["CUDSS_HOME", "CUDSS_ROOT"],
};

/// nvCOMP.
pub const NVCOMP: PackageKind = PackageKind {
    name: "nvcomp",
    title: "nvCOMP",
    redist: "compute/nvcomp/redist",
    redist_components: &["nvcomp"],
    wheel: Some("nvidia-nvcomp"),
    root_variables: &["NVCOMP_HOME", "NVCOMP_ROOT"],
};

/// Everything that can be installed, the toolkit first.
pub const PACKAGES: &[&PackageKind] = &[&TOOLKIT, &CUDNN, &NCCL, &CUTENSOR, &CUSPARSELT, &CUDSS, &NVCOMP];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::packages::add_ons;

    #[test]
    fn names_and_variables_belong_to_one_kind() {
        let names: BTreeSet<_> = PACKAGES.iter().map(|kind| kind.name).collect();
        assert_eq!(names.len(), PACKAGES.len());
        let variables: Vec<_> = PACKAGES.iter().flat_map(|kind| kind.root_variables).collect();
        let different: BTreeSet<_> = variables.iter().collect();
        assert_eq!(different.len(), variables.len());
    }

    #[test]
    fn an_add_on_with_manifests_names_its_components() {
        for kind in add_ons() {
            assert_eq!(kind.redist.is_empty(), kind.redist_components.is_empty(), "{}", kind.name);
            assert!(kind.redist.is_empty() || kind.redist == format!("compute/{}/redist", kind.name));
        }
    }
}
