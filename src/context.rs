//! What every command works with, read once: the only place that looks at the process's
//! environment, arguments and working directory.
#![expect(clippy::disallowed_methods, reason = "everything else is handed an `Environment`")]

mod tables;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;

use crate::config::{Config, ConfigError, LibraryPathPolicy};
use crate::error::{Advise as _, advised};
use crate::fetch::{self, Client, FetchError};
use crate::integrate::{conda, venv};
use crate::model::{Environment, Platform, ToolchainRequest};
use crate::shell::{self, SHELLS};
use crate::shim_program::SHIM_PROGRAM;
use crate::sources::pypi;
use crate::store::{Store, StoreError, Waiting};
use crate::ui::{Color, Ui};

const GLOBAL: &str = "Options of every command";

/// The options that every command takes.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct GlobalOptions {
    /// Say nothing but warnings and errors
    #[arg(long, short, global = true, help_heading = GLOBAL)]
    pub quiet: bool,

    /// When to use colour
    #[arg(long, global = true, help_heading = GLOBAL, value_enum, default_value_t, value_name = "WHEN")]
    pub color: Color,

    /// Use no network: only what is in the store, or at file:// addresses
    #[arg(long, global = true, help_heading = GLOBAL)]
    pub offline: bool,

    /// What stands for NVIDIA's download host: https://… or file:///…
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "URL")]
    pub mirror: Option<String>,

    /// The Python package index for the source pypi
    #[arg(long, global = true, help_heading = GLOBAL, value_name = "URL")]
    pub pypi_index: Option<String>,
}

/// The settings, the store and the voice of one run.
pub struct Context {
    /// The process's environment.
    pub environment: Environment,
    /// The settings in force.
    pub config: Config,
    /// The store.
    pub store: Store,
    /// The voice.
    pub ui: Arc<Ui>,
    /// Says what a module below noticed, once.
    pub note: Box<dyn Fn(&str) + Send + Sync>,
}

impl Context {
    /// Reads the environment and the settings, and opens the store without changing it.
    ///
    /// # Errors
    /// Returns what keeps the settings from being read or the home from being used.
    pub fn new(options: &GlobalOptions) -> Result<Self> {
        let environment = read_environment();
        let ui = Arc::new(Ui::new(options.quiet, options.color, refuses_color()));
        let home = home_of(&environment)?;
        let config = Config::load(&home.join("config.toml"), &environment, &flags(options))
            .hint_from(ConfigError::hint)?;
        let store = Store::open(&home, &config.stores).hint_from(StoreError::hint)?.waiting(waiting(&ui));
        for error in store.ignored() {
            ui.warn(&error.to_string());
        }
        tables::take_up(&store, &config.tables, &ui);
        let note = noting(&ui);
        Ok(Self { environment, config, store, ui, note })
    }

    /// Prepares the store for a change, with the shim's program and what it reads.
    ///
    /// # Errors
    /// Returns what keeps the home from being written.
    pub fn prepare(&self) -> Result<()> {
        self.store.prepare().hint_from(StoreError::hint)?;
        if let Some(warning) = self.store.ownership_warning() {
            self.ui.warn_once(&warning);
        }
        self.store.install_shim_program(SHIM_PROGRAM).hint_from(StoreError::hint)?;
        if let Some(program) = self.program() {
            self.store.provide_program(&program).hint_from(StoreError::hint)?;
        }
        // Shims read the variable themselves: only what the file says may outlive this process.
        let kept = Config::load(&self.store.config_file(), &Environment::default(), &[])
            .hint_from(ConfigError::hint)?;
        self.store.write_stores_file(&kept.stores).hint_from(StoreError::hint)?;
        let policy = Some(kept.ld_library_path).filter(|policy| *policy != LibraryPathPolicy::Auto);
        let policy = policy.map(LibraryPathPolicy::name);
        self.store.write_library_path(policy).hint_from(StoreError::hint)?;
        self.write_hooks()?;
        self.renew_attachments();
        Ok(())
    }

    /// Brings the scripts of environments up to date, as the hooks are.
    fn renew_attachments(&self) {
        if self.store.attachments().is_empty() {
            return;
        }
        // Who detaches an environment meanwhile isn't to find its scripts written again.
        let Ok(_alone) = self.store.lock_attachments() else { return };
        let versions = self.store.home().join("versions");
        for attachment in self.store.attachments() {
            let found = self.store.find(&ToolchainRequest::exactly(&attachment.toolchain));
            let Some(toolchain) = found else { continue };
            match attachment.kind.as_str() {
                conda::KIND => conda::renew(&attachment.place, &toolchain, &versions),
                venv::KIND => venv::renew(&attachment.place, &toolchain, &versions),
                _ => {}
            }
        }
    }

