//! Which toolchains of a bundle are taken: those that were asked for, for this machine, and not here yet.

use std::path::Path;

use anyhow::Result;

use super::import::Wanted;
use super::manifest::Manifest;
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::model::{Platform, ToolchainReceipt, ToolchainRequest};
use crate::store::{StoreError, Toolchain};

/// How a toolchain of the bundle stands to the store.
pub(super) enum Standing {
    /// It is there, with all that the bundle has of it.
    Present(Toolchain),
    /// It is to be composed: it is missing, or has less.
    Wanting,
}

/// Returns the toolchains of a bundle that are wanted.
pub(super) fn select(
    manifest: &Manifest,
    path: &Path,
    wanted: &Wanted<'_>,
    context: &Context,
) -> Result<Vec<ToolchainReceipt>> {
    let platform = wanted.platform.map_or_else(|| context.platform(), Ok)?;
    let asked = asked(manifest, path, wanted.requests)?;
    let (fitting, others): (Vec<_>, Vec<_>) =
        asked.into_iter().partition(|receipt| receipt.platform == platform);
    if let Some(other) = others.first().filter(|_| fitting.is_empty()) {
        return Err(foreign(other, platform, wanted.platform.is_some()));
    }
    for other in others {
        context.ui.say(&format!("`{}` is left out: it is for {}", other.name, other.platform));
    }
    Ok(fitting)
}

fn asked(manifest: &Manifest, path: &Path, requests: &[ToolchainRequest]) -> Result<Vec<ToolchainReceipt>> {
    if requests.is_empty() {
        return Ok(manifest.toolchains.clone());
    }
    let names = || manifest.toolchains.iter().map(|receipt| &receipt.name);
    let mut wanted = Vec::new();
    for request in requests {
        let Some(name) = request.best(names()) else {
            let there: Vec<String> = names().map(ToString::to_string).collect();
            return Err(advised(
                format!("the bundle `{}` has no `{request}`", path.display()),
                format!("it has {}", there.join(", ")),
            ));
        };
        wanted.push(name.clone());
    }
    Ok(manifest.toolchains.iter().filter(|receipt| wanted.contains(&receipt.name)).cloned().collect())
}

fn foreign(receipt: &ToolchainReceipt, platform: Platform, is_named: bool) -> anyhow::Error {
    let (name, other) = (&receipt.name, receipt.platform);
    let whose = if is_named { "not for" } else { "and this machine is" };
    advised(
        format!("`{name}` in the bundle is for {other}, {whose} {platform}"),
        format!("`--platform {other}` installs it all the same"),
    )
}

/// Tells how a toolchain of the bundle stands to what is installed.
pub(super) fn standing(receipt: &ToolchainReceipt, force: bool, context: &Context) -> Result<Standing> {
    let found = context.store.find(&ToolchainRequest::exactly(&receipt.name));
    let Some(toolchain) = found.filter(|_| !force) else { return Ok(Standing::Wanting) };
    let Some(there) = context.store.receipt(&toolchain).hint_from(StoreError::hint)? else {
        return Ok(Standing::Present(toolchain));
    };
    let name = &receipt.name;
    if there.platform != receipt.platform {
        return Err(advised(
            format!(
                "`{name}` is installed for {}, and the bundle has it for {}",
                there.platform, receipt.platform
            ),
            format!("`cudaman uninstall {name}`, or use another CUDAMAN_HOME"),
        ));
    }
    if receipt.packages.iter().all(|id| there.packages.contains(id)) {
        return Ok(Standing::Present(toolchain));
    }
    if there.packages.iter().all(|id| receipt.packages.contains(id)) || !toolchain.is_own {
        return Ok(Standing::Wanting);
    }
    Err(advised(
        format!("`{name}` is installed with packages that the bundle lacks, and lacks some that it has"),
        format!("`cudaman uninstall {name}` first, or `--force` to have it as in the bundle"),
    ))
}
