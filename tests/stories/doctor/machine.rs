//! Drivers, devices and GPUs.

use super::patient::{Patient, codes};
use super::{Case, examine};

/// Where the GPU is plugged in.
const DEVICE: &str = "sys/bus/pci/devices/0000:01:00.0";

fn plug_in(patient: &mut Patient, number: &str) {
    for (name, text) in [("vendor", "0x10de\n"), ("device", number), ("class", "0x030000\n")] {
        patient.file(&format!("{DEVICE}/{name}"), text);
    }
}

fn without_driver(patient: &mut Patient) {
    patient.module(None);
    patient.smi_fails(None);
    plug_in(patient, "0x2204\n");
}

fn with_driver(patient: &mut Patient) {
    patient.driver("550.54.15", "12.4");
}

pub(super) const CASES: &[Case] = &[
    Case { code: "driver-missing", sicken: without_driver, heal: with_driver },
    Case { code: "driver-not-loaded", sicken: |patient| patient.module(None), heal: with_driver },
    Case {
        code: "driver-parts-differ",
        sicken: |patient| {
            let text =
                "Failed to initialize NVML: Driver/library version mismatch NVML library version: 550.90";
            patient.smi_fails(Some(text));
        },
        heal: |patient| patient.driver("550.90.07", "12.4"),
    },
    Case {
        code: "driver-without-libraries",
        sicken: |patient| patient.smi_fails(None),
        heal: |patient| drop(patient.file("usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15", "")),
    },
    Case {
        code: "driver-fails",
        sicken: |patient| {
            patient.file("usr/lib64/libcuda.so.550.54.15", "");
            patient
                .smi_fails(Some("Unable to determine the device handle for GPU 0000:01:00.0: Unknown Error"));
        },
        heal: Patient::smi,
    },
    Case {
        code: "driver-drops-gpu",
        sicken: |patient| patient.gpu("Tesla K80", "3.7"),
        heal: |patient| patient.driver("470.256.02", "11.4"),
    },
    Case {
        code: "driver-too-old",
        sicken: |patient| patient.driver("470.256.02", "11.4"),
        heal: with_driver,
    },
    Case {
        code: "driver-limits-toolkit",
        sicken: |patient| patient.driver("525.147.05", "12.0"),
        heal: with_driver,
    },
    Case {
        code: "nvcc-and-nvidia-smi-differ",
        sicken: |patient| patient.driver("580.65.06", "13.0"),
        heal: with_driver,
    },
    Case {
        code: "nouveau-loaded",
        sicken: |patient| drop(patient.file("proc/modules", "nouveau 2433024 3 - Live 0x0\n")),
        heal: |patient| drop(patient.file("proc/modules", "nvidia 56451072 3 - Live 0x0\n")),
    },
    Case {
        code: "devices-missing",
        sicken: |patient| patient.remove("dev/nvidia-uvm"),
        heal: |patient| drop(patient.file("dev/nvidia-uvm", "")),
    },
    Case {
        code: "container-without-gpu",
        sicken: |patient| {
            patient.file(".dockerenv", "");
            patient.remove("dev");
        },
        heal: |patient| {
            patient.file("dev/nvidiactl", "");
            patient.file("dev/nvidia-uvm", "");
        },
    },
    Case {
        code: "wsl-linux-driver",
        sicken: |patient| {
            patient.file("proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2\n");
            patient.file("dev/dxg", "");
            patient.file("usr/lib/x86_64-linux-gnu/libcuda.so.1", "");
        },
        heal: |patient| patient.remove("usr/lib/x86_64-linux-gnu/libcuda.so.1"),
    },
    Case {
        code: "gpus-hidden",
        sicken: |patient| patient.sandbox.set("CUDA_VISIBLE_DEVICES", "-1"),
        heal: |patient| patient.sandbox.set("CUDA_VISIBLE_DEVICES", "0"),
    },
    Case {
        code: "no-gpu",
        sicken: |patient| {
            patient.module(None);
            patient.smi_fails(None);
        },
        heal: with_driver,
    },
    Case {
        code: "gpu-too-new",
        sicken: |patient| patient.gpu("NVIDIA GeForce RTX 5090", "12.0"),
        heal: |patient| {
            patient.install("12.9.1");
            patient.ok(&["default", "12.9.1"]);
        },
    },
    Case {
        code: "gpu-too-old",
        sicken: |patient| patient.gpu("Tesla K80", "3.7"),
        heal: |patient| {
            patient.install("11.8.0");
            patient.ok(&["default", "11.8"]);
        },
    },
    Case {
        code: "gpu-runs-older-code",
        sicken: |patient| {
            patient.gpu("NVIDIA GeForce RTX 4090", "8.9");
            patient.install("11.4.4");
            patient.choose("11.4");
        },
        heal: |patient| patient.choose("12.4"),
    },
];

#[test]
fn findings_of_drivers_and_gpus() {
    examine(CASES);
}

#[test]
fn another_machine_is_planned_by_its_description() {
    let patient = Patient::new();
    let there = r#"{"findings": [], "host": {"driver": {"module": "418.39", "library": "418.39"},
        "gpus": [{"name": "Tesla K80", "capability": "3.7"}]}}"#;
    let file = patient.sandbox.path().join("host.json");
    std::fs::write(&file, there).expect("written");
    let run = patient.run(&["doctor", "--json", "--host", file.to_str().expect("text")]);
    let report = serde_json::from_str(&run.stdout).expect("JSON");
    let found = codes(&report);
    assert!(found.contains("driver-too-old") && found.contains("gpu-too-old"), "{found:?}");
    assert!(run.stdout.contains("cudaman install 10.1"), "{run:?}");
    std::fs::write(&file, "{}").expect("written");
    let run = patient.run(&["doctor", "--host", file.to_str().expect("text")]);
    run.expect(1, &["does not describe a machine", "hint: `cudaman doctor --json > host.json`"]);
    patient.run(&["doctor", "--host", "/nowhere"]).expect(1, &["/nowhere"]);
}

#[test]
fn what_doctor_writes_is_the_machine_elsewhere() {
    let patient = Patient::new();
    let report = patient.sandbox.ok(&["doctor", "--json"]);
    let file = patient.sandbox.path().join("host.json");
    std::fs::write(&file, &report).expect("written");
    let there: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let mut elsewhere = crate::support::Sandbox::new();
    elsewhere.set("CUDAMAN_HOST", &file);
    let run = elsewhere.run(&["doctor", "--json"]);
    let here: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    assert_eq!(here["host"], there["host"]);
}
