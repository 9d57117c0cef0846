//! Finds newer update releases of installed toolkits: 12.4.1 for 12.4.0, never 12.5 for 12.4.

use anyhow::Result;

use super::{Order, plan};
use crate::context::Context;
use crate::error::Advise as _;
use crate::model::request::Base;
use crate::model::{ToolchainName, ToolchainReceipt, ToolchainRequest, Version};
use crate::packages::TOOLKIT;
use crate::sources;
use crate::store::StoreError;

/// An installed toolkit and the newest release of its line.
pub struct Update {
    /// What is installed.
    pub receipt: ToolchainReceipt,
    /// The newest release of the same major and minor version.
    pub newest: Version,
}

impl Update {
    /// Returns the order that installs it: the same profile, components, add-ons and source.
    #[must_use]
    pub fn order(&self) -> Order {
        let same = ToolchainRequest::exactly(&self.receipt.name);
        Order::again(&self.receipt, ToolchainRequest { base: Base::Prefix(self.newest.clone()), ..same })
    }
}

/// Finds the updates of the chosen toolchains, or of all where none is named. What is updated
/// already, in that a toolchain of the newest release is installed beside it, is left out.
///
/// # Errors
/// Returns an error where a receipt can't be read, or a source's answer can't.
pub fn find(chosen: &[ToolchainName], context: &Context) -> Result<Vec<Update>> {
    let client = context.client()?;
    let access = plan::access(&client, context);
    let installed = context.store.toolchains();
    let mut updates = Vec::new();
    for toolchain in installed.iter().filter(|toolchain| toolchain.is_own) {
        if !chosen.is_empty() && !chosen.contains(&toolchain.name) {
            continue;
        }
        let Some(receipt) = context.store.receipt(toolchain).hint_from(StoreError::hint)? else { continue };
        let Some(source) = sources::source(&receipt.source) else { continue };
        let listing = match source.releases(&TOOLKIT, receipt.platform, &access) {
            Ok(listing) => listing,
            Err(error) => {
                context.ui.warn_once(&format!("{}: {error}", source.name()));
                error.hint().iter().for_each(|hint| context.ui.hint_once(hint));
                continue;
            }
        };
        if let Some(reason) = &listing.embedded {
            context.ui.warn_once(&format!("{}: {reason}", source.name()));
        }
        let line = receipt.cuda.truncated(2);
        let newest = listing
            .releases
            .into_iter()
            .map(|release| release.version)
            .filter(|version| version.starts_with(&line))
            .max();
        let is_beside = |version: &Version| {
            let same =
                |other: &ToolchainName| other.cuda() == Some(version) && kinds(other) == kinds(&receipt.name);
            installed.iter().any(|other| same(&other.name))
        };
        if let Some(newest) = newest.filter(|newest| *newest > receipt.cuda && !is_beside(newest)) {
            updates.push(Update { receipt, newest });
        }
    }
    Ok(updates)
}

fn kinds(name: &ToolchainName) -> Vec<&str> {
    name.add_ons().iter().map(|add_on| add_on.kind.as_str()).collect()
}
