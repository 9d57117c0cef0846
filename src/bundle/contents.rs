//! Finds what a bundle is to hold: toolchains that are installed, and for another machine also those that
//! only could be.

use anyhow::Result;

use super::export::Contents;
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::install::{self, Order};
use crate::model::{Adaptation, Platform, ToolchainReceipt, ToolchainRequest};
use crate::store::{InstalledPackage, StoreError, Toolchain};

impl Contents {
    /// Finds the toolchains for requests, those of a platform if one is named. The packages of one for
    /// another machine are got from the cache or a source where it isn't installed: it need not be.
    ///
    /// # Errors
    /// Returns which request leads to nothing that can be exported, and why.
    pub fn find(
        requests: &[ToolchainRequest],
        platform: Option<Platform>,
        context: &Context,
    ) -> Result<Self> {
        if foreign(platform, context).is_some() {
            context.prepare()?;
        }
        let kept = context.store.keep_packages().hint_from(StoreError::hint)?;
        let mut toolchains = Vec::new();
        let mut packages = Vec::new();
        for request in requests {
            let (mut receipt, own) = match found(request, platform, context)? {
                Some(receipt) => {
                    let own = packages_of(&receipt, context)?;
                    (receipt, own)
                }
                None => gathered(request, platform, context)?,
            };
            // What suits this machine is left behind; the other one adapts it to itself.
            receipt.adaptation = Adaptation::default();
            receipt.fix_ups = install::composition(receipt.clone(), &own)?.entries();
            toolchains.push(receipt);
            packages.extend(own);
        }
        toolchains.sort_by(|one, other| one.name.cmp(&other.name));
        toolchains.dedup_by(|one, other| one.name == other.name);
        packages.sort_by(|one, other| one.id.cmp(&other.id));
        packages.dedup_by(|one, other| one.id == other.id);
        Ok(Self { toolchains, packages, _kept: kept })
    }
}

/// Returns the receipt of the installed toolchain that a request means.
fn found(
    request: &ToolchainRequest,
    platform: Option<Platform>,
    context: &Context,
) -> Result<Option<ToolchainReceipt>> {
    for is_own in [true, false] {
        let mut found: Vec<(Toolchain, Option<ToolchainReceipt>)> = Vec::new();
        for toolchain in context.store.toolchains() {
            if toolchain.is_own != is_own || !request.matches(&toolchain.name) {
                continue;
            }
            let receipt = context.store.receipt(&toolchain).hint_from(StoreError::hint)?;
            match &receipt {
                Some(there) if platform.is_some_and(|wanted| wanted != there.platform) => {}
                _ => found.push((toolchain, receipt)),
            }
        }
        let best = request.best(found.iter().map(|(toolchain, _)| &toolchain.name)).cloned();
        let Some((toolchain, receipt)) =
            found.into_iter().find(|(toolchain, _)| Some(&toolchain.name) == best.as_ref())
        else {
            continue;
        };
        return receipt.map(Some).ok_or_else(|| is_link(&toolchain));
    }
    Ok(None)
}

fn is_link(toolchain: &Toolchain) -> anyhow::Error {
    let target = toolchain.link.as_deref().unwrap_or(&toolchain.root).display();
    advised(
        format!(
            "`{}` is a link to `{target}`, and only what cudaman installed can be exported",
            toolchain.name
        ),
        "install the same release with `cudaman install`, and export that",
    )
}

/// Returns the platform if it is not this machine's.
fn foreign(platform: Option<Platform>, context: &Context) -> Option<Platform> {
    platform.filter(|platform| context.platform().ok() != Some(*platform))
}

/// Gets the packages of a toolkit for another machine, without composing it here.
fn gathered(
    request: &ToolchainRequest,
    platform: Option<Platform>,
    context: &Context,
) -> Result<(ToolchainReceipt, Vec<InstalledPackage>)> {
    match foreign(platform, context) {
        Some(platform) => {
            let order = Order { platform: Some(platform), ..Order::new(request.clone()) };
            install::gather(&order, context)
        }
        None => Err(missing(request, context)),
    }
}

fn missing(request: &ToolchainRequest, context: &Context) -> anyhow::Error {
    let installed = context.store.find(request).and_then(|other| context.store.receipt(&other).ok()?);
    let other = installed.map(|other| format!(": it is for {}", other.platform)).unwrap_or_default();
    advised(format!("`{request}` is not installed{other}"), format!("`cudaman install '{request}'`"))
}

fn packages_of(receipt: &ToolchainReceipt, context: &Context) -> Result<Vec<InstalledPackage>> {
    let find = |id| {
        context.store.package(id).ok_or_else(|| {
            advised(format!("`{}` lacks its package `{id}`", receipt.name), "`cudaman verify --repair`")
        })
    };
    receipt.packages.iter().map(find).collect()
}
