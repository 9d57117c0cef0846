//! `cudaman install`: gets toolkits, by request or as the project pins them.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use super::target;
use crate::active;
use crate::bundle::{self, Wanted};
use crate::context::Context;
use crate::error::{UsageError, advised};
use crate::fetch;
use crate::install::{self, Order, Outcome, Wishes};
use crate::model::request::{AddOns, Base};
use crate::model::{CompilerChoice, ComponentName, Plan, Platform, Profile, ToolchainRequest};
use crate::sources;
use crate::store::Toolchain;

/// Install toolkits: `11.8`, `12.4+cudnn`, `latest`; without a request, what the project pins
#[derive(clap::Args)]
pub struct Install {
    /// Which toolkits: a version or its beginning, a range, a tag such as cu118, with add-ons
    #[arg(value_name = "REQUEST", add = ArgValueCandidates::new(super::candidates::installable))]
    requests: Vec<ToolchainRequest>,

    /// How much of the release
    #[arg(long, short, value_enum)]
    profile: Option<Profile>,

    /// Further components, such as cuda_gdb
    #[arg(long, value_name = "COMPONENT", value_delimiter = ',')]
    with: Vec<ComponentName>,

    /// Install what these files hold, without a network: bundles of `cudaman export`
    #[arg(long, value_name = "PATH", num_args = 1.., conflicts_with = "source")]
    from: Vec<PathBuf>,

    /// Install what a framework needs, such as tensorflow==1.14.0; without one, what the project says
    #[arg(long = "for", value_name = "FRAMEWORK", num_args = 0..=1, default_missing_value = "")]
    #[arg(conflicts_with_all = ["requests", "from"])]
    framework: Option<String>,

    /// Ask this source only
    #[arg(long, value_parser = source_names())]
    source: Option<String>,

    /// Install for another platform than this machine's, such as linux-sbsa
    #[arg(long)]
    platform: Option<Platform>,

    /// Show what would be downloaded, and stop
    #[arg(long)]
    dry_run: bool,

    /// Make it the default
    #[arg(long)]
    default: bool,

    /// What its nvcc compiles the host's part with: auto, path (the gcc on PATH), a name or a path
    #[arg(long, value_name = "COMPILER")]
    host_compiler: Option<CompilerChoice>,

    /// Change its mathematical headers to agree with glibc 2.41 and later, or bring NVIDIA's back
    #[arg(long, value_name = "on|off", value_parser = on_or_off)]
    glibc_fix: Option<bool>,

    /// Compose it again, even if it is there
    #[arg(long, short)]
    force: bool,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// What became of one request.
#[derive(Serialize)]
struct Report {
    request: String,
    toolchain: String,
    root: String,
    changed: bool,
}

impl Install {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns what the first request failed at; those before it stay installed.
    pub fn run(&self, context: &Context) -> Result<()> {
        if !self.from.is_empty() {
            return self.install_from(context);
        }
        let requests = self.wanted(context)?;
        if self.requests.is_empty() && requests.iter().all(|request| request.base == Base::System) {
            context.ui.say("the project pins `system`: there is nothing to install");
            return Ok(());
        }
        if self.dry_run {
            return self.show_plans(&requests, context);
        }
        let mut reports = Vec::new();
        let result = requests.iter().try_for_each(|request| {
            reports.push(self.install(request, context)?);
            Ok(())
        });
        if self.json {
            context.ui.json(&reports)?;
        }
        result
    }

    /// Returns the requests, else what the framework needs, else what the project pins.
    fn wanted(&self, context: &Context) -> Result<Vec<ToolchainRequest>> {
        if let Some(framework) = &self.framework {
            let what: Vec<String> =
                Some(framework).filter(|text| !text.is_empty()).cloned().into_iter().collect();
            let host = super::HostOption::default().read(context)?;
            let answer = target::answer_here(&what, &host, context)?;
            target::say_why(&answer, context);
            return Ok(vec![answer.request]);
        }
        if self.requests.is_empty() { Ok(vec![pinned(context)?]) } else { Ok(self.requests.clone()) }
    }

    fn install(&self, request: &ToolchainRequest, context: &Context) -> Result<Report> {
        let outcome = install::install(&self.order(request), context)?;
        self.report(request.to_string(), outcome, context)
    }

    /// Installs what files hold: bundles have their toolchains, other files make one together.
    fn install_from(&self, context: &Context) -> Result<()> {
        if bundle::are_bundles(&self.from)? {
            return self.import(context);
        }
        let request = match self.requests.as_slice() {
            [] => ToolchainRequest { base: Base::Latest, add_ons: AddOns::Any },
            [only] => only.clone(),
            _ => bail!(UsageError("files make one toolchain: give one request at most".to_owned())),
        };
        if self.dry_run {
            return install::from::show(&self.from, &self.order(&request), context);
        }
        let outcome = install::from::install(&self.from, &self.order(&request), context)?;
        let report = self.report(request.to_string(), outcome, context)?;
        if self.json {
            context.ui.json(&[report])?;
        }
        Ok(())
    }

