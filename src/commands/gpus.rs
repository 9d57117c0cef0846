//! `cudaman gpus`: who uses which GPU.

use std::thread;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;

use crate::context::Context;
use crate::error::Advise as _;
use crate::host::usage::{self, GpuUsage, Process, UsageError};
use crate::host::{Gpu, Host, Kind};
use crate::ui::{columns, human_bytes};

/// Show the GPUs: memory, load, temperature, and who uses them
#[derive(clap::Args)]
pub struct Gpus {
    /// Show it again every so many seconds, until Ctrl-C
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "2", value_parser = interval)]
    watch: Option<Duration>,

    /// Print JSON; with --watch, a line each time
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Report<'a> {
    gpus: &'a [GpuUsage],
    /// Why nothing but what is plugged in is known.
    problem: Option<String>,
}

impl Gpus {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the driver can't tell.
    pub fn run(&self, context: &Context) -> Result<()> {
        if let Some(interval) = self.watch {
            return self.watch(interval, context);
        }
        let usage = usage::read(&context.environment);
        let (gpus, failure) = match usage {
            Ok(gpus) => (gpus, None),
            Err(error) => (plugged(context), Some(error)),
        };
        if self.json {
            let problem = failure.as_ref().map(ToString::to_string);
            context.ui.json(&Report { gpus: &gpus, problem })?;
        } else {
            for line in table(&gpus) {
                context.ui.data(&line)?;
            }
            say_what_is_hidden(&gpus, context);
        }
        failure.map_or(Ok(()), |error| verdict(error, &gpus, context))
    }

    fn watch(&self, interval: Duration, context: &Context) -> Result<()> {
        let can_move = context.environment.text("TERM").is_some_and(|name| name != "dumb");
        let mut live = context.ui.live(can_move && !self.json);
        loop {
            let gpus = usage::read(&context.environment).hint_from(UsageError::hint)?;
            let reads = if self.json {
                let text = serde_json::to_vec(&Report { gpus: &gpus, problem: None })?;
                context.ui.stream(&[&text[..], b"\n"].concat())?
            } else {
                live.draw(&frame(&gpus), &context.ui)?
            };
            if !reads {
                return Ok(());
            }
            thread::sleep(interval);
        }
    }
}

/// Without a driver's word, what is plugged in.
fn plugged(context: &Context) -> Vec<GpuUsage> {
    let host = Host::read(&context.environment);
    let usage = |gpu: &Gpu| GpuUsage {
        index: gpu.index,
        name: gpu.name.clone(),
        architecture: usage::architecture(gpu.capability),
        capability: gpu.capability,
        uuid: gpu.uuid.clone(),
        bus: gpu.bus.clone(),
        memory_total: gpu.memory,
        has_mig: gpu.has_mig,
        ..GpuUsage::default()
    };
    host.gpus.iter().map(usage).collect()
}

/// A machine without GPUs, and a board whose system has no nvidia-smi, are no failures.
fn verdict(error: UsageError, gpus: &[GpuUsage], context: &Context) -> Result<()> {
    let UsageError::Missing = error else { return Err(error).hint_from(UsageError::hint) };
    if gpus.is_empty() {
        context.ui.say("there is no GPU of NVIDIA here, and no driver");
        return Ok(());
    }
    if Host::kind(&context.environment) == Kind::Jetson {
        context.ui.say("note: this system has no nvidia-smi: `tegrastats` shows what the GPU is doing");
        return Ok(());
    }
    Err(error).hint_from(UsageError::hint)
}

fn say_what_is_hidden(gpus: &[GpuUsage], context: &Context) {
    if gpus.iter().all(|gpu| gpu.processes.is_empty() && gpu.memory_used.is_some())
        && !gpus.is_empty()
        && Host::kind(&context.environment) == Kind::Wsl
    {
        context.ui.say("note: in WSL the driver does not tell which processes use a GPU");
    }
}

fn frame(gpus: &[GpuUsage]) -> Vec<String> {
    if gpus.is_empty() { vec!["there is no GPU".to_owned()] } else { table(gpus) }
}

fn table(gpus: &[GpuUsage]) -> Vec<String> {
    if gpus.is_empty() {
        return Vec::new();
    }
    let heading = ["GPU", "NAME", "ARCHITECTURE", "MEMORY", "LOAD", "TEMP", "USED BY"];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    gpus.iter().for_each(|gpu| add(gpu, &mut rows));
    columns(&rows, &[0, 3, 4, 5])
}

/// Adds a row for a GPU, and one for each further process and each instance.
fn add(gpu: &GpuUsage, rows: &mut Vec<Vec<String>>) {
    let unknown = || "-".to_owned();
    let memory = match (gpu.memory_used, gpu.memory_total) {
        (Some(used), Some(total)) => format!("{} / {}", human_bytes(used), human_bytes(total)),
        (None, Some(total)) => human_bytes(total),
        _ => unknown(),
    };
    let mut users = gpu.processes.iter().map(user);
    let nobody = || if gpu.memory_used.is_some() { "nobody".to_owned() } else { unknown() };
    rows.push(vec![
        gpu.index.map_or_else(unknown, |index| index.to_string()),
        gpu.name.clone(),
        gpu.architecture.map_or_else(unknown, str::to_owned),
        memory,
        gpu.utilization.map_or_else(unknown, |percent| format!("{percent} %")),
        gpu.temperature.map_or_else(unknown, |degrees| format!("{degrees} °C")),
        users.next().unwrap_or_else(nobody),
    ]);
    let indented = |text: String| [vec![String::new(); 6], vec![text]].concat();
    rows.extend(users.map(indented));
    for instance in &gpu.instances {
        let cells = [String::new(), format!("  {} {}", instance.profile, instance.uuid)];
        rows.push(cells.to_vec());
    }
}

fn user(process: &Process) -> String {
    let name = process.user.as_deref().unwrap_or("?");
    let program = process.program().unwrap_or("?");
    let memory = process.memory.map(|bytes| format!(", {}", human_bytes(bytes))).unwrap_or_default();
    format!("{name}: {program} ({}{memory})", process.pid)
}

/// Reads a number of seconds.
fn interval(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "expected a number of seconds".to_owned())?;
    if (0.1..=86400.0).contains(&seconds) {
        return Ok(Duration::from_secs_f64(seconds));
    }
    Err("expected 0.1 to 86400 seconds".to_owned())
}
