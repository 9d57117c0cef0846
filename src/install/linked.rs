//! Orders for a toolkit that is only linked: it has what it has, and is never changed. What suits it to this
//! machine stands before it.

use std::path::Path;

use anyhow::{Error, Result};

use super::Order;
use super::adapt::{Chosen, Wishes, choose};
use crate::compat::Limits;
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::layout::{self, Finding, Subject, adapt};
use crate::model::request::AddOnRequest;
use crate::model::{Adaptation, CompilerChoice, EntryKind, ToolchainRequest, Version};
use crate::packages::CUDNN;
use crate::shell::quote;
use crate::store::{StoreError, Toolchain};

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

/// Tells what a linked toolkit's nvcc lacks on this machine.
pub(super) fn prove(toolchain: &Toolchain, adaptation: &Adaptation, context: &Context) -> Vec<Finding> {
    let root = toolchain.root.as_path();
    let Some(cuda) = layout::inspect(root).cuda.filter(|_| root.join(adapt::NVCC).is_file()) else {
        return Vec::new();
    };
    let name = toolchain.name.to_string();
    layout::prove_compiler(&Subject { root, cuda: &cuda, adaptation, name: &name }, &context.environment)
}

/// Says that nothing is put into a toolkit that isn't cudaman's own.
pub(super) fn refusal(request: &ToolchainRequest, link: &Path, hint: String) -> Error {
    let link = link.display();
    advised(
        format!("`{request}` is a link to `{link}`, to which nothing can be added: it is never changed"),
        hint,
    )
}

/// Chooses the host compiler of a linked toolkit anew, by the wishes and the setting `host-compiler`; none if that
/// changes nothing.
///
/// # Errors
/// Returns an error for what only a toolkit of cudaman's own can have, and for a compiler that can't be used.
pub(super) fn readapt(
    toolchain: &Toolchain,
    wishes: &Wishes,
    setting: &CompilerChoice,
    context: &Context,
) -> Result<Option<Toolchain>> {
    let request = ToolchainRequest::exactly(&toolchain.name);
    let target = toolchain.link.as_deref().unwrap_or(&toolchain.root);
    if wishes.glibc_fix.is_some() || wishes.links.is_some() {
        let hint = format!(
            "`cudaman install --from {}` makes a copy of it that can be changed",
            quote::word(target)
        );
        return Err(refusal(&request, target, hint));
    }
    let Some(cuda) = layout::inspect(target).cuda.filter(|_| target.join(adapt::NVCC).is_file()) else {
        return Ok(None);
    };
    context.prepare()?;
    let _alone = context.store.lock_toolchain(&toolchain.name).hint_from(StoreError::hint)?;
    let standing = context.store.adaptation(toolchain).hint_from(StoreError::hint)?;
    let choice = wishes.host_compiler.clone().unwrap_or_else(|| standing.choice.clone());
    let wanted = match &choice {
        CompilerChoice::Automatic => Chosen::Setting(setting),
        own => Chosen::Asked(own),
    };
    let host_compiler = choose(&wanted, &Limits::of(target, &cuda), context)?;
    let nvcc = EntryKind::Link { target: target.join(adapt::NVCC).display().to_string() };
    let front = host_compiler.as_ref().map(|own| adapt::host_compiler(own, &nvcc)).unwrap_or_default();
    let choice = match (choice, &host_compiler) {
        // A path that was typed may depend on the directory it was typed in.
        (CompilerChoice::Named(name), Some(own)) if name.contains('/') => {
            CompilerChoice::Named(own.c.clone())
        }
        (choice, _) => choice,
    };
    let adaptation = Adaptation { choice, host_compiler, ..Adaptation::default() };
    if adaptation == standing {
        return Ok(None);
    }
    context.store.set_front(toolchain, &adaptation, &front).hint_from(StoreError::hint)?;
    Ok(context.store.find(&request))
}
