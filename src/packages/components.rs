//! The toolkit's components: what each is, which profile holds it, and which are never installed.
//!
//! The facts are the rows of `components.toml`; this file answers questions about them. A component
//! that the table doesn't know is not guessed at: callers decide, by its licence and the profile.

use std::sync::OnceLock;

use serde::Deserialize;

use crate::model::{ComponentName, Profile, Version};

/// How a component takes part in a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// The profile holds it.
    Member,
    /// A driver or a part of another system: refused even when asked for.
    Never,
    /// Only on request: another profile holds it.
    Optional,
    /// The table doesn't know it: a component of a release that is newer than this cudaman.
    Unknown,
}

/// One row of the table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// Its name in redist manifests.
    pub name: ComponentName,
    /// What sort of thing it is.
    pub role: Role,
    /// The profiles that hold it.
    #[serde(default)]
    pub profiles: Vec<Profile>,
    /// Why it is never installed, if it isn't: the end of a sentence, `it is a kernel module`.
    pub never: Option<String>,
    /// What it holds, in a few words.
    pub what: String,
    /// The programs that it brings.
    #[serde(default)]
    pub tools: Vec<String>,
    /// The first manifest that is known to have it.
    pub first: Option<Version>,
    /// The last manifest that is known to have it.
    pub last: Option<Version>,
    /// The stem of its distribution in a Python package index: `nvidia-cuda-nvcc`.
    pub wheel: Option<String>,
    /// Its name among the extras of the metapackage `cuda-toolkit`.
    pub extra: Option<String>,
    /// Components that it can't do without, where the release has them.
    #[serde(default)]
    pub needs: Vec<ComponentName>,
}

/// What sort of thing a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A part of the compiler.
    Compiler,
    /// Licence and readme.
    Documentation,
    /// Part of the driver, or a service beside it.
    Driver,
    /// Headers only.
    Headers,
    /// Part of Jetson's system software.
    Jetson,
    /// Shared libraries with their headers.
    Library,
    /// The CUDA runtime.
    Runtime,
    /// Samples.
    Samples,
    /// Static libraries only.
    StaticLibrary,
    /// Programs.
    Tool,
    /// For Windows only.
    Windows,
}

/// What a profile can't do without: any one of `any_of`, in releases from `since` on.
struct Essential {
    any_of: &'static [&'static str],
    since: [u32; 2],
    compilers_only: bool,
}

/// Before 11.4 no manifest was seen, so nothing is demanded there of headers that nvcc itself may hold.
const ESSENTIALS: &[Essential] = &[
    Essential { any_of: &["cuda_cudart"], since: [0, 0], compilers_only: false },
    Essential { any_of: &["cuda_nvcc"], since: [0, 0], compilers_only: true },
    Essential { any_of: &["cuda_cccl", "cccl", "cuda_thrust"], since: [11, 4], compilers_only: true },
    Essential { any_of: &["cuda_crt"], since: [13, 0], compilers_only: true },
    Essential { any_of: &["libnvvm"], since: [13, 0], compilers_only: true },
];

/// Returns every component of the table.
#[must_use]
pub fn all() -> &'static [Component] {
    #[derive(Deserialize)]
    struct Table {
        component: Vec<Component>,
    }
    static TABLE: OnceLock<Vec<Component>> = OnceLock::new();
    TABLE.get_or_init(|| {
        toml::from_str::<Table>(include_str!("components.toml")).expect("the table is tested").component
    })
}

/// Returns the row of a component.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Component> {
    all().iter().find(|component| component.name.as_str() == name)
}

/// Returns the component that brings a program.
#[must_use]
pub fn by_tool(name: &str) -> Option<&'static Component> {
    all().iter().find(|component| component.tools.iter().any(|tool| tool == name))
}

/// Returns the component that a wheel holds, by the stem of its name (`nvidia-cuda-nvcc`, without
/// `-cu12`).
#[must_use]
pub fn by_wheel(stem: &str) -> Option<&'static Component> {
    all().iter().find(|component| component.wheel.as_deref() == Some(stem))
}

/// Says why a component is never installed, if it isn't.
#[must_use]
pub fn refusal(component: &ComponentName) -> Option<String> {
    let reason = by_name(component.as_str())?.never.as_ref()?;
    Some(format!("cudaman never installs `{component}`: {reason}"))
}

/// Tells how `component` takes part in `profile`.
#[must_use]
pub fn membership(component: &ComponentName, profile: Profile) -> Membership {
    match by_name(component.as_str()) {
        None => Membership::Unknown,
        Some(row) if row.never.is_some() => Membership::Never,
        Some(row) if row.profiles.contains(&profile) => Membership::Member,
        Some(_) => Membership::Optional,
    }
}

/// Returns what a profile of a CUDA release lacks of that without which it doesn't count as given,
/// `has` telling which components there are. Of alternatives (`cuda_cccl`, `cccl`) the first is named.
#[must_use]
pub fn missing_essentials(profile: Profile, cuda: &Version, has: impl Fn(&str) -> bool) -> Vec<&'static str> {
    ESSENTIALS
        .iter()
        .filter(|essential| profile.has_compiler() || !essential.compilers_only)
        .filter(|essential| *cuda >= Version::from_numbers(essential.since))
        .filter(|essential| !essential.any_of.iter().any(|name| has(name)))
        .map(|essential| essential.any_of[0])
        .collect()
}

