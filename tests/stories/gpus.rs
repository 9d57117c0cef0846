//! `cudaman gpus` and `exec --gpus`: machines with several GPUs, told by an nvidia-smi that is a script.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::{Run, Sandbox, type_into};

const EIGHT: &str = "nvidia-smi answers what stands in files";

/// A machine whose nvidia-smi prints the files `gpus`, `apps` and `list`.
fn machine(gpus: &str, apps: &str, list: &str) -> Sandbox {
    let script = "case $1 in --query-gpu*) cat \"$0.gpus\" ;; --query-compute-apps*) cat \"$0.apps\" ;; -L) cat \"$0.list\" ;; esac";
    let sandbox = with_smi(script);
    for (name, text) in [("gpus", gpus), ("apps", apps), ("list", list)] {
        std::fs::write(sandbox.path().join(format!("bin/nvidia-smi.{name}")), text).expect(EIGHT);
    }
    sandbox
}

fn with_smi(script: &str) -> Sandbox {
    let mut sandbox = without_smi();
    let path = sandbox.path().join("bin/nvidia-smi");
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a script");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a mode");
    sandbox.set("PATH", format!("{}/bin:/usr/bin:/bin", sandbox.path().display()));
    sandbox
}

/// A machine without files of NVIDIA's driver, where locks don't meet those of other tests.
fn without_smi() -> Sandbox {
    let mut sandbox = Sandbox::new();
    let locks = sandbox.project("locks", None);
    let root = sandbox.project("root", None);
    for (path, text) in [
        ("etc/passwd", "root:x:0:0::/:/bin/sh\nanna:x:1000:100::/:/bin/sh\n"),
        ("proc/4242/status", "Name:\tpython\nUid:\t1000\t1000\t1000\t1000\n"),
    ] {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
        std::fs::write(path, text).expect("a file");
    }
    sandbox.set("CUDAMAN_GPU_LOCKS", &locks);
    sandbox.set("CUDAMAN_HOST_ROOT", &root);
    sandbox
}

fn row(index: usize, used: u32) -> String {
    format!(
        "{index}, GPU-{index}a{index}, 00000000:0{index}:00.0, {used}, 40536, 0, 35, [N/A], NVIDIA A100-SXM4-40GB\n"
    )
}

fn idle(count: usize) -> String {
    (0..count).map(|index| row(index, 3)).collect()
}

const PRINT: [&str; 4] = ["--", "sh", "-c", "echo \"$CUDA_DEVICE_ORDER $CUDA_VISIBLE_DEVICES\""];

fn exec(sandbox: &Sandbox, options: &[&str]) -> Run {
    sandbox.run(&[&["exec"], options, &PRINT].concat())
}

/// Starts a command that says which GPUs it has, and then keeps them.
fn hold(sandbox: &Sandbox, options: &[&str]) -> (Child, String) {
    let script = ["--", "sh", "-c", "echo \"$CUDA_VISIBLE_DEVICES\"; exec sleep 1000"];
    let mut command = sandbox.cudaman(&[&["exec"], options, &script].concat());
    let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    (child, line.trim().to_owned())
}

