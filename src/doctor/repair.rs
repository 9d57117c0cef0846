//! What `--fix` does: only what is safe, touches nothing but cudaman's own, and can be undone.

use anyhow::Result;

use crate::context::Context;
use crate::error::Advise as _;
use crate::integrate::{conda, venv};
use crate::model::ToolchainRequest;
use crate::store::{Attachment, StoreError};

/// A thing that can be mended here and now.
#[derive(Clone, Debug)]
pub enum Repair {
    /// Write the scripts of an environment anew.
    Attach(Attachment),
    /// Forget an environment that is gone.
    Forget(Attachment),
    /// Write the hooks of this version.
    Hooks,
    /// Finish a change of the store.
    Indexes,
}

impl Repair {
    /// Mends it.
    ///
    /// # Errors
    /// Returns what keeps it from being mended.
    pub fn apply(&self, context: &Context) -> Result<()> {
        match self {
            Self::Attach(attachment) => attach(attachment, context),
            Self::Forget(attachment) => {
                context.store.detach(&attachment.kind, &attachment.place).hint_from(StoreError::hint)
            }
            Self::Hooks => context.prepare(),
            Self::Indexes => context.store.rebuild_indexes().hint_from(StoreError::hint),
        }
    }
}

fn attach(attachment: &Attachment, context: &Context) -> Result<()> {
    let Some(toolchain) = context.store.find(&ToolchainRequest::exactly(&attachment.toolchain)) else {
        return Ok(());
    };
    let versions = context.store.home().join("versions");
    match attachment.kind.as_str() {
        conda::KIND => Ok(conda::attach(&attachment.place, &toolchain, &versions)?),
        _ => Ok(venv::attach(&attachment.place, &toolchain, &versions)?),
    }
}
