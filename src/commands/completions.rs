//! `cudaman completions`: the text that makes a shell complete cudaman's commands, toolkits and environments.

use anyhow::Result;
use clap_complete::Shell;
use clap_complete::env::Shells;

use crate::context::Context;
use crate::error::advised;

/// The variable by which a shell asks for what fits.
const VARIABLE: &str = "COMPLETE";

/// Print completions for a shell
#[derive(clap::Args)]
pub struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Runs the command. The text asks this program at each completion, so that it knows what is installed.
    ///
    /// # Errors
    /// Returns an error where stdout can't be written.
    pub fn run(&self, context: &Context) -> Result<()> {
        let name = self.shell.to_string();
        let shells = Shells::builtins();
        let completer = shells
            .completer(&name)
            .ok_or_else(|| advised(format!("there are no completions for {name}"), "`cudaman help`"))?;
        let program = program(context);
        let mut text = Vec::new();
        completer.write_registration(VARIABLE, "cudaman", "cudaman", &program, &mut text)?;
        Ok(context.ui.raw(&text)?)
    }
}

/// The path, since the function that the hook defines is not for this; but clap_complete 4.6 quotes a path
/// with spaces twice.
fn program(context: &Context) -> String {
    let program = context.store.home().join("bin/cudaman").display().to_string();
    let is_plain = program.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte));
    if is_plain && std::path::Path::new(&program).exists() { program } else { "cudaman".to_owned() }
}
