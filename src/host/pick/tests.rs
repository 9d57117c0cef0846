//! Machines with several GPUs.

use super::super::usage::Instance;
use super::*;

fn gpu(index: u32, used: u64) -> GpuUsage {
    GpuUsage {
        index: Some(index),
        uuid: Some(format!("GPU-{index}{index}-x")),
        memory_used: Some(used << 20),
        memory_total: Some(16 << 30),
        utilization: Some(0),
        ..GpuUsage::default()
    }
}

fn process(user: Option<&str>) -> Process {
    Process { pid: 7, name: Some("/opt/bin/python".into()), user: user.map(str::to_owned), memory: None }
}

fn picked(gpus: &[GpuUsage], min_memory: Option<u64>, allowed: Option<&str>) -> Vec<u32> {
    let allowed = allowed.map(Allowed::parse);
    let found = candidates(gpus, min_memory, allowed.as_ref());
    found.into_iter().filter_map(|(_, device)| device.index).collect()
}

#[test]
fn idle_is_who_computes_nothing_and_holds_little() {
    let busy = GpuUsage { processes: vec![process(Some("anna"))], ..gpu(0, 3) };
    let hidden = gpu(1, 5000);
    let desktop = gpu(2, 400);
    let divided = GpuUsage { has_mig: true, ..gpu(4, 0) };
    let silent = GpuUsage { memory_used: None, memory_total: None, ..gpu(5, 0) };
    let gpus = [busy, hidden, desktop, gpu(3, 0), divided, silent];
    assert_eq!(picked(&gpus, None, None), [5, 3, 2]);
    assert_eq!(picked(&gpus, Some(15 << 30), None), [3, 2], "who doesn't tell its memory has none");
    assert_eq!(picked(&gpus, Some(16 << 30), None), [3]);
    let why = |index: usize| obstacle(&gpus[index], None, None).unwrap_or_default();
    assert_eq!(why(0), "is used by anna (python, 7)");
    assert!(why(1).contains("5000 MiB") && why(4).contains("`--gpu`"));
    assert_eq!(words(&process(None)), "somebody (python, 7)");
}

#[test]
fn among_equals_the_least_busy_goes_first() {
    let mut gpus = [gpu(0, 10), gpu(1, 10), gpu(2, 4)];
    gpus[0].utilization = Some(50);
    assert_eq!(picked(&gpus, None, None), [2, 1, 0]);
}

#[test]
fn what_a_scheduler_allows_is_a_limit() {
    let gpus = [gpu(0, 0), gpu(1, 0), gpu(2, 0)];
    assert_eq!(picked(&gpus, None, Some("2,0")), [0, 2]);
    assert_eq!(picked(&gpus, None, Some("GPU-11")), [1]);
    assert_eq!(picked(&gpus, None, Some("1,-1,2")), [1], "CUDA stops at what it doesn't know");
    assert!(picked(&gpus, None, Some("")).is_empty());
    assert!(picked(&gpus, None, Some("NoDevFiles")).is_empty());
}

#[test]
fn names_are_numbers_uuids_and_their_beginnings() {
    let mut gpus = [gpu(0, 0), gpu(1, 0), gpu(2, 0)];
    gpus[2].has_mig = true;
    let instance = |uuid: &str| Instance { uuid: uuid.into(), profile: "1g.5gb".into() };
    gpus[2].instances = vec![instance("MIG-a1"), instance("MIG-a2")];
    let named = |name: &str| named(name, &gpus, None);
    assert_eq!(named("1").map(|device| device.index), Ok(Some(1)));
    assert_eq!(named("GPU-11").map(|device| device.index), Ok(Some(1)));
    assert_eq!(named("MIG-a2").map(|device| device.uuid), Ok(Some("MIG-a2".into())));
    for name in ["3", "", "GPU-", "GPU-x", "MIG-", "-1", "1 ", "x"] {
        assert_eq!(named(name), Err(NameError::Missing(name.to_owned())), "{name:?}");
    }
    assert_eq!(named("MIG-a"), Err(NameError::Ambiguous("MIG-a".to_owned())));
    let divided = named("2").expect_err("divided");
    assert_eq!(divided.hint().as_deref(), Some("`--gpu MIG-a1`, `--gpu MIG-a2`"));
    let limit = Allowed::parse("0,MIG-a1");
    let of = |name: &str| super::named(name, &gpus, Some(&limit));
    assert!(of("0").is_ok() && of("MIG-a1").is_ok());
    assert_eq!(of("1"), Err(NameError::NotAllowed("1".to_owned())));
    assert_eq!(of("MIG-a2"), Err(NameError::NotAllowed("MIG-a2".to_owned())));
}

#[test]
fn cuda_is_told_numbers_where_they_will_do() {
    let device = |index: Option<u32>, uuid: &str| Device { index, uuid: Some(uuid.into()) };
    assert_eq!(visible(&[device(Some(2), "GPU-2"), device(Some(0), "GPU-0")]), "2,0");
    assert_eq!(visible(&[device(None, "MIG-1")]), "MIG-1");
    assert_eq!(visible(&[device(Some(2), "GPU-2"), device(None, "MIG-1")]), "GPU-2,MIG-1");
}
