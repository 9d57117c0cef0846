//! Where toolkits stand on machines: one row for each place. A `*` stands for any one name. Environments
//! of conda are found by `integrate::conda`.

/// Below what a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    /// The user's home.
    Home,
    /// The root of the file system.
    Root,
}

/// A place, and whose it is.
pub(super) struct Place {
    pub(super) base: Base,
    pub(super) pattern: &'static str,
    /// Who puts toolkits there, for people.
    pub(super) owner: &'static str,
    /// The first word of the name that an adopted one gets.
    pub(super) stem: &'static str,
}

const fn root(pattern: &'static str, owner: &'static str, stem: &'static str) -> Place {
    Place { base: Base::Root, pattern, owner, stem }
}

const fn home(pattern: &'static str, owner: &'static str, stem: &'static str) -> Place {
    Place { base: Base::Home, pattern, owner, stem }
}

/// Every place that is looked at, the likeliest first.
pub(super) const PLACES: &[Place] = &[
    root("usr/local/cuda-*", "NVIDIA's installer or packages", "local"),
    root("usr/local/cuda", "NVIDIA's installer or packages", "local"),
    root("opt/cuda", "the distribution", "opt"),
    root("opt/cuda-*", "an administrator", "opt"),
    root("opt/cuda/*", "an administrator", "opt"),
    root("opt/nvidia/cuda-*", "an administrator", "opt"),
    root("opt/nvidia/hpc_sdk/Linux_*/*/cuda/*", "NVIDIA's HPC SDK", "hpc"),
    root("usr/lib/nvidia-cuda-toolkit", "Debian's packages", "debian"),
    root("opt/spack/opt/spack/*/*/cuda-*", "Spack", "spack"),
    root("opt/spack/opt/spack/*/cuda-*", "Spack", "spack"),
    home("spack/opt/spack/*/*/cuda-*", "Spack", "spack"),
    home("spack/opt/spack/*/cuda-*", "Spack", "spack"),
    root("apps/software/CUDA/*", "EasyBuild", "easybuild"),
    root("opt/easybuild/software/CUDA/*", "EasyBuild", "easybuild"),
    root("opt/software/CUDA/*", "EasyBuild", "easybuild"),
    home(".local/easybuild/software/CUDA/*", "EasyBuild", "easybuild"),
    home(".cudup/versions/*", "cudup", "cudup"),
    home(".local/share/cudup/versions/*", "cudup", "cudup"),
    home(".cuvm/versions/*", "cuvm", "cuvm"),
    home(".cuvm/toolkits/*", "cuvm", "cuvm"),
];

/// Where a system's package puts cuDNN's library, and where its headers.
pub(super) const SYSTEM_CUDNN: &[(&str, &str)] =
    &[("usr/lib/x86_64-linux-gnu", "usr"), ("usr/lib/aarch64-linux-gnu", "usr"), ("usr/lib64", "usr")];
