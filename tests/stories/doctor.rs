//! `cudaman doctor`: every finding is produced on purpose, its fix applied, and gone. A machine is a directory,
//! with an nvidia-smi that says what it is told to.

mod environment;
mod machine;
mod patient;
mod state;
mod trial;

use std::collections::BTreeSet;
use std::process::Command;

use clap::Parser as _;
use cudaman::cli::Cli;
use patient::Patient;
use serde_json::Value;

use crate::support::Run;

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
    let fix = finding["fix"].as_array().expect("a list");
    assert!(!fix.is_empty(), "{finding:#}");
    fix.iter().filter_map(Value::as_str).for_each(assert_commands_exist);
    let run = patient.run(&["doctor"]);
    let line = format!("{}: {} [{code}]", text("severity"), text("seen"));
    assert!(run.stdout.contains(&line), "{line}\n{run:?}");
    let has = |severity: &str| findings.iter().any(|finding| finding["severity"] == severity);
    let status = if has("error") {
        1
    } else if has("warning") {
        3
    } else {
        0
    };
    assert_eq!(run.status, status, "{run:?}");
}

/// Reads the commands of cudaman in a line as a shell and cudaman do. One without arguments only names itself.
fn assert_commands_exist(line: &str) {
    let quoted = line.split('`').skip(1).step_by(2);
    for command in quoted.filter(|text| text.starts_with("cudaman ")) {
        let script = format!("set -- {command}; printf '%s\\n' \"$@\"");
        let words = Run::of(Command::new("/bin/sh").args(["-c", &script]));
        let words: Vec<&str> = words.expect(0, &[]).stdout.lines().collect();
        if words.len() > 2
            && let Err(error) = Cli::try_parse_from(&words)
        {
            panic!("{command}: {error}");
        }
    }
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
