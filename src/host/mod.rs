//! What a machine is like: its driver, GPUs, system and compilers. It only looks; `compat` knows what that
//! means. A file stands for another machine, and variables for single facts.

pub mod claim;
mod driver;
mod gpus;
mod jetson;
mod overrides;
mod pci;
pub mod pick;
mod smi;
mod system;
pub mod usage;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use crate::compat::Distribution;
use crate::compat::driver::DriverVersion;
use crate::compat::gpu::ComputeCapability;
use crate::compat::{driver as known, every_compiler};
use crate::model::{Environment, HostCompiler, Version};

/// Names the root below which `/proc`, `/sys`, `/etc`, `/dev` and `/usr` are looked at.
const ROOT_VARIABLE: &str = "CUDAMAN_HOST_ROOT";

/// A description of a machine longer than this is none.
const LONGEST: u64 = 1 << 20;

/// A machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Host {
    /// The processor, as `uname -m` names it.
    pub machine: String,
    /// What kind of machine it is.
    pub kind: Kind,
    /// The kernel's release, as `uname -r` prints it.
    pub kernel: String,
    /// Its system.
    pub distribution: Distribution,
    /// The C library's version; none for another C library.
    pub glibc: Option<Version>,
    /// Whether this is the inside of a container.
    pub in_container: bool,
    /// Whose cloud it is in, if it is in one.
    pub cloud: Option<Cloud>,
    /// Jetson's release of L4T: 35.4.1.
    pub l4t: Option<Version>,
    /// The driver.
    pub driver: Driver,
    /// The GPUs of NVIDIA, in the order of their indices.
    pub gpus: Vec<Gpu>,
    /// The compilers, gcc before clang, the newest first.
    pub compilers: Vec<HostCompiler>,
}

/// A kind of machine, by where its driver comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The usual Linux machine, with a driver of its own.
    #[default]
    Linux,
    /// Linux on Windows, whose driver it uses.
    Wsl,
    /// A Jetson board, whose driver is part of its system.
    Jetson,
}

/// A cloud with GPUs whose images have drivers of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cloud {
    /// Amazon's.
    Aws,
    /// Microsoft's.
    Azure,
    /// Google's.
    Google,
}

/// The driver, by each way that it shows itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Driver {
    /// The kernel module that is loaded.
    pub module: Option<DriverVersion>,
    /// The libraries that programs load.
    pub library: Option<DriverVersion>,
    /// The newest CUDA that libcuda says it runs.
    pub newest_cuda: Option<Version>,
    /// Whether the module is NVIDIA's open one.
    pub is_open: bool,
    /// Whether the kernel's own driver, nouveau, is loaded.
    pub has_nouveau: bool,
    /// Whether there are devices for programs to open.
    pub has_devices: bool,
    /// What nvidia-smi failed with.
    pub error: Option<String>,
}

/// A GPU of NVIDIA.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Gpu {
    /// The driver's number for it; none without a driver.
    pub index: Option<u32>,
    /// What the driver, or the table of PCI devices, calls it.
    pub name: String,
    /// The name that no other GPU has.
    pub uuid: Option<String>,
    /// Where it is plugged in: `0000:65:00.0`.
    pub bus: Option<String>,
    /// What it can do, if it is known.
    pub capability: Option<ComputeCapability>,
    /// Its memory in bytes.
    pub memory: Option<u64>,
    /// Whether it is divided into instances.
    pub has_mig: bool,
}

/// A file that describes no machine.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// It can't be read.
    #[error("could not read the machine's description")]
    Read(#[source] std::io::Error),
    /// It isn't JSON, or not of a machine.
    #[error("`{}` does not describe a machine: {reason}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// What `doctor --json` prints has the machine in it.
#[derive(Deserialize)]
struct Report {
    host: Host,
}

impl Host {
    /// Looks at this machine. What can't be seen is absent; variables override single facts.
    #[must_use]
    pub fn read(environment: &Environment) -> Self {
        let root = root(environment);
        let mut host = system::read(&root, environment);
        let answer = smi::ask(&root, environment);
        host.driver = driver::read(&root, host.kind, &answer);
        host.gpus = gpus::read(&root, &answer);
        jetson::complete(&mut host, &root);
        host.compilers = every_compiler(environment);
        overrides::apply(&mut host, environment);
        host.driver.newest_cuda = host.newest_cuda();
        host
    }

    /// Reads the description of another machine, as `cudaman doctor --json` wrote it there.
    ///
    /// # Errors
    /// Returns an error where the file can't be read or describes no machine.
    pub fn from_file(path: &Path, environment: &Environment) -> Result<Self, HostError> {
        let text = system::text_of(path, LONGEST).map_err(HostError::Read)?;
        let malformed = |reason| HostError::Malformed { path: path.to_owned(), reason };
        let value: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?;
        let has = |name| value.get(name).is_some();
        let parsed = match (has("host"), has("driver") || has("gpus") || has("machine")) {
            (true, _) => serde_json::from_value(value).map(|report: Report| report.host),
            (false, true) => serde_json::from_value(value),
            (false, false) => return Err(malformed("it has no `host`".to_owned())),
        };
        let mut host = parsed.map_err(|error| malformed(error.to_string()))?;
        overrides::apply(&mut host, environment);
        host.driver.newest_cuda = host.newest_cuda();
        Ok(host)
    }

    /// Returns what kind of machine this is, without looking further.
    #[must_use]
    pub fn kind(environment: &Environment) -> Kind {
        system::kind_of(&root(environment))
    }

    /// Returns what the GPUs can do, each kind once, the oldest first.
    #[must_use]
    pub fn capabilities(&self) -> Vec<ComputeCapability> {
        let mut found: Vec<ComputeCapability> = self.gpus.iter().filter_map(|gpu| gpu.capability).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Tells how far the driver here runs a CUDA release.
    #[must_use]
    pub fn support(&self, cuda: &Version) -> known::Support {
        known::support(cuda, self.linux_driver(), self.driver.newest_cuda.as_ref())
    }

    /// Returns the driver's version where its number can be looked up: Windows' and Jetson's are others.
    #[must_use]
    pub fn linux_driver(&self) -> Option<&DriverVersion> {
        self.driver.version().filter(|_| self.kind == Kind::Linux)
    }

    /// Returns the newest CUDA that runs here without any limit: what libcuda says, else what the driver's
    /// version means. A Windows driver's version means something else than a Linux driver's.
    fn newest_cuda(&self) -> Option<Version> {
        self.driver.newest_cuda.clone().or_else(|| self.linux_driver().and_then(known::newest_cuda))
    }
}

impl Driver {
    /// Returns the driver's version: of the module that is loaded, else of the libraries.
    #[must_use]
    pub fn version(&self) -> Option<&DriverVersion> {
        self.module.as_ref().or(self.library.as_ref())
    }
}

impl HostError {
    /// Returns what to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some("`cudaman doctor --json > host.json` there writes one".to_owned())
    }
}

/// Returns what stands for `/` on the machine that is looked at.
#[must_use]
pub fn root(environment: &Environment) -> PathBuf {
    environment.path(ROOT_VARIABLE).map_or_else(|| PathBuf::from("/"), Path::to_owned)
}

#[cfg(test)]
mod tests;