fn end(mut child: Child) {
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn who_uses_what_is_one_table() {
    let gpus = [row(0, 1230), row(1, 0)].concat()
        + "2, GPU-2, 00000000:03:00.0, [N/A], [N/A], [N/A], [N/A], [N/A], Odd\u{1b}[2J GPU\n";
    let apps = "GPU-0a0, 4242, 1200, /opt/bin/python\nGPU-0a0, 99999999, [N/A], [Not Found]\nGPU-1a1, 7, 1, a\u{1b}]0;x\u{7}, b\n";
    let sandbox = machine(&gpus, apps, "");
    let table = sandbox.ok(&["gpus"]);
    for text in [
        "USED BY",
        "0  NVIDIA A100-SXM4-40GB  Ampere        1.20 GiB / 39.59 GiB   0 %  35 °C  anna: python (4242, 1.17 GiB)",
        "?: ? (99999999)",
        "a\\u{1b}]0;x\\u{7}, b (7",
        "2  Odd\\u{1b}[2J GPU",
    ] {
        assert!(table.contains(text), "{text:?}: {table}");
    }
    assert!(!table.contains('\u{1b}'), "{table:?}");
    let json: Value = serde_json::from_str(&sandbox.ok(&["gpus", "--json"])).expect("JSON");
    let first = &json["gpus"][0];
    assert_eq!((&first["memory_used"], &first["temperature"]), (&(1230_u64 << 20).into(), &35.into()));
    assert_eq!((&first["processes"][0]["user"], &first["architecture"]), (&"anna".into(), &"Ampere".into()));
    assert_eq!((&json["gpus"][2]["memory_used"], &json["problem"]), (&Value::Null, &Value::Null));
    assert!(!sandbox.store().exists(), "looking changes nothing");
    sandbox.assert_healthy();
}

#[test]
fn instances_are_shown_and_named_but_not_picked() {
    let gpus = "0, GPU-a, 00000000:07:00.0, 25, 40536, [N/A], 41, Enabled, NVIDIA A100-SXM4-40GB\n";
    let list = "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-a)\n  MIG 1g.5gb Device 0: (UUID: MIG-11)\n  MIG 1g.5gb Device 1: (UUID: MIG-22)\n";
    let sandbox = machine(gpus, "", list);
    assert!(sandbox.ok(&["gpus"]).contains("1g.5gb MIG-22"));
    exec(&sandbox, &["--gpus", "1"]).expect(1, &["there is none: GPU 0 is divided into instances"]);
    exec(&sandbox, &["--gpu", "0"]).expect(1, &["can't be used as a whole", "hint: `--gpu MIG-11`"]);
    let run = exec(&sandbox, &["--gpu", "MIG-2"]);
    assert_eq!(run.stdout, "PCI_BUS_ID MIG-22\n", "{run:?}");
    exec(&sandbox, &["--gpu", "MIG-"]).expect(1, &["there is no GPU `MIG-`"]);
}

#[test]
fn without_a_driver_that_answers_it_says_what_is_known() {
    let mut sandbox = without_smi();
    sandbox.set("PATH", sandbox.path().join("nothing"));
    let run = sandbox.run(&["gpus"]);
    run.expect(0, &["there is no GPU of NVIDIA here"]);
    assert_eq!(
        sandbox.ok(&["gpus", "--json"]).replace(char::is_whitespace, "").find("{\"gpus\":[],"),
        Some(0)
    );
    sandbox.run(&["exec", "--gpus", "1", "--", "true"]).expect(1, &["nvidia-smi", "hint: "]);
    let failing = with_smi(
        "echo \"NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver.\"; exit 9",
    );
    let text = "couldn't communicate with the NVIDIA driver\nhint: ";
    failing.run(&["gpus"]).expect(1, &[text]);
    failing.run(&["gpus", "--watch"]).expect(1, &[text]);
    exec(&failing, &["--gpu", "0"]).expect(1, &[text]);
    let empty = with_smi("echo 'No devices were found'; exit 6");
    assert_eq!(empty.ok(&["gpus"]), "");
    exec(&empty, &["--gpus", "1"]).expect(1, &["1 idle GPU is wanted, and there is none"]);
    let old = with_smi(
        "case $1 in *mig.mode*) echo 'Field \"mig.mode.current\" is not a valid field to query.'; exit 2 ;;\n\
         --query-gpu*) echo '0, GPU-k, 00000000:05:00.0, 0, 11441, 0, 30, 0, Tesla K80' ;; esac",
    );
    assert!(old.ok(&["gpus"]).contains("Tesla K80  Kepler"));
    let jetson = {
        let sandbox = without_smi();
        for (path, text) in [
            ("etc/nv_tegra_release", "# R35 (release), REVISION: 4.1\n"),
            ("proc/device-tree/model", "NVIDIA Jetson AGX Orin Developer Kit\0"),
        ] {
            let path = sandbox.path().join("root").join(path);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            std::fs::write(path, text).expect("a file");
        }
        sandbox
    };
    let run = jetson.run(&["gpus"]);
    run.expect(0, &["`tegrastats`"]);
    assert!(run.stdout.contains("Orin"), "{run:?}");
}

#[test]
fn watching_draws_over_itself_on_a_terminal_and_below_on_a_pipe() {
    let sandbox = machine(&idle(2), "", "");
    for (arguments, ends) in
        [(["gpus", "--watch", "0.1"].as_slice(), "nobody"), (&["gpus", "--watch", "0.1", "--json"], "}")]
    {
        let mut child = sandbox.cudaman(arguments).stdout(Stdio::piped()).spawn().expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let lines: Vec<String> = lines.map_while(Result::ok).take(8).collect();
        assert!(lines.iter().filter(|line| line.ends_with(ends)).count() >= 4, "{lines:?}");
        assert!(!lines.concat().contains('\u{1b}'), "{lines:?}");
        let started = Instant::now();
        while child.try_wait().expect("a child").is_none() {
            assert!(started.elapsed() < Duration::from_secs(30), "it goes on when nobody reads");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    let shown = type_into(
        sandbox.command("sh").env("CM", crate::support::CUDAMAN),
        "stty cols 40; TERM=xterm timeout -s INT 2 \"$CM\" gpus --watch 0.1; echo \"ended $?\"\nexit\n",
    );
    assert!(shown.contains("\u{1b}[3A") && shown.contains("\u{1b}[J"), "{shown:?}");
    assert!(shown.contains("ended ") && !shown.contains("\u{1b}[?"), "{shown:?}");
    for text in ["0", "-1", "nan", "x", "1e9"] {
        sandbox.run(&["gpus", &format!("--watch={text}")]).expect(2, &["--watch"]);
    }
}

#[test]
fn idle_gpus_are_picked_and_others_are_told() {
    let gpus = [row(0, 3), row(1, 9000), row(2, 400), row(3, 3)].concat();
    let mut sandbox = machine(&gpus, "GPU-0a0, 4242, 1200, /opt/bin/python\n", "");
    assert_eq!(exec(&sandbox, &["--gpus", "1"]).stdout, "PCI_BUS_ID 3\n");
    assert_eq!(exec(&sandbox, &["--gpus", "2", "--min-memory", "40G"]).stdout, "PCI_BUS_ID 3,2\n");
    let run = exec(&sandbox, &["--gpus", "3"]);
    run.expect(1, &["3 idle GPUs are wanted, and there are 2: GPU 0 is used by anna (python, 4242); GPU 1 has 9000 MiB in use", "`--wait`"]);
    exec(&sandbox, &["--gpus", "1", "--min-memory", "41GiB"]).expect(1, &["GPU 3 has 40533 MiB free"]);
    let run = exec(&sandbox, &["--gpu", "3,0"]);
    run.expect(0, &["warning: GPU 0 is used by anna (python, 4242)"]);
    assert_eq!(run.stdout, "PCI_BUS_ID 3,0\n");
    assert_eq!(exec(&sandbox, &["--gpu", "GPU-2a"]).stdout, "PCI_BUS_ID 2\n");
    exec(&sandbox, &["--gpu", "9"]).expect(1, &["there is no GPU `9`", "hint: "]);
    exec(&sandbox, &["--gpu", "$(id)\u{1b}[2J"]).expect(1, &["there is no GPU `$(id)\\u{1b}[2J`"]);
    for options in [
        ["--gpu", "0,0"].as_slice(),
        &["--gpus", "0"],
        &["--gpus", "1", "--gpu", "1"],
        &["--min-memory", "1G"],
        &["--gpus", "1", "--min-memory", "much"],
        &["--wait"],
    ] {
        exec(&sandbox, options).expect(2, &[]);
    }
    sandbox.set("CUDA_VISIBLE_DEVICES", "0,2");
    assert_eq!(exec(&sandbox, &["--gpus", "1"]).stdout, "PCI_BUS_ID 2\n", "a job's own GPUs only");
    exec(&sandbox, &["--gpu", "3"])
        .expect(1, &["CUDA_VISIBLE_DEVICES, which is set already, does not allow GPU 3"]);
    sandbox.set("CUDA_VISIBLE_DEVICES", "");
    exec(&sandbox, &["--gpus", "1"]).expect(1, &["GPU 3 is not in CUDA_VISIBLE_DEVICES"]);
    assert_eq!(
        sandbox.ok(&["exec", "--", "sh", "-c", "echo [$CUDA_VISIBLE_DEVICES$CUDA_DEVICE_ORDER]"]),
        "[]\n"
    );
}

#[test]
fn eight_starts_at_once_get_eight_gpus_and_the_end_of_one_frees_its_own() {
    let sandbox = machine(&idle(8), "", "");
    let mut held: Vec<(Child, String)> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..8).map(|_| scope.spawn(|| hold(&sandbox, &["--gpus", "1"]))).collect();
        starts.into_iter().map(|start| start.join().expect("a start")).collect()
    });
    let mut got: Vec<&str> = held.iter().map(|(_, gpu)| gpu.as_str()).collect();
    got.sort_unstable();
    assert_eq!(got, ["0", "1", "2", "3", "4", "5", "6", "7"]);
    let pid = held.iter().find(|(_, gpu)| gpu == "5").expect("somebody").0.id();
    exec(&sandbox, &["--gpus", "1"]).expect(1, &["there is none", &format!("({pid})"), "GPU 5 is kept by"]);
    exec(&sandbox, &["--gpu", "5"]).expect(0, &["warning: GPU 5 is kept by"]);
    let at = held.iter().position(|(_, gpu)| gpu == "5").expect("somebody");
    end(held.remove(at).0);
    assert_eq!(exec(&sandbox, &["--gpus", "1"]).stdout, "PCI_BUS_ID 5\n", "killed, not ended");
    let (named, _) = hold(&sandbox, &["--gpu", "5"]);
    assert_eq!(exec(&sandbox, &["--gpu", "5"]).stdout, "PCI_BUS_ID 5\n", "several may name one");
    exec(&sandbox, &["--gpus", "1"]).expect(1, &["GPU 5 is kept by"]);
    end(named);
    held.into_iter().for_each(|(child, _)| end(child));
    sandbox.assert_healthy();
}

