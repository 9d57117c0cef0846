//! The install sequence: look, plan, fetch and unpack, compose, prove. Each step has its file.

pub mod adapt;
mod arrival;
mod compose;
mod estimate;
mod fetch;
pub mod from;
mod line;
mod linked;
pub mod links;
mod piece;
mod plan;
mod search;
pub mod updates;

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};

use crate::context::Context;
use crate::error::Advise as _;
use crate::layout::{self, Severity};
use crate::model::{
    Artifact, ComponentName, PackageId, Plan, Platform, Profile, ToolchainReceipt, ToolchainRequest,
};
use crate::sources;
use crate::store::{InstalledPackage, StoreError, Toolchain};

pub use adapt::Wishes;
pub(crate) use compose::{compose, composition};
pub(crate) use plan::{access, resolve_afresh};
pub use plan::{present, resolve};

/// What a person wants installed.
#[derive(Clone, Debug)]
pub struct Order {
    /// Which toolkit, with which add-ons.
    pub request: ToolchainRequest,
    /// How much of it; none means the setting.
    pub profile: Option<Profile>,
    /// Components beyond the profile.
    pub with: Vec<ComponentName>,
    /// The only source to ask.
    pub source: Option<&'static str>,
    /// The source of the toolkit alone, where add-ons may come from others.
    pub toolkit_source: Option<&'static str>,
    /// Where it will run; none means this machine.
    pub platform: Option<Platform>,
    /// Compose again what is there already.
    pub force: bool,
    /// Packages to replace, though they are in the store.
    pub damaged: BTreeSet<PackageId>,
    /// What suits this machine.
    pub wishes: Wishes,
}

/// How an install ended.
pub enum Outcome {
    /// It was there already, and nothing was done.
    Present(Toolchain),
    /// It was installed, or it grew.
    Installed(Toolchain),
}

/// Installs what was ordered, unless it is there.
///
/// # Errors
/// Returns what failed, with advice; the store is then as it was before, but for packages that
/// were completed and downloads that can be resumed.
pub fn install(order: &Order, context: &Context) -> Result<Outcome> {
    if let Some(present) = present(order, context)? {
        complete(&present, context);
        return adapted(present, order, context);
    }
    let mut plan = resolve(order, context)?;
    context.prepare()?;
    let alone = context.store.lock_toolchain(&plan.toolchain).hint_from(StoreError::hint)?;
    // Another process may have installed it, or made it grow, while this one planned or waited.
    let settled = order.exactly(&plan);
    if let Some(present) = present(&settled, context)? {
        drop(alone);
        return adapted(present, order, context);
    }
    if plan::loses(&plan, context)? {
        plan = resolve(&settled, context)?;
    }
    let _kept = context.store.keep_packages().hint_from(StoreError::hint)?;
    carry_out(&plan, order, context).map(Outcome::Installed)
}

/// Does the rest for a toolchain that is there: what suits this machine may have to change.
pub(super) fn adapted(present: Toolchain, order: &Order, context: &Context) -> Result<Outcome> {
    if order.wishes == Wishes::default() {
        return Ok(Outcome::Present(present));
    }
    let Some(toolchain) = adapt::readapt(&present, &order.wishes, &context.config.host_compiler, context)?
    else {
        return Ok(Outcome::Present(present));
    };
    report_proof(&toolchain, context);
    Ok(Outcome::Installed(toolchain))
}

/// Carries the plan for an order out as it is: gets the packages that are missing or damaged, composes,
/// proves. It is the caller who holds the locks.
///
/// # Errors
/// As [`install`].
pub fn carry_out(plan: &Plan, order: &Order, context: &Context) -> Result<Toolchain> {
    let name = plan.toolchain.to_string();
    let packages = fetch::packages(plan, &order.damaged, context)
        .with_context(|| format!("could not install `{name}`"))?;
    let mut receipt = compose::receipt(plan, &packages);
    receipt.adaptation = order.wishes.over(adapt::standing(&plan.toolchain, context)?);
    let toolchain =
        compose(receipt, &packages, context).with_context(|| format!("could not compose `{name}`"))?;
    report_proof(&toolchain, context);
    Ok(toolchain)
}

