//! One file per command: its arguments and a `run` that asks the modules below and prints.

mod attachment;
pub mod cache;
mod candidates;
pub mod compat;
pub mod compat_link;
pub mod completions;
pub mod conda;
pub mod config;
pub mod current;
pub mod default;
pub mod detect;
pub mod direnv;
pub mod discover;
pub mod doctor;
pub mod driver;
pub mod du;
pub mod env;
pub mod exec;
pub mod explain;
pub mod export;
pub mod gc;
mod gpu_choice;
pub mod gpus;
pub mod hook;
mod host;
pub mod init;
pub mod install;
pub mod link;
pub mod list;
pub mod list_remote;
pub mod local;
pub mod mirror;
pub mod module;
pub mod outdated;
pub mod setup;
pub mod shim;
mod target;
pub mod uninstall;
pub mod upgrade;
pub mod use_;
pub mod venv;
pub mod verify;
pub mod which;

use anyhow::Result;

pub use host::HostOption;

pub use target::Target;

use crate::active;
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::integrate::handmade::TakeOver;
use crate::model::{ToolchainName, ToolchainRequest};
use crate::store::{StoreError, Toolchain};

/// Makes a request the default, if it leads somewhere.
fn make_default(request: &ToolchainRequest, context: &Context) -> Result<()> {
    active::requested(Some(request), context)?;
    context.prepare()?;
    context.store.set_default(Some(request)).hint_from(StoreError::hint)
}

/// Tells which lines are comments now, and why others are not.
fn say_taken_over(result: &TakeOver<'_>, context: &Context) {
    for line in &result.taken {
        context.ui.say(&format!("{}:{} is a comment now", line.file.display(), line.line));
    }
    for (line, reason) in &result.left {
        context.ui.warn(&format!("{}:{} is left: {reason}", line.file.display(), line.line));
    }
}

/// Finds the one toolchain that a person means to change: by its full name, else by a request
/// that only one toolchain satisfies.
fn unambiguous(text: &str, context: &Context) -> Result<Toolchain> {
    let own: Vec<Toolchain> =
        context.store.toolchains().into_iter().filter(|toolchain| toolchain.is_own).collect();
    let exact = text.parse::<ToolchainName>().ok();
    if let Some(found) = own.iter().find(|toolchain| Some(&toolchain.name) == exact.as_ref()) {
        return Ok(found.clone());
    }
    let request: ToolchainRequest = text.parse()?;
    let matching: Vec<&Toolchain> = own.iter().filter(|toolchain| request.matches(&toolchain.name)).collect();
    match matching.as_slice() {
        [] => Err(advised(format!("`{text}` is not installed"), "`cudaman list` shows what is")),
        [only] => Ok((*only).clone()),
        several => {
            let names: Vec<String> = several.iter().map(|toolchain| toolchain.name.to_string()).collect();
            Err(advised(
                format!("`{text}` could mean any of {}", names.join(", ")),
                "name one of them in full",
            ))
        }
    }
}
