//! Whether a CUDA line runs on a machine: by its driver and its GPUs.

use crate::compat::driver::{self, Support};
use crate::compat::gpu::{self, Code, ComputeCapability};
use crate::host::Host;
use crate::model::request::Base;
use crate::model::{ToolchainRequest, Version};

/// How well something runs, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    /// Without any limit that is known.
    Runs,
    /// With a limit.
    Limited,
    /// Not at all.
    Not,
}

/// What is known of a CUDA line on a machine.
#[derive(Clone, Debug)]
pub(super) struct Fit {
    pub(super) grade: Grade,
    /// The reasons for the grade, with their sources.
    pub(super) reasons: Vec<String>,
}

/// A toolkit that may be asked for, on a machine.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// What to ask cudaman for.
    pub(super) request: ToolchainRequest,
    /// The line of CUDA that it leads to: 12.4.
    pub(super) line: Version,
    pub(super) fit: Fit,
}

impl Fit {
    fn runs() -> Self {
        Self { grade: Grade::Runs, reasons: Vec::new() }
    }

    fn add(&mut self, grade: Grade, reason: String) {
        self.grade = self.grade.max(grade);
        self.reasons.push(reason);
    }
}

/// Finds the best of what a request leads to on a machine: the newest line that runs, else with limits.
/// The request itself is kept where the newest line is the best.
pub(super) fn candidate(request: &ToolchainRequest, host: &Host) -> Option<Candidate> {
    let lines = lines(request);
    let newest = lines.first()?;
    let graded = lines.iter().map(|line| (line, fit(line, host)));
    let (line, fit) = graded.min_by_key(|(_, fit)| fit.grade)?;
    let request = if line == newest {
        request.clone()
    } else {
        ToolchainRequest { base: Base::Prefix(line.clone()), add_ons: request.add_ons.clone() }
    };
    Some(Candidate { request, line: line.clone(), fit })
}

/// Returns the known lines of CUDA that a request may lead to, the newest first.
pub(super) fn lines(request: &ToolchainRequest) -> Vec<Version> {
    let is_in = |line: &&Version| match &request.base {
        Base::Prefix(version) if version.numbers().len() > 2 => version.starts_with(line),
        _ => request.matches_release(line),
    };
    gpu::cuda_lines().rev().filter(is_in).cloned().collect()
}

/// Tells how well a line of CUDA runs on a machine. What the machine doesn't show is no reason against it.
pub(super) fn fit(line: &Version, host: &Host) -> Fit {
    let mut fit = Fit::runs();
    by_driver(line, host, &mut fit);
    for capability in host.capabilities() {
        by_gpu(line, capability, host, &mut fit);
    }
    fit
}

fn by_driver(line: &Version, host: &Host, fit: &mut Fit) {
    let Some(newest) = &host.driver.newest_cuda else { return };
    if host.support(line) == Support::Full {
        return;
    }
    let here = match host.driver.version() {
        Some(driver) => format!("this machine's driver {driver} runs up to CUDA {newest}"),
        None => format!("this machine's driver runs up to CUDA {newest}"),
    };
    let shared = driver::minor_version_floor(line);
    let shares = shared.filter(|_| host.support(line) == Support::MinorVersion);
    let needs = driver::floor(line).map(|floor| format!("driver {} ({})", floor.driver, floor.source));
    match (shares, needs) {
        (Some(floor), needs) => fit.add(
            Grade::Limited,
            format!(
                "{here}; programs of CUDA {line} run on it by minor-version compatibility ({}), but what compiles \
                 PTX, or uses newer features, needs {}",
                floor.source,
                needs.unwrap_or_else(|| "a newer driver".to_owned())
            ),
        ),
        (None, Some(needs)) => fit.add(Grade::Not, format!("CUDA {line} needs {needs}; {here}")),
        (None, None) => fit.add(Grade::Not, format!("CUDA {line} needs a newer driver; {here}")),
    }
}

fn by_gpu(line: &Version, capability: ComputeCapability, host: &Host, fit: &mut Fit) {
    let Some(code) = gpu::code_for(line, capability) else { return };
    if matches!(code, Code::Own(_)) {
        return;
    }
    let named = host.gpus.iter().find(|gpu| gpu.capability == Some(capability));
    let name = named.map_or_else(|| capability.sm(), |gpu| format!("{} ({})", gpu.name, capability.sm()));
    let support = gpu::by_compute_capability(capability);
    let reason = match (&support, code) {
        (_, Code::Relative(own)) => {
            return fit.add(
                Grade::Limited,
                format!("CUDA {line} doesn't know {name}; code that it compiles for {} runs on it", own.sm()),
            );
        }
        (None, _) => format!("no CUDA that is known compiles for {name}"),
        (Some(support), _) if line < support.first_cuda => {
            format!(
                "CUDA {line} is too old for {name}, which CUDA {} is the first to know",
                support.first_cuda
            )
        }
        (Some(support), _) => match support.last_cuda {
            Some(last) => {
                format!("CUDA {line} is too new for {name}, which CUDA {last} was the last to know")
            }
            None => format!("CUDA {line} doesn't know {name}"),
        },
    };
    let others = host.capabilities().len() > 1;
    fit.add(if others && fit.grade != Grade::Not { Grade::Limited } else { Grade::Not }, reason);
}
