//! What `conda` and `venv` have in common: an environment, and the toolkit that it gets.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::active;
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::model::ToolchainRequest;
use crate::store::{Attachment, Lock, StoreError, Toolchain};

/// Returns the toolchain that an environment is to get.
pub(super) fn wanted(request: &ToolchainRequest, detach: String, context: &Context) -> Result<Toolchain> {
    active::requested(Some(request), context)?.toolchain.ok_or_else(|| {
        advised("the system's toolkit can't be attached: an environment without one has it anyway", detach)
    })
}

/// Returns the toolchain that an environment has, if it is installed.
pub(super) fn toolchain(attachment: &Attachment, context: &Context) -> Option<Toolchain> {
    context.store.find(&ToolchainRequest::exactly(&attachment.toolchain))
}

/// Returns the directory below which toolkits are our own.
pub(super) fn versions(context: &Context) -> PathBuf {
    context.store.home().join("versions")
}

/// Makes the store ready to take an attachment, and keeps other processes from changing environments.
pub(super) fn alone(context: &Context) -> Result<Lock> {
    context.prepare()?;
    context.store.lock_attachments().hint_from(StoreError::hint)
}

/// The same for taking one away, which needs no store: an environment may be another's.
pub(super) fn alone_if_possible(context: &Context) -> Result<Option<Lock>> {
    if !context.store.home().is_dir() || context.prepare().is_err() {
        return Ok(None);
    }
    context.store.lock_attachments().hint_from(StoreError::hint).map(Some)
}

/// Keeps in the store that an environment has a toolkit.
pub(super) fn keep(kind: &str, toolchain: &Toolchain, place: &Path, context: &Context) -> Result<()> {
    let attachment =
        Attachment { kind: kind.to_owned(), toolchain: toolchain.name.clone(), place: place.to_owned() };
    context.store.attach(&attachment).hint_from(StoreError::hint)
}

/// Forgets it, whichever way the directory is spelled.
pub(super) fn forget(kind: &str, place: &Path, context: &Context) -> Result<()> {
    for attachment in context.store.attachments() {
        if attachment.kind == kind && is_same(&attachment.place, place) {
            context.store.detach(kind, &attachment.place).hint_from(StoreError::hint)?;
        }
    }
    Ok(())
}

/// Compares two spellings of a directory, of which one may go through a link.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().is_ok_and(|one| other.canonicalize().is_ok_and(|other| one == other))
}
