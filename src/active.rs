//! What is in effect, and why: the shim's own rules of precedence, asked with the standard library.

pub mod effect;

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use cudaman_shims::select::{Selection, VERSION_VARIABLE, nearest_pin, select};
use cudaman_shims::{Fault, Memory, Origin, search};

use crate::context::Context;
use crate::error::advised;
use crate::model::ToolchainRequest;
use crate::model::request::Base;
use crate::packages::components::{self, Role};
use crate::store::{HostSystem, Toolchain};

/// The file in which a project pins a toolkit.
pub const PIN_FILE: &str = ".cuda-version";

/// What is in effect.
#[derive(Clone, Debug)]
pub struct Active {
    /// The toolchain; none means the system's toolkit.
    pub toolchain: Option<Toolchain>,
    /// What was asked for.
    pub request: String,
    /// Who asked for it, in words.
    pub reason: String,
}

/// A project's request.
#[derive(Clone, Debug)]
pub struct Pin {
    /// The file.
    pub path: PathBuf,
    /// What it asks for, in the canonical spelling.
    pub request: String,
}

/// Returns what is in effect here.
///
/// # Errors
/// Returns an error where what is asked for isn't installed or isn't a request: nothing else takes
/// its place.
pub fn active(context: &Context) -> Result<Active> {
    let mut memory = vec![0; Memory::SIZE];
    let selection = select(&HostSystem::new(&context.environment), None, &mut Memory::new(&mut memory));
    let Some(Selection { origin, request }) = selection else {
        return Ok(fallback(context));
    };
    let text = request.map_err(|fault| faulty(&origin, fault))?.to_string();
    let request: ToolchainRequest = text.parse()?;
    let reason = reason(&origin, &text, context);
    if request.base == Base::System {
        return Ok(Active { toolchain: None, request: text, reason });
    }
    match context.store.find(&request) {
        Some(toolchain) => Ok(Active { toolchain: Some(toolchain), request: text, reason }),
        None => Err(not_installed(&request, &format!(", and it is {reason}"), context)),
    }
}

/// Returns what was requested, or what is in effect where nothing was.
///
/// # Errors
/// Returns an error where it isn't installed.
pub fn requested(request: Option<&ToolchainRequest>, context: &Context) -> Result<Active> {
    let Some(request) = request else { return active(context) };
    let reason = "asked for on the command line".to_owned();
    if request.base == Base::System {
        return Ok(Active { toolchain: None, request: request.to_string(), reason });
    }
    let toolchain = context.store.find(request).ok_or_else(|| not_installed(request, "", context))?;
    Ok(Active { toolchain: Some(toolchain), request: request.to_string(), reason })
}

/// Says that a request leads nowhere: a linked toolkit may be gone, others can be installed. `why`
/// tells who asked.
fn not_installed(request: &ToolchainRequest, why: &str, context: &Context) -> anyhow::Error {
    let toolchains = context.store.toolchains();
    let broken = toolchains.iter().find(|toolchain| toolchain.is_broken && request.matches(&toolchain.name));
    match broken.and_then(|toolchain| Some((&toolchain.name, toolchain.link.as_ref()?))) {
        Some((name, target)) => advised(
            format!("`{name}` is linked to `{}`, which is gone{why}", target.display()),
            format!("`cudaman uninstall {name}` removes the link"),
        ),
        None => advised(
            format!("`{request}` is not installed{why} ({})", installed(&toolchains)),
            format!("`cudaman install '{request}'`"),
        ),
    }
}

fn installed(toolchains: &[Toolchain]) -> String {
    let names: Vec<String> = toolchains.iter().map(|toolchain| toolchain.name.to_string()).collect();
    if names.is_empty() { "nothing is".to_owned() } else { format!("installed: {}", names.join(", ")) }
}

/// Returns the pin of the working directory, or of the nearest one above it.
///
/// # Errors
/// Returns an error where the file is there and can't be read as a pin.
pub fn pin(context: &Context) -> Result<Option<Pin>> {
    let mut memory = vec![0; Memory::SIZE];
    let selection = nearest_pin(&HostSystem::new(&context.environment), &mut Memory::new(&mut memory));
    let Some(Selection { origin, request }) = selection else { return Ok(None) };
    let request = request.map_err(|fault| faulty(&origin, fault))?.to_string();
    let Origin::Pin { file, .. } = origin else { return Ok(None) };
    Ok(Some(Pin { path: path_of(file), request }))
}

