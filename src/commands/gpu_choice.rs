//! The options with which a command gets GPUs: so many idle ones, or those that are named.

use std::ffi::OsStr;
use std::thread;
use std::time::Duration;

use anyhow::Result;

use crate::context::Context;
use crate::error::{Advise as _, UsageError as Misuse, advised};
use crate::host::claim::{Attempt, Claim, ClaimError, Claims, Holder, Sharing};
use crate::host::pick::{self, Allowed, Device, NameError};
use crate::host::usage::{self, GpuUsage, UsageError};

/// How often a waiting start looks again.
const PAUSE: Duration = Duration::from_secs(2);

/// Which GPUs the command sees.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct GpuOptions {
    /// Let the command see so many idle GPUs, which no other start picks meanwhile
    ///
    /// Idle is a GPU on which no process computes, with no more than 1 GiB of its memory in use, and that no other
    /// `cudaman exec` has picked, of whatever user. Those with the least memory in use go first.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..), conflicts_with = "gpu")]
    gpus: Option<u16>,

    /// Let the command see these GPUs: numbers as nvidia-smi has them, or UUIDs
    #[arg(long, value_name = "GPU", value_delimiter = ',')]
    gpu: Vec<String>,

    /// With --gpus: only those with so much free memory: 10G, 512MiB
    #[arg(long, value_name = "SIZE", value_parser = size, requires = "gpus")]
    min_memory: Option<u64>,

    /// With --gpus: wait until there are as many
    #[arg(long, requires = "gpus")]
    wait: bool,
}

/// The GPUs for a command.
pub(super) struct Choice {
    devices: Vec<Device>,
    claims: Vec<Claim>,
}

impl GpuOptions {
    /// Chooses, where that is asked for.
    pub(super) fn choose(&self, context: &Context) -> Result<Option<Choice>> {
        let value = context.environment.variables.get(OsStr::new("CUDA_VISIBLE_DEVICES"));
        let allowed = value.map(|value| Allowed::parse(&value.to_string_lossy()));
        if let Some(count) = self.gpus {
            return self.pick(usize::from(count), allowed.as_ref(), context).map(Some);
        }
        if self.gpu.is_empty() {
            return Ok(None);
        }
        self.named(allowed.as_ref(), context).map(Some)
    }

    /// Picks idle GPUs, sooner or later.
    fn pick(&self, count: usize, allowed: Option<&Allowed>, context: &Context) -> Result<Choice> {
        loop {
            let gpus = usage::read(&context.environment).hint_from(UsageError::hint)?;
            let (choice, held) = take(&pick::candidates(&gpus, self.min_memory, allowed), count, context);
            if choice.devices.len() == count {
                return Ok(choice);
            }
            let found = choice.devices.len();
            drop(choice);
            let why = |gpu: &GpuUsage| {
                let of_start =
                    held.iter().find(|(label, _)| *label == gpu.label()).map(|(_, why)| why.clone());
                let why = of_start.or_else(|| pick::obstacle(gpu, self.min_memory, allowed))?;
                Some(format!("{} {why}", gpu.label()))
            };
            let reasons: Vec<String> = gpus.iter().filter_map(why).collect();
            let message = shortage(count, found, &reasons);
            if !self.wait || gpus.len() < count {
                return Err(advised(message, advice(gpus.len(), count)));
            }
            context.ui.say_once(&format!("waiting: {message}"));
            thread::sleep(PAUSE);
        }
    }

    /// Takes the GPUs that are named, whoever else uses them: that is the user's decision.
    fn named(&self, allowed: Option<&Allowed>, context: &Context) -> Result<Choice> {
        let gpus = usage::read(&context.environment).hint_from(UsageError::hint)?;
        let mut devices = Vec::new();
        for name in &self.gpu {
            let device = pick::named(name.trim(), &gpus, allowed).hint_from(NameError::hint)?;
            if devices.contains(&device) {
                return Err(Misuse(format!("`--gpu` names GPU {name} twice")).into());
            }
            devices.push(device);
        }
        let claims = claims(context);
        let mut kept = Vec::new();
        for device in &devices {
            warn_of_users(device, &gpus, context);
            match attempt(claims.as_ref(), device, Sharing::Named, context) {
                Attempted::Held(why) => {
                    context.ui.warn(&format!("GPU {} {why}", pick::visible(std::slice::from_ref(device))));
                }
                Attempted::Kept(claim) => kept.extend(claim),
            }
        }
        Ok(Choice { devices, claims: kept })
    }
}

impl Choice {
    /// Returns the value of `CUDA_VISIBLE_DEVICES`.
    pub(super) fn visible(&self) -> String {
        pick::visible(&self.devices)
    }

    /// Lets the GPUs be kept as long as the command runs.
    pub(super) fn hand_over(self) -> Result<()> {
        self.claims.into_iter().try_for_each(Claim::hand_over).map_err(Into::into)
    }
}