#[test]
fn a_start_can_wait_for_its_turn() {
    let sandbox = machine(&idle(1), "", "");
    let (first, _) = hold(&sandbox, &["--gpus", "1"]);
    let words = [&["exec", "--gpus", "1", "--wait"], &PRINT[..]].concat();
    let mut waiting =
        sandbox.cudaman(&words).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(waiting.stderr.take().expect("a pipe")).read_line(&mut line).expect("a line");
    assert!(
        line.starts_with("note: waiting: 1 idle GPU is wanted, and there is none: GPU 0 is kept"),
        "{line}"
    );
    end(first);
    let run = Run::from(waiting.wait_with_output().expect("it ends"));
    assert_eq!((run.status, run.stdout.as_str()), (0, "PCI_BUS_ID 0\n"));
    exec(&sandbox, &["--gpus", "2", "--wait"]).expect(1, &["2 idle GPUs are wanted"]);
}

#[test]
fn a_place_for_locks_that_cannot_be_used_is_told_and_done_without() {
    let mut sandbox = machine(&idle(2), "", "");
    let locks: PathBuf = sandbox.path().join("locks");
    let precious = sandbox.path().join("precious");
    std::fs::write(&precious, "precious").expect("a file");
    symlink(&precious, locks.join("cudaman-gpu-GPU-0a0.lock")).expect("a link");
    let run = exec(&sandbox, &["--gpus", "1"]);
    run.expect(0, &["warning: can't keep other starts from a GPU: `", "cudaman-gpu-GPU-0a0.lock"]);
    assert_eq!(std::fs::read_to_string(&precious).expect("a file"), "precious");
    std::fs::set_permissions(&locks, std::fs::Permissions::from_mode(0o777)).expect("a mode");
    exec(&sandbox, &["--gpus", "1"]).expect(0, &["warning: can't keep other starts", "sticky"]);
    sandbox.set("CUDAMAN_GPU_LOCKS", sandbox.path().join("gone"));
    let run = exec(&sandbox, &["--gpus", "2"]);
    run.expect(0, &["warning: can't keep other starts", "gone"]);
    assert_eq!(run.stdout, "PCI_BUS_ID 0,1\n");
}
