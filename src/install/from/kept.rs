//! What an installed toolchain has from files, for orders that add to it: no source can give it again.

use anyhow::Result;
use url::Url;

use super::SOURCE;
use crate::context::Context;
use crate::error::advised;
use crate::install::Order;
use crate::install::search::Found;
use crate::model::request::AddOnRequest;
use crate::model::{Artifact, Format, PackageReceipt, Release, ToolchainReceipt};

/// Returns the packages of a toolchain that was made of files, as a source would offer them; none for
/// any other toolchain.
///
/// # Errors
/// Returns an error where the order asks for more of the toolkit, which only files can bring.
pub(in crate::install) fn kept(
    grown: Option<&ToolchainReceipt>,
    order: &Order,
    context: &Context,
) -> Result<Option<Found>> {
    let Some(receipt) = grown.filter(|receipt| receipt.source == SOURCE) else { return Ok(None) };
    if order.force && order.damaged.is_empty() {
        return Ok(None);
    }
    let packages: Option<Vec<PackageReceipt>> =
        receipt.packages.iter().map(|id| Some(context.store.package(id)?.receipt)).collect();
    let is_more = !order.with.iter().all(|component| receipt.with.contains(component))
        || order.profile.is_some_and(|profile| profile != receipt.profile);
    let Some(packages) = packages.filter(|_| order.damaged.is_empty() && !is_more) else {
        return Err(advised(
            format!("`{}` was made of files, and only files can mend it or make it grow", receipt.name),
            again(receipt, context),
        ));
    };
    let artifacts = packages.iter().filter_map(artifact).collect();
    Ok(Some(Found { source: SOURCE, release: Release::of(receipt.cuda.clone()), artifacts }))
}

/// Tells whether a toolchain that was made of files has an add-on already.
pub(in crate::install) fn meets(grown: Option<&ToolchainReceipt>, wish: &AddOnRequest) -> bool {
    grown.filter(|receipt| receipt.source == SOURCE).is_some_and(|receipt| {
        receipt.add_ons.iter().any(|add_on| {
            add_on.kind == wish.kind
                && wish.version.as_ref().is_none_or(|version| add_on.version.starts_with(version))
        })
    })
}

/// Names the files that a toolchain was made of, as far as it is known, in a command.
fn again(receipt: &ToolchainReceipt, context: &Context) -> String {
    let url = |id| Url::parse(&context.store.package(id)?.receipt.url).ok()?.to_file_path().ok();
    let mut paths: Vec<_> = receipt.packages.iter().filter_map(url).collect();
    paths.sort();
    paths.dedup();
    let paths: String = paths.iter().map(|path| format!(" '{}'", path.display())).collect();
    let paths = if paths.is_empty() { " PATH…".to_owned() } else { paths };
    format!("`cudaman install {} --force --from{paths}`, with what it lacks", receipt.cuda)
}

fn artifact(receipt: &PackageReceipt) -> Option<Artifact> {
    Some(Artifact {
        component: receipt.component.clone(),
        version: receipt.version.clone(),
        platform: receipt.platform,
        url: Url::parse(&receipt.url).ok()?,
        checksum: receipt.digest.into(),
        trust: receipt.trust,
        size: Some(receipt.size),
        // Nothing that is in the store is unpacked again.
        format: Format::Directory,
        source: SOURCE,
        licence: receipt.licence.clone(),
    })
}
