//! Decides what to install: which release, from which source, made of which artifacts.

use anyhow::{Result, bail};

use super::search::{Found, Search, Terms, Wanted};
use super::{Order, from, id_of, linked};
use crate::context::Context;
use crate::error::{Advise as _, UsageError, advised};
use crate::fetch::Client;
use crate::model::request::{AddOnRequest, AddOns, Base};
use crate::model::{
    AddOn, ComponentName, PackageId, Plan, Platform, Profile, ToolchainName, ToolchainReceipt,
    ToolchainRequest,
};
use crate::packages::{self, PackageKind, TOOLKIT};
use crate::sources::{self, Access, Source};
use crate::store::{StoreError, Toolchain};

/// Returns the installed toolchain that already is all that was ordered.
///
/// # Errors
/// Returns an error where the receipts can't be read.
pub fn present(order: &Order, context: &Context) -> Result<Option<Toolchain>> {
    if order.force {
        return Ok(None);
    }
    let Some(toolchain) = context.store.find(&order.request) else { return Ok(None) };
    let Some(receipt) = context.store.receipt(&toolchain).hint_from(StoreError::hint)? else {
        return linked::present(toolchain, order).map(Some);
    };
    let names_other_source = order.source.is_some_and(|source| source != receipt.source);
    // One for another machine is no help to this one, unless that is what was ordered.
    let platform = order.platform.or_else(|| context.platform().ok());
    let is_other_platform = platform.is_some_and(|platform| platform != receipt.platform);
    let is_all = covers(receipt.profile, order.profile.unwrap_or(receipt.profile))
        && order.with.iter().all(|component| holds(&receipt, component));
    Ok((is_all && !names_other_source && !is_other_platform).then_some(toolchain))
}

/// Tells whether the toolchain of a plan has become more than the plan knows of.
///
/// # Errors
/// Returns an error where its receipt can't be read.
pub(super) fn loses(plan: &Plan, context: &Context) -> Result<bool> {
    let Some(toolchain) = context.store.find(&ToolchainRequest::exactly(&plan.toolchain)) else {
        return Ok(false);
    };
    let receipt = context.store.receipt(&toolchain).hint_from(StoreError::hint)?;
    let planned: Vec<PackageId> = plan.artifacts.iter().map(id_of).collect();
    Ok(receipt.is_some_and(|receipt| receipt.packages.iter().any(|id| !planned.contains(id))))
}

/// Makes the plan for an order.
///
/// # Errors
/// Returns why no source can give what was ordered.
pub fn resolve(order: &Order, context: &Context) -> Result<Plan> {
    refuse_what_is_not_installable(&order.request)?;
    let platform = order.platform.map_or_else(|| context.platform(), Ok)?;
    let grown = grown(order, platform, context)?;
    plan(order, grown.as_ref(), &context.client()?, context)
}

/// Makes the plan for an order as on a machine that has nothing yet.
///
/// # Errors
/// As [`resolve`].
pub(crate) fn resolve_afresh(order: &Order, client: &Client, context: &Context) -> Result<Plan> {
    refuse_what_is_not_installable(&order.request)?;
    plan(order, None, client, context)
}

