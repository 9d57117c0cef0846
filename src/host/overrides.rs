//! Single facts that variables put in the place of what is seen: for tests, and for planning a machine that
//! isn't there yet.

use super::{Gpu, Host};
use crate::compat::gpu::{ComputeCapability, by_name};
use crate::model::Environment;

/// Applies `CUDAMAN_DRIVER`, `CUDAMAN_GPUS` and `CUDAMAN_GLIBC`. What is no version stays without effect.
pub(super) fn apply(host: &mut Host, environment: &Environment) {
    if let Some(version) = environment.text("CUDAMAN_DRIVER") {
        host.driver.module = version.parse().ok();
        host.driver.library = host.driver.module.clone();
        host.driver.newest_cuda = None;
        host.driver.error = None;
        host.driver.has_devices = host.driver.module.is_some();
    }
    if let Some(list) = environment.text("CUDAMAN_GPUS") {
        host.gpus = gpus(list);
    }
    if let Some(version) = environment.text("CUDAMAN_GLIBC").and_then(|text| text.parse().ok()) {
        host.glibc = Some(version);
    }
}

/// Reads `Tesla K80,8.6`: names or compute capabilities; `none` for a machine without any.
fn gpus(list: &str) -> Vec<Gpu> {
    let words = list.split(',').map(str::trim).filter(|word| !word.is_empty() && *word != "none");
    let gpu = |(index, word): (usize, &str)| {
        let capability: Option<ComputeCapability> = word.parse().ok();
        let name = if capability.is_some() { format!("GPU of {word}") } else { word.to_owned() };
        let capability = capability.or_else(|| by_name(word).map(|known| known.capability));
        Gpu { index: u32::try_from(index).ok(), name, capability, ..Gpu::default() }
    };
    words.enumerate().map(gpu).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_are_named_or_told_by_what_they_can_do() {
        let found = gpus("Tesla K80, 8.6,");
        let told: Vec<_> = found.iter().map(|gpu| (gpu.name.as_str(), gpu.capability)).collect();
        assert_eq!(told, [("Tesla K80", "3.7".parse().ok()), ("GPU of 8.6", "8.6".parse().ok())]);
        assert!(gpus("none").is_empty());
    }
}
