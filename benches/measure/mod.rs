//! How figures are taken: commands run in turn with their peers, in one run, and what is reported is
//! the median of what each round's pair says. Nothing here passes or fails: figures are for reading.

// Each benchmark uses a part of it.
#![allow(dead_code, unused_imports)]
#![allow(clippy::disallowed_macros, clippy::disallowed_methods, reason = "a benchmark is its own program")]

mod unsynced;
mod wheels;

use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

pub(crate) use unsynced::ignore_syncs;
pub(crate) use wheels::{Wheels, fetch_wheels, sha256_of};

/// The release that the figures for whole installs are taken with.
pub(crate) const CUDA: &str = "13.0.2";

/// What one run of a command took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cost {
    pub(crate) time: Duration,
    /// The largest resident set, in bytes. It is never below that of the benchmark itself, whose
    /// memory a new process shares until it runs its program.
    pub(crate) peak: u64,
}

/// Runs a command to its end.
#[expect(clippy::zombie_processes, reason = "`wait` reaps it by wait4")]
pub(crate) fn cost(command: &mut Command) -> Cost {
    let start = Instant::now();
    let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (status, peak) = wait(child.id());
    let time = start.elapsed();
    assert!(status.success(), "{command:?}: {status}");
    Cost { time, peak }
}

/// Waits for a process as `Child::wait` does, and tells its peak, which that one drops.
fn wait(process: u32) -> (ExitStatus, u64) {
    let process = libc::pid_t::try_from(process).expect("a process's number");
    let mut status = 0;
    // SAFETY: both structures live on this stack, and all bits zero are a valid `rusage`.
    let (waited, usage) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        (libc::wait4(process, &raw mut status, 0, &raw mut usage), usage)
    };
    assert_eq!(waited, process, "the process is our child");
    (ExitStatus::from_raw(status), u64::try_from(usage.ru_maxrss).unwrap_or(0) << 10)
}

/// Measures alternatives in turn, every round in another order, after one round that doesn't count.
pub(crate) fn rounds<const N: usize>(
    count: usize,
    alternatives: &mut [&mut dyn FnMut() -> Cost; N],
) -> [Vec<Cost>; N] {
    let mut costs = [const { Vec::new() }; N];
    for round in 0..=count {
        for step in 0..N {
            let index = (round + step) % N;
            let cost = alternatives[index]();
            if round > 0 {
                costs[index].push(cost);
            }
        }
    }
    costs
}

/// The middle and the ends of a series.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    pub(crate) count: usize,
}

impl Spread {
    pub(crate) fn of(series: impl IntoIterator<Item = f64>) -> Self {
        let mut series: Vec<f64> = series.into_iter().collect();
        series.sort_by(f64::total_cmp);
        let (Some(least), Some(most)) = (series.first(), series.last()) else {
            panic!("a series has a value")
        };
        Self { median: series[series.len() / 2], least: *least, most: *most, count: series.len() }
    }

    /// Returns the spread of the seconds that runs took.
    pub(crate) fn seconds(costs: &[Cost]) -> Self {
        Self::of(costs.iter().map(|cost| cost.time.as_secs_f64()))
    }

    /// Returns the spread of the microseconds that runs took longer than those beside them.
    pub(crate) fn added(costs: &[Cost], beside: &[Cost]) -> Self {
        let micros = |cost: &Cost| cost.time.as_secs_f64() * 1e6;
        Self::of(costs.iter().zip(beside).map(|(cost, beside)| micros(cost) - micros(beside)))
    }

    /// Returns the spread of the ratios to the runs beside them.
    pub(crate) fn ratio(costs: &[Cost], beside: &[Cost]) -> Self {
        let pairs = costs.iter().zip(beside);
        Self::of(pairs.map(|(cost, beside)| cost.time.as_secs_f64() / beside.time.as_secs_f64()))
    }

    /// Returns the spread of the peaks of memory, in MiB.
    pub(crate) fn peak(costs: &[Cost]) -> Self {
        Self::of(costs.iter().map(|cost| cost.peak as f64 / f64::from(1 << 20)))
    }

    pub(crate) fn scaled(self, factor: f64) -> Self {
        let Self { median, least, most, count } = self;
        Self { median: median * factor, least: least * factor, most: most * factor, count }
    }
}

/// Prints the head of the table, with how busy the machine was.
pub(crate) fn head(what: &str) {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!("\n{what}: {cores} cores, load {}", load.trim());
    println!("| figure | goal | median (least to most) | n |\n|---|---|---|---|");
}

/// Prints a row of the table.
pub(crate) fn row(figure: &str, goal: &str, spread: Spread, unit: &str) {
    let Spread { median, least, most, count } = spread;
    let digits = if median.abs() >= 10.0 { 0 } else { 3 };
    println!(
        "| {figure} | {goal} | {median:.digits$} ({least:.digits$} to {most:.digits$}) {unit} | {count} |"
    );
}

/// Returns how often a figure is measured: `CUDAMAN_BENCH_ROUNDS`, or what suits the figure.
pub(crate) fn count(usual: usize) -> usize {
    std::env::var("CUDAMAN_BENCH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// Finds a peer's program on the caller's PATH; says so where there is none.
pub(crate) fn peer(program: &str) -> Option<PathBuf> {
    let found = which::which(program).ok();
    if found.is_none() {
        crate::support::skip(&format!("beside {program}"), "it is not installed");
    }
    found
}

/// Makes the file system still: what others wrote is not on the account of whoever comes next.
pub(crate) fn settle(directory: &Path) {
    let _ = Command::new("sync").arg("-f").arg(directory).status();
}

/// Returns the directory for what is kept between runs, on the file system of the build.
pub(crate) fn kept(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let directory = target.parent().unwrap_or(target).join(name);
    std::fs::create_dir_all(&directory).expect("a directory");
    directory
}

/// Returns the size of all files below a directory.
pub(crate) fn bytes_below(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => bytes_below(&entry.path()),
        Ok(metadata) if metadata.is_file() => metadata.len(),
        _ => 0,
    };
    entries.map(size).sum()
}
