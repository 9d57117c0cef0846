//! The default: a request, kept as it was typed; `resolve/default` says what it leads to. An empty
//! file says that the user wants none: no install sets one then, as the first does where no file is.

use super::Store;
use super::durability::sync_directory;
use super::error::StoreError;
use super::files::{exists, read_limited};
use super::home::Home;
use super::locks::{Key, Mode};
use super::toolchains::Toolchain;
use crate::model::request::Base;
use crate::model::{ToolchainName, ToolchainRequest};

impl Store {
    /// Returns the request that is the default.
    #[must_use]
    pub fn default_request(&self) -> Option<ToolchainRequest> {
        self.read_default().ok().flatten()
    }

    /// As [`Store::default_request`], for whoever writes down what follows from it: a file that
    /// can't be read just now is not a default that is gone.
    pub(super) fn read_default(&self) -> Result<Option<ToolchainRequest>, StoreError> {
        let path = self.own.default_request();
        let bytes = read_limited(&path, 1024)?;
        Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse().ok()))
    }

    /// Returns the toolchain that is the default: the own home's, else that of the first further
    /// store which has one. It is what the shims find.
    #[must_use]
    pub fn default_toolchain(&self) -> Option<Toolchain> {
        let own = self.default_request();
        if own.as_ref().is_some_and(|request| request.base == Base::System) {
            return None;
        }
        own.and_then(|request| self.find(&request))
            .or_else(|| self.further.iter().find_map(|home| default_of(self, home)))
    }

    /// Sets or unsets the default, durably. It may be a request that nothing satisfies yet.
    ///
    /// # Errors
    /// Returns an error where the home can't be written.
    pub fn set_default(&self, request: Option<&ToolchainRequest>) -> Result<(), StoreError> {
        let _lock = self.locks.acquire(Key::Store, Mode::Alone)?;
        let path = self.own.default_request();
        self.mark_indexes_stale()?;
        let text = request.map_or_else(String::new, |request| format!("{request}\n"));
        self.stage("default")?.replace(&path, text.as_bytes(), 0o644)?;
        sync_directory(self.own.root())?;
        self.faults.checkpoint("default written")?;
        self.rebuild_while_locked()
    }

    /// Makes the toolchain that is being installed the default if there was none yet, and the user
    /// has not asked for none; tells whether it did.
    ///
    /// # Errors
    /// Returns an error where the home can't be written.
    pub fn set_first_default(&self, request: &ToolchainRequest) -> Result<bool, StoreError> {
        let is_first = !exists(&self.own.default_request())?;
        if is_first {
            self.set_default(Some(request))?;
        }
        Ok(is_first)
    }
}

/// Returns what a further store's index says.
fn default_of(store: &Store, home: &Home) -> Option<Toolchain> {
    let bytes = read_limited(&home.resolve().join("default"), 1024).ok().flatten()?;
    let name: ToolchainName = String::from_utf8(bytes).ok()?.trim().parse().ok()?;
    store.toolchain_of(home, &name).ok().flatten().filter(|toolchain| !toolchain.is_broken)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::store::testing::{Lab, name};

    fn request(text: &str) -> ToolchainRequest {
        text.parse().expect(text)
    }

    #[test]
    fn the_default_follows_its_request() {
        let lab = Lab::new();
        lab.install("12.4.1");
        assert!(lab.store.set_first_default(&request("12")).expect("set"));
        assert!(!lab.store.set_first_default(&request("11")).expect("kept"));
        assert_eq!(lab.read("resolve/default"), "12.4.1\n");
        lab.install("12.6.0");
        assert_eq!(lab.read("resolve/default"), "12.6.0\n");
        assert_eq!(lab.store.default_request(), Some(request("12")));
        lab.store.remove(&name("12.6.0")).expect("removed");
        lab.store.remove(&name("12.4.1")).expect("removed");
        assert!(!lab.path("resolve/default").exists());
        lab.store.set_default(Some(&request("system"))).expect("set");
        assert_eq!(lab.read("resolve/default"), "system\n");
        lab.store.set_default(None).expect("unset");
        assert!(lab.store.default_request().is_none() && !lab.path("resolve/default").exists());
        assert!(!lab.store.set_first_default(&request("12")).expect("kept"));
        assert!(lab.store.default_request().is_none());
    }

    #[test]
    fn a_range_is_a_default_too_and_damage_is_none() {
        let lab = Lab::new();
        lab.install("12.4.1");
        lab.store.set_default(Some(&request(">=11,<13"))).expect("set");
        assert_eq!(lab.read("resolve/default"), "12.4.1\n");
        for text in ["", "\0", "../x", &"9".repeat(5000)] {
            fs::write(lab.path("default"), text).expect("written");
            assert_eq!(lab.store.default_request(), None);
        }
    }

    #[test]
    fn writers_and_readers_never_meet_an_empty_default() {
        let lab = Lab::new();
        lab.install("12.4.1");
        lab.install("11.8.0");
        lab.store.set_default(Some(&request("12"))).expect("set");
        std::thread::scope(|scope| {
            let writers: Vec<_> = ["11", "12"]
                .into_iter()
                .map(|text| {
                    let lab = &lab;
                    scope.spawn(move || {
                        (0..10).for_each(|_| lab.store.set_default(Some(&request(text))).expect("set"));
                    })
                })
                .collect();
            while writers.iter().any(|writer| !writer.is_finished()) {
                assert!(["12.4.1\n", "11.8.0\n"].contains(&lab.read("resolve/default").as_str()));
                assert!(lab.store.default_request().is_some());
            }
        });
    }
}
