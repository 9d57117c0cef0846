//! Whether a driver will do for a CUDA release on a machine's GPUs, and which one to get where it won't.

use serde::Serialize;

use super::driver::{self, DriverVersion, Support};
use super::driver_packages::{Module, Wanted};
use super::gpu::{self, ComputeCapability};
use crate::model::Version;

/// What a machine has, as far as a driver matters.
#[derive(Clone, Debug)]
pub struct Present<'m> {
    /// The driver's version, where it is one of Linux.
    pub driver: Option<&'m DriverVersion>,
    /// The newest CUDA that the driver runs without any limit.
    pub newest_cuda: Option<&'m Version>,
    /// What the GPUs can do.
    pub capabilities: &'m [ComputeCapability],
}

/// Whether it will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It runs all of it.
    Enough,
    /// It runs programs of the same major number, without what a newer driver adds.
    MinorVersion,
    /// There is no driver.
    Missing,
    /// It is too old.
    TooOld,
    /// No driver of these GPUs runs it.
    Impossible,
    /// Nobody knows what the release needs.
    Unknown,
}

/// What a CUDA release needs on a machine.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whether the driver will do.
    pub verdict: Verdict,
    /// The oldest driver that runs all of it.
    pub floor: Option<&'static DriverVersion>,
    /// The oldest driver that runs programs of its major number.
    pub minor_floor: Option<&'static DriverVersion>,
    /// The branches that suit.
    pub wanted: Wanted,
    /// What else is to know, in sentences.
    pub remarks: Vec<String>,
}

/// Plans a driver for a CUDA release.
#[must_use]
pub fn plan(cuda: &Version, present: &Present<'_>) -> Plan {
    let floor = driver::floor(cuda).map(|floor| floor.driver);
    let minor_floor = driver::minor_version_floor(cuda).map(|floor| floor.driver);
    let last = last_branch(present.capabilities);
    let of_gpus = gpu_floor(present.capabilities);
    let mut remarks = remarks(cuda, present.capabilities);
    let reachable = |floor: &&'static DriverVersion| last.is_none_or(|last| floor.branch() <= last);
    let target = floor.filter(reachable).or(minor_floor.filter(reachable));
    let from = target.map(DriverVersion::branch).max(of_gpus);
    let is_conflict = last.zip(of_gpus).is_some_and(|(last, first)| first > last);
    if is_conflict {
        remarks.push(
            "no one driver runs all these GPUs: the newest need a branch that dropped the oldest".to_owned(),
        );
    }
    let verdict = match (floor, target) {
        (None, _) => Verdict::Unknown,
        (_, None) => Verdict::Impossible,
        _ if is_conflict => Verdict::Impossible,
        (Some(_), Some(_)) => judged(cuda, present),
    };
    if verdict == Verdict::Impossible {
        remarks.extend(way_out(last));
    }
    let module = module(present.capabilities);
    Plan {
        verdict,
        floor,
        minor_floor,
        wanted: Wanted { from: from.unwrap_or(0), to: last, module },
        remarks,
    }
}

fn judged(cuda: &Version, present: &Present<'_>) -> Verdict {
    match driver::support(cuda, present.driver, present.newest_cuda) {
        Support::Full => Verdict::Enough,
        Support::MinorVersion => Verdict::MinorVersion,
        Support::None => Verdict::TooOld,
        Support::NoDriver => Verdict::Missing,
        Support::Unknown => Verdict::Unknown,
    }
}

/// Returns the last branch that runs all the GPUs; none means that the newest does.
fn last_branch(capabilities: &[ComputeCapability]) -> Option<u32> {
    let of = |capability: &ComputeCapability| architecture(*capability)?.last_driver_branch;
    capabilities.iter().filter_map(of).min()
}

/// Returns the branch that all the GPUs need at least: that of the first CUDA that knows them.
fn gpu_floor(capabilities: &[ComputeCapability]) -> Option<u32> {
    let first = |capability: &ComputeCapability| {
        gpu::by_compute_capability(*capability).map(|known| known.first_cuda)
    };
    let of = |cuda| driver::floor(cuda).map(|floor| floor.driver.branch());
    capabilities.iter().filter_map(first).filter_map(of).max()
}

/// Returns the kind of kernel module that all the GPUs take: NVIDIA's open one is for Turing and newer, and the
/// only one for Blackwell and newer (https://docs.nvidia.com/datacenter/tesla/driver-installation-guide, kernel modules).
#[must_use]
pub fn module(capabilities: &[ComputeCapability]) -> Module {
    const TURING: ComputeCapability = ComputeCapability { major: 7, minor: 5 };
    const BLACKWELL: ComputeCapability = ComputeCapability { major: 10, minor: 0 };
    match (capabilities.iter().min(), capabilities.iter().max()) {
        (_, Some(newest)) if *newest >= BLACKWELL => Module::Open,
        (Some(oldest), _) if *oldest < TURING => Module::Closed,
        _ => Module::Either,
    }
}

