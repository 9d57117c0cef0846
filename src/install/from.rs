//! Installs from files that are there already, without any network; their content decides what they are.
//!
//! Each is hashed, recognised and unpacked where it lies; what came out tells the CUDA release, and
//! together they make one toolchain. Nothing of the store changes before all of them are unpacked.

mod add_ons;
mod directory;
mod evidence;
mod input;
mod kept;
mod library;
mod parts;
mod recognise;
mod settle;
mod staged;

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use super::plan::holds;
use super::{Order, Outcome, adapt, adapted, compose, report_proof};
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::model::{PackageReceipt, Trust};
use crate::store::{InstalledPackage, StoreError, Toolchain};
pub(super) use add_ons::is_of;
pub(super) use kept::{kept, meets};
use recognise::Found;
use settle::Settled;

/// The name of this source in receipts.
pub const SOURCE: &str = "file";

/// Makes one toolchain of files. Where the user gave no request, that of the order is `latest`,
/// which every release meets.
///
/// # Errors
/// Returns which file can't be installed, and why.
pub fn install(paths: &[PathBuf], order: &Order, context: &Context) -> Result<Outcome> {
    let found = find(paths, order, context)?;
    if let Some(present) = present(&found, order, context)? {
        return adapted(present, order, context);
    }
    context.prepare()?;
    let staging = context.store.stage("from").hint_from(StoreError::hint)?;
    let staged = staged::unpack(&found, &staging, context)?;
    let toolkit = settle::toolkit(&staged, order, context)?;
    let settled = settle::settle(&staged, toolkit, order, context)?;
    let name = settled.receipt.name.clone();
    let _alone = context.store.lock_toolchain(&name).hint_from(StoreError::hint)?;
    let mut settled = settled.again_if_changed(&staged, order, context)?;
    let _kept = context.store.keep_packages().hint_from(StoreError::hint)?;
    let packages = staged.into_iter().map(|staged| staged.package).collect();
    if order.force {
        context.store.replace_packages(packages).hint_from(StoreError::hint)?;
    } else {
        context.store.commit_packages(packages).hint_from(StoreError::hint)?;
    }
    settled.receipt.adaptation = order.wishes.over(adapt::standing(&name, context)?);
    let toolchain = compose_of(&settled, context).with_context(|| format!("could not compose `{name}`"))?;
    for line in &settled.remarks {
        context.ui.warn(line);
    }
    report_proof(&toolchain, context);
    Ok(Outcome::Installed(toolchain))
}

/// Shows what files are, and changes nothing.
///
/// # Errors
/// Returns which file can't be installed, and why.
pub fn show(paths: &[PathBuf], order: &Order, context: &Context) -> Result<()> {
    for found in find(paths, order, context)? {
        let version = found.version.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
        let path = found.input.path.display();
        context.ui.data(&format!("{} {version}  {}  {path}", found.component, found.standing()))?;
    }
    Ok(())
}

fn find(paths: &[PathBuf], order: &Order, context: &Context) -> Result<Vec<Found>> {
    let inputs = input::read(paths)?;
    let profile = order.profile.unwrap_or(context.config.profile);
    let platform = order.platform.map_or_else(|| context.platform(), Ok)?;
    let found: Vec<Found> = inputs
        .into_iter()
        .map(|input| recognise::recognise(input, profile, platform))
        .collect::<Result<_>>()?;
    let found = parts::with_parts(found, &order.with);
    for one in &found {
        let path = one.input.path.display();
        if let Some(name) = &one.known {
            context.ui.say(&format!("`{path}` is known to be NVIDIA's {name}"));
        }
        if one.input.library.is_some() {
            let owner = one.owner().map(|owner| format!(" of {owner}")).unwrap_or_default();
            context.ui.say(&format!("`{path}`{owner} is copied with its headers, and left as it is"));
        }
    }
    let unknown = found.iter().filter(|one| one.trust() == Trust::Unverified).count();
    if unknown > 0 {
        let which = if unknown == found.len() { String::new() } else { format!(" for {unknown} of them") };
        context.ui.warn(&format!("nobody vouches for these files{which}: they are installed as unverified"));
    }
    Ok(found)
}

/// Returns the toolchain that was made of just these files, and maybe more.
fn present(found: &[Found], order: &Order, context: &Context) -> Result<Option<Toolchain>> {
    if order.force {
        return Ok(None);
    }
    for toolchain in context.store.toolchains().into_iter().rev().filter(|toolchain| toolchain.is_own) {
        let Some(receipt) = context.store.receipt(&toolchain).hint_from(StoreError::hint)? else { continue };
        let has = |one: &Found| {
            let (start, end) = (format!("{}-", one.component), format!("-{}", one.input.digest.short()));
            receipt.packages.iter().any(|id| id.as_str().starts_with(&start) && id.as_str().ends_with(&end))
        };
        let is_asked_for = order.request.matches(&toolchain.name);
        if is_asked_for
            && order.profile.is_none_or(|profile| profile == receipt.profile)
            && found.iter().all(has)
            && order.with.iter().all(|component| holds(&receipt, component))
        {
            return Ok(Some(toolchain));
        }
    }
    Ok(None)
}

fn compose_of(settled: &Settled, context: &Context) -> Result<Toolchain> {
    let find = |id| {
        context.store.package(id).ok_or_else(|| {
            advised(format!("the package `{id}` vanished from the store"), "run the command again")
        })
    };
    let packages: Vec<InstalledPackage> = settled.receipt.packages.iter().map(find).collect::<Result<_>>()?;
    compose(settled.receipt.clone(), &packages, context)
}

/// Tells whether a package holds anything.
fn is_empty(receipt: &PackageReceipt) -> bool {
    receipt.entries.iter().all(|entry| entry.path.starts_with("share/"))
}
