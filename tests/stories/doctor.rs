//! `cudaman doctor`: every finding is produced on purpose, its fix applied, and gone. A machine is a directory,
//! with an nvidia-smi that says what it is told to.

mod environment;
mod machine;
mod patient;
mod state;
mod trial;

use std::collections::BTreeSet;

use patient::Patient;
use serde_json::Value;

/// A finding: how a machine gets it, and how it gets rid of it.
struct Case {
    code: &'static str,
    sicken: fn(&mut Patient),
    heal: fn(&mut Patient),
}

const CASES: &[&[Case]] = &[machine::CASES, environment::CASES, state::CASES];

fn examine(cases: &[Case]) {
    for case in cases {
        let mut patient = Patient::new();
        (case.sicken)(&mut patient);
        let report = patient.report();
        assert!(patient::codes(&report).contains(case.code), "{}: {report:#}", case.code);
        explains_itself(case.code, &report, &patient);
        (case.heal)(&mut patient);
        let report = patient.report();
        assert!(!patient::codes(&report).contains(case.code), "{} is healed: {report:#}", case.code);
        patient.sandbox.assert_healthy();
    }
}

/// Each finding says what was seen, why it matters and what mends it, in JSON and in words.
fn explains_itself(code: &str, report: &Value, patient: &Patient) {
    let findings = report["findings"].as_array().expect("a list");
    let finding = findings.iter().find(|finding| finding["code"] == code).expect("it is there");
    let text = |name: &str| finding[name].as_str().unwrap_or_default();
    assert!(!text("seen").is_empty() && !text("why").is_empty(), "{finding:#}");
    assert!(finding["fix"].as_array().is_some_and(|fix| !fix.is_empty()), "{finding:#}");
    let run = patient.run(&["doctor"]);
    let line = format!("{}: {} [{code}]", text("severity"), text("seen"));
    assert!(run.stdout.contains(&line), "{line}\n{run:?}");
    let worst = findings.iter().map(|finding| finding["severity"].as_str().unwrap_or_default());
    let expected =
        worst.map(|severity| ["note", "", "", "warning"].iter().position(|name| *name == severity));
    let expected = expected.map(|status| status.map_or(1, |status| status)).collect::<Vec<_>>();
    let status = if expected.contains(&1) { 1 } else { expected.into_iter().max().unwrap_or(0) };
    assert_eq!(run.status, i32::try_from(status).expect("small"), "{run:?}");
}

#[test]
fn every_finding_has_a_case() {
    let cases: BTreeSet<&str> = CASES.iter().flat_map(|cases| cases.iter()).map(|case| case.code).collect();
    let codes: BTreeSet<&str> = cudaman::doctor::codes().collect();
    assert_eq!(cases, codes);
    assert!(codes.len() >= 40, "{} findings", codes.len());
}

#[test]
fn a_machine_that_is_well_has_no_finding() {
    let patient = Patient::new();
    let run = patient.run(&["doctor"]);
    run.expect(0, &["nothing is wrong"]);
    assert!(run.stdout.contains("NVIDIA GeForce RTX 3090, driver 550.54.15, CUDA 12.4.1"), "{run:?}");
    patient.sandbox.assert_healthy();
}
