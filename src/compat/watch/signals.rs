//! Signals while a command runs in our place: what the keyboard sends reaches it without us, what is sent to
//! us alone is passed on, and what we were told to ignore stays ignored.

use std::process::Child;
use std::sync::atomic::{AtomicI32, Ordering};

use rustix::process::{Pid, Signal, kill_process};

/// The keyboard's signals go to the whole group: the command decides, and we wait for it.
const SURVIVED: [Signal; 2] = [Signal::INT, Signal::QUIT];
const PASSED_ON: [Signal; 4] = [Signal::HUP, Signal::TERM, Signal::USR1, Signal::USR2];

const IGNORED: usize = 1;

static CHILD: AtomicI32 = AtomicI32::new(0);
static EARLY: AtomicI32 = AtomicI32::new(0);

unsafe extern "C" {
    fn signal(number: i32, handler: usize) -> usize;
}

/// What the process did on signals before.
pub(super) struct Signals {
    before: Vec<(Signal, usize)>,
}

impl Signals {
    /// Begins to survive and to pass on. A program that is executed gets what was before.
    pub(super) fn catch() -> Self {
        EARLY.store(0, Ordering::SeqCst);
        let survive = SURVIVED.map(|signal| (signal, survive as extern "C" fn(i32)));
        let pass_on = PASSED_ON.map(|signal| (signal, pass_on as extern "C" fn(i32)));
        let change = |(signal, handler): (Signal, extern "C" fn(i32))| {
            let before = set(signal, handler as usize);
            if before == IGNORED {
                set(signal, IGNORED);
            }
            (signal, before)
        };
        Self { before: survive.into_iter().chain(pass_on).map(change).collect() }
    }

    /// Names the command that gets the signals.
    pub(super) fn go_to(&self, child: &Child) {
        CHILD.store(i32::try_from(child.id()).unwrap_or(0), Ordering::SeqCst);
        let early = EARLY.swap(0, Ordering::SeqCst);
        if early != 0 {
            pass_on(early);
        }
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        CHILD.store(0, Ordering::SeqCst);
        for (signal, handler) in &self.before {
            set(*signal, *handler);
        }
    }
}

fn set(number: Signal, handler: usize) -> usize {
    // SAFETY: the handlers below do nothing that a signal may interrupt: atomics and one system call.
    unsafe { signal(number.as_raw(), handler) }
}

extern "C" fn survive(_: i32) {}

extern "C" fn pass_on(number: i32) {
    let Some(child) = Pid::from_raw(CHILD.load(Ordering::SeqCst)) else {
        EARLY.store(number, Ordering::SeqCst);
        return;
    };
    if let Some(signal) = Signal::from_named_raw(number) {
        // It may have ended.
        let _ = kill_process(child, signal);
    }
}
