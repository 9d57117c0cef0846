//! All that the checks look at, gathered once.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use crate::active::{self, Active};
use crate::context::Context;
use crate::error::render;
use crate::host::{self, Host};
use crate::integrate::python::Python;
use crate::layout;
use crate::model::{Environment, ToolchainName, Version};
use crate::store::Toolchain;

/// Variables that name a toolkit, in the order in which builds ask for them.
pub(super) const HOME_VARIABLES: [&str; 2] = ["CUDA_HOME", "CUDA_PATH"];

/// A machine with what is in effect on it.
pub struct Scene<'a> {
    /// The machine.
    pub host: Host,
    /// Whether it is this one.
    pub is_here: bool,
    /// The settings, the store and the environment.
    pub context: &'a Context,
    /// What is in effect, as cudaman has it; else why nothing is.
    pub active: Result<Active, String>,
    /// The toolkit that builds get here.
    pub toolkit: Option<Toolkit>,
    /// The toolkits whose nvcc is on PATH, in its order, shims left out.
    pub on_path: Vec<Toolkit>,
    /// The active Python environment.
    pub python: Option<Python>,
    root: PathBuf,
}

/// A toolkit somewhere.
#[derive(Clone, Debug)]
pub struct Toolkit {
    /// Its name for people: a toolchain's, else its directory.
    pub name: String,
    /// Where it stands, in the spelling it was found by.
    pub root: PathBuf,
    /// Its release.
    pub cuda: Version,
    /// Its cuDNN.
    pub cudnn: Option<Version>,
    /// The toolchain that it is.
    pub toolchain: Option<Toolchain>,
}

impl<'a> Scene<'a> {
    /// Looks at what is in effect.
    #[must_use]
    pub fn new(host: Host, is_here: bool, context: &'a Context) -> Self {
        let environment = &context.environment;
        let active = active::active(context).map_err(|error| render(&error));
        let on_path = on_path(context);
        let toolchain = active.as_ref().ok().and_then(|active| active.toolchain.as_ref());
        let toolkit = toolchain
            .and_then(Toolkit::of_toolchain)
            .or_else(|| on_path.first().cloned())
            .or_else(|| named(environment));
        Self {
            is_here,
            active,
            toolkit,
            on_path,
            python: Python::active(environment),
            root: host::root(environment),
            context,
            host,
        }
    }

    /// Returns the process's environment.
    #[must_use]
    pub fn environment(&self) -> &Environment {
        &self.context.environment
    }

    /// Returns where a path of the system stands.
    #[must_use]
    pub fn system(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Returns the elements of `LD_LIBRARY_PATH`, empty ones too; none where it isn't set or is empty.
    #[must_use]
    pub fn library_path(&self) -> Vec<&Path> {
        let value = self.environment().variable("LD_LIBRARY_PATH").unwrap_or_default();
        if value.is_empty() {
            return Vec::new();
        }
        // ld.so(8) takes semicolons for colons.
        let elements = value.as_bytes().split(|byte| matches!(byte, b':' | b';'));
        elements.map(|element| Path::new(OsStr::from_bytes(element))).collect()
    }

    /// Tells whether a directory belongs to a toolchain of ours.
    #[must_use]
    pub fn is_ours(&self, directory: &Path) -> bool {
        self.context.store.versions_directories().iter().any(|versions| directory.starts_with(versions))
    }
}

impl Toolkit {
    /// Looks into a root; none where there is no toolkit.
    #[must_use]
    pub fn at(root: &Path) -> Option<Self> {
        let found = layout::inspect(root);
        let name = root.display().to_string();
        Some(Self { name, root: root.to_owned(), cuda: found.cuda?, cudnn: found.cudnn, toolchain: None })
    }

    /// Takes a toolchain for what it is.
    #[must_use]
    pub fn of_toolchain(toolchain: &Toolchain) -> Option<Self> {
        let found = layout::inspect(&toolchain.root);
        let cuda = match &toolchain.name {
            ToolchainName::Composed { cuda, .. } => Some(cuda.clone()),
            ToolchainName::Linked(_) => found.cuda,
        };
        Some(Self {
            name: toolchain.name.to_string(),
            root: toolchain.root.clone(),
            cuda: cuda?,
            cudnn: found.cudnn,
            toolchain: Some(toolchain.clone()),
        })
    }

    /// Tells whether two stand in the same directory, links resolved.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.root == other.root
            || self
                .root
                .canonicalize()
                .is_ok_and(|real| other.root.canonicalize().is_ok_and(|other| real == other))
    }
}

fn named(environment: &Environment) -> Option<Toolkit> {
    HOME_VARIABLES.iter().find_map(|name| Toolkit::at(environment.path(name)?))
}

/// Finds the toolkits on PATH. A shim stands for what is in effect, and is none of them.
fn on_path(context: &Context) -> Vec<Toolkit> {
    let shims = context.store.home().join("shims");
    let mut found: Vec<Toolkit> = Vec::new();
    for bin in context.environment.path_list("PATH") {
        if bin.starts_with(&shims) || !bin.join("nvcc").is_file() {
            continue;
        }
        let toolkit = toolkit_of(&bin, context);
        if let Some(toolkit) = toolkit.filter(|new| !found.iter().any(|old| old.is(new))) {
            found.push(toolkit);
        }
    }
    found
}

/// Returns the toolkit of a `bin` directory, which may hold only a link to its nvcc.
fn toolkit_of(bin: &Path, context: &Context) -> Option<Toolkit> {
    let own = context.store.toolchains().into_iter().find(|toolchain| bin.starts_with(&toolchain.root));
    if let Some(toolchain) = own {
        return Toolkit::of_toolchain(&toolchain);
    }
    let real = bin.join("nvcc").canonicalize().ok();
    let roots = [bin.parent(), real.as_deref().and_then(Path::parent).and_then(Path::parent)];
    roots.into_iter().flatten().find_map(Toolkit::at)
}
