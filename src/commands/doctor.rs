//! `cudaman doctor`: what is wrong here, why it matters, and what mends it.

use anyhow::Result;
use serde::Serialize;

use super::HostOption;
use crate::context::Context;
use crate::doctor::run::{self, Outcome, RunError, Trial};
use crate::doctor::{self, Finding, Scene, Severity};
use crate::error::{Advise as _, Passthrough, advised, printable};
use crate::host::Host;

/// The status where nothing fails and something may.
const WARNED: u8 = 3;

/// Find out what is wrong with this machine's CUDA, and what mends it
///
/// The exit status is 1 where something fails, 3 where something may fail, else 0.
#[derive(clap::Args)]
pub struct Doctor {
    /// Mend what is safe to mend and can be undone
    #[arg(long, conflicts_with = "host")]
    fix: bool,

    /// Compile, link and start a kernel; or ask a framework of the active Python whether it sees the GPU
    #[arg(
        long,
        value_name = "WHAT",
        value_enum,
        num_args = 0..=1,
        default_missing_value = "kernel",
        conflicts_with_all = ["fix", "host"]
    )]
    run: Option<Trial>,

    #[command(flatten)]
    host: HostOption,

    /// Print JSON; `--host` reads it on another machine
    #[arg(long)]
    json: bool,
}

/// What is printed for programs.
#[derive(Serialize)]
struct Report<'a> {
    host: &'a Host,
    toolkit: Option<Toolkit>,
    findings: &'a [Finding],
}

/// The toolkit in effect.
#[derive(Serialize)]
struct Toolkit {
    name: String,
    root: String,
    cuda: String,
    cudnn: Option<String>,
}

impl Doctor {
    /// Runs the command.
    ///
    /// # Errors
    /// Ends with 1 where a finding is an error, and with 3 where one is a warning.
    pub fn run(&self, context: &Context) -> Result<()> {
        let scene = Scene::new(self.host.read(context)?, self.host.is_this(context), context);
        if let Some(trial) = self.run {
            return self.report_trial(trial, &scene, context);
        }
        let mut findings = doctor::examine(&scene);
        if self.fix && mend(&findings, context) {
            findings = doctor::examine(&Scene::new(scene.host.clone(), scene.is_here, context));
        }
        if self.json {
            let toolkit = scene.toolkit.as_ref().map(toolkit);
            context.ui.json(&Report { host: &scene.host, toolkit, findings: &findings })?;
        } else {
            show(&findings, &scene, context)?;
        }
        match findings.iter().map(|finding| finding.severity).max() {
            Some(Severity::Error) => Err(Passthrough(1).into()),
            Some(Severity::Warning) => Err(Passthrough(WARNED).into()),
            Some(Severity::Note) | None => Ok(()),
        }
    }

    fn report_trial(&self, trial: Trial, scene: &Scene<'_>, context: &Context) -> Result<()> {
        let outcome = run::run(trial, scene).hint_from(RunError::hint)?;
        if self.json {
            context.ui.json(&outcome)?;
        } else {
            show_outcome(&outcome, context)?;
        }
        if outcome.succeeded {
            return Ok(());
        }
        Err(advised("the GPU was not reached", "`cudaman doctor` looks for what is in the way"))
    }
}

/// Mends what can be mended, and tells whether there was anything.
fn mend(findings: &[Finding], context: &Context) -> bool {
    let mut has_mended = false;
    for finding in findings {
        let Some(repair) = &finding.repair else { continue };
        match repair.apply(context) {
            Ok(()) => {
                has_mended = true;
                context.ui.say(&format!("mended {}: {}", finding.code, printable(&finding.seen)));
            }
            Err(error) => context.ui.warn(&format!("could not mend {}: {error:#}", finding.code)),
        }
    }
    has_mended
}

fn show(findings: &[Finding], scene: &Scene<'_>, context: &Context) -> Result<()> {
    context.ui.data(&headline(scene))?;
    for finding in findings {
        let lines = [
            format!("\n{}: {} [{}]", finding.severity.name(), printable(&finding.seen), finding.code),
            format!("  why: {}", printable(&finding.why)),
        ];
        lines.iter().try_for_each(|line| context.ui.data(line))?;
        finding.fix.iter().try_for_each(|line| context.ui.data(&format!("  fix: {}", printable(line))))?;
    }
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let counted = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Note, "note")]
        .map(|(severity, word)| (count(severity), word))
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}{}", if count == 1 { "" } else { "s" }));
    let counted: Vec<String> = counted.collect();
    let summary = if counted.is_empty() { "nothing is wrong".to_owned() } else { counted.join(", ") };
    context.ui.say(&summary);
    if findings.iter().any(|finding| finding.fixable) {
        context.ui.say("`cudaman doctor --fix` mends what is cudaman's own");
    }
    Ok(())
}

/// Says in one line what was looked at.
fn headline(scene: &Scene<'_>) -> String {
    let host = &scene.host;
    let driver =
        host.driver.version().map_or_else(|| "no driver".to_owned(), |version| format!("driver {version}"));
    let gpus = match host.gpus.as_slice() {
        [] => "no GPU".to_owned(),
        [only] => only.name.clone(),
        [first, rest @ ..] => format!("{} and {} more", first.name, rest.len()),
    };
    let toolkit = scene.toolkit.as_ref().map_or_else(
        || "no toolkit in effect".to_owned(),
        |toolkit| format!("CUDA {} (`{}`)", toolkit.cuda, toolkit.root.display()),
    );
    let system = Some(host.distribution.name.as_str()).filter(|name| !name.is_empty()).unwrap_or("Linux");
    printable(&format!("{gpus}, {driver}, {toolkit}, {system}"))
}

fn show_outcome(outcome: &Outcome, context: &Context) -> Result<()> {
    context.ui.data(printable(&outcome.output).trim_end())?;
    for explanation in &outcome.explanations {
        context.ui.data(&format!("cause: {}", explanation.cause))?;
        explanation.advice.iter().try_for_each(|line| context.ui.data(&format!("hint: {line}")))?;
    }
    Ok(())
}

fn toolkit(found: &doctor::Toolkit) -> Toolkit {
    Toolkit {
        name: found.name.clone(),
        root: found.root.display().to_string(),
        cuda: found.cuda.to_string(),
        cudnn: found.cudnn.as_ref().map(ToString::to_string),
    }
}