/// Returns the path of a tool of what is in effect.
///
/// # Errors
/// Returns an error that names the toolchains that do have the tool.
pub fn tool(name: &str, active: &Active, context: &Context) -> Result<PathBuf> {
    let Some(toolchain) = &active.toolchain else { return system_tool(name, context) };
    let path = toolchain.root.join("bin").join(name);
    if !name.contains('/') && is_executable(&path) {
        return Ok(path);
    }
    let has = |other: &Toolchain| is_executable(&other.root.join("bin").join(name));
    let others: Vec<String> = context
        .store
        .toolchains()
        .iter()
        .filter(|other| !name.contains('/') && has(other))
        .map(|other| other.name.to_string())
        .collect();
    let message = format!("`{}` has no `{}`", toolchain.name, name.escape_default());
    Err(match others.first() {
        Some(first) => advised(
            format!("{message}; {} {}", others.join(", "), if others.len() == 1 { "does" } else { "do" }),
            format!("`cudaman exec '{first}' -- {name}`"),
        ),
        None => advised(message, way_to(name, toolchain, &active.request)),
    })
}

/// Says what brings a tool to a toolchain: a part of the compiler needs the others.
fn way_to(name: &str, toolchain: &Toolchain, request: &str) -> String {
    if toolchain.link.is_some() {
        return "a linked toolkit is never changed; `cudaman install` brings another".to_owned();
    }
    match components::by_tool(name) {
        Some(row) if row.role == Role::Compiler => format!("`cudaman install '{request}' --profile minimal`"),
        Some(row) => format!("`cudaman install '{request}' --with {}`", row.name),
        None => format!("`ls '{}/bin'` shows the tools that it has", toolchain.root.display()),
    }
}

fn fallback(context: &Context) -> Active {
    let request = context.store.default_request();
    if let Some(toolchain) = context.store.default_toolchain() {
        let request = request.unwrap_or_else(|| ToolchainRequest::exactly(&toolchain.name)).to_string();
        return Active { toolchain: Some(toolchain), request, reason: "the default".to_owned() };
    }
    let reason = match request {
        Some(request) if request.base == Base::System => "the default".to_owned(),
        Some(request) => format!("the default `{request}` is not installed"),
        None => "nothing is pinned here, and there is no default".to_owned(),
    };
    Active { toolchain: None, request: "system".to_owned(), reason }
}

fn system_tool(name: &str, context: &Context) -> Result<PathBuf> {
    let home = context.store.home().as_os_str().as_bytes();
    let mut memory = vec![0; Memory::SIZE];
    let process = HostSystem::new(&context.environment);
    let found = search::tool_on_path(&process, home, name.as_bytes(), None, &mut Memory::new(&mut memory));
    found.map(path_of).map_err(|_| {
        advised(
            format!("no toolkit is in effect, and there is no `{}` on PATH", name.escape_default()),
            "`cudaman install latest`, or `cudaman default <version>` to choose one that is installed",
        )
    })
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

fn reason(origin: &Origin, request: &str, context: &Context) -> String {
    match (origin, effect::actor(&context.environment)) {
        (Origin::Variable, Some((kind, name))) => format!("asked for as `{request}` by {kind} `{name}`"),
        (origin, _) => plain_reason(origin, request),
    }
}

fn plain_reason(origin: &Origin, request: &str) -> String {
    match origin {
        Origin::Argument => "asked for on the command line".to_owned(),
        Origin::Variable => format!("asked for as `{request}` by the variable {VERSION_VARIABLE}"),
        Origin::Pin { file, .. } => format!("pinned as `{request}` in `{}`", path_of(file).display()),
        Origin::Default => "the default".to_owned(),
        Origin::System => "nothing is pinned here, and there is no default".to_owned(),
    }
}

/// Says what is wrong with a choice without repeating a byte of it: it may be a stranger's.
fn faulty(origin: &Origin, fault: Fault) -> anyhow::Error {
    let reason = fault.reason();
    match origin {
        Origin::Pin { file, line: 0 } => advised(
            format!("could not read the pin `{}`: {reason}", path_of(file).display()),
            "`cudaman local <version>` writes a new one",
        ),
        Origin::Pin { file, line } => advised(
            format!("line {line} of `{}` pins no toolkit: {reason}", path_of(file).display()),
            "`cudaman local <version>` writes a new one",
        ),
        _ => advised(
            format!("the variable {VERSION_VARIABLE} names no toolkit: {reason}"),
            format!("`unset {VERSION_VARIABLE}`"),
        ),
    }
}

fn path_of(text: &CStr) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(text.to_bytes()))
}
