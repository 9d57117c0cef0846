//! Makes a toolchain suit this machine: chooses its host compiler, and changes headers where that was
//! asked for. What is chosen stands in its receipt, and is left behind when it is exported.

use anyhow::Result;

use super::compose::composition;
use super::{linked, links};
use crate::compat::{self, Compiler, HOST_CONFIG, Limits, Machine};
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::layout::adapt;
use crate::model::{
    Adaptation, CompatLink, CompilerChoice, EntryKind, HostCompiler, ToolchainName, ToolchainReceipt,
    ToolchainRequest, Version,
};
use crate::shell::quote;
use crate::store::{Composition, InstalledPackage, StoreError, Toolchain};

/// What a person wants to be otherwise than it is, or than the settings say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The host compiler.
    pub host_compiler: Option<CompilerChoice>,
    /// Whether headers are changed to agree with glibc's.
    pub glibc_fix: Option<bool>,
    /// Older names for libraries.
    pub links: Option<Vec<CompatLink>>,
}

impl Wishes {
    /// Returns what a toolchain is to have: what is wished, and else what it has.
    pub(super) fn over(&self, standing: Adaptation) -> Adaptation {
        Adaptation {
            choice: self.host_compiler.clone().unwrap_or(standing.choice),
            host_compiler: None,
            has_glibc_fix: self.glibc_fix.unwrap_or(standing.has_glibc_fix),
            links: self.links.clone().unwrap_or(standing.links),
        }
    }
}

/// Returns what the toolchain of a name has of this machine; nothing if there is none.
pub(super) fn standing(name: &ToolchainName, context: &Context) -> Result<Adaptation> {
    let Some(toolchain) = context.store.find(&ToolchainRequest::exactly(name)) else {
        return Ok(Adaptation::default());
    };
    let receipt = context.store.receipt(&toolchain).hint_from(StoreError::hint)?;
    Ok(receipt.map(|receipt| receipt.adaptation).unwrap_or_default())
}

/// Adds to a composition what its receipt's adaptation asks for.
pub(super) fn adapt(
    composition: &mut Composition,
    packages: &[InstalledPackage],
    setting: &CompilerChoice,
    context: &Context,
) -> Result<()> {
    links::add(composition, packages);
    if context.platform().ok() != Some(composition.receipt.platform) {
        return Ok(());
    }
    let parts = Parts { packages };
    if let Some(nvcc) = parts.entry(adapt::NVCC) {
        let cuda = &composition.receipt.cuda;
        let choice = match &composition.receipt.adaptation.choice {
            CompilerChoice::Automatic => Chosen::Setting(setting),
            own => Chosen::Asked(own),
        };
        let name = &composition.receipt.name;
        let limits = parts.limits(cuda);
        let chosen = match choose(&choice, &limits, context) {
            Ok(chosen) => chosen,
            // What was chosen once may be gone on another node of a cluster: that is no reason to fail.
            Err(error) if standing(name, context)?.choice == composition.receipt.adaptation.choice => {
                context.ui.warn(&format!("the host compiler of `{name}` can't be used: {error}"));
                best(&limits, context)
            }
            Err(error) => return Err(error.context(format!("could not choose a host compiler for `{name}`"))),
        };
        if let Some(chosen) = &chosen {
            composition.fix_ups.retain(|fix_up| fix_up.path != adapt::NVCC);
            composition.fix_ups.extend(adapt::host_compiler(chosen, nvcc));
        }
        let adaptation = &mut composition.receipt.adaptation;
        // A path that was typed may depend on the directory it was typed in.
        if let (CompilerChoice::Named(name), Some(chosen)) = (&mut adaptation.choice, &chosen)
            && name.contains('/')
        {
            name.clone_from(&chosen.c);
        }
        adaptation.host_compiler = chosen;
    }
    if composition.receipt.adaptation.has_glibc_fix {
        composition
            .fix_ups
            .extend(parts.math_functions().and_then(|(path, text)| adapt::glibc_header(path, &text)));
    }
    Ok(())
}

/// Adapts an installed toolchain anew, by the wishes and the setting `host-compiler`; none if that
/// changes nothing.
///
/// # Errors
/// Returns an error for one of another store, and for a compiler that can't be used.
pub fn readapt(
    toolchain: &Toolchain,
    wishes: &Wishes,
    setting: &CompilerChoice,
    context: &Context,
) -> Result<Option<Toolchain>> {
    let name = &toolchain.name;
    if !toolchain.is_own {
        return Err(advised(
            format!("`{name}` is not yours to change: it stands at `{}`", toolchain.root.display()),
            format!(
                "`cudaman link my-toolkit {}` makes a link of your own, with a compiler of its own",
                quote::word(&toolchain.root)
            ),
        ));
    }
    if toolchain.link.is_some() {
        return linked::readapt(toolchain, wishes, setting, context);
    }
    context.prepare()?;
    let _alone = context.store.lock_toolchain(name).hint_from(StoreError::hint)?;
    let Some(receipt) = context.store.receipt(toolchain).hint_from(StoreError::hint)? else {
        return Ok(None);
    };
    if context.platform().ok() != Some(receipt.platform) {
        return Err(advised(
            format!("`{name}` is for {}, whose compilers this machine hasn't", receipt.platform),
            "choose one on the machine where it will run",
        ));
    }
    let _kept = context.store.keep_packages().hint_from(StoreError::hint)?;
    let adaptation = wishes.over(receipt.adaptation.clone());
    let composition = adapted(&ToolchainReceipt { adaptation, ..receipt.clone() }, setting, context)?;
    if composition.entries() == receipt.fix_ups && composition.receipt.adaptation == receipt.adaptation {
        return Ok(None);
    }
    context.store.compose(&composition).map(Some).hint_from(StoreError::hint)
}

