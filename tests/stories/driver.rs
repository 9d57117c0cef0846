//! `cudaman driver` on machines of many kinds, each of which is a file.

use serde_json::{Value, json};

use crate::support::{Mirror, Release, Run, Sandbox};

/// A machine's description: its system, its GPUs, and what its driver shows.
fn machine(id: &str, version: &str, gpus: &[(&str, &str)], driver: Value) -> Value {
    let gpus: Vec<Value> =
        gpus.iter().map(|(name, capability)| json!({ "name": name, "capability": capability })).collect();
    let like = match id {
        "rocky" | "almalinux" | "centos" => json!(["rhel", "fedora"]),
        _ => json!([]),
    };
    json!({
        "machine": "x86_64", "kind": "linux", "kernel": "6.1.0",
        "distribution": { "id": id, "like": like, "version": version, "name": format!("{id} {version}") },
        "driver": driver, "gpus": gpus,
    })
}

fn driver(version: &str) -> Value {
    json!({ "module": version, "library": version, "has_devices": true })
}

fn plan(request: &str, machine: &Value, sandbox: &Sandbox) -> Run {
    let file = sandbox.path().join("machine.json");
    std::fs::write(&file, machine.to_string()).expect("written");
    sandbox.run(&["driver", request, "--host", file.to_str().expect("UTF-8")])
}

const V100: (&str, &str) = ("Tesla V100-PCIE-16GB", "7.0");
const K80: (&str, &str) = ("Tesla K80", "3.7");
const A100: (&str, &str) = ("NVIDIA A100-SXM4-40GB", "8.0");
const RTX_5090: (&str, &str) = ("NVIDIA GeForce RTX 5090", "12.0");

#[test]
fn every_system_gets_its_own_commands() {
    let sandbox = Sandbox::new();
    for (id, version, gpu, request, command) in [
        ("debian", "11", V100, "11.4", "apt-get install linux-headers-amd64 nvidia-driver"),
        ("debian", "12", V100, "12.2", "cuda-drivers-580"),
        ("debian", "12", A100, "12.2", "apt-get install linux-headers-amd64 nvidia-driver"),
        ("debian", "13", A100, "12.4", "nvidia-driver"),
        ("ubuntu", "18.04", V100, "11.4", "apt-get install linux-headers-generic nvidia-driver-525"),
        ("ubuntu", "20.04", V100, "12.4", "nvidia-driver-550\n"),
        ("ubuntu", "22.04", A100, "12.8", "nvidia-driver-580-open"),
        ("ubuntu", "24.04", V100, "12.4", "nvidia-driver-580\n"),
        ("centos", "7", V100, "11.4", "nvidia-driver-branch-470"),
        ("centos", "7", A100, "11.4", "elrepo-release-7.el7.elrepo.noarch.rpm"),
        ("rocky", "8.10", A100, "12.4", "dnf module enable nvidia-driver:580-open"),
        ("almalinux", "9.4", V100, "12.4", "dnf module install nvidia-driver:580-dkms"),
        ("rocky", "9.4", A100, "12.4", "ELRepo's packages"),
        ("fedora", "42", A100, "12.4", "dnf install akmod-nvidia xorg-x11-drv-nvidia-cuda"),
        ("opensuse-leap", "15.6", V100, "12.4", "zypper install nvidia-driver-G06-kmp-default"),
        ("opensuse-tumbleweed", "20260101", A100, "12.4", "nvidia-open-driver-G06-signed-kmp-default"),
        ("arch", "", A100, "12.4", "pacman -S nvidia-open"),
        ("arch", "", V100, "12.4", "nvidia-580xx-utils"),
    ] {
        let run = plan(request, &machine(id, version, &[gpu], json!({})), &sandbox);
        run.expect(1, &[]);
        assert!(run.stdout.contains("verdict: there is no driver"), "{id} {version}: {}", run.stdout);
        assert!(run.stdout.contains(command), "{id} {version} lacks {command:?}: {}", run.stdout);
        assert!(run.stdout.contains("cudaman runs none of these"), "{}", run.stdout);
    }
    sandbox.assert_healthy();
}

