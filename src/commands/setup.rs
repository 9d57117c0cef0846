//! `cudaman setup`: loads the hook in new shells, and takes that back.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::init::shell_names;
use crate::context::Context;
use crate::error::{advised, render, with_advice};
use crate::integrate::handmade;
use crate::integrate::rc::{self, Edit, RcError};
use crate::shell::{HomeDirectory, SHELLS, Shell};

/// Load cudaman in your shells: one marked block in their rc files
#[derive(clap::Args)]
pub struct Setup {
    /// Take the blocks away again
    #[arg(long)]
    undo: bool,

    /// Don't ask
    #[arg(long, short)]
    yes: bool,

    /// Make comments of the lines that set up CUDA by hand; `--undo` brings them back
    #[arg(long)]
    take_over: bool,

    /// Only this shell, even if it has no rc file yet; can be given several times
    #[arg(long, value_name = "SHELL", value_parser = shell_names())]
    shell: Vec<String>,
}

impl Setup {
    /// Runs the command: shows what would change, asks on a terminal, and does it.
    ///
    /// # Errors
    /// Returns an error where nobody can be asked, and for files that can't be edited; the others are done.
    pub fn run(&self, context: &Context) -> Result<()> {
        let mut problems = Vec::new();
        let edits = self.edits(context, &mut problems);
        if edits.is_empty() && problems.is_empty() {
            self.say_nothing_to_do(context);
            return self.hand_made(context);
        }
        for edit in &edits {
            context.ui.say(&self.description(edit));
        }
        if !edits.is_empty() && !self.may_go_on(context)? {
            context.ui.say("nothing was changed");
            return Ok(());
        }
        if !self.undo {
            context.prepare()?;
        }
        problems.extend(edits.iter().filter_map(|edit| edit.apply().err()));
        self.hand_made(context)?;
        if problems.len() < edits.len() && !self.undo {
            context.ui.say("open a new shell, or run `exec $SHELL`, to use it");
        }
        let home = HomeDirectory::of(context.store.home(), &context.environment);
        let last = problems.pop();
        for problem in problems {
            context.ui.fail(&render(&self.explained(problem, &home)));
        }
        last.map_or(Ok(()), |problem| Err(self.explained(problem, &home)))
    }

    /// Shows the lines that set up CUDA by hand, which outlive every switch, and makes comments of them if
    /// asked to. Undoing brings back what was taken over.
    fn hand_made(&self, context: &Context) -> Result<()> {
        if self.undo {
            for file in handmade::start_up_files(&context.environment) {
                if handmade::restore(&file)? > 0 {
                    context.ui.say(&format!("`{}` has its own lines for CUDA again", file.display()));
                }
            }
            return Ok(());
        }
        let found = handmade::find(&context.environment);
        for line in &found {
            let (file, text) = (line.file.display(), line.text.trim());
            context.ui.warn(&format!("{file}:{} sets up CUDA by hand: `{text}`", line.line));
        }
        let is_wanted = self.take_over
            || !found.is_empty()
                && !self.yes
                && context.ui.can_ask()
                && context.ui.asks("make comments of them?")?;
        if is_wanted {
            super::say_taken_over(&handmade::comment_out(&found), context);
        } else if !found.is_empty() {
            context.ui.say(
                "`cudaman setup --take-over` makes comments of them, so that nothing outranks what is chosen",
            );
        }
        Ok(())
    }

    fn edits(&self, context: &Context, problems: &mut Vec<RcError>) -> Vec<Edit> {
        let home = HomeDirectory::of(context.store.home(), &context.environment);
        let mut edits = Vec::new();
        for shell in SHELLS.iter().filter(|shell| self.concerns(shell)) {
            let files = if self.undo {
                shell.all_files(&context.environment)
            } else {
                (shell.rc_files)(&context.environment)
            };
            for path in files {
                let edit = if self.undo {
                    rc::without_block(&path)
                } else if self.is_wanted(shell, &path, context) {
                    rc::with_block(&path, &lines(shell, &home))
                } else {
                    continue;
                };
                match edit {
                    Ok(edit) => edits.extend(edit),
                    Err(problem) => problems.push(problem),
                }
            }
        }
        edits
    }