/// Composes a toolchain again as it is to be, from its packages.
pub(super) fn compose_again(name: &ToolchainName, context: &Context) -> Result<()> {
    let _alone = context.store.lock_toolchain(name).hint_from(StoreError::hint)?;
    let Some(toolchain) = context.store.find(&ToolchainRequest::exactly(name)) else { return Ok(()) };
    let Some(receipt) = context.store.receipt(&toolchain).hint_from(StoreError::hint)? else { return Ok(()) };
    let _kept = context.store.keep_packages().hint_from(StoreError::hint)?;
    let composition = adapted(&receipt, &context.config.host_compiler, context)?;
    context.store.compose(&composition).map(drop).hint_from(StoreError::hint)
}

fn adapted(receipt: &ToolchainReceipt, setting: &CompilerChoice, context: &Context) -> Result<Composition> {
    let missing = || advised(format!("`{}` lacks packages", receipt.name), "`cudaman verify --repair`");
    let packages: Option<Vec<_>> = receipt.packages.iter().map(|id| context.store.package(id)).collect();
    let packages = packages.ok_or_else(missing)?;
    let mut composition = composition(receipt.clone(), &packages)?;
    adapt(&mut composition, &packages, setting, context)?;
    Ok(composition)
}

/// Whose choice a compiler is.
pub(super) enum Chosen<'a> {
    /// That of one toolchain: it is obeyed.
    Asked(&'a CompilerChoice),
    /// That of all: it is followed where it suits.
    Setting(&'a CompilerChoice),
}

/// Chooses a host compiler; none where nvcc takes the right one by itself, and where there is none.
pub(super) fn choose(
    choice: &Chosen<'_>,
    limits: &Limits,
    context: &Context,
) -> Result<Option<HostCompiler>> {
    let (Chosen::Asked(wanted) | Chosen::Setting(wanted)) = choice;
    match (choice, wanted) {
        (_, CompilerChoice::Path) => Ok(None),
        (_, CompilerChoice::Automatic) => Ok(best(limits, context)),
        (Chosen::Setting(_), CompilerChoice::Named(name)) => {
            Ok(preferred(name, limits, context).or_else(|| best(limits, context)))
        }
        (Chosen::Asked(_), CompilerChoice::Named(name)) => {
            let hint =
                "`cudaman config host-compiler` shows what is in use, and `auto` looks for one that suits";
            Ok(Some(Compiler::named(name, &context.environment).hint(hint)?.host))
        }
    }
}

/// Returns the compiler of the settings where it suits.
fn preferred(name: &str, limits: &Limits, context: &Context) -> Option<HostCompiler> {
    match Compiler::named(name, &context.environment) {
        Ok(compiler) => limits.admit(&compiler.host).then_some(compiler.host),
        Err(error) => {
            context.ui.warn(&format!("the setting `host-compiler` can't be followed: {error}"));
            None
        }
    }
}

fn best(limits: &Limits, context: &Context) -> Option<HostCompiler> {
    let Machine { first, best } = compat::compilers(limits, &context.environment);
    let best = best?.host;
    let is_first = first.is_ok_and(|first| first.host == best);
    (!is_first).then_some(best)
}

/// The files of a composition's packages.
struct Parts<'a> {
    packages: &'a [InstalledPackage],
}

impl<'a> Parts<'a> {
    fn entry(&self, path: &str) -> Option<&'a EntryKind> {
        self.find(|entry| entry == path).map(|(_, _, kind)| kind)
    }

    fn limits(&self, cuda: &Version) -> Limits {
        // Since 9.1 the second is there too, and only includes the first.
        let header = HOST_CONFIG.iter().find_map(|name| self.text(name));
        Limits::from_header(&header.map(|(_, text)| text).unwrap_or_default(), cuda)
    }

    /// Returns the header that collides with glibc's, and its text.
    fn math_functions(&self) -> Option<(&'a str, String)> {
        adapt::MATH_FUNCTIONS.iter().find_map(|name| self.text(&format!("include/{name}")))
    }

    /// Reads the first file whose path ends so.
    fn text(&self, end: &str) -> Option<(&'a str, String)> {
        let (package, path, _) = self.find(|path| ends_in(path, end))?;
        let bytes = fs_err::read(package.root.join(path)).ok()?;
        Some((path, String::from_utf8_lossy(&bytes).into_owned()))
    }

    fn find(&self, is_it: impl Fn(&str) -> bool) -> Option<(&'a InstalledPackage, &'a str, &'a EntryKind)> {
        self.packages.iter().find_map(|package| {
            let entry = package
                .receipt
                .entries
                .iter()
                .find(|entry| is_it(&entry.path) && matches!(entry.kind, EntryKind::File { .. }))?;
            Some((package, entry.path.as_str(), &entry.kind))
        })
    }
}

fn ends_in(path: &str, name: &str) -> bool {
    path.strip_suffix(name).is_some_and(|start| start.is_empty() || start.ends_with('/'))
}
