//! `cudaman link`: makes a toolkit that stands elsewhere a toolchain, by a link.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::context::Context;
use crate::error::{Advise as _, UsageError, advised};
use crate::install::{self, Wishes};
use crate::layout;
use crate::model::ToolchainName;
use crate::store::StoreError;

/// Use a toolkit that exists already, under a name of your own; it is never changed
#[derive(clap::Args)]
pub struct Link {
    /// The name: a letter, then letters, digits, `.`, `_` and `-`, such as local-11.8
    #[arg(value_name = "NAME")]
    name: String,

    /// The toolkit's directory, such as /usr/local/cuda-11.8
    #[arg(value_name = "PATH")]
    path: PathBuf,
}

impl Link {
    /// Runs the command.
    ///
    /// # Errors
    /// Returns an error where the name can't be used or is taken, and where the path is no toolkit.
    pub fn run(&self, context: &Context) -> Result<()> {
        let name = match self.name.parse() {
            Ok(name @ ToolchainName::Linked(_)) if !super::target::is_framework(&self.name) => name,
            _ => bail!(UsageError(format!(
                "`{}` can't name a linked toolkit: it reads as a request or a framework, or holds more than \
                 letters, digits, `.`, `_` and `-`; `local-11.8` would do",
                self.name.escape_default()
            ))),
        };
        adopt(&name, &self.path, context)
    }
}

/// Links a toolkit under a name.
///
/// # Errors
/// Returns an error where the name is taken, and where the path is no toolkit.
pub(super) fn adopt(name: &ToolchainName, path: &Path, context: &Context) -> Result<()> {
    let path = context.environment.directory.join(path);
    let path: PathBuf = path.components().collect();
    refuse_what_is_no_root(&path, context)?;
    context.prepare()?;
    let toolchain = match context.store.adopt(name, &path) {
        Err(StoreError::Exists { .. }) => {
            return Err(advised(
                format!("there is a toolchain `{name}` already"),
                format!("`cudaman uninstall {name}` removes it, or choose another name"),
            ));
        }
        adopted => adopted.hint_from(StoreError::hint)?,
    };
    let inspection = layout::inspect(&path);
    let release = inspection.cuda.map(|cuda| format!(", CUDA {cuda}")).unwrap_or_default();
    context.ui.say(&format!("linked `{}` to `{}`{release}", toolchain.name, path.display()));
    if !inspection.has_nvcc {
        context.ui.warn(&format!("`{}` has no `bin/nvcc`: it can't compile", path.display()));
    } else if let Err(error) =
        install::adapt::readapt(&toolchain, &Wishes::default(), &context.config.host_compiler, context)
    {
        context.ui.warn(&format!("no host compiler was chosen for `{name}`: {error}"));
    }
    install::report_proof(&toolchain, context);
    Ok(())
}

fn refuse_what_is_no_root(path: &Path, context: &Context) -> Result<()> {
    let shown = path.display();
    let look = "`cudaman discover` lists the toolkits of this machine";
    if !path.is_dir() {
        return Err(advised(format!("`{shown}` is no directory"), look));
    }
    let is_ours = |path: &Path| {
        let home = context.store.home().canonicalize();
        matches!((path.canonicalize(), home), (Ok(path), Ok(home)) if path.starts_with(&home))
    };
    if is_ours(path) {
        return Err(advised(
            format!("`{shown}` is in cudaman's own store"),
            "`cudaman list` shows what is there under its own name",
        ));
    }
    // Its parts lie among those of everything else, so no directory is its root.
    if path.join("lib/nvidia-cuda-toolkit").is_dir() {
        return Err(advised(
            format!("`{shown}` is the whole system, in which Debian's packages scatter their toolkit"),
            "`cudaman install --from nvidia-cuda-toolkit_*.deb nvidia-cuda-dev_*.deb …` makes a toolchain of them",
        ));
    }
    if !layout::inspect(path).is_toolkit() {
        return Err(advised(
            format!(
                "`{shown}` is no CUDA toolkit: it has no `version.json`, `version.txt` or `include/cuda.h` that tells \
                 a release"
            ),
            look,
        ));
    }
    Ok(())
}
