//! `cudaman uninstall`: removes toolchains, and the packages that no other toolchain uses.

use anyhow::Result;
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use super::unambiguous;
use crate::active;
use crate::context::Context;
use crate::error::Advise as _;
use crate::model::request::Base;
use crate::model::{ToolchainName, ToolchainRequest};
use crate::store::{StoreError, Toolchain};
use crate::ui::human_bytes;

/// Remove toolkits; what others use stays
#[derive(clap::Args)]
pub struct Uninstall {
    /// Which toolchains: a full name, or a request that only one satisfies
    #[arg(value_name = "NAME", required = true, add = ArgValueCandidates::new(super::candidates::installed))]
    names: Vec<String>,

    /// Keep packages that nothing uses any more, for a quick install later
    #[arg(long)]
    keep_packages: bool,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// What was removed.
#[derive(Serialize)]
struct Report {
    removed: Vec<ToolchainName>,
    /// The bytes that this freed in packages.
    bytes: u64,
}

impl Uninstall {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error before anything is removed where a name is unknown or ambiguous.
    pub fn run(&self, context: &Context) -> Result<()> {
        let mut toolchains =
            self.names.iter().map(|name| unambiguous(name, context)).collect::<Result<Vec<_>>>()?;
        toolchains.sort_by(|one, other| one.name.cmp(&other.name));
        toolchains.dedup();
        context.prepare()?;
        warn_of_attachments(&toolchains, context);
        if !self.keep_packages {
            context.store.collect_later().hint_from(StoreError::hint)?;
        }
        for toolchain in &toolchains {
            warn_of_users(toolchain, context);
            let _alone = context.store.lock_toolchain(&toolchain.name).hint_from(StoreError::hint)?;
            context.store.remove(&toolchain.name).hint_from(StoreError::hint)?;
            context.ui.say(&format!("removed `{}`", toolchain.name));
        }
        let mut bytes = 0;
        if !self.keep_packages {
            bytes = context.store.gc(false).hint_from(StoreError::hint)?.bytes();
            context.ui.say(&format!("freed {}", human_bytes(bytes)));
        }
        warn_of_default(context);
        let removed = toolchains.into_iter().map(|toolchain| toolchain.name).collect();
        if self.json { Ok(context.ui.json(&Report { removed, bytes })?) } else { Ok(()) }
    }
}

fn warn_of_users(toolchain: &Toolchain, context: &Context) {
    for process in running_from(&toolchain.root) {
        context.ui.warn(&format!("process {process} runs a program of `{}`", toolchain.name));
    }
    let is_pinned = active::pin(context)
        .ok()
        .flatten()
        .filter(|pin| pin.request.parse().is_ok_and(|request| is_needed_for(&request, toolchain, context)));
    if let Some(pin) = is_pinned {
        context.ui.warn(&format!("`{}` pins `{}`", pin.path.display(), pin.request));
    }
}

/// Tells whether no other toolchain would satisfy a request that this one does.
fn is_needed_for(request: &ToolchainRequest, toolchain: &Toolchain, context: &Context) -> bool {
    let mut others = context.store.toolchains().into_iter().filter(|other| other.name != toolchain.name);
    request.matches(&toolchain.name) && !others.any(|other| request.matches(&other.name))
}

fn warn_of_default(context: &Context) {
    let Some(request) = context.store.default_request() else { return };
    let is_gone = request.base != Base::System && context.store.find(&request).is_none();
    if is_gone {
        context.ui.warn(&format!("the default `{request}` is not installed any more"));
        context.ui.say("hint: `cudaman default <version>` chooses another");
    }
}

/// Returns the ids of processes whose program lies below `root`, as far as they can be seen.
fn running_from(root: &std::path::Path) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let id = |entry: std::fs::DirEntry| entry.file_name().to_str()?.parse::<u32>().ok();
    let runs = |id: &u32| {
        std::fs::read_link(format!("/proc/{id}/exe")).is_ok_and(|program| program.starts_with(root))
    };
    processes.filter_map(id).filter(runs).collect()
}

fn warn_of_attachments(toolchains: &[Toolchain], context: &Context) {
    for attachment in context.store.attachments() {
        if toolchains.iter().any(|toolchain| toolchain.name == attachment.toolchain) {
            context.ui.warn(&format!(
                "{} `{}` has {} attached; `cudaman {} detach '{}'`",
                attachment.kind,
                attachment.place.display(),
                attachment.toolchain,
                attachment.kind,
                attachment.place.display()
            ));
        }
    }
}
