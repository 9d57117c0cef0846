//! `cudaman driver`: whether the driver will do for a CUDA release, and the commands that bring one that does.

mod accidents;
mod places;

use anyhow::Result;
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use self::accidents::{Accident, accidents};
use crate::active;
use crate::compat::driver::{self, DriverVersion};
use crate::compat::driver_packages::Offer;
use crate::compat::driver_plan::{Plan, Present, Verdict, plan};
use crate::compat::gpu;
use crate::context::Context;
use crate::error::{Passthrough, UsageError, one_line};
use crate::host::Host;
use crate::model::request::Base;
use crate::model::{ToolchainName, ToolchainRequest, Version};

/// Show which driver a toolkit needs, whether the one here will do, and what brings one
///
/// It prints commands and never runs them. The status is 1 where the driver will not do.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  cudaman driver               for the toolkit in effect
  cudaman driver 12.4
  cudaman driver 11.8 --host cluster.json")]
pub struct Driver {
    /// For which toolkit; none means the one in effect, else the newest
    #[arg(value_name = "REQUEST", add = ArgValueCandidates::new(super::candidates::installed))]
    request: Option<ToolchainRequest>,

    #[command(flatten)]
    host: super::HostOption,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is printed.
#[derive(Serialize)]
struct Report<'a> {
    cuda: &'a Version,
    verdict: Verdict,
    /// The oldest driver that runs all of it.
    needs: Option<&'a DriverVersion>,
    /// The oldest driver that runs programs of its major number.
    needs_at_least: Option<&'a DriverVersion>,
    driver: Option<&'a DriverVersion>,
    newest_cuda: Option<&'a Version>,
    gpus: Vec<String>,
    remarks: &'a [String],
    accidents: Vec<Accident>,
    offers: Vec<Offer>,
    /// What the cloud that the machine is in has of its own.
    cloud: Option<&'static str>,
    /// What to do where packages are not the way: on Windows, on the host of a container.
    elsewhere: Vec<String>,
}

impl Driver {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the request names no release, or the machine's description can't be read; a
    /// driver that will not do is the status 1.
    pub fn run(&self, context: &Context) -> Result<()> {
        let host = self.host.read(context)?;
        let cuda = self.cuda(context)?;
        let capabilities = host.capabilities();
        let present = Present {
            driver: host.linux_driver(),
            newest_cuda: host.driver.newest_cuda.as_ref(),
            capabilities: &capabilities,
        };
        let plan = plan(&cuda, &present);
        let report = report(&cuda, &plan, &host);
        if self.json {
            context.ui.json(&report)?;
        } else {
            lines(&report, &host).iter().try_for_each(|line| context.ui.data(&one_line(line)))?;
        }
        match plan.verdict {
            Verdict::Enough | Verdict::MinorVersion => Ok(()),
            _ => Err(Passthrough(1).into()),
        }
    }

    fn cuda(&self, context: &Context) -> Result<Version> {
        let pinned = || active::pin(context).ok()??.request.parse().ok();
        let in_effect = if self.request.is_none() { in_effect(context) } else { None };
        if let Some(cuda) = in_effect {
            return Ok(cuda);
        }
        let Some(request) = self.request.clone().or_else(pinned) else { return Ok(newest()) };
        match &request.base {
            Base::Prefix(version) if version.minor().is_some() => Ok(version.clone()),
            Base::Latest => Ok(newest()),
            Base::Name(_) | Base::System => {
                let message =
                    format!("`{request}` names no release of CUDA: say which, as in `cudaman driver 12.4`");
                Err(UsageError(message).into())
            }
            _ => {
                let known = gpu::cuda_lines().rev().find(|line| request.matches_release(line));
                let message = format!(
                    "no CUDA release that cudaman knows is one of `{request}`: say a line, as in 12.4"
                );
                known.cloned().ok_or_else(|| UsageError(message).into())
            }
        }
    }
}

/// Returns the release in effect; what isn't installed needs no driver.
fn in_effect(context: &Context) -> Option<Version> {
    match active::active(context).ok()?.toolchain?.name {
        ToolchainName::Composed { cuda, .. } => Some(cuda),
        ToolchainName::Linked(_) => None,
    }
}

