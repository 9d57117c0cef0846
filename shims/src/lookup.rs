//! The resolve index: from a request's spelling to an installed toolchain, by reading one small file.
//!
//! ```text
//! <store>/resolve/<spelling>   one line: the toolchain's name, or `system`
//! <store>/versions/<name>      its root
//! ```
//! The user's own store is asked first, then the further ones. Nothing is searched or compared:
//! ranges are not in the index, and what is not in it is not installed.

use core::ffi::CStr;

use crate::active::Target;
use crate::memory::Memory;
use crate::select::Fault;
use crate::spelling::Spelling;
use crate::system::{ReadError, System};
use crate::text::TooLong;

/// The variable that lists further stores, in place of the home's `stores` file.
pub const STORES_VARIABLE: &str = "CUDAMAN_STORES";
/// The largest list of further stores, in bytes.
pub const MAX_STORES_SIZE: usize = 8192;
/// The largest file of the index, in bytes.
const MAX_ENTRY_SIZE: usize = 256;
/// What lies between a store and a toolchain's name.
const VERSIONS: &[u8] = b"/versions/";

/// An installed toolchain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Toolchain<'m> {
    root: &'m CStr,
    store_length: usize,
}

impl<'m> Toolchain<'m> {
    /// Returns its root, as `CUDA_HOME` names it.
    #[must_use]
    pub const fn root(&self) -> &'m CStr {
        self.root
    }

    /// Returns the store that it lies in.
    #[must_use]
    pub fn store(&self) -> &'m [u8] {
        &self.root.to_bytes()[..self.store_length]
    }

    /// Returns its name.
    #[must_use]
    pub fn name(&self) -> &'m [u8] {
        &self.root.to_bytes()[self.store_length + VERSIONS.len()..]
    }
}

/// Finds what a request stands for in the home or a further store.
///
/// # Errors
/// Says why there is nothing to be had.
pub fn find<'m>(
    system: &impl System,
    home: &[u8],
    request: &Spelling,
    memory: &mut Memory<'m>,
) -> Result<Target<'m>, Fault> {
    if request.is_range() {
        return Err(Fault::Range);
    }
    if request.is_system() {
        return Ok(Target::System);
    }
    find_key(system, home, request.as_str(), memory)
}

/// Finds the default of the home or, if it has none, of the first further store that has one.
///
/// # Errors
/// Says why there is nothing to be had; [`Fault::NotInstalled`] if there is no default.
pub fn find_default<'m>(
    system: &impl System,
    home: &[u8],
    memory: &mut Memory<'m>,
) -> Result<Target<'m>, Fault> {
    find_key(system, home, "default", memory)
}

/// The list of further stores.
#[derive(Clone, Copy, Debug)]
pub struct FurtherStores<'l> {
    list: &'l [u8],
    separator: u8,
}

impl<'l> FurtherStores<'l> {
    /// Reads the list: `CUDAMAN_STORES`, separated by colons, in place of the lines of the home's
    /// `stores` file.
    ///
    /// # Errors
    /// Fails if the list exists and can't be read.
    pub fn read<'m: 'l>(
        system: &'l impl System,
        home: &[u8],
        memory: &mut Memory<'m>,
    ) -> Result<Self, Fault> {
        match system.variable(STORES_VARIABLE) {
            Some(list) => Ok(Self { list, separator: b':' }),
            None => Ok(Self { list: stores_file(system, home, memory)?, separator: b'\n' }),
        }
    }

    /// Returns the stores, one after the other. What is not an absolute path is left out.
    pub fn iter(&self) -> impl Iterator<Item = &'l [u8]> + use<'l> {
        let separator = self.separator;
        let stores = self.list.split(move |byte| *byte == separator).map(clean_path);
        stores.filter(|store| store.first() == Some(&b'/'))
    }
}

fn stores_file<'m>(system: &impl System, home: &[u8], memory: &mut Memory<'m>) -> Result<&'m [u8], Fault> {
    let path = memory.join(&[home, b"/stores"]).map_err(|TooLong| Fault::PathTooLong)?;
    match memory.fill(MAX_STORES_SIZE + 1, |buffer| system.read(path, buffer)) {
        Err(ReadError::Absent) => Ok(&[]),
        text => text.map_err(|_| Fault::Index),
    }
}

fn clean_path(mut path: &[u8]) -> &[u8] {
    while let [rest @ .., b'/' | b'\r'] = path {
        path = rest;
    }
    path
}

