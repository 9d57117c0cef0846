//! Composes a toolchain of packages that are in the store, and makes it known.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};

use super::adapt;
use crate::context::Context;
use crate::error::Advise as _;
use crate::layout::{self, Composed, Content};
use crate::model::receipt::RECEIPT_FORMAT;
use crate::model::{Adaptation, EntryKind, Plan, ToolchainReceipt, ToolchainRequest};
use crate::store::{Composition, InstalledPackage, StoreError, Toolchain};

/// Returns the receipt of what a plan comes down to; the composition fills its fix-ups in.
pub(super) fn receipt(plan: &Plan, packages: &[InstalledPackage]) -> ToolchainReceipt {
    ToolchainReceipt {
        format: RECEIPT_FORMAT,
        name: plan.toolchain.clone(),
        cuda: plan.cuda.clone(),
        add_ons: plan.add_ons.clone(),
        platform: plan.platform,
        profile: plan.profile,
        with: plan.with.clone(),
        source: plan.source.to_owned(),
        packages: packages.iter().map(|package| package.receipt.id.clone()).collect(),
        unverified: Vec::new(),
        adaptation: Adaptation::default(),
        fix_ups: Vec::new(),
    }
}

/// Composes the toolchain of a receipt, and adapts it to this machine. The first toolchain of a store that runs
/// here becomes the default.
pub(crate) fn compose(
    receipt: ToolchainReceipt,
    packages: &[InstalledPackage],
    context: &Context,
) -> Result<Toolchain> {
    let store = &context.store;
    let mut composition = composition(receipt, packages)?;
    adapt::adapt(&mut composition, packages, &context.config.host_compiler, context)?;
    let toolchain = store.compose(&composition).hint_from(StoreError::hint)?;
    if context.platform().map_or(true, |here| here == composition.receipt.platform) {
        store.set_first_default(&ToolchainRequest::exactly(&toolchain.name)).hint_from(StoreError::hint)?;
    }
    Ok(toolchain)
}

/// Decides what the toolchain of a receipt adds to its packages, to have NVIDIA's layout.
pub(crate) fn composition(receipt: ToolchainReceipt, packages: &[InstalledPackage]) -> Result<Composition> {
    let mut entries: BTreeMap<String, EntryKind> = BTreeMap::new();
    let mut roots = BTreeMap::new();
    for package in packages {
        for entry in &package.receipt.entries {
            entries.insert(entry.path.clone(), entry.kind.clone());
            roots.insert(entry.path.as_str(), package.root.as_path());
        }
    }
    let open = |path: &str| {
        let root = roots.get(path).ok_or_else(|| std::io::Error::from(std::io::ErrorKind::NotFound))?;
        fs_err::File::open(root.join(path)).map(|file| Box::new(file) as Box<dyn Content>)
    };
    let components: Vec<_> = packages
        .iter()
        .map(|package| (package.receipt.component.clone(), package.receipt.version.clone()))
        .collect();
    let composed = Composed {
        entries: &entries,
        open: &open,
        cuda: &receipt.cuda,
        platform: receipt.platform,
        components: &components,
    };
    let fix_ups = layout::fix_ups(&composed).context("could not lay the files out as NVIDIA does")?;
    Ok(Composition { receipt, fix_ups })
}
