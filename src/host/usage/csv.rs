//! The questions to nvidia-smi, and how its answers read.
//!
//! The fields are those of `nvidia-smi --help-query-gpu` and `--help-query-compute-apps`. Names come last in a row: a
//! process may have a comma in its name.

use super::{GpuUsage, Instance, Process, architecture};
use crate::compat::gpu::by_name;

/// Rows of values without headings and units.
pub(super) const FORMAT: &str = "--format=csv,noheader,nounits";

/// What is asked of GPUs. `mig.mode.current` came with R450.
pub(super) const GPUS: &str = "--query-gpu=index,uuid,pci.bus_id,memory.used,memory.total,utilization.gpu,temperature.gpu,mig.mode.current,name";

/// The same for drivers that know no instances; a field that is asked twice keeps the rows alike.
pub(super) const OLD_GPUS: &str =
    "--query-gpu=index,uuid,pci.bus_id,memory.used,memory.total,utilization.gpu,temperature.gpu,index,name";

/// What is asked of processes.
pub(super) const PROCESSES: &str = "--query-compute-apps=gpu_uuid,pid,used_memory,process_name";

/// Reads the rows of GPUs. A value that isn't a number, such as `[N/A]` or `[GPU is lost]`, is absent.
pub(super) fn gpus(rows: &str) -> Vec<GpuUsage> {
    let mut found: Vec<GpuUsage> = rows.lines().filter_map(gpu).collect();
    found.sort_by_key(|gpu| gpu.index);
    found
}

fn gpu(line: &str) -> Option<GpuUsage> {
    let values: Vec<&str> = line.splitn(9, ',').map(str::trim).collect();
    let [index, uuid, bus, used, total, utilization, temperature, mig, name] = values[..] else {
        return None;
    };
    let capability = by_name(name).map(|known| known.capability);
    Some(GpuUsage {
        index: index.parse().ok(),
        uuid: text(uuid),
        bus: text(bus),
        memory_used: bytes(used),
        memory_total: bytes(total),
        utilization: utilization.parse().ok(),
        temperature: temperature.parse().ok(),
        has_mig: mig == "Enabled",
        name: name.to_owned(),
        architecture: architecture(capability),
        capability,
        ..GpuUsage::default()
    })
}

/// Reads the rows of processes, each with the GPU's or the instance's UUID.
pub(super) fn processes(rows: &str) -> Vec<(String, Process)> {
    rows.lines().filter_map(process).collect()
}

fn process(line: &str) -> Option<(String, Process)> {
    let values: Vec<&str> = line.splitn(4, ',').map(str::trim).collect();
    let [uuid, pid, memory, name] = values[..] else { return None };
    let process = Process { pid: pid.parse().ok()?, name: text(name), memory: bytes(memory), user: None };
    Some((uuid.to_owned(), process))
}

/// Reads `nvidia-smi -L`, where instances stand below their GPU:
/// `  MIG 1g.5gb     Device  0: (UUID: MIG-4e8e…)`.
pub(super) fn add_instances(list: &str, gpus: &mut [GpuUsage]) {
    let mut current = None;
    for line in list.lines() {
        let Some(uuid) = uuid_in(line) else { continue };
        let Some(rest) = line.trim_start().strip_prefix("MIG ") else {
            current = gpus.iter_mut().position(|gpu| gpu.uuid.as_deref() == Some(uuid));
            continue;
        };
        let profile = rest.split_whitespace().next().unwrap_or_default().to_owned();
        if let Some(index) = current {
            gpus[index].instances.push(Instance { uuid: uuid.to_owned(), profile });
        }
    }
}

fn uuid_in(line: &str) -> Option<&str> {
    let (_, rest) = line.split_once("(UUID: ")?;
    rest.split(')').next()
}

/// A word in brackets stands for a value that there isn't.
fn text(value: &str) -> Option<String> {
    (!value.is_empty() && !value.starts_with('[') && value != "N/A").then(|| value.to_owned())
}

/// nvidia-smi counts in MiB.
fn bytes(value: &str) -> Option<u64> {
    value.parse::<u64>().ok()?.checked_mul(1 << 20)
}
