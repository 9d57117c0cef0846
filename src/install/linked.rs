//! Orders for a toolkit that is only linked: it has what it has, and is never changed.

use std::path::Path;

use anyhow::{Error, Result};

use super::Order;
use crate::error::advised;
use crate::layout;
use crate::model::request::AddOnRequest;
use crate::model::{ToolchainRequest, Version};
use crate::packages::CUDNN;
use crate::store::Toolchain;

/// Returns a linked toolkit where it has the add-ons that were ordered.
///
/// # Errors
/// Returns an error where it lacks one.
pub(super) fn present(toolchain: Toolchain, order: &Order) -> Result<Toolchain> {
    let Some(link) = &toolchain.link else { return Ok(toolchain) };
    let inspection = layout::inspect(link);
    let has = |wish: &AddOnRequest| {
        let is_it =
            |version: &Version| wish.version.as_ref().is_none_or(|wanted| version.starts_with(wanted));
        wish.kind == CUDNN.name && inspection.cudnn.as_ref().is_some_and(is_it)
    };
    let wishes = order.request.add_ons.named();
    if wishes.iter().all(has) {
        return Ok(toolchain);
    }
    let cuda = inspection.cuda.map_or_else(|| "RELEASE".to_owned(), |cuda| cuda.truncated(2).to_string());
    let kinds: String = wishes.iter().map(|wish| format!("+{}", wish.kind)).collect();
    let hint = format!("`cudaman install {cuda}{kinds}` installs a toolkit of cudaman's own with it");
    Err(refusal(&order.request, link, hint))
}

/// Says that nothing is put into a toolkit that isn't cudaman's own.
pub(super) fn refusal(request: &ToolchainRequest, link: &Path, hint: String) -> Error {
    let link = link.display();
    advised(
        format!("`{request}` is a link to `{link}`, to which nothing can be added: it is never changed"),
        hint,
    )
}
