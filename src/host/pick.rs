//! Which GPUs a program gets: so many idle ones, or those that are named.
//!
//! *Idle* is a GPU on which no process computes, of whose memory no more is in use than a desktop takes, and that
//! no other start keeps. The memory counts because processes of other containers can't be seen, while
//! what they take can. A GPU that is divided into instances is never picked: which process uses which instance isn't
//! told.

use super::usage::{GpuUsage, Process};

/// What a desktop with its windows takes, in bytes.
const OF_DESKTOP: u64 = 1 << 30;

/// Which of the GPUs CUDA may use, by `CUDA_VISIBLE_DEVICES` of whoever started us, such as Slurm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed(Vec<String>);

/// A device that a program is to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Its number, if it is a whole GPU.
    pub index: Option<u32>,
    /// The name that no other has.
    pub uuid: Option<String>,
}

/// Why a GPU can't be had by the name that was given.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is divided.
    #[error("GPU {name} is divided into instances, and can't be used as a whole")]
    Divided {
        /// What was asked for.
        name: String,
        /// Its instances.
        instances: Vec<String>,
    },
    /// There is none of this name.
    #[error("there is no GPU `{0}`")]
    Missing(String),
    /// Whoever started us keeps it from us.
    #[error("CUDA_VISIBLE_DEVICES, which is set already, does not allow GPU {0}")]
    NotAllowed(String),
    /// Several begin like this.
    #[error("`{0}` is the beginning of several GPUs' names")]
    Ambiguous(String),
}

impl Allowed {
    /// Reads the variable's value. As CUDA does it, whatever comes after an entry that can't be one isn't seen.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        let entries = value.split(',').map(str::trim);
        Self(entries.take_while(|entry| is_device(entry)).map(str::to_owned).collect())
    }

    /// Tells whether a GPU is among them.
    #[must_use]
    pub fn has(&self, gpu: &GpuUsage) -> bool {
        self.0.iter().any(|entry| is_called(gpu, entry))
    }

    /// Tells whether an instance, or its whole GPU, is among them.
    fn has_instance(&self, uuid: &str, gpu: &GpuUsage) -> bool {
        self.has(gpu) || self.0.iter().any(|entry| uuid.starts_with(entry.as_str()))
    }
}

impl Device {
    fn of(gpu: &GpuUsage) -> Self {
        Self { index: gpu.index, uuid: gpu.uuid.clone() }
    }

    /// Returns what stands for it in the names of locks.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        self.uuid.clone().or_else(|| self.index.map(|index| index.to_string()))
    }
}

impl NameError {
    /// Returns what to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Divided { instances, .. } => {
                let names = instances.join("`, `--gpu ");
                if names.is_empty() {
                    "`cudaman gpus` shows the instances".into()
                } else {
                    format!("`--gpu {names}`")
                }
            }
            Self::Missing(_) | Self::NotAllowed(_) | Self::Ambiguous(_) => {
                "`cudaman gpus` shows them".to_owned()
            }
        })
    }
}

/// Tells why a GPU isn't idle; none means that it is, but for what another start may keep.
#[must_use]
pub fn obstacle(gpu: &GpuUsage, min_memory: Option<u64>, allowed: Option<&Allowed>) -> Option<String> {
    if allowed.is_some_and(|allowed| !allowed.has(gpu)) {
        return Some("is not in CUDA_VISIBLE_DEVICES".to_owned());
    }
    if gpu.has_mig {
        return Some("is divided into instances: name one with `--gpu`".to_owned());
    }
    if !gpu.processes.is_empty() {
        let users: Vec<String> = gpu.processes.iter().map(words).collect();
        return Some(format!("is used by {}", users.join(" and ")));
    }
    if let Some(used) = gpu.memory_used.filter(|used| *used > OF_DESKTOP) {
        return Some(format!("has {} MiB in use, by what can't be seen from here", used >> 20));
    }
    match (min_memory, gpu.memory_free()) {
        (Some(_), None) => Some("does not tell its memory".to_owned()),
        (Some(least), Some(free)) if free < least => Some(format!("has {} MiB free", free >> 20)),
        _ => None,
    }
}