#[test]
fn a_branch_that_dropped_the_gpu_is_never_named() {
    let sandbox = Sandbox::new();
    let systems = [
        ("debian", "11"),
        ("debian", "12"),
        ("ubuntu", "22.04"),
        ("rocky", "8.9"),
        ("fedora", "42"),
        ("arch", ""),
    ];
    for (id, version) in systems {
        let run = plan("11.4", &machine(id, version, &[K80], json!({})), &sandbox);
        run.expect(1, &[]);
        assert!(run.stdout.contains("R470") && run.stdout.contains("Kepler"), "{}", run.stdout);
        for newer in ["535", "550", "570", "580", "590", "open"] {
            let commands: Vec<&str> = run.stdout.lines().filter(|line| line.starts_with("  ")).collect();
            assert!(!commands.join("\n").contains(newer), "{id} {version} offers {newer}: {}", run.stdout);
        }
    }
    let too_new = plan("12.4", &machine("debian", "11", &[K80], driver("470.256.02")), &sandbox);
    too_new.expect(1, &[]);
    assert!(too_new.stdout.contains("no driver for these GPUs runs this release"), "{}", too_new.stdout);
    assert!(too_new.stdout.contains("`cudaman install 11.4`"), "{}", too_new.stdout);
    let dropped = plan("11.4", &machine("debian", "12", &[K80], driver("535.261.03")), &sandbox);
    assert!(
        dropped.stdout.contains("driver R535 dropped Tesla K80: R470 is the last one"),
        "{}",
        dropped.stdout
    );
    sandbox.assert_healthy();
}

#[test]
fn a_new_gpu_gets_the_open_module_of_a_new_branch() {
    let sandbox = Sandbox::new();
    let run = plan("12.8", &machine("ubuntu", "22.04", &[RTX_5090], json!({})), &sandbox);
    assert!(run.stdout.contains("nvidia-driver-580-open"), "{}", run.stdout);
    assert!(!run.stdout.contains("nvidia-driver-580\n"), "{}", run.stdout);
    let closed = plan("12.8", &machine("ubuntu", "22.04", &[RTX_5090], driver("580.95.05")), &sandbox);
    closed.expect(0, &[]);
    assert!(closed.stdout.contains("problem: the kernel module is the proprietary one"), "{}", closed.stdout);
    sandbox.assert_healthy();
}

#[test]
fn what_is_there_may_do() {
    let sandbox = Sandbox::new();
    let on = |version: &str, request: &str| {
        plan(request, &machine("debian", "12", &[A100], driver(version)), &sandbox)
    };
    let enough = on("550.54.15", "12.4");
    enough.expect(0, &[]);
    assert!(enough.stdout.contains("verdict: the driver will do\n"), "{}", enough.stdout);
    let minor = on("525.60.13", "12.4");
    minor.expect(0, &[]);
    assert!(minor.stdout.contains("will do for programs with machine code"), "{}", minor.stdout);
    let old = on("470.82.01", "12.4");
    old.expect(1, &[]);
    assert!(old.stdout.contains("CUDA 12.4 needs driver 550.54.14 or newer; 525.60.13"), "{}", old.stdout);
    assert!(old.stdout.contains("driver: 470.82.01, which runs CUDA up to 11.4"), "{}", old.stdout);
    on("550.54.15", "cu118").expect(0, &[]);
    on("550.54.15", "system").expect(2, &["names no release of CUDA"]);
    on("550.54.15", "77").expect(2, &["no CUDA release that cudaman knows"]);
    sandbox.assert_healthy();
}

#[test]
fn accidents_are_recognised() {
    let sandbox = Sandbox::new();
    let shown = |driver: Value| plan("11.4", &machine("ubuntu", "22.04", &[A100], driver), &sandbox).stdout;
    let lost = shown(json!({ "module": "535.183.01", "has_devices": true }));
    assert!(lost.contains("reinstall exactly 535.183.01"), "{lost}");
    assert!(lost.contains("libnvidia-compute-535=535.183.01*"), "{lost}");
    let halves = shown(json!({ "module": "535.183.01", "library": "550.54.15", "has_devices": true }));
    assert!(halves.contains("`sudo reboot` loads the new module"), "{halves}");
    assert!(shown(json!({ "has_nouveau": true })).contains("nouveau holds the GPU"));
    assert!(shown(json!({ "library": "550.54.15" })).contains("mokutil --sb-state"));
    let devices = shown(json!({ "module": "550.54.15", "library": "550.54.15" }));
    assert!(devices.contains("nvidia-modprobe"), "{devices}");
    let rocky = plan("12.4", &machine("rocky", "8.9", &[A100], json!({})), &sandbox).stdout;
    assert!(rocky.contains("kmod-nvidia, which NVIDIA's nvidia-kmod can't stand beside"), "{rocky}");
    sandbox.assert_healthy();
}

