//! Machines as files in a directory.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

/// A machine that is a directory.
struct Machine(tempfile::TempDir);

impl Machine {
    fn new(files: &[(&str, &str)]) -> Self {
        let machine = Self(tempfile::tempdir().expect("a directory"));
        for (path, text) in files {
            let path = machine.0.path().join(path);
            fs_err::create_dir_all(path.parent().expect("a parent")).expect("directories");
            fs_err::write(path, text).expect("a file");
        }
        machine
    }

    /// Puts an nvidia-smi on PATH that is a shell script.
    fn with_smi(self, script: &str) -> Self {
        let path = self.0.path().join("bin/nvidia-smi");
        fs_err::create_dir_all(self.0.path().join("bin")).expect("a directory");
        fs_err::write(&path, format!("#!/bin/sh\n{script}")).expect("a file");
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        self
    }

    fn environment(&self, variables: &[(&str, &str)]) -> Environment {
        let path = self.0.path().join("bin").display().to_string();
        let own = [("PATH", path.as_str()), (ROOT_VARIABLE, self.0.path().to_str().expect("text"))];
        let all = own.iter().chain(variables);
        let variables = all.map(|(name, value)| (name.into(), value.into())).collect();
        Environment { variables, directory: "/".into(), ..Environment::default() }
    }

    fn host(&self) -> Host {
        Host::read(&self.environment(&[]))
    }
}

const MODULE: (&str, &str) = (
    "proc/driver/nvidia/version",
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\n",
);

const HEADING: &str = "if [ $# = 0 ]; then echo '| NVIDIA-SMI 535.183.01   Driver Version: 535.183.01   CUDA Version: 12.2 |'; exit; fi\n";

fn text(version: Option<&DriverVersion>) -> Option<String> {
    version.map(ToString::to_string)
}

#[test]
fn a_usual_machine() {
    let rows = "0, NVIDIA A100-SXM4-40GB, GPU-1, 00000000:07:00.0, 40960, 535.183.01, Enabled, 8.0\n\
                1, Tesla T4, GPU-2, 00000000:0F:00.0, 15360, 535.183.01, [N/A], 7.5\n";
    let machine = Machine::new(&[MODULE, ("dev/nvidiactl", ""), ("dev/nvidia-uvm", "")])
        .with_smi(&format!("{HEADING}printf '{rows}'\n"));
    let host = machine.host();
    assert_eq!(text(host.driver.version()).as_deref(), Some("535.183.01"));
    assert_eq!(host.driver.newest_cuda, "12.2".parse().ok());
    assert!(host.driver.has_devices && !host.driver.is_open && host.driver.error.is_none());
    let told: Vec<_> = host.gpus.iter().map(|gpu| (gpu.index, gpu.has_mig, gpu.bus.as_deref())).collect();
    assert_eq!(told, [(Some(0), true, Some("0000:07:00.0")), (Some(1), false, Some("0000:0f:00.0"))]);
    assert_eq!(host.gpus[0].memory, Some(40960 << 20));
    assert_eq!(host.capabilities(), ["7.5".parse().expect("one"), "8.0".parse().expect("one")]);
}

#[test]
fn an_older_nvidia_smi_that_knows_fewer_fields() {
    let script = format!(
        "{HEADING}case $1 in *compute_cap*|*mig*) echo 'Field is not a valid field to query.'; exit 2;; esac\n\
         echo '0, Tesla K80, GPU-1, 00000000:07:00.0, 11441, 410.48'\n"
    );
    let host = Machine::new(&[]).with_smi(&script).host();
    assert_eq!(host.gpus[0].capability, "3.7".parse().ok(), "its name says it");
    assert_eq!(text(host.driver.library.as_ref()).as_deref(), Some("410.48"));
}

#[test]
fn a_driver_whose_parts_differ() {
    let script = "echo 'Failed to initialize NVML: Driver/library version mismatch'\n\
                  echo 'NVML library version: 550.54'\nexit 18\n";
    let host = Machine::new(&[MODULE]).with_smi(script).host();
    assert_eq!(text(host.driver.module.as_ref()).as_deref(), Some("535.183.01"));
    assert_eq!(text(host.driver.library.as_ref()).as_deref(), Some("550.54"));
    assert!(host.driver.error.expect("an error").contains("version mismatch"));
}

#[test]
fn no_driver_but_a_gpu() {
    let device = "sys/bus/pci/devices/0000:65:00.0";
    let files = ["vendor", "device", "class"].map(|name| format!("{device}/{name}"));
    let audio = ["vendor", "device", "class"].map(|name| format!("{device}.1/{name}"));
    let machine = Machine::new(&[
        (&files[0], "0x10de\n"),
        (&files[1], "0x102d\n"),
        (&files[2], "0x030200\n"),
        (&audio[0], "0x10de\n"),
        (&audio[1], "0x0e0f\n"),
        (&audio[2], "0x040300\n"),
        ("proc/modules", "nouveau 2433024 3 - Live 0x0000000000000000\n"),
    ]);
    let host = machine.host();
    assert!(host.driver.has_nouveau && host.driver.version().is_none());
    let names: Vec<_> = host.gpus.iter().map(|gpu| gpu.name.as_str()).collect();
    assert_eq!(names, ["Tesla K80"]);
}