    fn concerns(&self, shell: &Shell) -> bool {
        self.shell.is_empty() || self.shell.iter().any(|name| name == shell.name)
    }

    /// A shell that is there has a block where it has an rc file, or where it is the user's own.
    fn is_wanted(&self, shell: &Shell, path: &Path, context: &Context) -> bool {
        let own = context.environment.path("SHELL").and_then(Path::file_name);
        let is_own = own.is_some_and(|own| shell.programs.iter().any(|name| own == *name));
        let is_first = (shell.rc_files)(&context.environment).first().is_some_and(|first| first == path);
        let is_asked_for = !self.shell.is_empty() || is_own;
        let is_used = path.exists() || is_first && shell.has_settings(&context.environment);
        is_used && is_on_path(shell, context) || is_asked_for && is_first
    }

    fn description(&self, edit: &Edit) -> String {
        let path = edit.path.display();
        match (&edit.after, self.undo) {
            (None, _) => format!("`{path}`: remove, cudaman made it"),
            (Some(_), true) => format!("`{path}`: take cudaman's block away"),
            (Some(text), false) => {
                let text = String::from_utf8_lossy(text);
                let lines = text.lines().skip_while(|line| !line.starts_with("# >>> cudaman"));
                let mut block: Vec<&str> =
                    lines.take_while(|line| !line.starts_with("# <<< cudaman")).collect();
                block.push("# <<< cudaman <<<");
                format!("`{path}` gets\n  {}", block.join("\n  "))
            }
        }
    }

    fn may_go_on(&self, context: &Context) -> Result<bool> {
        if self.yes {
            return Ok(true);
        }
        if !context.ui.can_ask() {
            let undo = if self.undo { " --undo" } else { "" };
            return Err(advised(
                "nobody can be asked here, so nothing was changed",
                format!("`cudaman setup{undo} --yes` does it"),
            ));
        }
        Ok(context.ui.asks("change these files?")?)
    }

    fn say_nothing_to_do(&self, context: &Context) {
        if self.undo {
            return context.ui.say("there is no block of cudaman's in any rc file");
        }
        let own = context.environment.path("SHELL").and_then(Path::file_name).unwrap_or_default();
        if SHELLS.iter().any(|shell| shell.programs.iter().any(|name| own == *name)) {
            context.ui.say("everything is set up already; `cudaman setup --shell NAME` adds a shell");
        } else {
            let own = own.to_string_lossy();
            context.ui.say(&format!(
                "there is no hook for the shell `{own}`; `cudaman env --help` lists other ways"
            ));
        }
    }

    fn explained(&self, problem: RcError, home: &HomeDirectory) -> anyhow::Error {
        let advice = match &problem {
            RcError::Unended(path) => {
                format!("take the rest of the block out of `{}` by hand", path.display())
            }
            RcError::Io { path, .. } | RcError::NotAFile(path) if !self.undo => {
                let shell = SHELLS.iter().find(|shell| belongs(shell, path)).unwrap_or(&SHELLS[0]);
                format!("add by hand: {}", lines(shell, home).trim_end())
            }
            RcError::Io { path, .. } | RcError::NotAFile(path) => {
                format!("take the block out of `{}` by hand", path.display())
            }
        };
        with_advice(problem.into(), advice)
    }
}

/// `.profile` is read by login shells that nobody types in, too: they get what they all understand.
fn lines(shell: &Shell, home: &HomeDirectory) -> String {
    if shell.name == "sh" {
        return shell.lines(home, "env.sh");
    }
    shell.lines(home, &format!("shell/{}", shell.hook))
}

fn belongs(shell: &Shell, path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    (shell.rc_files)(&crate::model::Environment::default()).iter().any(|file| file.file_name() == Some(name))
}

fn is_on_path(shell: &Shell, context: &Context) -> bool {
    let directories: Vec<PathBuf> = context.environment.path_list("PATH");
    shell
        .programs
        .iter()
        .any(|program| directories.iter().any(|directory| is_program(&directory.join(program))))
}

fn is_program(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}
