//! The command line: every command is one file in `commands/`, and one row here.

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::commands::{
    cache, compat, compat_link, completions, conda, config, current, default, detect, direnv, discover,
    doctor, driver, du, env, exec, explain, export, gc, gpus, hook, init, install, link, list, list_remote,
    local, mirror, module, outdated, setup, shim, uninstall, upgrade, use_, venv, verify, which,
};
use crate::context::{Context, GlobalOptions};

/// Installs any NVIDIA CUDA toolkit side by side, without root, and makes the right one take effect.
#[derive(Parser)]
#[command(name = "cudaman", version, propagate_version = false, max_term_width = 100)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub global: GlobalOptions,

    #[command(subcommand)]
    command: Command,
}

// Arguments are made for the command that runs only: a fifth of the time of `--version` otherwise.
#[derive(Subcommand)]
#[command(defer = true)]
enum Command {
    Install(install::Install),
    Uninstall(uninstall::Uninstall),
    List(list::List),
    ListRemote(list_remote::ListRemote),
    Outdated(outdated::Outdated),
    Upgrade(upgrade::Upgrade),
    #[command(visible_alias = "shell")]
    Use(use_::Use),
    #[command(visible_alias = "global")]
    Default(default::Default),
    Local(local::Local),
    Current(current::Current),
    Which(which::Which),
    Exec(exec::Exec),
    Env(env::Env),
    Detect(detect::Detect),
    Doctor(doctor::Doctor),
    Explain(explain::Explain),
    Gpus(gpus::Gpus),
    Compat(compat::Compat),
    Driver(driver::Driver),
    Setup(setup::Setup),
    Init(init::Init),
    Conda(conda::Conda),
    Venv(venv::Venv),
    Direnv(direnv::Direnv),
    Link(link::Link),
    Discover(discover::Discover),
    CompatLink(compat_link::CompatLinkCommand),
    Export(export::Export),
    Mirror(mirror::Mirror),
    Module(module::Module),
    Verify(verify::Verify),
    Gc(gc::Gc),
    Du(du::Du),
    Cache(cache::Cache),
    Config(config::Config),
    Completions(completions::Completions),
    #[command(hide = true)]
    Hook(hook::Hook),
    #[command(hide = true)]
    Shim(shim::Shim),
}

impl Cli {
    /// Runs the command that was asked for.
    ///
    /// # Errors
    /// Returns what the command failed at.
    pub fn run(&self, context: &Context) -> Result<()> {
        let result = self.run_command(context);
        // A command that failed may have changed something before.
        module::keep_in_step(context);
        result
    }

    fn run_command(&self, context: &Context) -> Result<()> {
        match &self.command {
            Command::Install(command) => command.run(context),
            Command::Uninstall(command) => command.run(context),
            Command::List(command) => command.run(context),
            Command::ListRemote(command) => command.run(context),
            Command::Outdated(command) => command.run(context),
            Command::Upgrade(command) => command.run(context),
            Command::Use(command) => command.run(context),
            Command::Default(command) => command.run(context),
            Command::Local(command) => command.run(context),
            Command::Current(command) => command.run(context),
            Command::Which(command) => command.run(context),
            Command::Exec(command) => command.run(context),
            Command::Env(command) => command.run(context),
            Command::Detect(command) => command.run(context),
            Command::Doctor(command) => command.run(context),
            Command::Explain(command) => command.run(context),
            Command::Gpus(command) => command.run(context),
            Command::Compat(command) => command.run(context),
            Command::Driver(command) => command.run(context),
            Command::Setup(command) => command.run(context),
            Command::Init(command) => command.run(context),
            Command::Conda(command) => command.run(context),
            Command::Venv(command) => command.run(context),
            Command::Direnv(command) => command.run(context),
            Command::Link(command) => command.run(context),
            Command::Discover(command) => command.run(context),
            Command::CompatLink(command) => command.run(context),
            Command::Export(command) => command.run(context),
            Command::Mirror(command) => command.run(context),
            Command::Module(command) => command.run(context),
            Command::Verify(command) => command.run(context),
            Command::Gc(command) => command.run(context),
            Command::Du(command) => command.run(context),
            Command::Cache(command) => command.run(context),
            Command::Config(command) => command.run(context),
            Command::Completions(command) => command.run(context),
            Command::Hook(command) => command.run(context),
            Command::Shim(command) => command.run(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_function_of_the_hooks_knows_which_options_have_a_value() {
        let text = include_str!("../shell/use.sh");
        let options = Cli::command().get_arguments().cloned().collect::<Vec<_>>();
        let names = options.iter().filter(|option| option.get_action().takes_values());
        let names: Vec<&str> = names.filter_map(clap::Arg::get_long).collect();
        let pattern: Vec<String> = names.iter().map(|name| format!("--{name}")).collect();
        assert!(text.contains(&format!("{}) __cudaman_has_value=x", pattern.join(" | "))), "{pattern:?}");
    }

    #[test]
    fn the_commands_that_explain_advises_exist_with_these_options() {
        let advice = crate::compat::explain::tests::all_advice();
        let quoted = advice.iter().flat_map(|line| line.split('`').skip(1).step_by(2));
        let words = |text: &str| -> Vec<String> {
            text.split_whitespace().map(|word| word.trim_matches(['\'', '"']).to_owned()).collect()
        };
        let commands = quoted.filter_map(|text| text.find("cudaman ").map(|at| words(&text[at..])));
        let mut seen = 0;
        for command in commands {
            let parsed = Cli::try_parse_from(&command);
            assert!(
                parsed.is_ok(),
                "{command:?}: {}",
                parsed.err().map(|e| e.to_string()).unwrap_or_default()
            );
            seen += 1;
        }
        assert!(seen >= 100, "{seen}");
    }
}
