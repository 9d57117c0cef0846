//! From a wish to artifacts: the profile as one package of the file, each further component as another.

use super::FIRST_WITH_COMPONENTS;
use super::table::Installer;
use crate::layout;
use crate::model::{Artifact, Checksum, ComponentName, Format, Trust, Version};
use crate::packages::components::{self, Membership};
use crate::sources::Wish;

/// The licence of everything that is taken from an installer, by the name that redist manifests use.
const LICENCE: &str = "CUDA Toolkit";

/// Returns the components that a wish comes down to: that of the profile, and those beyond it.
pub(super) fn components(wish: &Wish<'_>) -> Result<Vec<ComponentName>, String> {
    let mut chosen = vec![ComponentName::toolkit(wish.profile)];
    for component in wish.with {
        match components::membership(component, wish.profile) {
            Membership::Never => return Err(components::refusal(component).unwrap_or_default()),
            Membership::Unknown => return Err(absent(component, wish)),
            _ if !may_hold(&wish.release.version, component) => return Err(absent(component, wish)),
            Membership::Member => {}
            Membership::Optional => add_with_needs(component, wish, &mut chosen),
        }
    }
    Ok(chosen)
}

/// Adds a component and what it needs beyond the profile.
fn add_with_needs(component: &ComponentName, wish: &Wish<'_>, chosen: &mut Vec<ComponentName>) {
    if chosen.contains(component) {
        return;
    }
    chosen.push(component.clone());
    let needs = components::by_name(component.as_str()).map(|row| row.needs.as_slice()).unwrap_or_default();
    for need in needs {
        let is_beyond = components::membership(need, wish.profile) == Membership::Optional;
        if is_beyond && may_hold(&wish.release.version, need) {
            add_with_needs(need, wish, chosen);
        }
    }
}

/// Returns the packages to make of an installer that can be had.
pub(super) fn artifacts(
    components: Vec<ComponentName>,
    wish: &Wish<'_>,
    installer: &Installer,
    checksum: &Checksum,
) -> Vec<Artifact> {
    let artifact = |component| Artifact {
        component,
        version: wish.release.version.clone(),
        platform: wish.platform,
        url: installer.url.clone(),
        checksum: checksum.clone(),
        trust: if matches!(checksum, Checksum::Md5(_)) { Trust::Md5 } else { Trust::Pinned },
        size: installer.size,
        format: Format::Runfile,
        source: super::NAME,
        licence: Some(LICENCE.to_owned()),
    };
    components.into_iter().map(artifact).collect()
}

/// Tells whether an installer can hold a component. Those with a directory for each may hold any.
fn may_hold(cuda: &Version, component: &ComponentName) -> bool {
    *cuda >= Version::from_numbers(FIRST_WITH_COMPONENTS) || layout::is_in_old_runfiles(component)
}

fn absent(component: &ComponentName, wish: &Wish<'_>) -> String {
    format!("the runfile of CUDA {} has no component `{component}`", wish.release.version)
}