fn remarks(cuda: &Version, capabilities: &[ComputeCapability]) -> Vec<String> {
    let line = cuda.truncated(2);
    let about = |capability: &ComputeCapability| {
        let known = gpu::by_compute_capability(*capability)?;
        if line < *known.first_cuda {
            let first = known.first_cuda;
            return Some(format!(
                "CUDA {line} doesn't compile for {}: CUDA {first} is the first",
                capability.sm()
            ));
        }
        let last = known.last_cuda.filter(|last| line > **last)?;
        Some(format!("CUDA {line} doesn't compile for {}: CUDA {last} is the last", capability.sm()))
    };
    let branches = capabilities.iter().filter_map(|capability| {
        let known = architecture(*capability)?;
        Some(format!("R{} is the last driver branch for {}", known.last_driver_branch?, known.name))
    });
    let mut remarks: Vec<String> = capabilities.iter().filter_map(about).chain(branches).collect();
    remarks.dedup();
    match module(capabilities) {
        Module::Open => remarks.push("Blackwell and newer need NVIDIA's open kernel module".to_owned()),
        Module::Closed => {
            remarks.push("before Turing there is no open kernel module: take the proprietary one".to_owned());
        }
        Module::Either => {}
    }
    remarks
}

/// Says which CUDA the last branch of the GPUs runs.
fn way_out(last: Option<u32>) -> Option<String> {
    let end: DriverVersion = format!("{}.999", last?).parse().ok()?;
    let newest = driver::newest_cuda(&end)?;
    Some(format!("R{} runs CUDA up to {newest}: `cudaman install {newest}`", last?))
}

fn architecture(capability: ComputeCapability) -> Option<&'static gpu::Architecture> {
    gpu::by_compute_capability(capability).and_then(|known| known.architecture)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(cuda: &str, driver: Option<&str>, gpus: &[&str]) -> Plan {
        let driver: Option<DriverVersion> = driver.map(|text| text.parse().expect("a driver"));
        let newest = driver.as_ref().and_then(driver::newest_cuda);
        let capabilities: Vec<ComputeCapability> =
            gpus.iter().map(|text| text.parse().expect("a capability")).collect();
        let present =
            Present { driver: driver.as_ref(), newest_cuda: newest.as_ref(), capabilities: &capabilities };
        plan(&cuda.parse().expect("a version"), &present)
    }

    #[test]
    fn a_driver_is_judged_by_its_floor_and_by_its_major_number() {
        assert_eq!(planned("12.4", Some("550.54.15"), &["8.6"]).verdict, Verdict::Enough);
        assert_eq!(planned("12.4", Some("525.60.13"), &["8.6"]).verdict, Verdict::MinorVersion);
        assert_eq!(planned("12.4", Some("470.82.01"), &["8.6"]).verdict, Verdict::TooOld);
        assert_eq!(planned("10.2", Some("418.39"), &["7.0"]).verdict, Verdict::TooOld);
        assert_eq!(planned("12.4", None, &["8.6"]).verdict, Verdict::Missing);
        assert_eq!(planned("99.1", Some("550.54.15"), &[]).verdict, Verdict::Unknown);
    }

    #[test]
    fn a_k80_stays_at_its_last_branch() {
        let plan = planned("11.4", None, &["3.7"]);
        assert_eq!((plan.wanted.from, plan.wanted.to, plan.wanted.module), (470, Some(470), Module::Closed));
        let within = planned("11.8", Some("470.82.01"), &["3.7"]);
        assert_eq!((within.verdict, within.wanted.to), (Verdict::MinorVersion, Some(470)));
        let too_new = planned("12.4", Some("470.82.01"), &["3.7"]);
        assert_eq!(too_new.verdict, Verdict::Impossible);
        let remarks = too_new.remarks.join("\n");
        assert!(
            remarks.contains("R470 runs CUDA up to 11.4") && remarks.contains("sm_37: CUDA 11.8 is the last"),
            "{remarks}"
        );
    }

    #[test]
    fn a_new_gpu_needs_a_new_branch_and_the_open_module() {
        let plan = planned("11.8", None, &["12.0"]);
        assert!(plan.wanted.from >= 570 && plan.wanted.module == Module::Open, "{:?}", plan.wanted);
        assert!(
            plan.remarks.iter().any(|line| line.contains("sm_120: CUDA 12.8 is the first")),
            "{:?}",
            plan.remarks
        );
        let both = planned("12.8", None, &["3.7", "12.0"]);
        assert_eq!(both.verdict, Verdict::Impossible);
    }
}
