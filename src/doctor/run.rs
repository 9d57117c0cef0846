//! Asks the GPU itself: a kernel that is compiled, linked and started, or a framework that is imported.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::Scene;
use crate::active::effect;
use crate::compat::command::{CommandError, answer_of};
use crate::compat::explain::{Explanation, explain};
use crate::compat::gpu::{ComputeCapability, architectures};
use crate::integrate::python::Python;
use crate::shell::Change;

const KERNEL: &str = include_str!("kernel.cu");

/// A first start compiles PTX, and frameworks take their time.
const LIMIT: Duration = Duration::from_secs(300);

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Trial {
    /// A kernel, by the toolkit in effect.
    Kernel,
    /// TensorFlow, by the active Python.
    Tensorflow,
    /// PyTorch, by the active Python.
    Torch,
}

/// What came of it.
#[derive(Debug, serde::Serialize)]
pub struct Outcome {
    /// Whether a GPU did what it was asked for.
    pub succeeded: bool,
    /// What was printed.
    pub output: String,
    /// What that means.
    pub explanations: Vec<Explanation>,
}

/// Runs a trial in the environment of the toolkit in effect.
///
/// # Errors
/// Returns an error where there is nothing to run it with.
pub fn run(trial: Trial, scene: &Scene<'_>) -> Result<Outcome, RunError> {
    match trial {
        Trial::Kernel => kernel(scene),
        Trial::Tensorflow => python("tensorflow", include_str!("probe_tensorflow.py"), scene),
        Trial::Torch => python("torch", include_str!("probe_torch.py"), scene),
    }
}

/// Why nothing could be run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is no compiler.
    #[error("no toolkit with nvcc is in effect here")]
    NoToolkit,
    /// There is no Python.
    #[error("there is no `python3` or `python` on PATH, and no Python environment is active")]
    NoPython,
    /// There is no directory to work in.
    #[error("could not make a temporary directory")]
    Directory(#[source] std::io::Error),
}

impl RunError {
    /// Returns what to do.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoToolkit => Some(
                "`cudaman install 12.4 --profile minimal`, or `cudaman use` with one of `cudaman list`"
                    .to_owned(),
            ),
            Self::NoPython => {
                Some("activate the environment that has the framework, then ask again".to_owned())
            }
            Self::Directory(_) => Some("set TMPDIR to a directory with room".to_owned()),
        }
    }
}

fn kernel(scene: &Scene<'_>) -> Result<Outcome, RunError> {
    let toolkit = scene.toolkit.as_ref().ok_or(RunError::NoToolkit)?;
    let nvcc = toolkit.root.join("bin/nvcc");
    if !nvcc.is_file() {
        return Err(RunError::NoToolkit);
    }
    let directory = tempfile::tempdir().map_err(RunError::Directory)?;
    let (source, program) = (directory.path().join("kernel.cu"), directory.path().join("kernel"));
    std::fs::write(&source, KERNEL).map_err(RunError::Directory)?;
    let mut compile = command(&nvcc, scene);
    compile.arg(&source).arg("-o").arg(&program).args(targets(scene)).current_dir(directory.path());
    Ok(match answer_of(compile, LIMIT) {
        Ok(_) => outcome(answer_of(command(&program, scene), LIMIT)),
        Err(error) => outcome(Err(error)),
    })
}

/// Names the GPUs that are here, as far as the toolkit knows them; else nvcc's own choice is as good.
fn targets(scene: &Scene<'_>) -> Vec<String> {
    let known = scene.toolkit.as_ref().and_then(|toolkit| architectures(&toolkit.cuda)).unwrap_or_default();
    let here = scene.host.capabilities().into_iter().filter(|capability| known.contains(capability));
    let code = |one: ComputeCapability| {
        let number = format!("{}{}", one.major, one.minor);
        format!("-gencode=arch=compute_{number},code=[sm_{number},compute_{number}]")
    };
    here.map(code).collect()
}

fn python(name: &str, script: &str, scene: &Scene<'_>) -> Result<Outcome, RunError> {
    let own = scene.python.as_ref().map(Python::program).filter(|program| program.exists());
    let environment = scene.environment();
    let on_path =
        |name: &str| which::which_in(name, environment.variable("PATH"), &environment.directory).ok();
    let program =
        own.or_else(|| on_path("python3")).or_else(|| on_path("python")).ok_or(RunError::NoPython)?;
    let mut command = command(&program, scene);
    command.args(["-c", script]);
    let mut outcome = outcome(answer_of(command, LIMIT));
    if outcome.output.contains(&format!("No module named '{name}'")) {
        outcome.output = format!("{} is not installed for `{}`\n", name, program.display());
    }
    Ok(outcome)
}

/// Makes a command that runs as `cudaman exec` runs one.
fn command(program: &Path, scene: &Scene<'_>) -> Command {
    let mut command = Command::new(PathBuf::from(program));
    if let Ok(active) = &scene.active {
        for change in effect::changes(active, scene.context) {
            match change {
                Change::Set(name, value) => command.env(&*name, value),
                Change::Unset(name) => command.env_remove(&*name),
            };
        }
    }
    command
}

fn outcome(answer: Result<String, CommandError>) -> Outcome {
    let (succeeded, output) = match answer {
        Ok(output) => (true, output),
        Err(CommandError::Failed { output, .. }) if !output.trim().is_empty() => (false, output),
        Err(error) => (false, error.to_string()),
    };
    let explanations = if succeeded { Vec::new() } else { explain(&output) };
    Outcome { succeeded, output, explanations }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_says_where_there_is_no_driver_is_explained() {
        let line = KERNEL.lines().find(|line| line.contains("Found no NVIDIA driver")).expect("it says so");
        let rules: Vec<&str> = explain(line).into_iter().map(|found| found.rule).collect();
        assert_eq!(rules, ["no-driver"]);
    }
}
