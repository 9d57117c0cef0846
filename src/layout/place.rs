//! Where an archive's entry goes in the canonical root.
//!
//! A pure function of the entry's path: it neither looks at the disk nor judges whether a path
//! is safe. A path that climbs or is absolute is handed back as it came, for the writer to refuse.

use super::runfile_rules::Owner;
use super::{conda, runfile, system, wheel};
use crate::model::{Artifact, ComponentName, Format, Platform};
use crate::packages;
use crate::packages::components::{self, Membership};

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
    /// Whether the archive holds a whole toolkit, of which this component alone is wanted.
    is_part: bool,
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
    let Artifact { component, format, platform, .. } = artifact;
    Placement { component: component.clone(), format: *format, platform: *platform, is_part: false }
}

impl Placement {
    /// Returns the placement for one component out of an archive that holds a whole toolkit.
    #[must_use]
    pub fn out_of_toolkit(self) -> Self {
        Self { is_part: true, ..self }
    }

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
            Format::TarBz2 | Format::TarGz | Format::TarXz | Format::TarZst => archive_inner(&parts),
            Format::Wheel => wheel::inner(&parts),
            Format::Conda => conda::inner(&parts),
            Format::Deb | Format::Rpm => self.is_wanted(path).then(|| system::inner(&parts)).flatten(),
            Format::Directory => Some(Inner::Root(parts)),
        };
        if let Some(inside) = self.of_inner_package(path) {
            return match inner? {
                Inner::Licence(name) => Some(inside.licence(&name)),
                Inner::Root(parts) => inside.in_root(&parts),
            };
        }
        match inner? {
            Inner::Licence(name) => Some(self.licence(&name)),
            Inner::Root(parts) if self.is_whole_tree() => {
                self.in_runfile(&["builds", "cuda-toolkit"].into_iter().chain(parts).collect::<Vec<_>>())
            }
            Inner::Root(parts) => self.in_root(&parts),
        }
    }

    /// Tells whether a file of the archive is an archive itself whose entries have a place too.
    #[must_use]
    pub fn opens(&self, path: &str) -> bool {
        match self.format {
            Format::Deb | Format::Rpm => system::opens(path) && self.is_wanted(path),
            Format::Runfile => runfile::opens(path),
            _ => false,
        }
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

    /// A directory or tar of a whole toolkit has the layout that runfiles of 10.1 hold.
    fn is_whole_tree(&self) -> bool {
        let is_tree = matches!(
            self.format,
            Format::Directory | Format::TarBz2 | Format::TarGz | Format::TarXz | Format::TarZst
        );
        is_tree && (self.is_part || self.component.toolkit_profile().is_some())
    }

    /// What a local-repository package holds stands where it would from the package by itself.
    fn of_inner_package(&self, path: &str) -> Option<Self> {
        let is_system = matches!(self.format, Format::Deb | Format::Rpm);
        let (package, _) = system::package_in(path).filter(|_| is_system)?;
        Some(Self { component: packages::system::component(package)?, ..self.clone() })
    }

    /// Of packages in a local-repository package, those count that the profile holds.
    fn is_wanted(&self, path: &str) -> bool {
        let component =
            system::package_in(path).and_then(|(package, _)| packages::system::component(package));
        let Some(component) = component else { return true };
        if self.is_part {
            return component == self.component;
        }
        let Some(profile) = self.component.toolkit_profile() else { return true };
        match components::membership(&component, profile) {
            Membership::Member => true,
            Membership::Unknown => profile.has_compiler(),
            Membership::Never | Membership::Optional => false,
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
#[path = "place_tests.rs"]
mod tests;
