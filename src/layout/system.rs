//! What packages of a system wrap around a toolkit's files, `.deb` and `.rpm` alike.
//!
//! NVIDIA's own lie in `usr/local/cuda-12.4`, already in its layout, with cuDNN, NCCL and, for 10.1 and
//! 10.2, cuBLAS in `/usr`. Debian spreads the same files over `/usr` and puts shell wrappers before the
//! compiler. Local-repository packages hold packages. What only a system needs stays where it is.

use super::place::{Inner, is_licence};
use crate::packages::system;

/// Takes a package's wrapping off an entry's path.
pub(super) fn inner<'a>(parts: &[&'a str]) -> Option<Inner<'a>> {
    match parts {
        ["var", _, package, rest @ ..] if is_package(package) => inner(rest),
        ["usr", "local", root, rest @ ..] if is_root(root) => Some(Inner::Root(rest.to_vec())),
        ["opt", "nvidia", "nsight-compute", rest @ ..] => below("nsight-compute", rest),
        ["opt", "nvidia", "nsight-systems", rest @ ..] => below("nsight-systems", rest),
        ["usr", "share", "doc" | "licenses", package, file] if is_licence_file(file) => {
            Some(Inner::Licence(vec![package, file]))
        }
        ["usr", "bin", tool] => (!is_wrapper(tool)).then(|| Inner::Root(vec!["bin", tool])),
        ["usr", "include", architecture, rest @ ..] if is_architecture(architecture) => {
            below("include", rest)
        }
        ["usr", "include", rest @ ..] => below("include", rest),
        ["usr", "lib64", rest @ ..] => library(rest),
        ["usr", "lib", "nvidia-cuda-toolkit", rest @ ..] => debian(rest),
        ["usr", "lib", architecture, rest @ ..] if is_architecture(architecture) => library(rest),
        ["usr", "share", "cmake", rest @ ..] => debian_cmake(rest),
        _ => None,
    }
}

/// Tells whether a file of a local-repository package is a package of a toolkit, by its name.
pub(super) fn opens(path: &str) -> bool {
    package_in(path).is_some_and(|(package, rest)| rest.is_empty() && system::component(package).is_some())
}

/// Splits the path of an entry into the package that it stands in, by name, and the rest.
pub(super) fn package_in(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.trim_start_matches("./").splitn(4, '/');
    let (Some("var"), Some(_), Some(file)) = (parts.next(), parts.next(), parts.next()) else { return None };
    // `cuda-nvcc-12-4_12.4.131-1_amd64.deb`, `cuda-nvcc-12-4-12.4.131-1.x86_64.rpm`
    let name = match file.strip_suffix(".deb") {
        Some(stem) => stem.split('_').next()?,
        None => file.strip_suffix(".rpm")?.rsplitn(3, '-').nth(2)?,
    };
    Some((name, parts.next().unwrap_or_default()))
}

fn below<'a>(directory: &'static str, rest: &[&'a str]) -> Option<Inner<'a>> {
    Some(Inner::Root(std::iter::once(directory).chain(rest.iter().copied()).collect()))
}

/// cuDNN 9 has a directory for each CUDA major: `libcudnn/12/libcudnn.so.9.1.0`.
fn library<'a>(rest: &[&'a str]) -> Option<Inner<'a>> {
    match rest {
        [name, cuda, rest @ ..] if name.starts_with("libcudnn") && cuda.parse::<u32>().is_ok() => {
            below("lib", rest)
        }
        _ => below("lib", rest),
    }
}

/// The part of Debian's packages that isn't spread.
fn debian<'a>(rest: &[&'a str]) -> Option<Inner<'a>> {
    let inner = match rest {
        ["bin", "cicc"] => vec!["nvvm", "bin", "cicc"],
        // Its own choice of a host compiler, and a profile that names its own directories.
        ["bin", "gcc" | "g++" | "nvcc.profile"] => return None,
        ["libdevice", rest @ ..] => ["nvvm", "libdevice"].into_iter().chain(rest.iter().copied()).collect(),
        rest => rest.to_vec(),
    };
    Some(Inner::Root(inner))
}

fn debian_cmake<'a>(rest: &[&'a str]) -> Option<Inner<'a>> {
    Some(Inner::Root(["lib", "cmake"].into_iter().chain(rest.iter().copied()).collect()))
}

/// Debian's shell scripts before NVIDIA's programs of the same name.
fn is_wrapper(tool: &str) -> bool {
    matches!(tool, "nvcc" | "nvprof" | "nvvp" | "nsight")
}

fn is_root(name: &str) -> bool {
    name == "cuda" || name.starts_with("cuda-")
}