/// Tells whether a licence, as manifests name it, is that of the toolkit itself, under which the
/// program may install a component that it has never heard of.
#[must_use]
pub fn is_toolkit_licence(licence: &str) -> bool {
    let licence = licence.trim().to_ascii_lowercase();
    licence.starts_with("cuda toolkit") || licence.starts_with("cccl")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn membership_of(name: &str, profile: Profile) -> Membership {
        membership(&name.parse().expect("a name"), profile)
    }

    #[test]
    fn rows_are_whole_and_unique() {
        let mut names = BTreeSet::new();
        let mut wheels = BTreeSet::new();
        let mut tools = BTreeSet::new();
        for row in all() {
            assert!(names.insert(&row.name), "{} twice", row.name);
            assert!(row.wheel.as_ref().is_none_or(|wheel| wheels.insert(wheel)), "{}", row.name);
            assert_eq!(row.wheel.is_some(), row.extra.is_some(), "{}", row.name);
            assert_eq!(row.profiles.is_empty(), row.never.is_some(), "{}", row.name);
            assert!(row.tools.iter().all(|tool| tools.insert(tool)), "{}", row.name);
            assert!(row.tools.is_empty() || matches!(row.role, Role::Compiler | Role::Tool), "{}", row.name);
            assert!(row.first <= row.last, "{}", row.name);
            assert!(row.profiles.is_empty() || row.profiles.contains(&Profile::Full), "{}", row.name);
            assert!(row.profiles.is_sorted_by_key(|profile| Profile::ALL.iter().position(|p| p == profile)));
        }
        assert!(names.len() >= 62);
    }

    #[test]
    fn known_members_are_where_they_belong() {
        for (name, profile, expected) in [
            ("cuda_nvcc", Profile::Minimal, Membership::Member),
            ("cuda_nvcc", Profile::Runtime, Membership::Optional),
            ("cuda_nvtx", Profile::Minimal, Membership::Member),
            ("libcublas", Profile::Runtime, Membership::Member),
            ("libcublas", Profile::Minimal, Membership::Optional),
            ("nsight_compute", Profile::Devel, Membership::Optional),
            ("nvidia_driver", Profile::Full, Membership::Never),
            ("fabricmanager", Profile::Full, Membership::Never),
            ("imex", Profile::Full, Membership::Never),
            ("cuda_compat", Profile::Full, Membership::Never),
            ("cuda_of_tomorrow", Profile::Full, Membership::Unknown),
        ] {
            assert_eq!(membership_of(name, profile), expected, "{name} {profile}");
        }
    }

    #[test]
    fn whatever_a_member_needs_is_a_member() {
        for profile in Profile::ALL {
            for row in all().iter().filter(|row| row.profiles.contains(&profile)) {
                for need in &row.needs {
                    let need = by_name(need.as_str()).expect("a row for every need");
                    assert!(
                        need.profiles.contains(&profile),
                        "{} without {} in {profile}",
                        row.name,
                        need.name
                    );
                }
            }
        }
    }

    #[test]
    fn essentials_are_members_and_depend_on_the_release() {
        let missing =
            |profile, cuda: &str| missing_essentials(profile, &cuda.parse().expect("a version"), |_| false);
        assert_eq!(missing(Profile::Runtime, "13.0.0"), ["cuda_cudart"]);
        assert_eq!(missing(Profile::Devel, "11.2.0"), ["cuda_cudart", "cuda_nvcc"]);
        assert_eq!(missing(Profile::Minimal, "12.9.1"), ["cuda_cudart", "cuda_nvcc", "cuda_cccl"]);
        assert_eq!(missing(Profile::Full, "13.0.0").last(), Some(&"libnvvm"));
        let renamed = missing_essentials(Profile::Devel, &"12.9".parse().expect("a version"), |name| {
            ["cuda_cudart", "cuda_nvcc", "cccl"].contains(&name)
        });
        assert!(renamed.is_empty(), "{renamed:?}");
        for name in ESSENTIALS.iter().flat_map(|essential| essential.any_of) {
            assert_eq!(membership_of(name, Profile::Minimal), Membership::Member, "{name}");
        }
    }

    #[test]
    fn wheels_lead_to_components_and_back() {
        assert_eq!(by_wheel("nvidia-cuda-runtime").map(|row| row.name.as_str()), Some("cuda_cudart"));
        assert!(by_wheel("nvidia-cuda-runtime-cu12").is_none());
        assert_eq!(by_wheel("nvidia-nvvm").map(|row| row.name.as_str()), Some("libnvvm"));
    }

    #[test]
    fn what_is_never_installed_is_refused_with_its_reason() {
        let refusal = |name: &str| refusal(&name.parse().expect(name));
        assert_eq!(
            refusal("nvidia_fs").as_deref(),
            Some("cudaman never installs `nvidia_fs`: it is a kernel module")
        );
        assert_eq!((refusal("cuda_nvcc"), refusal("cuda_of_tomorrow")), (None, None));
    }

    #[test]
    fn only_the_toolkits_licence_opens_the_door() {
        assert!(is_toolkit_licence("CUDA Toolkit") && is_toolkit_licence("CCCL EULA"));
        assert!(
            !is_toolkit_licence("NVIDIA Driver") && !is_toolkit_licence("") && !is_toolkit_licence("MIT")
        );
    }
}
