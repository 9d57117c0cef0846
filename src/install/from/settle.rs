//! Decides what the unpacked files make together: which release, with which add-ons, how much of it;
//! and whether that is what was asked for.

use anyhow::{Result, bail};

use super::staged::Staged;
use super::{SOURCE, add_ons, evidence, parts};
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::install::{self, Order, Outcome, linked};
use crate::model::receipt::RECEIPT_FORMAT;
use crate::model::request::{AddOns, Base};
use crate::model::{
    Adaptation, Entry, PackageId, Profile, ToolchainName, ToolchainReceipt, ToolchainRequest, Version,
};
use crate::packages::{TOOLKIT, components};
use crate::shell::quote;
use crate::store::StoreError;

/// What will be composed.
pub(super) struct Settled {
    pub(super) receipt: ToolchainReceipt,
    /// What the user should know about it.
    pub(super) remarks: Vec<String>,
    /// The packages of the toolchain that stands there now.
    before: Vec<PackageId>,
}

/// Returns the toolkit that files which are add-ons only are added to, after installing it where it
/// isn't there yet; none where the files hold a toolkit.
pub(super) fn toolkit(
    staged: &[Staged],
    order: &Order,
    context: &Context,
) -> Result<Option<ToolchainReceipt>> {
    if staged.is_empty() {
        return Err(advised(
            "the files hold nothing of a CUDA toolkit",
            "name the files of a toolkit or of cuDNN",
        ));
    }
    if staged.iter().any(|one| add_ons::kind_of(&one.package.receipt.component).is_none()) {
        return Ok(None);
    }
    if order.request.base == Base::Latest {
        let names: Vec<&str> = staged.iter().map(|one| one.package.receipt.component.as_str()).collect();
        return Err(advised(
            format!(
                "the files hold {} only, and no request says which toolkit to add it to",
                names.join(", ")
            ),
            format!(
                "name the toolkit: `cudaman install {} --from {}`",
                likely(context),
                quote::word(&staged[0].path)
            ),
        ));
    }
    let plain = ToolchainRequest { add_ons: AddOns::None, ..order.request.clone() };
    let any = ToolchainRequest { add_ons: AddOns::Any, ..order.request.clone() };
    let installed = context.store.find(&plain).or_else(|| context.store.find(&any));
    if let Some(link) = installed.as_ref().and_then(|toolchain| toolchain.link.as_ref()) {
        let (shown, add_on) = (quote::word(link), quote::word(&staged[0].path));
        let hint = format!("`cudaman install --from {shown} {add_on}` makes a toolchain of copies of both");
        return Err(linked::refusal(&order.request, link, hint));
    }
    add_ons::check(staged, order)?;
    let toolchain = match installed.filter(|toolchain| toolchain.is_own && toolchain.link.is_none()) {
        Some(toolchain) => toolchain,
        None => match install::install(&Order { request: plain, ..order.clone() }, context)? {
            Outcome::Present(toolchain) | Outcome::Installed(toolchain) => toolchain,
        },
    };
    context.store.receipt(&toolchain).hint_from(StoreError::hint)
}

/// The newest toolkit that something can be added to, for an example.
fn likely(context: &Context) -> String {
    let own = context.store.toolchains().into_iter().rev().filter(|toolchain| toolchain.is_own);
    let cuda = own.filter_map(|toolchain| toolchain.name.cuda().cloned()).next();
    cuda.map_or_else(|| "12.4".to_owned(), |cuda| cuda.truncated(2).to_string())
}

