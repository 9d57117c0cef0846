//! The add-ons among the files: of which kind, in which version, and whether they fit.

use anyhow::{Result, bail};

use super::staged::Staged;
use crate::error::{UsageError, advised};
use crate::install::Order;
use crate::model::request::{AddOnRequest, AddOns, Base};
use crate::model::{AddOn, ComponentName, PackageReceipt, ToolchainReceipt, Version};
use crate::packages::{self, PackageKind};

/// Returns the kind of add-on that a component is; none for one of the toolkit.
pub(super) fn kind_of(component: &ComponentName) -> Option<&'static PackageKind> {
    let name = component.as_str();
    packages::add_ons().find(|kind| kind.name == name || kind.redist_components.contains(&name))
}

/// Tells whether a component is of a kind of add-on.
pub(in crate::install) fn is_of(kind: &str, component: &ComponentName) -> bool {
    kind_of(component).is_some_and(|own| own.name == kind)
}

/// Gathers the add-ons of the files and of the toolchain that they are added to.
pub(super) fn gather(
    staged: &[Staged],
    grown: Option<&ToolchainReceipt>,
    cuda: &Version,
    order: &Order,
) -> Result<Vec<AddOn>> {
    let mut add_ons: Vec<AddOn> = Vec::new();
    for one in staged {
        let Some(kind) = kind_of(&one.package.receipt.component) else { continue };
        check_built_for(one, cuda)?;
        let version = one.package.receipt.version.clone();
        match add_ons.iter_mut().find(|add_on| add_on.kind == kind.name) {
            Some(other) if !are_one(&other.version, &version) => {
                return Err(advised(
                    format!("the files hold {} twice: {} and {version}", kind.title, other.version),
                    "name the files of one of them",
                ));
            }
            Some(other) => other.version = other.version.clone().max(version),
            None => add_ons.push(AddOn { kind: kind.name.to_owned(), version }),
        }
    }
    let kept = grown.into_iter().flat_map(|receipt| &receipt.add_ons);
    let kept: Vec<AddOn> =
        kept.filter(|old| !add_ons.iter().any(|new| new.kind == old.kind)).cloned().collect();
    add_ons.extend(kept);
    check_asked(&add_ons, order)?;
    Ok(add_ons)
}

/// Refuses what can't become what was ordered, before a toolkit is fetched for it.
pub(super) fn check(staged: &[Staged], order: &Order) -> Result<()> {
    if let Base::Prefix(cuda) = &order.request.base {
        staged.iter().try_for_each(|one| check_built_for(one, cuda))?;
    }
    for wish in order.request.add_ons.named() {
        let is_other = |one: &Staged| {
            let PackageReceipt { component, version, .. } = &one.package.receipt;
            is_of(&wish.kind, component)
                && wish.version.as_ref().is_some_and(|wanted| !version.starts_with(wanted))
        };
        if staged.iter().any(is_other) {
            return Err(not_there(wish, order));
        }
    }
    Ok(())
}

fn check_built_for(one: &Staged, cuda: &Version) -> Result<()> {
    let Some(major) = one.built_for.filter(|major| *major != cuda.major()) else { return Ok(()) };
    Err(advised(
        format!("`{}` was built for CUDA {major}, and the toolkit is {cuda}", one.path.display()),
        format!("get the one for CUDA {}", cuda.major()),
    ))
}

fn not_there(wish: &AddOnRequest, order: &Order) -> anyhow::Error {
    let version = wish.version.as_ref().map(ToString::to_string).unwrap_or_default();
    advised(
        format!("`{}` was asked for, and no file holds {} {version}", order.request, wish.kind),
        format!("add its file to `--from`, or leave `+{}` out", wish.kind),
    )
}

fn check_asked(add_ons: &[AddOn], order: &Order) -> Result<()> {
    for wish in order.request.add_ons.named() {
        let is_met = |add_on: &AddOn| {
            add_on.kind == wish.kind
                && wish.version.as_ref().is_none_or(|version| add_on.version.starts_with(version))
        };
        if !add_ons.iter().any(is_met) {
            return Err(not_there(wish, order));
        }
    }
    if order.request.add_ons == AddOns::None && !add_ons.is_empty() {
        bail!(UsageError("`+none` was asked for, and the files hold an add-on".to_owned()));
    }
    Ok(())
}

/// Tells whether one of two versions is the beginning of the other.
pub(super) fn are_one(one: &Version, other: &Version) -> bool {
    one.starts_with(other) || other.starts_with(one)
}
