//! Places of entries of archives and wheels.

use super::*;
use crate::layout::samples;
use proptest::prelude::*;

fn places(format: Format, component: &str, cases: &[(&str, &str)]) {
    let placement = samples::placement_of(component, format, Platform::LinuxX86_64);
    for (path, expected) in cases {
        let expected = (!expected.is_empty()).then(|| (*expected).to_owned());
        assert_eq!(placement.place(path), expected, "{component}: {path}");
    }
}

#[test]
fn an_archive_loses_its_top_directory() {
    places(
        Format::TarXz,
        "cuda_cudart",
        &[
            ("top/LICENSE", "share/licenses/cuda_cudart/LICENSE"),
            ("top/include/cuda.h", "targets/x86_64-linux/include/cuda.h"),
            ("./top/lib/libcudart.so", "targets/x86_64-linux/lib/libcudart.so"),
            ("top/lib64/stubs/libcuda.so", "targets/x86_64-linux/lib/stubs/libcuda.so"),
            ("cuda/targets/ppc64le-linux/lib/liba.so", "targets/x86_64-linux/lib/liba.so"),
            ("top/pkg-config/cudart-12.4.pc", "pkgconfig/cudart-12.4.pc"),
            ("top/lib/pkgconfig/cudart-12.4.pc", "pkgconfig/cudart-12.4.pc"),
            ("top/src/fortran.c", "src/fortran.c"),
            ("top/lib", "targets/x86_64-linux/lib"),
            ("top/lib64", "targets/x86_64-linux/lib"),
            ("top/targets/x86_64-linux/include", "targets/x86_64-linux/include"),
            ("top", ""),
            ("top/bin/cuda-uninstaller", ""),
            ("top/bin/uninstall_cuda_10.0.pl", ""),
            ("top/share/applications/nsight.desktop", ""),
        ],
    );
}

#[test]
fn cupti_lives_in_extras() {
    places(
        Format::TarXz,
        "cuda_cupti",
        &[
            ("top/include/cupti.h", "extras/CUPTI/include/cupti.h"),
            ("top/lib/libcupti.so.12", "extras/CUPTI/lib64/libcupti.so.12"),
            ("top/samples/callback/Makefile", "extras/CUPTI/samples/callback/Makefile"),
            ("top/docs/index.html", "extras/CUPTI/doc/index.html"),
            ("top/extras/CUPTI/lib64/libcupti.so", "extras/CUPTI/lib64/libcupti.so"),
            ("top/lib/pkgconfig/cupti.pc", "pkgconfig/cupti.pc"),
            ("top/LICENSE", "share/licenses/cuda_cupti/LICENSE"),
        ],
    );
}

#[test]
fn other_top_files_of_components_do_not_collide() {
    places(
        Format::TarXz,
        "nvcomp",
        &[
            ("top/README.md", "share/doc/nvcomp/README.md"),
            ("top/NOTICE", "share/licenses/nvcomp/NOTICE"),
            ("top/License.txt", "share/licenses/nvcomp/License.txt"),
        ],
    );
    places(Format::TarXz, "cuda_documentation", &[("top/EULA.txt", "EULA.txt"), ("top/README", "README")]);
}

#[test]
fn hostile_paths_are_left_to_the_writer() {
    places(
        Format::TarXz,
        "cudnn",
        &[("top/../../x", "top/../../x"), ("../x", "../x"), ("/etc/passwd", "/etc/passwd")],
    );
}

proptest! {
    #[test]
    fn clean_paths_stay_clean(path in "[a-zA-Z0-9._+-]{1,8}(/[a-zA-Z0-9._+-]{1,8}){0,6}", wheel: bool) {
        prop_assume!(path.split('/').all(|part| part != ".."));
        let format = if wheel { Format::Wheel } else { Format::TarXz };
        let placement = samples::placement_of("cuda_cupti", format, Platform::LinuxSbsa);
        if let Some(placed) = placement.place(&path) {
            prop_assert!(placed.split('/').all(|part| !part.is_empty() && part != "." && part != ".."));
        }
    }
}