fn is_package(name: &str) -> bool {
    name.ends_with(".deb") || name.ends_with(".rpm")
}

fn is_architecture(name: &str) -> bool {
    name.ends_with("-linux-gnu")
}

fn is_licence_file(file: &str) -> bool {
    file == "copyright" || is_licence(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::samples;
    use crate::model::{Format, Platform};

    fn places(component: &str, cases: &[(&str, &str)]) {
        let placement = samples::placement_of(component, Format::Deb, Platform::LinuxX86_64);
        for (path, expected) in cases {
            let expected = (!expected.is_empty()).then(|| (*expected).to_owned());
            assert_eq!(placement.place(path), expected, "{path}");
        }
    }

    #[test]
    fn packages_of_nvidia_lose_their_root() {
        places(
            "cuda_nvcc",
            &[
                ("usr/local/cuda-12.4/bin/nvcc", "bin/nvcc"),
                (
                    "usr/local/cuda-12.4/targets/x86_64-linux/include/crt/a.h",
                    "targets/x86_64-linux/include/crt/a.h",
                ),
                ("usr/local/cuda-12.4/lib64/libx.so", "targets/x86_64-linux/lib/libx.so"),
                (
                    "usr/share/doc/cuda-nvcc-12-4/copyright",
                    "share/licenses/cuda_nvcc/cuda-nvcc-12-4/copyright",
                ),
                ("usr/share/doc/cuda-nvcc-12-4/changelog.Debian.gz", ""),
                ("etc/ld.so.conf.d/cuda-12-4.conf", ""),
                ("var/cuda-repo-debian12-12-4-local/Packages", ""),
            ],
        );
        places(
            "cudnn",
            &[
                ("usr/include/x86_64-linux-gnu/cudnn_v8.h", "targets/x86_64-linux/include/cudnn_v8.h"),
                ("usr/lib/x86_64-linux-gnu/libcudnn.so.8.9.7", "targets/x86_64-linux/lib/libcudnn.so.8.9.7"),
                ("usr/lib64/libcudnn.so.8", "targets/x86_64-linux/lib/libcudnn.so.8"),
                (
                    "usr/lib/x86_64-linux-gnu/libcudnn/12/libcudnn.so.9",
                    "targets/x86_64-linux/lib/libcudnn.so.9",
                ),
            ],
        );
    }

    #[test]
    fn packages_of_debian_are_gathered() {
        places(
            "cuda_nvcc",
            &[
                ("usr/lib/nvidia-cuda-toolkit/bin/nvcc", "bin/nvcc"),
                ("usr/lib/nvidia-cuda-toolkit/bin/crt/link.stub", "bin/crt/link.stub"),
                ("usr/lib/nvidia-cuda-toolkit/bin/cicc", "nvvm/bin/cicc"),
                ("usr/lib/nvidia-cuda-toolkit/bin/g++", ""),
                ("usr/lib/nvidia-cuda-toolkit/bin/nvcc.profile", ""),
                ("usr/lib/nvidia-cuda-toolkit/libdevice/libdevice.10.bc", "nvvm/libdevice/libdevice.10.bc"),
                (
                    "usr/lib/nvidia-cuda-toolkit/compute-sanitizer/compute-sanitizer",
                    "compute-sanitizer/compute-sanitizer",
                ),
                ("usr/lib/cuda/version.txt", ""),
                ("etc/nvcc.profile", ""),
                ("usr/bin/nvcc", ""),
                ("usr/bin/ptxas", "bin/ptxas"),
                ("usr/include/nv/target", "targets/x86_64-linux/include/nv/target"),
                ("usr/lib/x86_64-linux-gnu/stubs/libcuda.so", "targets/x86_64-linux/lib/stubs/libcuda.so"),
                ("usr/lib/x86_64-linux-gnu/pkgconfig/cuda.pc", "pkgconfig/cuda.pc"),
            ],
        );
    }

    #[test]
    fn local_repositories_hold_packages() {
        let repository = "var/cuda-repo-debian12-12-4-local";
        let name = |file: &str| package_in(&format!("{repository}/{file}")).map(|(name, _)| name.to_owned());
        assert_eq!(name("cuda-nvcc-12-4_12.4.131-1_amd64.deb").as_deref(), Some("cuda-nvcc-12-4"));
        assert_eq!(name("cuda-nvcc-12-4-12.4.131-1.x86_64.rpm").as_deref(), Some("cuda-nvcc-12-4"));
        assert!(opens(&format!("{repository}/cuda-nvcc-12-4_12.4.131-1_amd64.deb")));
        assert!(!opens(&format!("{repository}/nvidia-driver_550-1_amd64.deb")));
        assert!(!opens(&format!("{repository}/Packages.gz")));
    }
}
