//! A terminal for a command's stderr, as wide as the real one. It changes nothing of what is written to it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{
    OptionalActions, OutputModes, isatty, tcgetattr, tcgetwinsize, tcsetattr, tcsetwinsize,
};

/// Our end of a terminal.
pub(super) struct Terminal(OwnedFd);

impl Terminal {
    /// Opens one like another, and returns the command's end with it.
    ///
    /// # Errors
    /// Returns an error where the other is no terminal, or the system has no more of them.
    pub(super) fn like(other: &impl AsFd) -> io::Result<(Self, OwnedFd)> {
        if !isatty(other) {
            return Err(io::ErrorKind::Unsupported.into());
        }
        // It must never become the one that Ctrl-C is typed into.
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let ours = openpt(flags)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let theirs = ioctl_tiocgptpeer(&ours, flags)?;
        let mut modes = tcgetattr(&theirs)?;
        modes.output_modes.remove(OutputModes::OPOST);
        tcsetattr(&theirs, OptionalActions::Now, &modes)?;
        let terminal = Self(ours);
        terminal.resize_as(other);
        Ok((terminal, theirs))
    }

    /// Returns where what the command writes is read.
    ///
    /// # Errors
    /// Returns an error where the process has too many open files.
    pub(super) fn reader(&self) -> io::Result<File> {
        Ok(File::from(self.0.try_clone()?))
    }

    /// Makes it as large as another; a terminal that doesn't tell its size leaves it as it is.
    pub(super) fn resize_as(&self, other: &impl AsFd) {
        let size = tcgetwinsize(other).ok();
        let is_new = |size| tcgetwinsize(&self.0).ok() != Some(size);
        if let Some(size) = size.filter(|size| is_new(*size)) {
            // A bar of another width is no reason to stop.
            let _ = tcsetwinsize(&self.0, size);
        }
    }
}
