//! Answers of nvidia-smi.

use super::*;

const ROWS: &str = "1, GPU-b, 00000000:0F:00.0, 0, 15360, 0, 30, [N/A], Tesla T4\n\
                    0, GPU-a, 00000000:07:00.0, 1024, 40536, [N/A], 41, Enabled, NVIDIA A100-SXM4-40GB\n";

#[test]
fn rows_are_gpus_and_what_is_no_number_is_absent() {
    let found = csv::gpus(ROWS);
    assert_eq!(found.iter().map(GpuUsage::label).collect::<Vec<_>>(), ["GPU 0", "GPU 1"]);
    let a100 = &found[0];
    assert_eq!((a100.memory_used, a100.utilization, a100.temperature), (Some(1 << 30), None, Some(41)));
    assert_eq!((a100.has_mig, a100.architecture), (true, Some("Ampere")));
    assert_eq!((found[1].has_mig, found[1].memory_free()), (false, Some(15360 << 20)));
    let lost = "2, GPU-c, 00000000:10:00.0, [GPU is lost], [GPU is lost], [GPU is lost], [GPU is lost], [N/A], [Unknown Error]\n";
    let lost = &csv::gpus(lost)[0];
    assert_eq!((lost.memory_total, lost.capability, lost.memory_free()), (None, None, None));
    assert!(csv::gpus("No devices were found\n").is_empty());
}

#[test]
fn processes_may_have_commas_in_their_names() {
    let rows = "GPU-b, 4242, 1200, /usr/bin/odd, name\nGPU-a, 7, [N/A], [Not Found]\nGPU-a, x, 1, y\n[N/A]\n";
    let found = csv::processes(rows);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].1.name.as_deref(), Some("/usr/bin/odd, name"));
    assert_eq!((found[0].1.program(), found[0].1.memory), (Some("odd, name"), Some(1200 << 20)));
    assert_eq!((found[1].1.name.clone(), found[1].1.memory), (None, None));
}

#[test]
fn instances_stand_below_their_gpu_and_bring_its_processes() {
    let mut gpus = csv::gpus(ROWS);
    let list = "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-a)\n  MIG 1g.5gb     Device  0: (UUID: MIG-1)\n  \
                MIG 3g.20gb     Device  1: (UUID: MIG-2)\nGPU 1: Tesla T4 (UUID: GPU-b)\n";
    csv::add_instances(list, &mut gpus);
    let instances: Vec<_> = gpus[0].instances.iter().map(|one| (&*one.uuid, &*one.profile)).collect();
    assert_eq!(instances, [("MIG-1", "1g.5gb"), ("MIG-2", "3g.20gb")]);
    assert!(gpus[1].instances.is_empty());
    let process = |pid| Process { pid, ..Process::default() };
    let processes =
        [("MIG-2".to_owned(), process(1)), ("GPU-b".into(), process(2)), ("GPU-x".into(), process(3))];
    distribute(processes.into(), &mut gpus);
    let pids = |gpu: &GpuUsage| gpu.processes.iter().map(|process| process.pid).collect::<Vec<_>>();
    assert_eq!((pids(&gpus[0]), pids(&gpus[1])), (vec![1], vec![2]));
}

#[test]
fn a_process_is_of_a_user() {
    let root = tempfile::tempdir().expect("a directory");
    for (path, text) in [
        ("proc/7/status", "Name:\tpython\nUid:\t1000\t0\t0\t0\n"),
        ("etc/passwd", "root:x:0:0::/:/bin/sh\nbroken\nanna:x:1000:100::/:/bin/sh\n"),
    ] {
        let path = root.path().join(path);
        fs_err::create_dir_all(path.parent().expect("a parent")).expect("directories");
        fs_err::write(path, text).expect("a file");
    }
    let mut processes = [7, 8].map(|pid| ("GPU-a".to_owned(), Process { pid, ..Process::default() }));
    people::identify(&mut processes, root.path(), &Environment::default());
    assert_eq!(processes[0].1.user.as_deref(), Some("anna"));
    assert_eq!(processes[1].1.user, None, "it has ended");
    assert_eq!(name_of(4_000_000, root.path(), &Environment::default()), "4000000");
}
