//! The `cudaman` program: reads the command line, runs one command, reports one error.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};
use clap_complete::CompleteEnv;
use cudaman::cli::Cli;
use cudaman::context::{self, Context};
use cudaman::error;
use cudaman::ui::Ui;

fn main() -> ExitCode {
    context::outlive_file_limit();
    // A shell that completes a line asks by a variable; that is all this run is for then.
    match CompleteEnv::with_factory(Cli::command).try_complete(context::arguments(), None) {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(_) => return ExitCode::FAILURE,
    }
    let cli = match Cli::try_parse_from(context::arguments()) {
        Ok(cli) => cli,
        Err(problem) => {
            // Help and version are not errors, and a reader that went away is none either.
            let _ = problem.print();
            return ExitCode::from(if problem.use_stderr() { 2 } else { 0 });
        }
    };
    let result = Context::new(&cli.global).and_then(|context| cli.run(&context));
    let Err(problem) = result else { return ExitCode::SUCCESS };
    if problem.downcast_ref::<error::Passthrough>().is_none() {
        Ui::new(false, cli.global.color, context::refuses_color()).fail(&error::render(&problem));
    }
    ExitCode::from(error::status(&problem))
}