#[test]
fn user_space_without_a_module_and_no_gpu_at_all() {
    let host =
        Machine::new(&[("usr/lib64/libcuda.so.470.256.02", ""), ("usr/lib64/libcuda.so.1", "")]).host();
    assert_eq!(text(host.driver.version()).as_deref(), Some("470.256.02"));
    assert_eq!(host.driver.newest_cuda, "11.4".parse().ok(), "by the table");
    assert!(host.gpus.is_empty() && host.driver.module.is_none());
}

#[test]
fn wsl_has_its_drivers_word_only() {
    let kernel = ("proc/sys/kernel/osrelease", "5.15.153.1-microsoft-standard-WSL2\n");
    let script = "if [ $# = 0 ]; then echo 'Driver Version: 551.61  CUDA Version: 12.4 |'; exit; fi\n\
                  echo '0, NVIDIA GeForce RTX 3080, GPU-1, 00000000:01:00.0, 10240, 551.61, [N/A], 8.6'\n";
    let host = Machine::new(&[kernel, ("dev/dxg", "")]).with_smi(script).host();
    assert_eq!((host.kind, host.driver.newest_cuda), (Kind::Wsl, "12.4".parse().ok()));
    assert!(host.driver.has_devices);
    let silent = Machine::new(&[kernel, ("usr/lib64/libcuda.so.551.61", "")]).host();
    assert_eq!(silent.driver.newest_cuda, None, "a Windows driver's number is not in the table");
}

#[test]
fn a_jetson_is_known_by_its_system() {
    let host = Machine::new(&[
        ("etc/nv_tegra_release", "# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref\n"),
        ("proc/device-tree/model", "NVIDIA Jetson AGX Orin Developer Kit\0"),
        ("etc/os-release", "ID=ubuntu\nVERSION_ID=\"20.04\"\nPRETTY_NAME=\"Ubuntu 20.04.6 LTS\"\n"),
    ])
    .host();
    assert_eq!((host.kind, host.driver.newest_cuda.clone()), (Kind::Jetson, "11.4".parse().ok()));
    assert_eq!(host.gpus[0].capability, "8.7".parse().ok());
    assert!(host.distribution.is("ubuntu") && host.distribution.is_release("20.04"));
}

#[test]
fn variables_stand_for_another_machine() {
    let machine = Machine::new(&[MODULE]);
    let variables =
        [("CUDAMAN_DRIVER", "470.82.01"), ("CUDAMAN_GPUS", "Tesla K80"), ("CUDAMAN_GLIBC", "2.17")];
    let host = Host::read(&machine.environment(&variables));
    assert_eq!(text(host.driver.version()).as_deref(), Some("470.82.01"));
    assert_eq!(host.driver.newest_cuda, "11.4".parse().ok());
    assert_eq!((host.gpus.len(), host.glibc), (1, "2.17".parse().ok()));
    let none = Host::read(&machine.environment(&[("CUDAMAN_DRIVER", "none")]));
    assert!(none.driver.version().is_none());
}

#[test]
fn a_description_of_a_machine_is_read_back() {
    let machine = Machine::new(&[MODULE]);
    let host = Host::read(&machine.environment(&[("CUDAMAN_GPUS", "8.6")]));
    let file = machine.0.path().join("host.json");
    let read = |text: String| {
        fs_err::write(&file, text).expect("written");
        Host::from_file(&file, &Environment::default())
    };
    let json = serde_json::to_value(&host).expect("JSON");
    assert_eq!(read(json.to_string()).expect("a machine"), host);
    let report = serde_json::json!({ "findings": [], "host": json });
    assert_eq!(read(report.to_string()).expect("a machine"), host);
    assert!(read("{".to_owned()).is_err() && read("{}".to_owned()).is_err());
    assert!(read(r#"{"driver": {"module": "no version"}}"#.to_owned()).is_err());
    let partial = read(r#"{"driver": {"module": "535.54.03"}}"#.to_owned()).expect("a machine");
    assert_eq!(partial.driver.newest_cuda, "12.2".parse().ok());
}

#[test]
fn clouds_are_told_by_their_firmware() {
    let cloud = |field: &str, value: &str| {
        Machine::new(&[(&format!("sys/class/dmi/id/{field}"), value)]).host().cloud
    };
    assert_eq!(cloud("sys_vendor", "Amazon EC2\n"), Some(Cloud::Aws));
    assert_eq!(cloud("product_name", "Google Compute Engine\n"), Some(Cloud::Google));
    assert_eq!(cloud("chassis_asset_tag", "7783-7084-3265-9085-8269-3286-77\n"), Some(Cloud::Azure));
    assert_eq!(cloud("sys_vendor", "Dell Inc.\n"), None);
}
