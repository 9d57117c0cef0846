//! `cudaman compat`: which CUDA fits this machine, or another.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::HostOption;
use crate::bundle::Target;
use crate::compat::matrix::{self, Card, Cell, Fit, Machine, Row};
use crate::compat::page::page;
use crate::context::Context;
use crate::error::advised;
use crate::host::{Host, Kind};
use crate::model::Platform;
use crate::sources::archive::newest_cudnn;
use crate::ui::columns;

/// Show which CUDA fits this machine: its driver, GPUs, compilers, cuDNN
#[derive(clap::Args)]
pub struct Compat {
    #[command(flatten)]
    host: HostOption,

    /// Write it as one web page with all tables, which needs no network, to look at and to plan with
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    html: Option<PathBuf>,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is printed as JSON.
#[derive(Serialize)]
struct Report<'a> {
    machine: &'a Machine,
    lines: &'a [Row],
}

impl Compat {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the other machine's description can't be read, or the page can't be written.
    pub fn run(&self, context: &Context) -> Result<()> {
        let host = self.host.read(context)?;
        let machine = machine(&host);
        let rows = self.rows(&machine, &host, context);
        if let Some(path) = &self.html {
            write(path, &page(&about(&host), &machine, &rows))?;
            context.ui.say(&format!("`{}` is written: open it in a browser", path.display()));
            return Ok(());
        }
        if self.json {
            return Ok(context.ui.json(&Report { machine: &machine, lines: &rows })?);
        }
        context.ui.data(&about(&host))?;
        context.ui.data("")?;
        table(&machine, &rows).iter().try_for_each(|line| context.ui.data(line))?;
        context.ui.say(&format!("note: {LEGEND}"));
        Ok(())
    }

    fn rows(&self, machine: &Machine, host: &Host, context: &Context) -> Vec<Row> {
        let mut rows = matrix::rows(machine);
        let platform = Platform::of_machine(&host.machine, host.kind == Kind::Jetson);
        let toolchains = if self.host.is_this(context) { context.store.toolchains() } else { Vec::new() };
        for row in &mut rows {
            row.cudnn = platform.and_then(|platform| newest_cudnn(&row.cuda, platform));
            let of_line = toolchains
                .iter()
                .filter(|toolchain| toolchain.name.cuda().is_some_and(|cuda| cuda.starts_with(&row.cuda)));
            row.installed = of_line.map(|toolchain| toolchain.name.to_string()).collect();
        }
        rows
    }
}

const LEGEND: &str = "`~` fits in part; PTX is code that the driver compiles when a program starts; \
                      `cudaman compat --html FILE` writes a page that weighs other machines and frameworks too";

fn machine(host: &Host) -> Machine {
    let cards = host.gpus.iter().map(|gpu| Card { name: gpu.name.clone(), capability: gpu.capability });
    Machine {
        newest_cuda: host.driver.newest_cuda.clone(),
        driver: host.linux_driver().cloned(),
        gpus: cards.collect(),
        compilers: host.compilers.clone(),
    }
}

/// Says what the machine is, in one line.
fn about(host: &Host) -> String {
    let driver = host.driver.version().map_or_else(
        || "no driver".to_owned(),
        |driver| format!("driver {driver}{}", if host.kind == Kind::Wsl { " of Windows" } else { "" }),
    );
    let newest = host.driver.newest_cuda.as_ref();
    let newest = newest.map(|cuda| format!(" (CUDA up to {cuda})")).unwrap_or_default();
    let mut names: Vec<(String, usize)> = Vec::new();
    for gpu in &host.gpus {
        let known = gpu.capability.map(|capability| format!(" ({capability})")).unwrap_or_default();
        let name = format!("{}{known}", gpu.name);
        match names.iter_mut().find(|(other, _)| *other == name) {
            Some((_, count)) => *count += 1,
            None => names.push((name, 1)),
        }
    }
    let counted = |(name, count): (String, usize)| if count > 1 { format!("{count} x {name}") } else { name };
    let gpus: Vec<String> = names.into_iter().map(counted).collect();
    let gpus = if gpus.is_empty() { "no GPU of NVIDIA".to_owned() } else { gpus.join(", ") };
    let compilers: Vec<String> =
        host.compilers.iter().map(|compiler| format!("{} {}", compiler.kind, compiler.version)).collect();
    let compilers = if compilers.is_empty() { "no compiler".to_owned() } else { compilers.join(", ") };
    format!("{driver}{newest}; {gpus}; {compilers}")
}

fn table(machine: &Machine, rows: &[Row]) -> Vec<String> {
    let kinds = kinds(machine);
    let mut heading = vec!["CUDA".to_owned(), "NEEDS DRIVER".to_owned(), "RUNS".to_owned()];
    heading.extend(kinds.iter().map(|at| {
        machine.gpus[*at]
            .capability
            .map_or_else(|| "GPU".to_owned(), |capability| format!("GPU {capability}"))
    }));
    heading.extend(["GCC", "HERE", "CUDNN", "INSTALLED"].map(str::to_owned));
    let line = |row: &Row| {
        let mut cells = vec![row.cuda.to_string(), row.driver.map(ToString::to_string).unwrap_or_default()];
        cells.push(marked(&row.runs));
        cells.extend(kinds.iter().map(|at| marked(&row.gpus[*at])));
        cells.extend([row.gcc.clone(), marked(&row.compiler)]);
        cells.push(row.cudnn.as_ref().map(ToString::to_string).unwrap_or_default());
        cells.push(row.installed.join(", "));
        cells
    };
    let all: Vec<Vec<String>> = std::iter::once(heading).chain(rows.iter().map(line)).collect();
    columns(&all, &[0])
}

/// Returns one GPU of each kind that the machine has.
fn kinds(machine: &Machine) -> Vec<usize> {
    let is_first = |at: &usize| {
        let capability = machine.gpus[*at].capability;
        !machine.gpus[..*at].iter().any(|before| before.capability == capability)
    };
    (0..machine.gpus.len()).filter(is_first).collect()
}

fn marked(cell: &Cell) -> String {
    match cell.fit {
        Fit::Limited => format!("~ {}", cell.words),
        Fit::No => format!("no: {}", cell.words),
        Fit::Unknown | Fit::Yes => cell.words.clone(),
    }
}

/// Writes the page in one step: what was there stays until it is whole.
fn write(path: &Path, page: &str) -> Result<()> {
    if path.symlink_metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        let message = format!("`{}` is not a plain file", path.display());
        return Err(advised(message, "name another, such as `--html cuda.html`"));
    }
    let target = Target::create(path, true)?;
    (&target).write_all(page.as_bytes()).with_context(|| format!("could not write `{}`", path.display()))?;
    target.commit(0o644)
}