fn find_key<'m>(
    system: &impl System,
    home: &[u8],
    key: &str,
    memory: &mut Memory<'m>,
) -> Result<Target<'m>, Fault> {
    match find_in(system, home, key, memory) {
        Err(Fault::NotInstalled) => {}
        found => return found,
    }
    for store in FurtherStores::read(system, home, memory)?.iter() {
        match find_in(system, store, key, memory) {
            Err(Fault::NotInstalled) => {}
            found => return found,
        }
    }
    Err(Fault::NotInstalled)
}

fn find_in<'m>(
    system: &impl System,
    store: &[u8],
    key: &str,
    memory: &mut Memory<'m>,
) -> Result<Target<'m>, Fault> {
    let mut buffer = [0; MAX_ENTRY_SIZE];
    let path = [store, b"/resolve/", key.as_bytes()];
    let mut scratch = memory.scratch();
    let path = scratch.join(&path).map_err(|TooLong| Fault::PathTooLong)?;
    let entry = match system.read(path, &mut buffer) {
        Ok(length) => &buffer[..length],
        Err(ReadError::Absent) => return Err(Fault::NotInstalled),
        Err(_) => return Err(Fault::Index),
    };
    let name = entry.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii();
    if name == b"system" {
        return Ok(Target::System);
    }
    if !is_toolchain_name(name) {
        return Err(Fault::Index);
    }
    let root = memory.join(&[store, VERSIONS, name]).map_err(|TooLong| Fault::PathTooLong)?;
    Ok(Target::Toolchain(Toolchain { root, store_length: store.len() }))
}

/// The entry becomes a path, so it may have no slash and not be a dot.
fn is_toolchain_name(name: &[u8]) -> bool {
    name.first().is_some_and(u8::is_ascii_alphanumeric)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._+-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::{Machine, memory};

    fn found(machine: &Machine, request: &str) -> Result<String, Fault> {
        let request = Spelling::parse(request.as_bytes()).expect(request);
        find(machine, b"/home/me/.cudaman", &request, &mut memory()).map(|target| match target {
            Target::System => "system".to_owned(),
            Target::Toolchain(toolchain) => {
                let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("ASCII");
                let (store, name) = (text(toolchain.store()), text(toolchain.name()));
                assert_eq!(toolchain.root().to_bytes(), format!("{store}/versions/{name}").as_bytes());
                format!("{store} {name}")
            }
        })
    }

    #[test]
    fn the_own_store_is_asked_first() {
        let mut machine = Machine::default();
        machine.file("/home/me/.cudaman/stores", "# ours\n/opt/lab/\r\nrelative\n/nfs/cuda\n");
        machine.file("/opt/lab/resolve/12.4", "12.4.1").file("/nfs/cuda/resolve/10.0", "10.0.130\n");
        assert_eq!(found(&machine, "cu124"), Ok("/opt/lab 12.4.1".into()));
        assert_eq!(found(&machine, "10.0"), Ok("/nfs/cuda 10.0.130".into()));
        machine.file("/home/me/.cudaman/resolve/12.4", "12.4.1+cudnn9.1.0.70\n");
        assert_eq!(found(&machine, "12.4"), Ok("/home/me/.cudaman 12.4.1+cudnn9.1.0.70".into()));
        machine.set("CUDAMAN_STORES", "x::/other");
        assert_eq!(found(&machine, "10.0"), Err(Fault::NotInstalled));
        machine.file("/other/resolve/10.0", "10.0.130");
        assert_eq!(found(&machine, "10.0"), Ok("/other 10.0.130".into()));
    }

    #[test]
    fn system_and_ranges_are_not_looked_up() {
        let machine = Machine::default();
        assert_eq!(found(&machine, "system"), Ok("system".into()));
        assert_eq!(found(&machine, "system+cudnn"), Err(Fault::NotInstalled));
        assert_eq!(found(&machine, ">=11"), Err(Fault::Range));
    }

    #[test]
    fn an_entry_can_name_nothing_but_a_toolchain() {
        for entry in ["", "\n12.4", "..", ".", "../x", "/tmp/x", "a b", "-x", "12.4\u{e9}", &"9".repeat(256)]
        {
            let mut machine = Machine::default();
            machine.file("/home/me/.cudaman/resolve/12.4", entry);
            assert_eq!(found(&machine, "12.4"), Err(Fault::Index), "{entry:?}");
        }
    }

    #[test]
    fn what_exists_and_cannot_be_read_is_not_passed_over() {
        let mut machine = Machine::default();
        machine.broken("/home/me/.cudaman/resolve/12.4", ReadError::Denied);
        machine.broken("/home/me/.cudaman/stores", ReadError::TooLarge);
        assert_eq!(found(&machine, "12.4"), Err(Fault::Index));
        assert_eq!(found(&machine, "12.5"), Err(Fault::Index));
    }
}