#[test]
fn where_packages_are_not_the_way_that_is_said() {
    let sandbox = Sandbox::new();
    let mut wsl =
        machine("ubuntu", "22.04", &[("NVIDIA GeForce GTX 1080", "6.1")], json!({ "newest_cuda": "11.6" }));
    wsl["kind"] = json!("wsl");
    let run = plan("12.4", &wsl, &sandbox);
    run.expect(1, &[]);
    assert!(run.stdout.contains("on the Windows side") && !run.stdout.contains("apt-get"), "{}", run.stdout);
    plan("11.6", &wsl, &sandbox).expect(0, &[]);
    plan("11.8", &wsl, &sandbox).expect(0, &[]);
    let mut jetson = machine("ubuntu", "20.04", &[], json!({}));
    jetson["kind"] = json!("jetson");
    assert!(plan("11.8", &jetson, &sandbox).stdout.contains("JetPack"));
    let mut container = machine("debian", "12", &[], json!({}));
    container["in_container"] = json!(true);
    assert!(plan("11.8", &container, &sandbox).stdout.contains("a container uses its host's driver"));
    let unknown = plan("11.8", &machine("haiku", "1", &[], json!({})), &sandbox);
    assert!(unknown.stdout.contains("cudaman knows no packages of haiku 1"), "{}", unknown.stdout);
    sandbox.assert_healthy();
}

#[test]
fn without_a_request_it_is_about_the_toolkit_in_effect() {
    let mirror = Mirror::start();
    Release::tiny("11.8.0").serve(&mirror);
    let mut sandbox = Sandbox::with_home_named("a home").with_mirror(&mirror);
    sandbox.set("CUDAMAN_HOST", sandbox.path().join("machine.json"));
    let described = json!({ "host": machine("debian", "12", &[A100], driver("520.61.05")) });
    std::fs::write(sandbox.path().join("machine.json"), described.to_string()).expect("written");
    assert!(sandbox.run(&["driver"]).stdout.starts_with("CUDA 13"), "the newest, where nothing is installed");
    sandbox.ok(&["install", "11.8"]);
    let report: Value = serde_json::from_str(&sandbox.ok(&["driver", "--json"])).expect("JSON");
    assert_eq!((&report["cuda"], &report["verdict"]), (&json!("11.8.0"), &json!("enough")));
    assert_eq!(report["driver"], "520.61.05");
    let project = sandbox.project("project", Some("12.4\n"));
    assert!(
        sandbox.run_in(&project, &["driver"]).stdout.starts_with("CUDA 12.4 needs"),
        "a pin counts before it is installed"
    );
    sandbox.assert_healthy();
}

#[test]
fn a_strange_description_steers_no_terminal() {
    let sandbox = Sandbox::new();
    let hostile = "\u{1b}]0;title\u{7}$(id)\n'\"";
    let mut described = machine("debian", "12", &[(hostile, "8.0")], json!({}));
    described["distribution"]["name"] = json!(hostile);
    let run = plan("12.4", &described, &sandbox);
    assert!(!run.stdout.contains('\u{1b}') && run.stdout.contains("$(id)"), "{run:?}");
    std::fs::write(sandbox.path().join("broken"), "{").expect("written");
    let broken = sandbox.path().join("broken");
    sandbox
        .run(&["driver", "--host", broken.to_str().expect("UTF-8")])
        .expect(1, &["does not describe a machine", "hint: "]);
    sandbox.run(&["driver", "--host", "/nowhere"]).expect(1, &["/nowhere"]);
    sandbox.assert_healthy();
}

#[test]
fn a_cloud_has_images_and_pages_of_its_own() {
    let sandbox = Sandbox::new();
    for (cloud, page) in [
        ("aws", "install-nvidia-driver"),
        ("azure", "n-series-driver-setup"),
        ("google", "gpus/install-drivers-gpu"),
    ] {
        let mut machine = machine("ubuntu", "22.04", &[A100], json!({}));
        machine["cloud"] = json!(cloud);
        let run = plan("12.4", &machine, &sandbox);
        assert!(run.stdout.contains(page), "{run:?}");
        assert!(run.stdout.contains("nvidia-driver-580-open"), "the packages do as well: {run:?}");
        machine["driver"] = driver("580.65.06");
        let run = plan("12.4", &machine, &sandbox);
        assert!(run.status == 0 && !run.stdout.contains(page), "{run:?}");
    }
}
