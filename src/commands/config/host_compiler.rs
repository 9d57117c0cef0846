//! `cudaman config host-compiler`: what each toolchain's nvcc compiles the host's part with, and the choice
//! of another.

use anyhow::Result;
use serde::Serialize;

use crate::commands::unambiguous;
use crate::compat::{Compiler, Limits};
use crate::context::Context;
use crate::error::Advise as _;
use crate::install::{self, Wishes, adapt};
use crate::layout;
use crate::model::{Adaptation, CompilerChoice, CompilerKind, Version};
use crate::store::{StoreError, Toolchain};

/// What nvcc compiles the host's part of programs with
#[derive(clap::Args)]
pub(super) struct HostCompiler {
    /// auto (look for one that suits), path (the gcc on PATH), a name such as gcc-11, or a path;
    /// without it, what is in use is shown
    compiler: Option<CompilerChoice>,

    /// For these toolchains only, rather than for all that have no choice of their own
    #[arg(long = "for", value_name = "REQUEST", requires = "compiler")]
    requests: Vec<String>,

    /// Print JSON
    #[arg(long, conflicts_with = "compiler")]
    json: bool,
}

/// The compiler of one toolchain.
#[derive(Serialize)]
struct Row {
    toolchain: String,
    takes: String,
    compiler: Option<String>,
    version: Option<String>,
    #[serde(skip)]
    missing: String,
    suits: bool,
    choice: String,
}

impl HostCompiler {
    /// Shows the compilers, or changes them.
    pub(super) fn run(&self, context: &Context) -> Result<()> {
        let Some(choice) = &self.compiler else { return self.show(context) };
        if !self.requests.is_empty() {
            let wishes = Wishes { host_compiler: Some(choice.clone()), ..Wishes::default() };
            return self.requests.iter().try_for_each(|request| {
                let toolchain = unambiguous(request, context)?;
                change(&toolchain, &wishes, &context.config.host_compiler, context)
            });
        }
        if let CompilerChoice::Named(name) = choice {
            Compiler::named(name, &context.environment)
                .hint("`cudaman config host-compiler auto` looks for compilers that suit, by toolchain")?;
        }
        let setting = absolute(choice, context);
        super::set("host-compiler", &setting.to_string(), context)?;
        let followers = followers(context)?;
        followers.iter().try_for_each(|toolchain| change(toolchain, &Wishes::default(), &setting, context))
    }

    fn show(&self, context: &Context) -> Result<()> {
        let mut rows = Vec::new();
        for toolchain in context.store.toolchains() {
            if let Some(cuda) = compiling(&toolchain, context)? {
                let adaptation = context.store.adaptation(&toolchain).hint_from(StoreError::hint)?;
                rows.push(row(&toolchain, &cuda, &adaptation, context));
            }
        }
        if self.json {
            return Ok(context.ui.json(&rows)?);
        }
        for row in &rows {
            let Row { toolchain, takes, choice, .. } = row;
            let compiler = match (&row.compiler, &row.version) {
                (Some(path), Some(version)) => format!("{path} ({version})"),
                _ => format!("{} is gone", row.missing),
            };
            let note = if row.suits { String::new() } else { ", which does not suit".to_owned() };
            context.ui.data(&format!("{toolchain}  {compiler}{note}  takes {takes}  ({choice})"))?;
        }
        if rows.is_empty() {
            context.ui.say("no toolchain here has an nvcc");
        }
        Ok(())
    }
}

/// Returns the release of a toolchain that compiles on this machine.
fn compiling(toolchain: &Toolchain, context: &Context) -> Result<Option<Version>> {
    if !toolchain.root.join("bin/nvcc").is_file() {
        return Ok(None);
    }
    let Some(link) = &toolchain.link else {
        let receipt = context.store.receipt(toolchain).hint_from(StoreError::hint)?;
        let receipt = receipt.filter(|receipt| context.platform().ok() == Some(receipt.platform));
        return Ok(receipt.map(|receipt| receipt.cuda));
    };
    Ok(layout::inspect(link).cuda)
}

/// Returns the toolchains that have no choice of their own, and so follow the setting.
fn followers(context: &Context) -> Result<Vec<Toolchain>> {
    let mut followers = Vec::new();
    for toolchain in context.store.toolchains().into_iter().filter(|toolchain| toolchain.is_own) {
        let adaptation = context.store.adaptation(&toolchain).hint_from(StoreError::hint)?;
        if adaptation.choice.is_automatic() && compiling(&toolchain, context)?.is_some() {
            followers.push(toolchain);
        }
    }
    Ok(followers)
}

fn change(toolchain: &Toolchain, wishes: &Wishes, setting: &CompilerChoice, context: &Context) -> Result<()> {
    match adapt::readapt(toolchain, wishes, setting, context)? {
        Some(toolchain) => {
            let adaptation = context.store.adaptation(&toolchain).hint_from(StoreError::hint)?;
            if adaptation.host_compiler.is_none() {
                context.ui.say(&format!("`{}` compiles with the `gcc` on PATH", toolchain.name));
            }
            install::report_proof(&toolchain, context);
        }
        None => {
            context.ui.say(&format!("`{}` stays as it is", toolchain.name));
            install::report_proof(toolchain, context);
        }
    }
    Ok(())
}

fn row(toolchain: &Toolchain, cuda: &Version, adaptation: &Adaptation, context: &Context) -> Row {
    let limits = Limits::of(&toolchain.root, cuda);
    let own = adaptation.host_compiler.as_ref().map(|own| own.c.as_str());
    let compiler =
        Compiler::named(own.unwrap_or("gcc"), &context.environment).ok().map(|compiler| compiler.host);
    let kind = compiler.as_ref().map_or(CompilerKind::Gcc, |compiler| compiler.kind);
    Row {
        toolchain: toolchain.name.to_string(),
        takes: limits.words(kind),
        suits: compiler.as_ref().is_some_and(|compiler| limits.admit(compiler)),
        missing: own.unwrap_or("the `gcc` on PATH").to_owned(),
        version: compiler.as_ref().map(|compiler| compiler.version.to_string()),
        compiler: compiler.map(|compiler| compiler.c),
        choice: adaptation.choice.to_string(),
    }
}

/// The settings hold for every directory: a path in them starts at the root.
fn absolute(choice: &CompilerChoice, context: &Context) -> CompilerChoice {
    match choice {
        CompilerChoice::Named(name) if name.contains('/') => {
            CompilerChoice::Named(context.environment.directory.join(name).display().to_string())
        }
        other => other.clone(),
    }
}