    fn import(&self, context: &Context) -> Result<()> {
        if self.profile.is_some() || !self.with.is_empty() {
            bail!(UsageError(
                "a bundle is installed as it was exported: leave out `--profile` and `--with`".to_owned()
            ));
        }
        let wanted = Wanted { requests: &self.requests, platform: self.platform, force: self.force };
        if self.dry_run {
            return bundle::show(&self.from, &wanted, context);
        }
        let mut reports = Vec::new();
        for outcome in bundle::import(&self.from, &wanted, context)? {
            let (Outcome::Present(toolchain) | Outcome::Installed(toolchain)) = &outcome;
            reports.push(self.report(toolchain.name.to_string(), outcome, context)?);
        }
        if self.json {
            context.ui.json(&reports)?;
        }
        Ok(())
    }

    fn report(&self, request: String, outcome: Outcome, context: &Context) -> Result<Report> {
        let (toolchain, changed) = match outcome {
            Outcome::Present(toolchain) => {
                context.ui.say(&format!("`{}` is installed already", toolchain.name));
                (toolchain, false)
            }
            Outcome::Installed(toolchain) => {
                congratulate(&toolchain, context);
                (toolchain, true)
            }
        };
        if self.default {
            super::make_default(&ToolchainRequest::exactly(&toolchain.name), context)?;
            context.ui.say(&format!("the default is now `{}`", toolchain.name));
        }
        let root = toolchain.root.display().to_string();
        Ok(Report { request, toolchain: toolchain.name.to_string(), root, changed })
    }

    fn show_plans(&self, requests: &[ToolchainRequest], context: &Context) -> Result<()> {
        let mut plans = Vec::new();
        for request in requests {
            let order = self.order(request);
            match install::present(&order, context)? {
                Some(toolchain) => context.ui.say(&format!("`{}` is installed already", toolchain.name)),
                None => plans.push(without_logins(install::resolve(&order, context)?)),
            }
        }
        if self.json {
            return Ok(context.ui.json(&plans)?);
        }
        plans.iter().try_for_each(|plan| show_plan(plan, context))
    }

    fn order(&self, request: &ToolchainRequest) -> Order {
        let source = self.source.as_deref().and_then(sources::source).map(sources::Source::name);
        Order {
            profile: self.profile,
            with: self.with.clone(),
            source,
            platform: self.platform,
            force: self.force,
            wishes: Wishes {
                host_compiler: self.host_compiler.clone(),
                glibc_fix: self.glibc_fix,
                links: None,
            },
            ..Order::new(request.clone())
        }
    }
}

fn show_plan(plan: &Plan, context: &Context) -> Result<()> {
    let (name, profile, source, platform) = (&plan.toolchain, plan.profile, plan.source, plan.platform);
    context.ui.say(&format!("{name} ({profile}) from {source} for {platform}"));
    for artifact in &plan.artifacts {
        let size = artifact.size.map(crate::ui::human_bytes).unwrap_or_default();
        let (component, version, url) = (&artifact.component, &artifact.version, &artifact.url);
        context.ui.data(&format!("{component} {version}  {size}  {url}"))?;
    }
    Ok(())
}

/// What is shown may end up in a log: the addresses of a private index carry its password.
fn without_logins(mut plan: Plan) -> Plan {
    for artifact in &mut plan.artifacts {
        artifact.url = fetch::public(&artifact.url);
    }
    plan
}

fn pinned(context: &Context) -> Result<ToolchainRequest> {
    let pin = active::pin(context)?.ok_or_else(|| {
        advised(
            "there is no request, and no `.cuda-version` here or above",
            "`cudaman install 12.4`, or `cudaman list-remote` for what exists",
        )
    })?;
    pin.request.parse().with_context(|| format!("in `{}`", pin.path.display()))
}

fn congratulate(toolchain: &Toolchain, context: &Context) {
    let licences = toolchain.root.join("share/licenses");
    context.ui.say(&format!("installed `{}` in `{}`", toolchain.name, toolchain.root.display()));
    if licences.is_dir() {
        context.ui.say(&format!("NVIDIA's licence applies to it: `{}`", licences.display()));
    }
}

fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("expected on or off".to_owned()),
    }
}

pub(super) fn source_names() -> clap::builder::PossibleValuesParser {
    let value = |source: &&dyn sources::Source| {
        clap::builder::PossibleValue::new(source.name()).help(source.summary())
    };
    clap::builder::PossibleValuesParser::new(sources::SOURCES.iter().map(value).collect::<Vec<_>>())
}