/// Settles what the files make, on top of an installed toolkit or by themselves.
pub(super) fn settle(
    staged: &[Staged],
    toolkit: Option<ToolchainReceipt>,
    order: &Order,
    context: &Context,
) -> Result<Settled> {
    let cuda = match &toolkit {
        Some(receipt) => receipt.cuda.clone(),
        None => release(staged, order)?,
    };
    let grown = match toolkit {
        Some(receipt) => Some(receipt),
        None => grown(&cuda, staged, order, context)?,
    };
    let add_ons = add_ons::gather(staged, grown.as_ref(), &cuda, order)?;
    let name = ToolchainName::composed(cuda.clone(), add_ons);
    let before = packages_of(&name, context)?;
    let mut ids: Vec<PackageId> = grown.iter().flat_map(|receipt| receipt.packages.clone()).collect();
    ids.retain(|id| !is_replaced(id, staged));
    ids.extend(staged.iter().map(|one| one.package.receipt.id.clone()));
    ids.dedup();
    let entries = entries(staged, &ids, context);
    parts::check(&order.with, staged, &ids, &entries)?;
    let (profile, remarks) = profile(&cuda, &entries, grown.as_ref(), order, context)?;
    let receipt = ToolchainReceipt {
        format: RECEIPT_FORMAT,
        cuda,
        add_ons: name.add_ons().to_vec(),
        name,
        platform: staged[0].package.receipt.platform,
        profile,
        with: parts::joined(grown.as_ref(), &order.with),
        source: grown.map_or_else(|| SOURCE.to_owned(), |receipt| receipt.source),
        packages: ids,
        unverified: Vec::new(),
        adaptation: Adaptation::default(),
        fix_ups: Vec::new(),
    };
    Ok(Settled { receipt, remarks, before })
}

impl Settled {
    /// Settles again where another process has changed the toolchain since.
    pub(super) fn again_if_changed(
        self,
        staged: &[Staged],
        order: &Order,
        context: &Context,
    ) -> Result<Self> {
        if packages_of(&self.receipt.name, context)? == self.before {
            return Ok(self);
        }
        let settled = settle(staged, toolkit(staged, order, context)?, order, context)?;
        if settled.receipt.name != self.receipt.name {
            bail!("another command changed what is installed meanwhile: run this one again");
        }
        Ok(settled)
    }
}

/// Finds the one release that all files belong to.
fn release(staged: &[Staged], order: &Order) -> Result<Version> {
    let mut chosen: Option<(&Version, &Staged)> = None;
    for one in staged {
        let Some(release) = &one.release else { continue };
        match chosen {
            Some((other, which)) if !add_ons::are_one(release, other) => {
                return Err(advised(
                    format!(
                        "`{}` is of CUDA {other}, and `{}` of CUDA {release}",
                        which.path.display(),
                        one.path.display()
                    ),
                    "install each release by a command of its own",
                ));
            }
            Some((other, _)) if other.numbers().len() >= release.numbers().len() => (),
            _ => chosen = Some((release, one)),
        }
    }
    let asked = match &order.request.base {
        Base::Prefix(version) => Some(version),
        _ => None,
    };
    let Some((release, _)) = chosen else {
        return asked.filter(|version| version.minor().is_some()).cloned().ok_or_else(|| {
            advised(
                "the files don't say which CUDA release they belong to",
                "name it: `cudaman install 12.4 --from PATH…`",
            )
        });
    };
    // Two numbers are all that some packages say: the request may know the third.
    if let Some(asked) = asked.filter(|asked| asked.starts_with(release)) {
        return Ok(asked.clone());
    }
    if order.request.matches_release(release) {
        return Ok(release.clone());
    }
    Err(advised(
        format!("the files are of CUDA {release}, and `{}` was asked for", order.request),
        format!("`cudaman install {release} --from PATH…`, or leave the request out"),
    ))
}