fn newest() -> Version {
    let known = gpu::cuda_lines().rev().find(|line| driver::floor(line).is_some());
    known.cloned().expect("the tables have releases")
}

fn report<'a>(cuda: &'a Version, plan: &'a Plan, host: &'a Host) -> Report<'a> {
    let will_do = matches!(plan.verdict, Verdict::Enough | Verdict::MinorVersion);
    let elsewhere = if will_do { Vec::new() } else { places::elsewhere(host) };
    let has_way = !will_do && elsewhere.is_empty() && plan.verdict != Verdict::Impossible;
    let offers = if has_way { places::offers(host, plan) } else { Vec::new() };
    let gpus = host.gpus.iter().map(|gpu| match gpu.capability {
        Some(capability) => format!("{} ({capability})", gpu.name),
        None => gpu.name.clone(),
    });
    Report {
        cuda,
        verdict: plan.verdict,
        needs: plan.floor,
        needs_at_least: plan.minor_floor,
        driver: host.driver.version(),
        newest_cuda: host.driver.newest_cuda.as_ref(),
        gpus: gpus.collect(),
        remarks: &plan.remarks,
        accidents: accidents(host),
        offers,
        cloud: places::of_cloud(host).filter(|_| has_way),
        elsewhere,
    }
}

fn lines(report: &Report<'_>, host: &Host) -> Vec<String> {
    let mut lines = vec![needs(report), present(report)];
    if !report.gpus.is_empty() {
        lines.push(format!("GPUs: {}", report.gpus.join(", ")));
    }
    lines.push(format!("verdict: {}", words(report)));
    lines.extend(report.remarks.iter().map(|remark| format!("note: {remark}")));
    for accident in &report.accidents {
        lines.push(format!("problem: {}", accident.what));
        lines.extend(accident.fix.iter().map(|fix| format!("hint: {fix}")));
    }
    lines.extend(report.elsewhere.iter().map(|line| format!("hint: {line}")));
    lines.extend(report.cloud.map(|line| format!("hint: {line}")));
    lines.extend(report.offers.iter().flat_map(ways));
    if !report.offers.is_empty() {
        lines.push(
            "then reboot, and `nvidia-smi` shows the driver; cudaman runs none of these commands".to_owned(),
        );
    } else if matches!(report.verdict, Verdict::Missing | Verdict::TooOld) && report.elsewhere.is_empty() {
        lines.push(format!("hint: {}", places::unknown(host)));
    }
    lines
}

fn needs(report: &Report<'_>) -> String {
    let cuda = report.cuda;
    match (report.needs, report.needs_at_least) {
        (None, _) => format!("CUDA {cuda}: which driver it needs is not known to cudaman"),
        (Some(floor), None) => format!("CUDA {cuda} needs driver {floor} or newer"),
        (Some(floor), Some(minor)) => {
            format!(
                "CUDA {cuda} needs driver {floor} or newer; {minor} or newer runs its programs with limits"
            )
        }
    }
}

fn present(report: &Report<'_>) -> String {
    let runs = report.newest_cuda.map(|cuda| format!(", which runs CUDA up to {cuda}")).unwrap_or_default();
    match report.driver {
        Some(driver) => format!("driver: {driver}{runs}"),
        None => format!("driver: none was found{runs}"),
    }
}

fn words(report: &Report<'_>) -> &'static str {
    match report.verdict {
        Verdict::Enough => "the driver will do",
        Verdict::MinorVersion => {
            "the driver will do for programs with machine code for the GPU; PTX and new features of this release need a newer one"
        }
        Verdict::Missing => "there is no driver",
        Verdict::TooOld => "the driver is too old",
        Verdict::Impossible => "no driver for these GPUs runs this release",
        Verdict::Unknown => "not known",
    }
}

fn ways(offer: &Offer) -> Vec<String> {
    let branch = offer.branch.map(|branch| format!(", R{branch}")).unwrap_or_default();
    let mut lines = vec![format!("{} packages{branch} ({}):", offer.whose, offer.source)];
    lines.extend(offer.commands.iter().map(|command| format!("  {command}")));
    lines.extend(offer.note.map(|note| format!("  # {note}")));
    lines
}
