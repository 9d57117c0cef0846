//! The GPUs: by nvidia-smi, else by the module in the kernel, else by what is plugged in.

use std::path::{Path, PathBuf};

use super::smi::Answer;
use super::{Gpu, pci, system};
use crate::compat::gpu::by_name;

const OF_MODULE: &str = "proc/driver/nvidia/gpus";

pub(super) fn read(root: &Path, answer: &Answer) -> Vec<Gpu> {
    let asked: Vec<Gpu> = answer.gpus.iter().filter_map(|values| asked(values)).collect();
    if !asked.is_empty() {
        return asked;
    }
    let loaded = of_module(root);
    if loaded.is_empty() { pci::plugged(root) } else { loaded }
}

/// Reads a row of [`super::smi`]'s query.
fn asked(values: &[String]) -> Option<Gpu> {
    let value = |index: usize| values.get(index).map(String::as_str).filter(|value| is_known(value));
    let name = value(1)?.to_owned();
    let capability = value(7).and_then(|text| text.parse().ok());
    Some(Gpu {
        index: value(0)?.parse().ok(),
        uuid: value(2).map(str::to_owned),
        bus: value(3).map(bus),
        capability: capability.or_else(|| by_name(&name).map(|known| known.capability)),
        memory: value(4).and_then(|mebibytes| mebibytes.parse::<u64>().ok()?.checked_mul(1 << 20)),
        has_mig: value(6) == Some("Enabled"),
        name,
    })
}

fn is_known(value: &str) -> bool {
    !value.is_empty() && !value.starts_with("[N/A") && !value.starts_with("[Not") && value != "N/A"
}

/// Spells a PCI address as the kernel does: nvidia-smi prints eight digits of the domain.
fn bus(address: &str) -> String {
    let lower = address.to_ascii_lowercase();
    match lower.split_once(':') {
        Some((domain, rest)) if domain.len() == 8 => format!("{}:{rest}", &domain[4..]),
        _ => lower,
    }
}

/// Reads what the loaded module tells of each GPU.
fn of_module(root: &Path) -> Vec<Gpu> {
    let Ok(entries) = fs_err::read_dir(root.join(OF_MODULE)) else { return Vec::new() };
    let mut directories: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    directories.sort();
    directories.iter().filter_map(|directory| information(directory)).collect()
}

fn information(directory: &Path) -> Option<Gpu> {
    let text = system::text(directory, "information")?;
    let field = |name: &str| {
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?.trim();
        (!value.is_empty()).then(|| value.to_owned())
    };
    let name = field("Model")?;
    Some(Gpu {
        capability: by_name(&name).map(|known| known.capability),
        uuid: field("GPU UUID").filter(|uuid| !uuid.contains('?')),
        bus: directory.file_name().map(|name| name.to_string_lossy().into_owned()),
        name,
        ..Gpu::default()
    })
}