fn plan(order: &Order, grown: Option<&ToolchainReceipt>, client: &Client, context: &Context) -> Result<Plan> {
    let platform = order.platform.map_or_else(|| context.platform(), Ok)?;
    let asked = Asked::new(order, grown, platform, context);
    let access = access(client, context);
    let toolkit = match from::kept(grown, order, context)? {
        Some(kept) => kept,
        None => asked.toolkit(&access, context)?,
    };
    let mut artifacts = toolkit.artifacts.clone();
    let mut add_ons = Vec::new();
    for wish in asked.add_ons(grown) {
        if from::meets(grown, &wish) {
            continue;
        }
        let found = asked.add_on(&wish, &toolkit, &access, context)?;
        let version =
            found.artifacts.first().map_or(found.release.version, |artifact| artifact.version.clone());
        add_ons.push(AddOn { kind: wish.kind.clone(), version });
        // A toolchain of files is kept with its add-ons, of which one may make room for another.
        artifacts.retain(|artifact| !from::is_of(&wish.kind, &artifact.component));
        artifacts.extend(found.artifacts);
    }
    if toolkit.source == from::SOURCE {
        let has = |old: &AddOn| add_ons.iter().any(|new: &AddOn| new.kind == old.kind);
        let kept = grown.iter().flat_map(|receipt| receipt.add_ons.clone());
        let kept: Vec<AddOn> = kept.filter(|old| !has(old)).collect();
        add_ons.extend(kept);
    }
    let cuda = toolkit.release.version;
    let toolchain = ToolchainName::composed(cuda.clone(), add_ons);
    let ToolchainName::Composed { add_ons, .. } = toolchain.clone() else {
        bail!("`{toolchain}` is not composed")
    };
    let (Terms { platform, profile, with }, source) = (asked.terms, toolkit.source);
    Ok(Plan { toolchain, cuda, add_ons, platform, profile, with, source, artifacts })
}

/// Returns what sources need to be asked, in the settings of this run.
pub(crate) fn access<'a>(client: &'a Client, context: &'a Context) -> Access<'a> {
    Access {
        client,
        mirror: &context.config.mirror,
        pypi_index: context.config.pypi_index.as_ref(),
        environment: &context.environment,
        note: &*context.note,
    }
}

fn refuse_what_is_not_installable(request: &ToolchainRequest) -> Result<()> {
    match &request.base {
        Base::System => {
            bail!(UsageError("`system` is what the machine has already; it can't be installed".to_owned()))
        }
        Base::Name(name) => Err(advised(
            format!("there is no CUDA release `{name}`"),
            "`cudaman list-remote` shows what can be installed",
        )),
        _ => match &request.add_ons {
            AddOns::These(wishes) => wishes.iter().try_for_each(|wish| add_on_kind(wish).map(drop)),
            AddOns::Any | AddOns::None => Ok(()),
        },
    }
}

fn add_on_kind(wish: &AddOnRequest) -> Result<&'static PackageKind> {
    packages::add_ons().find(|kind| kind.name == wish.kind).ok_or_else(|| {
        let known: Vec<_> = packages::add_ons().map(|kind| kind.name).collect();
        advised(
            format!("there is no add-on `{}`", wish.kind),
            format!("the add-ons are {}", known.join(", ")),
        )
    })
}

/// Finds the toolchain that this order makes grow or gives a sibling to: the installed one of the
/// same release, so that `install 12.4 --with cuda_gdb` never fetches another 12.4 beside it.
fn grown(order: &Order, platform: Platform, context: &Context) -> Result<Option<ToolchainReceipt>> {
    let plain = ToolchainRequest { add_ons: AddOns::Any, ..order.request.clone() };
    let found = context.store.find(&order.request).or_else(|| context.store.find(&plain));
    let Some(toolchain) = found.filter(|toolchain| toolchain.is_own) else { return Ok(None) };
    let receipt = context.store.receipt(&toolchain).hint_from(StoreError::hint)?;
    let Some(receipt) = receipt else { return Ok(None) };
    if receipt.platform != platform {
        return Err(advised(
            format!("`{}` is installed for {}, not for {platform}", receipt.name, receipt.platform),
            format!("`cudaman uninstall {}`, or use another CUDAMAN_HOME", receipt.name),
        ));
    }
    if order.source.is_some_and(|source| source != receipt.source) && !order.force {
        return Err(advised(
            format!(
                "`{}` came from the source {}, and a toolchain grows from its own source only",
                receipt.name, receipt.source
            ),
            format!("`cudaman uninstall {}` first, or add `--force` to replace it", receipt.name),
        ));
    }
    Ok(Some(receipt))
}

/// An order with every choice made that needs no source.
struct Asked {
    request: ToolchainRequest,
    terms: Terms,
    /// Who is asked for the toolkit.
    sources: Vec<&'static dyn Source>,
    /// Who is asked for add-ons, after the source of the toolkit.
    add_on_sources: Vec<&'static dyn Source>,
}

