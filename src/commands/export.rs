//! `cudaman export`: writes installed toolkits to one file.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use crate::bundle::{self, Contents};
use crate::context::Context;
use crate::error::{UsageError, advised};
use crate::model::{Platform, ToolchainRequest};
use crate::ui::human_bytes;

/// Write installed toolkits to one file, for machines that only a copy reaches
#[derive(clap::Args)]
pub struct Export {
    /// Which toolkits; packages that they share are written once
    #[arg(required = true, value_name = "REQUEST", add = ArgValueCandidates::new(super::candidates::installed))]
    requests: Vec<ToolchainRequest>,

    /// Where to, `-` for stdout; else cuda-<name>.tar.zst here
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Those of this platform, such as linux-sbsa; what isn't installed is got from the cache or a source
    #[arg(long)]
    platform: Option<Platform>,

    /// Put this program beside the file, or another cudaman that runs on the other machine
    #[arg(long, value_name = "PATH", num_args = 0..=1, require_equals = true)]
    with_cudaman: Option<Option<PathBuf>>,

    /// Replace a file that is there already
    #[arg(long, short)]
    force: bool,

    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

/// What was written.
#[derive(Serialize)]
struct Report {
    file: PathBuf,
    size: u64,
    sha256: String,
    toolchains: Vec<String>,
    program: Option<PathBuf>,
}

impl Export {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns what can't be exported, or why the file can't be written.
    pub fn run(&self, context: &Context) -> Result<()> {
        let contents = Contents::find(&self.requests, self.platform, context)?;
        for receipt in contents.toolchains() {
            let (name, profile, platform) = (&receipt.name, receipt.profile, receipt.platform);
            context.ui.say(&format!("{name} ({profile}) for {platform}"));
        }
        if self.output.as_deref() == Some(Path::new("-")) {
            return self.to_stdout(&contents, context);
        }
        let file = self.output.clone().unwrap_or_else(|| default_name(&contents));
        let export = bundle::export(&contents, &file, self.force, context)?;
        let size = human_bytes(export.size);
        context.ui.say(&format!("wrote `{}`: {size} of {}", file.display(), human_bytes(contents.bytes())));
        let program = self.provide(&file, &contents, context)?;
        if self.json {
            let toolchains = contents.toolchains().iter().map(|receipt| receipt.name.to_string()).collect();
            let sha256 = export.digest.to_string();
            let report = Report { file, size: export.size, sha256, toolchains, program };
            return Ok(context.ui.json(&report)?);
        }
        // As `sha256sum` prints it, and `sha256sum -c` reads it.
        Ok(context.ui.data(&format!("{}  {}", export.digest, file.display()))?)
    }

    fn to_stdout(&self, contents: &Contents, context: &Context) -> Result<()> {
        if self.with_cudaman.is_some() || self.json {
            bail!(UsageError("stdout takes the bundle alone: name a file with `-o`".to_owned()));
        }
        if context.ui.is_stdout_terminal() {
            bail!(UsageError("a terminal is no place for a bundle: name a file with `-o`".to_owned()));
        }
        contents.write(context.ui.stdout(), context).context("could not write to stdout")?;
        Ok(())
    }

    fn provide(&self, file: &Path, contents: &Contents, context: &Context) -> Result<Option<PathBuf>> {
        let Some(named) = &self.with_cudaman else {
            context.ui.say("on the other machine: `cudaman install --from FILE`");
            return Ok(None);
        };
        let program = named.clone().or_else(|| context.program());
        let program = program
            .ok_or_else(|| advised("this program can't find itself", "name it: `--with-cudaman=PATH`"))?;
        let platforms: Vec<Platform> = contents.toolchains().iter().map(|receipt| receipt.platform).collect();
        let program = bundle::provide(&program, file, &platforms, self.force)?;
        if let Some(glibc) = &program.needs {
            context.ui.warn(&format!(
                "`{}` needs glibc {glibc}, and CentOS 7 has 2.17: it starts only where glibc is as new",
                program.path.display()
            ));
            context.ui.say(
                "hint: `tools/build-portable.sh` makes one that starts everywhere: `--with-cudaman=PATH`",
            );
        }
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        context.ui.say(&format!("copy both; on the other machine: `./cudaman install --from {name}`"));
        Ok(Some(program.path))
    }
}

fn default_name(contents: &Contents) -> PathBuf {
    let names: Vec<String> = contents.toolchains().iter().map(|receipt| receipt.name.to_string()).collect();
    PathBuf::from(format!("cuda-{}.tar.zst", names.join("_")))
}