    /// Writes what shells source. The texts are this program's: a newer one refreshes them.
    fn write_hooks(&self) -> Result<()> {
        let home = shell::HomeDirectory::of(self.store.home(), &self.environment);
        let hooks: Vec<_> = SHELLS.iter().flat_map(|shell| shell.files(&home)).collect();
        self.store.write_hooks(&hooks, &shell::login_text(&home)).hint_from(StoreError::hint)
    }

    /// Returns the hooks that are there and of another version than this program's.
    #[must_use]
    pub fn stale_hooks(&self) -> Vec<PathBuf> {
        let home = shell::HomeDirectory::of(self.store.home(), &self.environment);
        let files = SHELLS.iter().flat_map(|shell| shell.files(&home));
        let hooks = files.map(|(name, text)| (self.store.hook_file(name), text));
        let login = (self.store.login_file(), shell::login_text(&home));
        let is_stale =
            |(path, text): &(PathBuf, Vec<u8>)| std::fs::read(path).is_ok_and(|found| found != *text);
        hooks.chain([login]).filter(is_stale).map(|(path, _)| path).collect()
    }

    /// Returns the path of the running program, links resolved.
    #[must_use]
    pub fn program(&self) -> Option<PathBuf> {
        std::env::current_exe().ok()
    }

    /// Prepares the way to the network.
    ///
    /// # Errors
    /// Returns what is wrong with a proxy or with the CA file.
    pub fn client(&self) -> Result<Client> {
        let settings = fetch::Settings {
            // Behind a company's proxy, pip may be the one program that was told of its certificate.
            ca_file: self
                .config
                .ca_file
                .clone()
                .or_else(|| pypi::certificates(&self.environment).filter(|path| path.is_file())),
            connect_timeout: self.config.connect_timeout,
            allow_http: self.config.allow_http,
            offline: self.config.offline,
            connections: self.config.jobs,
        };
        Client::new(&settings, &self.environment).hint_from(FetchError::hint)
    }

    /// Returns the platform of this machine.
    ///
    /// # Errors
    /// Returns an error on a machine that CUDA was never made for.
    pub fn platform(&self) -> Result<Platform> {
        let machine = rustix::system::uname().machine().to_string_lossy().into_owned();
        let is_jetson = std::path::Path::new("/etc/nv_tegra_release").exists();
        Platform::of_machine(&machine, is_jetson).ok_or_else(|| {
            advised(
                format!("there is no CUDA toolkit for the processor of this machine, `{machine}`"),
                "name another machine's with `--platform`",
            )
        })
    }
}

/// Returns the command line.
#[must_use]
pub fn arguments() -> Vec<OsString> {
    std::env::args_os().collect()
}

/// Tells the user when this process waits for another, and the other what this one is.
fn waiting(ui: &Arc<Ui>) -> Waiting {
    let ui = Arc::clone(ui);
    // The words stand in lock files for others to read: an address may hold a password.
    let words = arguments();
    let words = words.iter().map(|word| word.to_string_lossy()).filter(|word| !word.contains("://"));
    let command = words.collect::<Vec<_>>().join(" ");
    Waiting { command, tell: Box::new(move |line| ui.say(line)), ..Waiting::default() }
}

fn noting(ui: &Arc<Ui>) -> Box<dyn Fn(&str) + Send + Sync> {
    let ui = Arc::clone(ui);
    Box::new(move |line| ui.say_once(line))
}

fn read_environment() -> Environment {
    Environment {
        variables: std::env::vars_os().collect(),
        home: dirs::home_dir().unwrap_or_default(),
        directory: std::env::current_dir().unwrap_or_default(),
    }
}

fn home_of(environment: &Environment) -> Result<PathBuf> {
    if let Some(home) = environment.path("CUDAMAN_HOME") {
        return Ok(home.to_owned());
    }
    if environment.home.as_os_str().is_empty() {
        return Err(advised(
            "there is no home directory to keep toolkits in",
            "set CUDAMAN_HOME to an absolute path",
        ));
    }
    Ok(environment.home.join(".cudaman"))
}

fn flags(options: &GlobalOptions) -> Vec<(&'static str, String)> {
    let text = |key, value: &Option<String>| value.clone().map(|value| (key, value));
    [
        options.offline.then(|| ("offline", "true".to_owned())),
        text("mirror", &options.mirror),
        text("pypi-index", &options.pypi_index),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Lets a file that outgrows `ulimit -f` be an error that is told, not the end of the process.
pub fn outlive_file_limit() {
    const SIGXFSZ: i32 = 25;
    extern "C" fn ignore(_: i32) {}
    unsafe extern "C" {
        fn signal(number: i32, handler: usize) -> usize;
    }
    // SAFETY: the handler does nothing; and unlike the disposition to ignore, it is not inherited
    // by the programs that we execute.
    unsafe { signal(SIGXFSZ, ignore as extern "C" fn(i32) as usize) };
}

/// Tells whether the user's environment refuses colour, also for errors before there is a [`Context`].
#[must_use]
pub fn refuses_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}