/// What became of keeping a GPU: where locks can't be used, it isn't kept, but had.
enum Attempted {
    Held(String),
    Kept(Option<Claim>),
}

/// Takes so many of the candidates as there are, and tells which ones others have.
fn take(candidates: &[(String, Device)], count: usize, context: &Context) -> (Choice, Vec<(String, String)>) {
    let claims = claims(context);
    // Two starts that want two of three at once would else each get one, and fail.
    let choosing = claims.as_ref().map(Claims::choosing).transpose();
    let _choosing = choosing.unwrap_or_else(|error| say(&error, context));
    let (mut choice, mut held) = (Choice { devices: Vec::new(), claims: Vec::new() }, Vec::new());
    for (label, device) in candidates {
        if choice.devices.len() == count {
            break;
        }
        match attempt(claims.as_ref(), device, Sharing::Alone, context) {
            Attempted::Held(why) => held.push((label.clone(), why)),
            Attempted::Kept(claim) => {
                choice.devices.push(device.clone());
                choice.claims.extend(claim);
            }
        }
    }
    (choice, held)
}

fn claims(context: &Context) -> Option<Claims> {
    Claims::open(&context.environment).map_or_else(|error| say(&error, context), Some)
}

fn attempt(claims: Option<&Claims>, device: &Device, sharing: Sharing, context: &Context) -> Attempted {
    let (Some(claims), Some(key)) = (claims, device.key()) else { return Attempted::Kept(None) };
    match claims.attempt(&key, sharing) {
        Ok(Attempt::Kept(claim)) => Attempted::Kept(Some(claim)),
        Ok(Attempt::Held(holder)) => Attempted::Held(keeper(holder)),
        Err(error) => Attempted::Kept(say(&error, context)),
    }
}

/// Says why there is no lock, and that the start goes on without.
fn say<T>(error: &ClaimError, context: &Context) -> Option<T> {
    context.ui.warn_once(&error.to_string());
    None
}

fn keeper(holder: Option<Holder>) -> String {
    let of = |holder: Holder| format!("is kept by a `cudaman exec` of {} ({})", holder.user, holder.pid);
    holder.map_or_else(|| "is kept by another `cudaman exec`".to_owned(), of)
}

fn warn_of_users(device: &Device, gpus: &[GpuUsage], context: &Context) {
    let its = gpus.iter().find(|gpu| device.index.is_some() && gpu.index == device.index);
    for process in its.map(|gpu| gpu.processes.as_slice()).unwrap_or_default() {
        let name = pick::visible(std::slice::from_ref(device));
        context.ui.warn(&format!("GPU {name} is used by {}", pick::words(process)));
    }
}

fn shortage(count: usize, found: usize, reasons: &[String]) -> String {
    let wanted = if count == 1 { "1 idle GPU is".to_owned() } else { format!("{count} idle GPUs are") };
    let verb = if found == 1 { "is" } else { "are" };
    let why = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join("; ")) };
    match found {
        0 => format!("{wanted} wanted, and there is none{why}"),
        _ => format!("{wanted} wanted, and there {verb} {found}{why}"),
    }
}

fn advice(all: usize, count: usize) -> &'static str {
    if all < count {
        return "`cudaman gpus` shows the GPUs of this machine";
    }
    "`cudaman gpus` shows who uses them; with `--wait` the command starts when there are enough, and `--gpu` names some regardless"
}

/// Reads an amount of memory: powers of 1000 as memory is sold, and with an i those of 1024.
fn size(text: &str) -> Result<u64, String> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.trim_start().to_ascii_lowercase().as_str() {
        "m" | "mb" => 1_000_000,
        "mib" => 1 << 20,
        "g" | "gb" => 1_000_000_000,
        "gib" => 1 << 30,
        _ => return Err("expected an amount such as `10G`, `10GiB` or `512M`".to_owned()),
    };
    let number: u64 = number.parse().map_err(|_| "expected a number before the unit".to_owned())?;
    number.checked_mul(factor).ok_or_else(|| "no GPU has so much".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_counted_as_it_is_sold() {
        assert_eq!(size("10G"), Ok(10_000_000_000));
        assert_eq!(size("2gib"), Ok(2 << 30));
        assert_eq!(size("512 MB"), Ok(512_000_000));
        for text in ["", "G", "10", "-1G", "1.5G", "99999999999999999999G", "99999999999999G", "10T", "ten"] {
            assert!(size(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_shortage_is_told_in_full() {
        let reasons = ["GPU 0 is used by anna (python, 7)".to_owned()];
        assert_eq!(
            shortage(2, 1, &reasons),
            "2 idle GPUs are wanted, and there is 1: GPU 0 is used by anna (python, 7)"
        );
        assert_eq!(shortage(1, 0, &[]), "1 idle GPU is wanted, and there is none");
    }
}
