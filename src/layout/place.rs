//! Where an archive's entry goes in the canonical root.
//!
//! A pure function of the entry's path: it neither looks at the disk nor judges whether a path
//! is safe. A path that climbs or is absolute is handed back as it came, for the writer to refuse.

use super::runfile_rules::Owner;
use super::{runfile, wheel};
use crate::model::{Artifact, ComponentName, Format, Platform};

/// The component whose files live in `extras/CUPTI`.
const CUPTI: &str = "cuda_cupti";

/// The component whose licence and release notes stand at the root itself.
const DOCUMENTATION: &str = "cuda_documentation";

/// The name under which the licence of a whole toolkit stands.
const TOOLKIT: &str = "cuda";

/// Where the entries of one artifact go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    component: ComponentName,
    format: Format,
    platform: Platform,
}

/// An entry's path with what the container put around it taken off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Inner<'a> {
    /// A licence, by its path among the licences of the component.
    Licence(Vec<&'a str>),
    /// A path below the component's own root.
    Root(Vec<&'a str>),
}

/// Returns the placement for an artifact's entries.
#[must_use]
pub fn placement(artifact: &Artifact) -> Placement {
    Placement { component: artifact.component.clone(), format: artifact.format, platform: artifact.platform }
}

impl Placement {
    /// Returns the path below the root for an entry, or nothing if it has no place there.
    ///
    /// Also answers for directories, which links may lead to: `lib64 -> lib` has both ends in one
    /// place, and is no link any more.
    ///
    /// ```text
    /// cuda_cudart-linux-x86_64-12.4.127-archive/lib/libcudart.so.12 → targets/x86_64-linux/lib/libcudart.so.12
    /// nvidia/cu13/bin/nvcc → bin/nvcc
    /// ```
    #[must_use]
    pub fn place(&self, path: &str) -> Option<String> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        if path.starts_with('/') || parts.contains(&"..") {
            return Some(path.to_owned());
        }
        let inner = match self.format {
            Format::Runfile => return self.in_runfile(&parts),
            Format::TarGz | Format::TarXz | Format::TarZst => archive_inner(&parts),
            Format::Wheel => wheel::inner(&parts),
            Format::Conda | Format::Directory | Format::TarBz2 => Some(Inner::Root(parts)),
            Format::Deb | Format::Rpm => Some(Inner::Root(parts)),
        };
        match inner? {
            Inner::Licence(name) => Some(self.licence(&name)),
            Inner::Root(parts) => self.in_root(&parts),
        }
    }

    /// Tells whether a file of the archive is an archive itself whose entries have a place too.
    #[must_use]
    pub fn opens(&self, path: &str) -> bool {
        self.format == Format::Runfile && runfile::opens(path)
    }

    /// Tells whether the archive may hold files twice: in runfiles of 10.1 and 10.2 cuBLAS lies in the
    /// toolkit's tree and beside it, and each part has a licence of its own.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        self.format == Format::Runfile
    }

    fn in_runfile(&self, parts: &[&str]) -> Option<String> {
        let found = runfile::find(parts, self.platform)?;
        if !runfile::is_taken(&found.owner, &self.component) {
            return None;
        }
        let component = match found.owner {
            Owner::Component(component) => component,
            _ => TOOLKIT.parse().expect("the name of a component"),
        };
        match found.parts.as_slice() {
            // CUPTI's links among all other libraries stay there: `extras/CUPTI` is beside them.
            ["targets", target, kind @ ("include" | "lib"), rest @ ..]
                if *target == self.platform.target() =>
            {
                Some(join(&format!("targets/{target}/{kind}"), rest))
            }
            ["targets", target, ..] if *target != self.platform.target() => Some(found.parts.join("/")),
            parts => Self { component, ..self.clone() }.in_root(parts),
        }
    }

    fn in_root(&self, parts: &[&str]) -> Option<String> {
        if is_unwanted(parts) {
            return None;
        }
        match parts {
            [] => None,
            ["targets", _] => Some(format!("targets/{}", self.platform.target())),
            ["targets", _, kind @ ("include" | "lib" | "lib64"), rest @ ..]
            | [kind @ ("include" | "lib" | "lib64"), rest @ ..] => Some(self.in_target(kind, rest)),
            ["pkg-config" | "pkgconfig", rest @ ..] | ["share", "pkgconfig", rest @ ..] => {
                Some(join("pkgconfig", rest))
            }
            ["extras", "CUPTI", "lib", rest @ ..] => Some(join("extras/CUPTI/lib64", rest)),
            ["samples", rest @ ..] if self.is(CUPTI) => Some(join("extras/CUPTI/samples", rest)),
            ["doc" | "docs", rest @ ..] if self.is(CUPTI) => Some(join("extras/CUPTI/doc", rest)),
            ["targets"] => Some("targets".to_owned()),
            [file] => Some(self.at_top(file)),
            parts => Some(parts.join("/")),
        }
    }

    fn in_target(&self, kind: &str, rest: &[&str]) -> String {
        let target = self.platform.target();
        match (kind, rest) {
            ("lib" | "lib64", ["pkgconfig", rest @ ..]) => join("pkgconfig", rest),
            ("include", rest) if self.is(CUPTI) => join("extras/CUPTI/include", rest),
            (_, rest) if self.is(CUPTI) => join("extras/CUPTI/lib64", rest),
            ("include", rest) => join(&format!("targets/{target}/include"), rest),
            (_, rest) => join(&format!("targets/{target}/lib"), rest),
        }
    }

    /// Many archives hold a `README` at the top: apart, they don't collide.
    fn at_top(&self, file: &str) -> String {
        if self.is(DOCUMENTATION) {
            return file.to_owned();
        }
        if is_licence(file) {
            return self.licence(&[file]);
        }
        if ["README", "CHANGELOG", "RELEASE"].iter().any(|word| starts_with_word(file, word)) {
            return format!("share/doc/{}/{file}", self.component);
        }
        file.to_owned()
    }

    fn licence(&self, name: &[&str]) -> String {
        join(&format!("share/licenses/{}", self.component), name)
    }

    fn is(&self, component: &str) -> bool {
        self.component.as_str() == component
    }
}

/// Tells whether a file's name is that of a licence or notice.
pub(super) fn is_licence(file: &str) -> bool {
    ["COPYING", "EULA", "LICENCE", "LICENSE", "NOTICE", "NVIDIA_SLA"]
        .iter()
        .any(|word| starts_with_word(file, word))
}

fn starts_with_word(file: &str, word: &str) -> bool {
    file.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Takes off the one directory that every redist archive has at its top.
fn archive_inner<'a>(parts: &[&'a str]) -> Option<Inner<'a>> {
    let (_, rest) = parts.split_first()?;
    Some(Inner::Root(rest.to_vec()))
}

/// What an installer leaves for itself, and what only a desktop of this machine would read.
fn is_unwanted(parts: &[&str]) -> bool {
    match parts {
        [.., file] if file.ends_with(".desktop") => true,
        ["bin", file] => *file == "cuda-uninstaller" || file.starts_with("uninstall_"),
        _ => false,
    }
}

fn join(directory: &str, rest: &[&str]) -> String {
    rest.iter().fold(directory.to_owned(), |path, part| path + "/" + part)
}

#[cfg(test)]
mod tests {
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
        places(
            Format::TarXz,
            "cuda_documentation",
            &[("top/EULA.txt", "EULA.txt"), ("top/README", "README")],
        );
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
}
