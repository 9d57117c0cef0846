//! `cudaman module`: the toolchains as modulefiles, for Lmod and Environment Modules.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use crate::config::{Config, LibraryPathPolicy};
use crate::context::Context;
use crate::error::{Advise as _, advised};
use crate::integrate::modules::{self, Modules, ModulesError};
use crate::shell::quote;
use crate::store::{Store, StoreError};

/// Write the toolkits as modulefiles, which follow every install and uninstall
#[derive(clap::Args)]
pub struct Module {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Show the directories of modulefiles that are kept in step
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take away what was written into a directory, and nothing else
    Remove {
        /// The directory
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
    /// Write modulefiles for Lmod and for Environment Modules, and keep them in step
    Write {
        /// The directory; `lua` and `tcl` in it are what `module use` is told
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
}

/// A directory of modulefiles.
#[derive(Serialize)]
struct Report {
    directory: String,
    /// Whether it holds what is installed now.
    current: bool,
}

impl Module {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the directory can't be written, and where something else is in the way.
    pub fn run(&self, context: &Context) -> Result<()> {
        match &self.action {
            Action::List { json } => list(*json, context),
            Action::Remove { directory } => remove(directory, context),
            Action::Write { directory } => write(directory, context),
        }
    }
}

/// Brings the registered directories up to date, if this process may have changed the store. What can't be
/// written is said: the change itself is done.
pub(crate) fn keep_in_step(context: &Context) {
    if !context.store.is_prepared() {
        return;
    }
    let failed = match refresh(context) {
        Ok(failed) => failed,
        Err(error) => {
            return context.ui.warn(&format!("could not bring modulefiles up to date: {error:#}"));
        }
    };
    for (directory, error) in failed {
        let shown = directory.display();
        context.ui.warn(&format!("the modulefiles in `{shown}` are not up to date: {error}"));
        let directory = quoted(&directory);
        context.ui.say(&format!(
            "hint: `cudaman module write {directory}` tries again, `cudaman module remove {directory}` gives them up"
        ));
    }
}

/// Brings the trees up to date with the settings as they are now: the command may have changed them.
fn refresh(context: &Context) -> Result<Vec<(PathBuf, ModulesError)>> {
    let config = Config::load(&context.store.config_file(), &context.environment, &[])?;
    let store = Store::open(context.store.home(), &config.stores)?;
    Ok(modules::refresh(&store, sets_library_path(&config))?)
}

fn write(directory: &Path, context: &Context) -> Result<()> {
    let directory = absolute(directory, context)?;
    context.prepare()?;
    {
        let _alone = context.store.lock_module_trees().hint_from(StoreError::hint)?;
        let modules = Modules::of(&context.store, sets_library_path(&context.config));
        modules.write(&directory).hint_from(ModulesError::hint)?;
        context.store.register_module_tree(&directory).hint_from(StoreError::hint)?;
    }
    context.ui.say(&format!("wrote modulefiles into `{}`", directory.display()));
    for (program, tree) in [("Lmod", "lua"), ("Environment Modules", "tcl")] {
        context.ui.say(&format!("for {program}: `module use {}`", quoted(&directory.join(tree))));
    }
    Ok(())
}

fn remove(directory: &Path, context: &Context) -> Result<()> {
    let directory = absolute(directory, context)?;
    context.prepare()?;
    let _alone = context.store.lock_module_trees().hint_from(StoreError::hint)?;
    let count = modules::remove(&directory, context.store.home()).hint_from(ModulesError::hint)?;
    let was_registered = context.store.forget_module_tree(&directory).hint_from(StoreError::hint)?;
    let shown = directory.display();
    if count == 0 && !was_registered {
        return Err(advised(
            format!("cudaman has written no modulefiles into `{shown}`"),
            "`cudaman module list` shows where it has",
        ));
    }
    context.ui.say(&format!("removed {count} files from `{shown}`"));
    Ok(())
}

fn list(is_json: bool, context: &Context) -> Result<()> {
    let trees =
        modules::list(&context.store, sets_library_path(&context.config)).hint_from(StoreError::hint)?;
    if is_json {
        let report = |tree: &modules::Registered| Report {
            directory: tree.directory.display().to_string(),
            current: tree.is_current,
        };
        return Ok(context.ui.json(&trees.iter().map(report).collect::<Vec<_>>())?);
    }
    for tree in trees {
        context.ui.data(&tree.directory.display().to_string())?;
        if !tree.is_current {
            context.ui.warn(&format!("the modulefiles in `{}` are not up to date", tree.directory.display()));
            context.ui.say(&format!("hint: `cudaman module write {}`", quoted(&tree.directory)));
        }
    }
    Ok(())
}

fn absolute(directory: &Path, context: &Context) -> Result<PathBuf> {
    let path = context.environment.directory.join(directory);
    modules::directory(&path, context.store.home()).hint_from(ModulesError::hint)
}

/// A static file can't look at what a virtualenv brings, so `auto` means what most shells want.
fn sets_library_path(config: &Config) -> bool {
    config.ld_library_path != LibraryPathPolicy::Never
}

/// Returns a path as one word of a command line; every path here is valid UTF-8.
fn quoted(path: &Path) -> String {
    quote::word(path)
}