/// Finds the installed toolchain that the files make grow.
fn grown(
    cuda: &Version,
    staged: &[Staged],
    order: &Order,
    context: &Context,
) -> Result<Option<ToolchainReceipt>> {
    if order.force {
        return Ok(None);
    }
    let plain = ToolchainName::composed(cuda.clone(), Vec::new());
    let request = ToolchainRequest { base: Base::Prefix(cuda.clone()), add_ons: AddOns::Any };
    let exact = context.store.find(&ToolchainRequest::exactly(&plain));
    let Some(toolchain) = exact.or_else(|| context.store.find(&request)) else { return Ok(None) };
    if toolchain.name.cuda() != Some(cuda) || !toolchain.is_own {
        return Ok(None);
    }
    let Some(receipt) = context.store.receipt(&toolchain).hint_from(StoreError::hint)? else {
        return Ok(None);
    };
    if receipt.source != SOURCE {
        return Err(advised(
            format!(
                "`{}` came from the source {}, and a toolchain grows from its own source only",
                receipt.name, receipt.source
            ),
            format!("`cudaman uninstall {}` first, or add `--force` to replace it", receipt.name),
        ));
    }
    if receipt.platform != staged[0].package.receipt.platform {
        return Err(advised(
            format!("`{}` is installed for {}", receipt.name, receipt.platform),
            format!("`cudaman uninstall {}`, or use another CUDAMAN_HOME", receipt.name),
        ));
    }
    Ok(Some(receipt))
}

/// A whole toolkit takes the place of one in another profile, and an add-on that of its older version.
fn is_replaced(id: &PackageId, staged: &[Staged]) -> bool {
    staged.iter().any(|one| {
        let component = &one.package.receipt.component;
        let is_whole = component.as_str().starts_with("toolkit_") && id.as_str().starts_with("toolkit_");
        let is_same =
            add_ons::kind_of(component).is_some() && id.as_str().starts_with(&format!("{component}-"));
        is_whole || is_same || *id == one.package.receipt.id
    })
}

fn packages_of(name: &ToolchainName, context: &Context) -> Result<Vec<PackageId>> {
    let Some(toolchain) = context.store.find(&ToolchainRequest::exactly(name)) else { return Ok(Vec::new()) };
    let receipt = context.store.receipt(&toolchain).hint_from(StoreError::hint)?;
    Ok(receipt.map(|receipt| receipt.packages).unwrap_or_default())
}

/// Everything that will stand in the toolchain, before its fix-ups.
fn entries(staged: &[Staged], ids: &[PackageId], context: &Context) -> Vec<Entry> {
    let new = staged.iter().flat_map(|one| one.package.receipt.entries.clone());
    let is_new = |id: &PackageId| staged.iter().any(|one| one.package.receipt.id == *id);
    let old = ids.iter().filter(|id| !is_new(id)).filter_map(|id| context.store.package(id));
    new.chain(old.flat_map(|package| package.receipt.entries)).collect()
}

/// Decides which profile the files fulfil, and says what they lack of it.
fn profile(
    cuda: &Version,
    entries: &[Entry],
    grown: Option<&ToolchainReceipt>,
    order: &Order,
    context: &Context,
) -> Result<(Profile, Vec<String>)> {
    let wanted = order.profile.or(grown.map(|receipt| receipt.profile)).unwrap_or(context.config.profile);
    let missing =
        |profile| components::missing_essentials(profile, cuda, |name| evidence::has(name, entries));
    let lacking = missing(wanted);
    if lacking.is_empty() {
        return Ok((wanted, lacking_libraries(wanted, cuda, entries)));
    }
    let list = lacking.join(", ");
    if order.profile.is_none() && missing(Profile::Runtime).is_empty() {
        let remark =
            format!("{} {cuda} is installed in the profile runtime: the files lack {list}", TOOLKIT.title);
        return Ok((Profile::Runtime, vec![remark]));
    }
    Err(advised(
        format!("the files make no {} {cuda} in the profile {wanted}: they lack {list}", TOOLKIT.title),
        "name the files that hold it as well, all in one `--from`",
    ))
}

fn lacking_libraries(profile: Profile, cuda: &Version, entries: &[Entry]) -> Vec<String> {
    if !matches!(profile, Profile::Devel | Profile::Full) {
        return Vec::new();
    }
    let lacking: Vec<&str> =
        evidence::LIBRARIES.iter().copied().filter(|name| !evidence::has(name, entries)).collect();
    if lacking.is_empty() {
        return Vec::new();
    }
    vec![format!("of the profile {profile} of CUDA {cuda}, the files lack {}", lacking.join(", "))]
}
