//! `cudaman hook`: what hooks ask where their own shell can't tell.

use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::Result;

use crate::active::{self, Active, Pin, effect};
use crate::context::Context;
use crate::error::brief;
use crate::model::ToolchainRequest;
use crate::shell::{Change, Format, Render, format, own_variable};

/// What was said last, so that a shell that asks at every change of directory hears it once.
const TOLD: &str = "__CUDAMAN_TOLD";

/// Tell a shell's hook what is wanted in this directory
#[derive(clap::Args)]
pub struct Hook {
    /// Print changes of the environment in this form, instead of the toolkit's root
    format: Option<String>,

    /// Say that the choice of this shell outranks the directory's pin
    #[arg(long)]
    outranked: bool,
}

impl Hook {
    /// Runs the command. What is missing is said in one line and is no failure: the prompt goes on.
    ///
    /// # Errors
    /// Returns an error where the answer can't be printed.
    pub fn run(&self, context: &Context) -> Result<()> {
        if self.outranked {
            if let Some(pin) = outranked_pin(context) {
                say_outranked(&pin, context);
            }
            return Ok(());
        }
        let active = active::active(context);
        match self.format.as_deref().and_then(format::format) {
            None => answer(&active, context),
            Some(format) => {
                let Render::Changes(render) = format.render else { return Ok(()) };
                let mut text = render(&changes(&active, context));
                text.extend(watched(format, context));
                Ok(context.ui.raw(&text)?)
            }
        }
    }
}

/// Prints the root, `system` or `missing`.
fn answer(active: &Result<Active>, context: &Context) -> Result<()> {
    let line = match active {
        Ok(active) => active
            .toolchain
            .as_ref()
            .map_or_else(|| b"system".to_vec(), |toolchain| toolchain.root.as_os_str().as_bytes().to_vec()),
        Err(problem) => {
            context.ui.fail(&brief(problem));
            b"missing".to_vec()
        }
    };
    Ok(context.ui.raw(&[&line[..], b"\n"].concat())?)
}

/// Returns what must change, and what was said already beside it.
fn changes(active: &Result<Active>, context: &Context) -> Vec<Change> {
    let told_before = context.environment.text(TOLD);
    let (mut changes, told) = match active {
        Err(problem) => {
            let line = brief(problem);
            if told_before != Some(&line) {
                context.ui.fail(&line);
            }
            (effect::changes_for_missing(context), Some(line))
        }
        Ok(active) => {
            let pin = outranked_pin(context);
            let told = pin.as_ref().map(|pin| format!("{} {}", pin.request, pin.path.display()));
            if let Some(pin) = pin.filter(|_| told_before != told.as_deref()) {
                say_outranked(&pin, context);
            }
            (effect::changes(active, context), told)
        }
    };
    match told {
        Some(told) => changes.push(Change::Set(Cow::Borrowed(TOLD), told.into())),
        None if told_before.is_some() => changes.push(Change::Unset(Cow::Borrowed(TOLD))),
        None => {}
    }
    changes
}

/// Returns the file at which fish and tcsh look at every prompt, as a statement of theirs.
fn watched(format: &Format, context: &Context) -> Vec<u8> {
    let pin = active::pin(context).ok().flatten();
    let file = pin.map_or_else(|| context.store.home().join("resolve/default"), |pin| pin.path);
    own_variable(format.name, "__cudaman_file", file.as_os_str().as_bytes())
}

/// Returns the pin of this directory where the shell's own choice keeps it from being followed.
fn outranked_pin(context: &Context) -> Option<Pin> {
    let chosen = context.environment.text("CUDAMAN_VERSION")?;
    let pin = active::pin(context).ok().flatten()?;
    let root = |text: &str| {
        let request: ToolchainRequest = text.parse().ok()?;
        context.store.find(&request).map(|toolchain| toolchain.root)
    };
    let is_same =
        pin.request == chosen || root(chosen).is_some_and(|found| Some(found) == root(&pin.request));
    (!is_same).then_some(pin)
}

fn say_outranked(pin: &Pin, context: &Context) {
    let chosen = context.environment.text("CUDAMAN_VERSION").unwrap_or_default();
    let who = match effect::actor(&context.environment) {
        Some((_, name)) => format!("`{}`", Path::new(name).display()),
        None => "this shell".to_owned(),
    };
    context.ui.say(&format!(
        "cudaman: {who} chose `{chosen}`, which goes before `{}` in `{}`; `cudaman use --unset` follows the file",
        pin.request,
        pin.path.display()
    ));
}