/// Gets the packages of an order into the store, without composing a toolchain of them: for another
/// machine than this one. Returns the receipt that the toolchain will have there. It is the caller who
/// has prepared the store and keeps the packages from being collected.
///
/// # Errors
/// As [`install`].
pub fn gather(order: &Order, context: &Context) -> Result<(ToolchainReceipt, Vec<InstalledPackage>)> {
    let plan = resolve_afresh(order, &context.client()?, context)?;
    let packages = fetch::packages(&plan, &BTreeSet::new(), context)
        .with_context(|| format!("could not get `{}` for {}", plan.toolchain, plan.platform))?;
    Ok((compose::receipt(&plan, &packages), packages))
}

impl Order {
    /// Returns an order for a request, with everything else left to the settings.
    #[must_use]
    pub fn new(request: ToolchainRequest) -> Self {
        Self {
            request,
            profile: None,
            with: Vec::new(),
            source: None,
            toolkit_source: None,
            platform: None,
            force: false,
            damaged: BTreeSet::new(),
            wishes: Wishes::default(),
        }
    }

    /// Orders for a request what an installed toolchain has: profile, components, platform, source.
    #[must_use]
    pub fn again(receipt: &ToolchainReceipt, request: ToolchainRequest) -> Self {
        Self {
            profile: Some(receipt.profile),
            with: receipt.with.clone(),
            toolkit_source: sources::source(&receipt.source).map(sources::Source::name),
            platform: Some(receipt.platform),
            ..Self::new(request)
        }
    }

    /// Narrows the order to what the plan decided.
    fn exactly(&self, plan: &Plan) -> Self {
        Self { request: ToolchainRequest::exactly(&plan.toolchain), ..self.clone() }
    }
}

/// Downloads the damaged packages of a toolchain again, if there are any, and composes it of whole ones.
///
/// # Errors
/// As [`install`].
pub fn mend(receipt: &ToolchainReceipt, damaged: &[PackageId], context: &Context) -> Result<()> {
    if damaged.is_empty() {
        return adapt::compose_again(&receipt.name, context);
    }
    let again = Order::again(receipt, ToolchainRequest::exactly(&receipt.name));
    let order = Order { force: true, damaged: damaged.iter().cloned().collect(), ..again };
    install(&order, context).map(drop)
}

/// Completes what an install left undone that was killed after its toolchain was in place. A home
/// that can't be written has nothing to complete, and is none the worse for it.
fn complete(present: &Toolchain, context: &Context) {
    let _ = context.store.finish();
    if let [only] = context.store.toolchains().as_slice()
        && only.name == present.name
    {
        let _ = context.store.set_first_default(&ToolchainRequest::exactly(&present.name));
    }
}

fn id_of(artifact: &Artifact) -> PackageId {
    PackageId::new(&artifact.component, &artifact.version, artifact.platform, &artifact.checksum.key())
}

/// Tells what nvcc compiles with, and what a proof found. Findings warn: the bytes are NVIDIA's, and what
/// is missing most often belongs to the machine, such as a host compiler.
pub(crate) fn report_proof(toolchain: &Toolchain, context: &Context) {
    let adaptation = context.store.adaptation(toolchain).unwrap_or_default();
    let findings = match context.store.receipt(toolchain) {
        Ok(Some(receipt)) if context.platform().ok() == Some(receipt.platform) => {
            layout::prove(&toolchain.root, &receipt, &context.environment)
        }
        Ok(None) => linked::prove(toolchain, &adaptation, context),
        _ => return,
    };
    let name = &toolchain.name;
    if let Some(compiler) = &adaptation.host_compiler {
        context.ui.say(&format!("`{name}` compiles with {compiler}"));
    }
    for finding in findings {
        let what = match finding.severity {
            Severity::Failure => format!("`{name}` does not prove itself: {}", finding.message),
            Severity::Warning => finding.message,
        };
        context.ui.warn(&what);
        if let Some(hint) = finding.hint {
            context.ui.say(&format!("hint: {hint}"));
        }
    }
}
