//! What nvidia-smi answers. Every driver brings it, except on Jetson and in some containers.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::compat::command::{CommandError, answer};
use crate::model::Environment;

/// A driver in trouble lets it hang.
pub(super) const LIMIT: Duration = Duration::from_secs(15);

/// Where WSL has it, which is seldom on PATH of a job.
const OF_WSL: &str = "usr/lib/wsl/lib/nvidia-smi";

/// What is asked of each GPU, the newer fields last: older drivers refuse a query with a field that they
/// don't know (`compute_cap` came with R510, `mig.mode.current` with R450).
const FIELDS: [&str; 8] = [
    "index",
    "name",
    "uuid",
    "pci.bus_id",
    "memory.total",
    "driver_version",
    "mig.mode.current",
    "compute_cap",
];

/// What it said.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The values of the fields, in their order, for each GPU; older drivers leave out the last ones.
    pub(super) gpus: Vec<Vec<String>>,
    /// What it prints without a question; its heading names the driver and the newest CUDA.
    pub(super) heading: String,
    /// What it failed with.
    pub(super) error: Option<String>,
}

/// Asks for all that there is. Nothing is an answer too: there may be none to ask.
pub(super) fn ask(root: &Path, environment: &Environment) -> Answer {
    let Some(program) = program(root, environment) else { return Answer::default() };
    let run = |arguments: &[&str]| answer(&program, arguments, environment, LIMIT);
    let heading = match run(&[]) {
        Ok(heading) => heading,
        Err(error) => return Answer { error: Some(reason(&error)), ..Answer::default() },
    };
    for fields in [&FIELDS[..], &FIELDS[..7], &FIELDS[..6]] {
        let query = format!("--query-gpu={}", fields.join(","));
        if let Ok(rows) = run(&[&query, "--format=csv,noheader,nounits"]) {
            return Answer { gpus: rows.lines().map(values).collect(), heading, error: None };
        }
    }
    Answer { heading, ..Answer::default() }
}

/// Finds the program.
pub(super) fn program(root: &Path, environment: &Environment) -> Option<PathBuf> {
    let on_path = which::which_in("nvidia-smi", environment.variable("PATH"), &environment.directory);
    on_path.ok().or_else(|| Some(root.join(OF_WSL)).filter(|path| path.is_file()))
}

fn values(line: &str) -> Vec<String> {
    line.split(',').map(|value| value.trim().to_owned()).collect()
}

/// Says why it failed: what it printed, on one line.
pub(super) fn reason(error: &CommandError) -> String {
    const MOST: usize = 400;
    match error {
        CommandError::Failed { output, .. } if !output.trim().is_empty() => {
            let words: Vec<&str> = output.split_whitespace().collect();
            words.join(" ").trim_end_matches('.').chars().take(MOST).collect()
        }
        other => other.to_string(),
    }
}
