//! A machine made of maps, for the tests of this crate.

use std::collections::BTreeMap;
use std::ffi::CStr;
use std::string::String;
use std::vec::Vec;

use crate::memory::Memory;
use crate::system::{FileId, NoDirectory, ReadError, System};

/// Returns memory for one answer. It is never given back, so that answers can be compared at leisure.
pub(crate) fn memory() -> Memory<'static> {
    Memory::new(Box::leak(Box::new([0; Memory::SIZE])))
}

pub(crate) struct Machine {
    pub(crate) directory: Result<String, NoDirectory>,
    variables: BTreeMap<String, Vec<u8>>,
    files: BTreeMap<String, Result<Vec<u8>, ReadError>>,
    programs: BTreeMap<String, FileId>,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            directory: Ok("/".to_owned()),
            variables: BTreeMap::new(),
            files: BTreeMap::new(),
            programs: BTreeMap::new(),
        }
    }
}

impl Machine {
    pub(crate) fn at(mut self, directory: &str) -> Self {
        self.directory = Ok(directory.to_owned());
        self
    }

    pub(crate) fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.insert(name.to_owned(), value.as_bytes().to_vec());
        self
    }

    pub(crate) fn file(&mut self, path: &str, text: &str) -> &mut Self {
        self.files.insert(path.to_owned(), Ok(text.as_bytes().to_vec()));
        self
    }

    pub(crate) fn broken(&mut self, path: &str, error: ReadError) -> &mut Self {
        self.files.insert(path.to_owned(), Err(error));
        self
    }

    pub(crate) fn program(&mut self, path: &str, id: FileId) -> &mut Self {
        self.programs.insert(path.to_owned(), id);
        self
    }
}

impl System for Machine {
    fn variable(&self, name: &str) -> Option<&[u8]> {
        self.variables.get(name).map(Vec::as_slice).filter(|value| !value.is_empty())
    }

    fn directory(&self, buffer: &mut [u8]) -> Result<usize, NoDirectory> {
        let directory = self.directory.as_ref().map_err(|error| *error)?;
        let place = buffer.get_mut(..directory.len()).ok_or(NoDirectory::Unknown)?;
        place.copy_from_slice(directory.as_bytes());
        Ok(directory.len())
    }

    fn read(&self, path: &CStr, buffer: &mut [u8]) -> Result<usize, ReadError> {
        let path = path.to_str().map_err(|_| ReadError::Failed)?;
        let text = self.files.get(path).ok_or(ReadError::Absent)?.as_ref().map_err(|error| *error)?;
        if text.len() >= buffer.len() {
            return Err(ReadError::TooLarge);
        }
        buffer[..text.len()].copy_from_slice(text);
        Ok(text.len())
    }

    fn executable(&self, path: &CStr) -> Option<FileId> {
        self.programs.get(path.to_str().ok()?).copied()
    }
}
