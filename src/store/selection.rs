//! The machine as cudaman itself sees it, for the selection that it shares with the shim.
//!
//! Precedence, pins and the resolve index are `cudaman_shims`'; here is only how to ask a system that
//! has a standard library, so that it works on every architecture. Reads, and never writes.

use std::ffi::{CStr, OsStr};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use cudaman_shims::{FileId, NoDirectory, ReadError, System};
use rustix::fs::{Access, OFlags};
use rustix::io::Errno;

use crate::model::Environment;

/// The machine, with the environment that cudaman was started in.
#[derive(Clone, Copy, Debug)]
pub struct HostSystem<'e> {
    environment: &'e Environment,
}

impl<'e> HostSystem<'e> {
    /// Uses a snapshot of the environment.
    #[must_use]
    pub const fn new(environment: &'e Environment) -> Self {
        Self { environment }
    }
}

impl System for HostSystem<'_> {
    fn variable(&self, name: &str) -> Option<&[u8]> {
        self.environment.variable(name).map(OsStr::as_bytes)
    }

    fn directory(&self, buffer: &mut [u8]) -> Result<usize, NoDirectory> {
        let path = self.environment.directory.as_os_str().as_bytes();
        if !path.starts_with(b"/") {
            return Err(NoDirectory::Deleted);
        }
        buffer.get_mut(..path.len()).ok_or(NoDirectory::Unknown)?.copy_from_slice(path);
        Ok(path.len())
    }

    fn read(&self, path: &CStr, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let path = path_of(path);
        let opened = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
        let file = opened.map_err(|error| explained(path, &error))?;
        let metadata = file.metadata().map_err(|_| ReadError::Failed)?;
        if !metadata.is_file() {
            return Err(ReadError::NotRegular);
        }
        if metadata.len() >= buffer.len() as u64 {
            return Err(ReadError::TooLarge);
        }
        fill(&file, buffer).map_err(|_| ReadError::Failed)
    }

    fn executable(&self, path: &CStr) -> Option<FileId> {
        let metadata = fs::metadata(path_of(path)).ok().filter(fs::Metadata::is_file)?;
        rustix::fs::access(path, Access::EXEC_OK).ok()?;
        Some(FileId { device: metadata.dev(), inode: metadata.ino() })
    }
}

fn path_of(path: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(path.to_bytes()))
}

fn fill(mut file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    loop {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => return Ok(filled),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn explained(path: &Path, error: &io::Error) -> ReadError {
    match Errno::from_io_error(error) {
        Some(Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG) => ReadError::Absent,
        Some(Errno::LOOP) => ReadError::Link,
        Some(Errno::NXIO) => ReadError::NotRegular,
        // Refused is either the file, which can be seen then, or the way to it.
        Some(Errno::ACCESS) if fs::symlink_metadata(path).is_ok() => ReadError::Denied,
        Some(Errno::ACCESS) => ReadError::Absent,
        _ => ReadError::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cudaman_shims::{Fault, Memory, Origin, Target};
    use std::os::unix::fs::symlink;
    use std::process::Command;

    /// Returns who asked, for what or why that is wrong, and what was found.
    fn selected(environment: &Environment, home: &Path) -> (String, Result<String, Fault>) {
        let mut bytes = vec![0; Memory::SIZE];
        let mut memory = Memory::new(&mut bytes);
        let home = home.as_os_str().as_bytes();
        let active = cudaman_shims::active(&HostSystem::new(environment), home, None, &mut memory);
        let origin = match active.origin {
            Origin::Pin { file, line } => {
                let name = path_of(file).file_name().unwrap_or_default();
                format!("{}:{line}", name.display())
            }
            other => format!("{other:?}"),
        };
        let target = active.target.map(|target| match target {
            Target::System => "system".to_owned(),
            Target::Toolchain(found) => String::from_utf8_lossy(found.name()).into_owned(),
        });
        (origin, target)
    }

    #[test]
    fn real_files_are_selected_as_documented() {
        let directory = tempfile::tempdir().expect("a directory");
        let (home, project) = (directory.path().join("home"), directory.path().join("project"));
        fs::create_dir_all(home.join("resolve")).expect("a directory");
        fs::create_dir(&project).expect("a directory");
        fs::write(home.join("resolve/default"), "12.4.1\n").expect("an entry");
        let pin = project.join(".cuda-version");
        let mut environment = Environment { directory: project.clone(), ..Environment::default() };
        let is = |environment: &Environment, origin: &str, target: Result<&str, Fault>| {
            let expected = (origin.to_owned(), target.map(str::to_owned));
            assert_eq!(selected(environment, &home), expected);
        };
        fs::write(&pin, "# 11\n11.8").expect("a pin");
        is(&environment, ".cuda-version:2", Err(Fault::NotInstalled));
        fs::remove_file(&pin).expect("a pin");
        symlink("/dev/zero", &pin).expect("a link");
        is(&environment, ".cuda-version:0", Err(Fault::File(ReadError::Link)));
        fs::remove_file(&pin).expect("a pin");
        assert!(Command::new("mkfifo").arg(&pin).status().expect("mkfifo").success());
        is(&environment, ".cuda-version:0", Err(Fault::File(ReadError::NotRegular)));
        environment.directory.clear();
        is(&environment, "Default", Ok("12.4.1"));
        environment.variables.insert("CUDAMAN_VERSION".into(), "system".into());
        is(&environment, "Variable", Ok("system"));
    }

    #[test]
    fn sizes_are_limited_and_executables_are_known() {
        let environment = Environment::default();
        let system = HostSystem::new(&environment);
        let status = |name: &CStr| system.read(name, &mut [0; 1]);
        assert_eq!(status(c"/bin/sh/x"), Err(ReadError::Absent));
        assert_eq!(system.read(c"/proc/self/exe", &mut [0; 1]), Err(ReadError::Link));
        assert_eq!(status(c"/"), Err(ReadError::NotRegular));
        assert!(system.executable(c"/bin/sh").is_some());
        assert!(system.executable(c"/").is_none() && system.executable(c"/etc/passwd").is_none());
        assert_eq!(status(c"/etc/passwd"), Err(ReadError::TooLarge));
    }
}
