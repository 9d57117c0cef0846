//! GPUs that are plugged in, by the numbers that the PCI bus tells without any driver.

use std::path::{Path, PathBuf};

use super::Gpu;
use super::system::{text, trimmed};
use crate::compat::gpu::{ComputeCapability, by_name};

const DEVICES: &str = "sys/bus/pci/devices";

/// NVIDIA's number.
const NVIDIA: &str = "0x10de";

/// The classes of what draws or computes: a VGA controller, a 3D controller, another display.
const CLASSES: [&str; 3] = ["0x0300", "0x0302", "0x0380"];

/// Numbers, chips and names.
const TABLE: &str = include_str!("tables/pci_devices.txt");

/// What each chip can do, by how its name begins, the longer first (NVIDIA's list of GPUs and the names of
/// chips in the table; a chip that isn't here is left unknown).
const CHIPS: &[(&str, u32, u32)] = &[
    ("GF100", 2, 0),
    ("GF110", 2, 0),
    ("GF", 2, 1),
    ("GK104", 3, 0),
    ("GK106", 3, 0),
    ("GK107", 3, 0),
    ("GK110", 3, 5),
    ("GK180", 3, 5),
    ("GK208", 3, 5),
    ("GK210", 3, 7),
    ("GM10", 5, 0),
    ("GM20", 5, 2),
    ("GP100", 6, 0),
    ("GP10", 6, 1),
    ("GV100", 7, 0),
    ("TU1", 7, 5),
    ("GA100", 8, 0),
    ("GA10", 8, 6),
    ("AD10", 8, 9),
    ("GH100", 9, 0),
    ("GB100", 10, 0),
    ("GB102", 10, 0),
    ("GB110", 10, 3),
    ("GB10B", 11, 0),
    ("GB202", 12, 0),
    ("GB203", 12, 0),
    ("GB205", 12, 0),
    ("GB206", 12, 0),
    ("GB207", 12, 0),
];

/// Lists what is plugged in.
pub(super) fn plugged(root: &Path) -> Vec<Gpu> {
    let Ok(entries) = fs_err::read_dir(root.join(DEVICES)) else { return Vec::new() };
    let mut devices: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    devices.sort();
    devices.iter().filter_map(|device| gpu(device)).collect()
}

fn gpu(device: &Path) -> Option<Gpu> {
    let field = |name| text(device, name).map(|text| trimmed(&text));
    let class = field("class")?;
    if field("vendor")? != NVIDIA || !CLASSES.iter().any(|known| class.starts_with(known)) {
        return None;
    }
    let number = field("device")?;
    let number = number.trim_start_matches("0x");
    let (name, capability) = known(number).unwrap_or_else(|| (format!("NVIDIA device {number}"), None));
    let bus = device.file_name().map(|name| name.to_string_lossy().into_owned());
    Some(Gpu { name, capability, bus, ..Gpu::default() })
}

/// Returns the name of a device number, and what the GPU can do.
fn known(number: &str) -> Option<(String, Option<ComputeCapability>)> {
    let mut rows = TABLE.lines().filter(|line| !line.starts_with('#'));
    let (chip, name) = rows.find_map(|line| line.strip_prefix(number)?.trim_start().split_once(' '))?;
    let row = CHIPS.iter().find(|(start, ..)| chip.starts_with(start));
    let of_chip = row.map(|(_, major, minor)| ComputeCapability { major: *major, minor: *minor });
    Some((name.to_owned(), of_chip.or_else(|| by_name(name).map(|gpu| gpu.capability))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_names() {
        let of =
            |number| known(number).map(|(name, capability)| (name, capability.map(ComputeCapability::sm)));
        assert_eq!(of("102d"), Some(("Tesla K80".to_owned(), Some("sm_37".to_owned()))));
        assert_eq!(of("2204"), Some(("GeForce RTX 3090".to_owned(), Some("sm_86".to_owned()))));
        assert_eq!(of("2330").map(|(_, sm)| sm), Some(Some("sm_90".to_owned())), "an H100");
        assert_eq!(of("ffff"), None);
    }

    #[test]
    fn the_table_is_in_order_and_agrees_with_the_list_of_names() {
        let rows: Vec<&str> = TABLE.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(rows.len() > 800 && rows.is_sorted());
        for row in rows {
            let number = &row[..4];
            let (name, of_chip) = known(number).expect("a row");
            let Some(listed) = by_name(&name) else { continue };
            // One name was sold with chips of two generations.
            if listed.capability.major == of_chip.expect("a capability").major {
                assert_eq!(Some(listed.capability), of_chip, "{row}");
            }
        }
    }
}
