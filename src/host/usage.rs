//! Who uses which GPU, by nvidia-smi: memory, load, temperature and the processes that compute.
//!
//! nvidia-smi is asked as few times as there are questions, and never for longer than a limit. What it doesn't tell
//! is absent, never guessed.

mod csv;
mod people;

use std::path::Path;

use serde::Serialize;

use super::{root, smi};
use crate::compat::command::answer;
use crate::compat::gpu::{self, ComputeCapability};
use crate::model::Environment;

pub use self::people::Process;
pub(super) use self::people::{name_of, owner};

/// A GPU and what it is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GpuUsage {
    /// The driver's number for it.
    pub index: Option<u32>,
    /// What the driver calls it.
    pub name: String,
    /// Its generation: Ampere.
    pub architecture: Option<&'static str>,
    /// What it can do.
    pub capability: Option<ComputeCapability>,
    /// The name that no other GPU has.
    pub uuid: Option<String>,
    /// Where it is plugged in.
    pub bus: Option<String>,
    /// The memory that is in use, in bytes.
    pub memory_used: Option<u64>,
    /// All its memory, in bytes.
    pub memory_total: Option<u64>,
    /// The share of time in which it computed, in percent.
    pub utilization: Option<u32>,
    /// Its temperature in degrees Celsius.
    pub temperature: Option<i32>,
    /// Whether it is divided into instances, and can't be used as a whole.
    pub has_mig: bool,
    /// The instances that it is divided into.
    pub instances: Vec<Instance>,
    /// The processes that compute on it.
    pub processes: Vec<Process>,
}

/// A part of a GPU that programs use as if it were one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Instance {
    /// The name that no other has: `MIG-…`.
    pub uuid: String,
    /// Its size: `1g.5gb`.
    pub profile: String,
}

/// Why nobody knows what the GPUs are doing.
#[derive(Debug, thiserror::Error)]
pub enum UsageError {
    /// The program that tells is not there.
    #[error("there is no `nvidia-smi` on PATH, which NVIDIA's driver brings")]
    Missing,
    /// It failed.
    #[error("nvidia-smi could not tell what the GPUs are doing: {0}")]
    Failed(String),
}

impl GpuUsage {
    /// Returns what people call it: `GPU 3`.
    #[must_use]
    pub fn label(&self) -> String {
        match (self.index, &self.uuid) {
            (Some(index), _) => format!("GPU {index}"),
            (None, Some(uuid)) => uuid.clone(),
            (None, None) => self.name.clone(),
        }
    }

    /// Returns the memory that is free, in bytes.
    #[must_use]
    pub fn memory_free(&self) -> Option<u64> {
        Some(self.memory_total?.saturating_sub(self.memory_used?))
    }
}

impl UsageError {
    /// Returns what to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some("`cudaman doctor` says what is wrong with the driver".to_owned())
    }
}

/// Asks what every GPU is doing, in the order of their indices.
///
/// # Errors
/// Returns an error where nvidia-smi is missing, fails or hangs.
pub fn read(environment: &Environment) -> Result<Vec<GpuUsage>, UsageError> {
    let root = root(environment);
    let program = smi::program(&root, environment).ok_or(UsageError::Missing)?;
    let mut gpus = gpus(&program, environment)?;
    if gpus.is_empty() {
        return Ok(gpus);
    }
    if gpus.iter().any(|gpu| gpu.has_mig) {
        let list = ask(&program, &["-L"], environment)?;
        csv::add_instances(&list, &mut gpus);
    }
    // Where processes can't be asked for, as in WSL, the rest is worth showing.
    let query = [csv::PROCESSES, csv::FORMAT];
    let rows = answer(&program, &query, environment, smi::LIMIT).unwrap_or_default();
    let mut processes = csv::processes(&rows);
    people::identify(&mut processes, &root, environment);
    distribute(processes, &mut gpus);
    Ok(gpus)
}

/// Asks again with fewer fields where a driver is older than one of them.
fn gpus(program: &Path, environment: &Environment) -> Result<Vec<GpuUsage>, UsageError> {
    let mut answered = ask(program, &[csv::GPUS, csv::FORMAT], environment);
    if matches!(&answered, Err(UsageError::Failed(reason)) if reason.contains("not a valid field")) {
        answered = ask(program, &[csv::OLD_GPUS, csv::FORMAT], environment);
    }
    match answered {
        Ok(rows) => Ok(csv::gpus(&rows)),
        Err(UsageError::Failed(reason)) if reason.contains("No devices were found") => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

fn ask(program: &Path, arguments: &[&str], environment: &Environment) -> Result<String, UsageError> {
    answer(program, arguments, environment, smi::LIMIT)
        .map_err(|error| UsageError::Failed(smi::reason(&error)))
}

/// Gives each process to its GPU, or to the GPU whose instance it uses.
fn distribute(processes: Vec<(String, Process)>, gpus: &mut [GpuUsage]) {
    for (uuid, process) in processes {
        let is_its = |gpu: &&mut GpuUsage| {
            gpu.uuid.as_ref() == Some(&uuid) || gpu.instances.iter().any(|instance| instance.uuid == uuid)
        };
        if let Some(gpu) = gpus.iter_mut().find(is_its) {
            gpu.processes.push(process);
        }
    }
}

/// Returns the name of the generation of a GPU: Ampere.
#[must_use]
pub fn architecture(capability: Option<ComputeCapability>) -> Option<&'static str> {
    let known = gpu::by_compute_capability(capability?)?.architecture?;
    Some(&known.name)
}

#[cfg(test)]
mod tests;