impl Asked {
    fn new(order: &Order, grown: Option<&ToolchainReceipt>, platform: Platform, context: &Context) -> Self {
        let wanted = order.profile.unwrap_or(context.config.profile);
        let of_settings = || sources::named(&context.config.sources);
        let only = order.source.and_then(sources::source);
        let grows_from = grown.and_then(|receipt| sources::source(&receipt.source));
        let toolkit = only.or_else(|| order.toolkit_source.and_then(sources::source)).or(grows_from);
        let request = grown.map_or_else(
            || order.request.clone(),
            |receipt| ToolchainRequest {
                base: Base::Prefix(receipt.cuda.clone()),
                add_ons: order.request.add_ons.clone(),
            },
        );
        let mut with = order.with.clone();
        with.extend(grown.into_iter().flat_map(|receipt| receipt.with.clone()));
        with.sort();
        with.dedup();
        let profile = match grown {
            Some(receipt) => join(receipt.profile, order.profile.unwrap_or(receipt.profile)),
            None => wanted,
        };
        Self {
            request,
            terms: Terms { platform, profile, with },
            sources: toolkit.map_or_else(of_settings, |source| vec![source]),
            add_on_sources: only.map_or_else(of_settings, |source| vec![source]),
        }
    }

    /// Asks the sources in order for the toolkit.
    fn toolkit(&self, access: &Access<'_>, context: &Context) -> Result<Found> {
        let wanted = Wanted::Toolkit(&self.request);
        Search::new(&self.terms, &TOOLKIT, wanted, access, context)
            .run(&self.sources, &self.request.to_string())
    }

    /// Asks for an add-on: the source of the toolkit first, then the others.
    fn add_on(
        &self,
        wish: &AddOnRequest,
        toolkit: &Found,
        access: &Access<'_>,
        context: &Context,
    ) -> Result<Found> {
        let kind = add_on_kind(wish)?;
        let mut order = self.add_on_sources.clone();
        order.retain(|source| source.name() != toolkit.source);
        order.splice(..0, sources::source(toolkit.source));
        let cuda = &toolkit.release.version;
        let version = wish.version.as_ref();
        let what = version
            .map_or_else(|| format!("for CUDA {cuda}"), |version| format!("{version} for CUDA {cuda}"));
        Search::new(&self.terms, kind, Wanted::AddOn { version, cuda }, access, context).run(&order, &what)
    }

    /// The add-ons to compose: those that were named, or those that the grown toolchain has.
    fn add_ons(&self, grown: Option<&ToolchainReceipt>) -> Vec<AddOnRequest> {
        match (&self.request.add_ons, grown) {
            (AddOns::These(wanted), _) => wanted.clone(),
            (AddOns::Any, Some(receipt)) => receipt.add_ons.iter().map(AddOnRequest::from).collect(),
            _ => Vec::new(),
        }
    }
}

/// Tells whether a toolchain of profile `have` is all that `want` asks for.
fn covers(have: Profile, want: Profile) -> bool {
    join(have, want) == have
}

/// Returns the smallest profile that holds both.
fn join(one: Profile, other: Profile) -> Profile {
    match (one, other) {
        _ if one == other => one,
        (Profile::Full, _) | (_, Profile::Full) => Profile::Full,
        _ => Profile::Devel,
    }
}

pub(super) fn holds(receipt: &ToolchainReceipt, component: &ComponentName) -> bool {
    let prefix = format!("{component}-");
    receipt.with.contains(component) || receipt.packages.iter().any(|id| id.as_str().starts_with(&prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_join_upwards() {
        assert_eq!(join(Profile::Runtime, Profile::Minimal), Profile::Devel);
        assert!(covers(Profile::Devel, Profile::Minimal) && covers(Profile::Full, Profile::Devel));
        assert!(!covers(Profile::Minimal, Profile::Runtime));
    }
}