/// Returns the devices that may be picked, the best first: with the least memory in use, then with the least load.
#[must_use]
pub fn candidates(
    gpus: &[GpuUsage],
    min_memory: Option<u64>,
    allowed: Option<&Allowed>,
) -> Vec<(String, Device)> {
    let mut idle: Vec<&GpuUsage> =
        gpus.iter().filter(|gpu| obstacle(gpu, min_memory, allowed).is_none()).collect();
    idle.sort_by_key(|gpu| (gpu.memory_used, gpu.utilization, gpu.index));
    idle.into_iter().map(|gpu| (gpu.label(), Device::of(gpu))).collect()
}

/// Finds a device by its number, its UUID, or the beginning of its UUID.
///
/// # Errors
/// Returns why it can't be had.
pub fn named(name: &str, gpus: &[GpuUsage], allowed: Option<&Allowed>) -> Result<Device, NameError> {
    let instances =
        gpus.iter().flat_map(|gpu| gpu.instances.iter().map(move |instance| (gpu, &instance.uuid)));
    let instances: Vec<_> = instances.filter(|(_, uuid)| name.len() > 4 && uuid.starts_with(name)).collect();
    let whole: Vec<&GpuUsage> = gpus.iter().filter(|gpu| is_called(gpu, name)).collect();
    let refused = || NameError::NotAllowed(name.to_owned());
    match (whole.as_slice(), instances.as_slice()) {
        ([], []) => Err(NameError::Missing(name.to_owned())),
        ([gpu], []) if gpu.has_mig => Err(NameError::Divided {
            name: name.to_owned(),
            instances: gpu.instances.iter().map(|instance| instance.uuid.clone()).collect(),
        }),
        ([gpu], []) if allowed.is_some_and(|allowed| !allowed.has(gpu)) => Err(refused()),
        ([gpu], []) => Ok(Device::of(gpu)),
        ([], [(gpu, uuid)]) if allowed.is_some_and(|allowed| !allowed.has_instance(uuid, gpu)) => {
            Err(refused())
        }
        ([], [(_, uuid)]) => Ok(Device { index: None, uuid: Some((*uuid).clone()) }),
        _ => Err(NameError::Ambiguous(name.to_owned())),
    }
}

/// Returns the value of `CUDA_VISIBLE_DEVICES`.
///
/// Numbers, with `CUDA_DEVICE_ORDER=PCI_BUS_ID`, wherever they will do: many programs take the entries for
/// integers, and fail with UUIDs or see no GPU at all (github.com/vllm-project/vllm/issues/13815,
/// github.com/pytorch/pytorch/issues/90543). Instances have no numbers.
#[must_use]
pub fn visible(devices: &[Device]) -> String {
    let numbers: Option<Vec<String>> =
        devices.iter().map(|device| device.index.map(|index| index.to_string())).collect();
    let names = || devices.iter().filter_map(|device| device.uuid.clone()).collect::<Vec<_>>();
    numbers.unwrap_or_else(names).join(",")
}

/// Says who computes: `anna (python, 4242)`.
pub fn words(process: &Process) -> String {
    let user = process.user.as_deref().unwrap_or("somebody");
    let program = process.program().map(|name| format!("{name}, ")).unwrap_or_default();
    format!("{user} ({program}{})", process.pid)
}

fn is_device(entry: &str) -> bool {
    let is_number = !entry.is_empty() && entry.bytes().all(|byte| byte.is_ascii_digit());
    is_number || entry.starts_with("GPU-") || entry.starts_with("MIG-")
}

fn is_called(gpu: &GpuUsage, name: &str) -> bool {
    let number: Option<u32> = name.parse().ok();
    let is_uuid = name.starts_with("GPU-") && name.len() > 4;
    (number.is_some() && number == gpu.index)
        || (is_uuid && gpu.uuid.as_ref().is_some_and(|uuid| uuid.starts_with(name)))
}

#[cfg(test)]
mod tests;
