//! Links from an old name of a library to the one that a toolchain has. They are part of how it was adapted:
//! recorded in its receipt, kept when it grows, gone with it.

use anyhow::Result;

use super::adapt::{Wishes, readapt};
use crate::compat::abi;
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::model::{Change, CompatLink, Entry, FixUp, ToolchainName, ToolchainReceipt};
use crate::store::{Composition, InstalledPackage, StoreError, Toolchain};

/// Adds the links of a receipt to its composition; one whose library is gone, or whose name a package has, is
/// left out.
pub(super) fn add(composition: &mut Composition, packages: &[InstalledPackage]) {
    let links = composition.receipt.adaptation.links.clone();
    for CompatLink { soname, target } in links {
        let is_taken = library(&soname, packages).is_some();
        let Some(entry) = library(&target, packages).filter(|_| !is_taken) else { continue };
        let directory = entry.path.rsplit_once('/').map_or("", |(directory, _)| directory);
        let path = format!("{directory}/{soname}");
        composition.fix_ups.retain(|fix_up| fix_up.path != path);
        composition.fix_ups.push(FixUp { path, change: Change::Link { target } });
    }
}

/// Lists the links of every own toolchain.
#[must_use]
pub fn compat_links(context: &Context) -> Vec<(ToolchainName, CompatLink)> {
    let own = context.store.toolchains().into_iter().filter(|toolchain| toolchain.is_own);
    own.filter_map(|toolchain| context.store.receipt(&toolchain).ok().flatten())
        .flat_map(|receipt: ToolchainReceipt| {
            let name = receipt.name;
            receipt.adaptation.links.into_iter().map(move |link| (name.clone(), link))
        })
        .collect()
}

/// Returns the name of the library that a toolchain has in the place of one.
///
/// # Errors
/// Returns an error where it has that very one, or none of its kind.
pub fn stand_in(soname: &str, toolchain: &Toolchain, context: &Context) -> Result<String> {
    let name = &toolchain.name;
    let Some((library_name, _)) = abi::parts(soname) else {
        let message = format!("`{}` is no name of a shared library", soname.escape_default());
        return Err(advised(message, "name it as the error did: `libcudart.so.10.1`"));
    };
    let receipt = context.store.receipt(toolchain).hint_from(StoreError::hint)?;
    let ids = receipt.map(|receipt| receipt.packages).unwrap_or_default();
    let packages: Vec<InstalledPackage> = ids.iter().filter_map(|id| context.store.package(id)).collect();
    if library(soname, &packages).is_some() {
        let message = format!("`{name}` has `{soname}` itself: no link is needed");
        return Err(advised(message, format!("`cudaman exec {name} -- COMMAND` runs a command with it")));
    }
    let stem = format!("{library_name}.so.");
    let names = entries(&packages).filter_map(|entry| entry.path.rsplit('/').next());
    // The library's own name is the shortest: libcublas.so.11 beside libcublas.so.11.2.0.252.
    let found = names
        .filter(|name| name.starts_with(&stem) && abi::parts(name).is_some())
        .min_by_key(|name| name.len());
    found.map(str::to_owned).ok_or_else(|| {
        advised(
            format!("`{name}` has no {library_name} at all"),
            format!("`cudaman install '{name}' --profile runtime` brings the libraries of a toolkit"),
        )
    })
}

/// Makes a link, in place of one of the same name; none of them means that it is there already.
///
/// # Errors
/// Returns an error where the toolchain is not cudaman's to change.
pub fn link(link: CompatLink, toolchain: &Toolchain, context: &Context) -> Result<Option<Toolchain>> {
    change(toolchain, context, |links| {
        links.retain(|other| other.soname != link.soname);
        links.push(link);
        links.sort();
    })
}

/// Removes a link; none means that there was none of this name.
///
/// # Errors
/// Returns an error where the toolchain is not cudaman's to change.
pub fn unlink(soname: &str, toolchain: &Toolchain, context: &Context) -> Result<Option<Toolchain>> {
    change(toolchain, context, |links| links.retain(|other| other.soname != soname))
}

fn change(
    toolchain: &Toolchain,
    context: &Context,
    change: impl FnOnce(&mut Vec<CompatLink>),
) -> Result<Option<Toolchain>> {
    let receipt = context.store.receipt(toolchain).hint_from(StoreError::hint)?;
    let mut links = receipt.map(|receipt| receipt.adaptation.links).unwrap_or_default();
    change(&mut links);
    let wishes = Wishes { links: Some(links), ..Wishes::default() };
    readapt(toolchain, &wishes, &context.config.host_compiler, context)
}

fn entries(packages: &[InstalledPackage]) -> impl Iterator<Item = &Entry> {
    packages.iter().flat_map(|package| &package.receipt.entries)
}

/// Finds a library among the files of packages; stubs are for the linker only.
fn library<'p>(name: &str, packages: &'p [InstalledPackage]) -> Option<&'p Entry> {
    let is_it =
        |entry: &&Entry| entry.path.rsplit('/').next() == Some(name) && !entry.path.contains("/stubs/");
    entries(packages).find(is_it)
}
