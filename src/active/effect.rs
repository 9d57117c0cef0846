//! The active toolchain as changes to an environment.

use std::path::{Path, PathBuf};

use super::Active;
use crate::config::LibraryPathPolicy;
use crate::context::Context;
use crate::model::{AddOn, Environment, ToolchainName, ToolchainRequest};
use crate::shell::{Change, Target, Wanted, plan};
use crate::store::Toolchain;

/// The variable by which whoever sets `CUDAMAN_VERSION` for the user says so: the version, a blank, and who
/// it is, such as `conda /home/me/envs/torch`. It counts as long as the version is the same.
pub const ACT_VARIABLE: &str = "__CUDAMAN_ACT";

/// Returns what must change in this process's environment for the active toolchain.
#[must_use]
pub fn changes(active: &Active, context: &Context) -> Vec<Change> {
    let wanted = active
        .toolchain
        .as_ref()
        .map_or(Wanted::System, |toolchain| Wanted::Toolchain(target(toolchain, context)));
    changes_to(&wanted, context)
}

/// Returns what must change for nothing to answer where what is asked for isn't installed.
#[must_use]
pub fn changes_for_missing(context: &Context) -> Vec<Change> {
    changes_to(&Wanted::Missing(&shims_element(context.store.home())), context)
}

/// Returns every variable that the active toolchain sets, for a file; none without a toolchain.
#[must_use]
pub fn assignments(active: &Active, context: &Context) -> Vec<Change> {
    let Some(toolchain) = &active.toolchain else { return Vec::new() };
    let target = target(toolchain, context);
    plan::assignments(&context.environment, &context.store.versions_directories(), target)
}

/// Returns what a toolchain sets where nothing is set.
#[must_use]
pub fn own_variables(toolchain: &Toolchain, context: &Context) -> Vec<Change> {
    plan::assignments(&Environment::default(), &[], target(toolchain, context))
}

/// Returns the choice that shims and hooks must agree with.
#[must_use]
pub fn version(active: &Active) -> String {
    active.toolchain.as_ref().map_or_else(
        || "system".to_owned(),
        |toolchain| ToolchainRequest::exactly(&toolchain.name).to_string(),
    )
}

/// Returns who set `CUDAMAN_VERSION`, where it wasn't the user: `conda`, and which environment.
#[must_use]
pub fn actor(environment: &Environment) -> Option<(&str, &str)> {
    let version = environment.text("CUDAMAN_VERSION")?;
    let act = environment.text(ACT_VARIABLE)?.strip_prefix(version)?;
    act.strip_prefix(' ')?.split_once(' ')
}

/// The shims by way of `versions/`, so that the element is recognised as ours and stripped again: the
/// user's own `shims/bin` stays.
fn shims_element(home: &Path) -> PathBuf {
    home.join("versions/../shims/missing")
}

fn changes_to(wanted: &Wanted<'_>, context: &Context) -> Vec<Change> {
    plan::changes(&context.environment, &context.store.versions_directories(), wanted)
}

fn target<'a>(toolchain: &'a Toolchain, context: &Context) -> Target<'a> {
    let sets_library_path = match context.config.ld_library_path {
        LibraryPathPolicy::Auto => !plan::environment_brings_libraries(&context.environment),
        LibraryPathPolicy::Never => false,
        LibraryPathPolicy::Prepend => true,
    };
    let add_ons: &[AddOn] = match &toolchain.name {
        ToolchainName::Composed { add_ons, .. } => add_ons,
        ToolchainName::Linked(_) => &[],
    };
    Target {
        root: &toolchain.root,
        add_ons: add_ons.iter().map(|add_on| add_on.kind.as_str()).collect(),
        sets_library_path,
    }
}
