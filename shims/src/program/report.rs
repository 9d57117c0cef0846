//! What the shim says itself: only what `cudaman` can't say for it.
//!
//! Nothing here is inlined: a message's buffer would take stack, and so time, from every start.

use super::place::Place;
use super::{Start, Target};
use crate::active::Active;
use crate::depth::MAX_DEPTH;
use crate::kernel::{Errno, complain};
use crate::lookup::Toolchain;
use crate::message::Message;
use crate::select::Origin;
use crate::text::Digits;

/// Says that no home is to be found.
#[inline(never)]
pub(super) fn homeless(start: &Start<'_>) {
    let name = start.arguments.first().map(|word| word.text()).unwrap_or_default();
    let message = Message::new()
        .say("cudaman: the home that ")
        .quote(name)
        .say(" belongs to can't be found: it is not in a `shims/bin`, and neither CUDAMAN_HOME nor HOME is an absolute path\n")
        .say("hint: set CUDAMAN_HOME\n");
    complain(message.as_bytes());
}

/// Says that there is no memory.
#[inline(never)]
pub(super) fn without_memory() {
    complain(b"cudaman: there is no memory left to start a tool\nhint: see `ulimit -v` and `free`\n");
}

/// Says that the tool leads back to its shim.
#[inline(never)]
pub(super) fn circle(place: &Place<'_>) {
    let message = Message::new()
        .say("cudaman: ")
        .quote(place.tool.to_bytes())
        .say(" leads back to its own shim: shims were started within each other ")
        .say(Digits::of(MAX_DEPTH).as_str())
        .say(" times\nhint: a linked toolkit or a script on PATH starts it by name; `cudaman current` shows which\n");
    complain(message.as_bytes());
}

/// Says that an argument would mix two toolkits.
#[inline(never)]
pub(super) fn mixed(argument: &[u8], default: &Toolchain<'_>, active: &Active<'_>) {
    let name = match &active.target {
        Ok(Target::Toolchain(toolchain)) => toolchain.name(),
        _ => b"system",
    };
    let request = active.request.as_ref().map_or("system", |request| request.as_str());
    let message = asked_for_by(
        Message::new()
            .say("cudaman: ")
            .quote(argument)
            .say(" leads to the default toolchain ")
            .quote(default.name())
            .say(", but ")
            .quote(name)
            .say(" is active"),
        &active.origin,
    )
    .say("\nhint: run the build as `cudaman exec '")
    .say(request)
    .say("' -- …`\n");
    complain(message.as_bytes());
}

/// Says why the tool was not started, since `cudaman`, which could say more, is not there (`failed`).
#[inline(never)]
pub(super) fn alone(active: &Active<'_>, place: &Place<'_>, error: Errno, failed: Errno) {
    let message = Message::new().say("cudaman: ").quote(place.tool.to_bytes()).say(" can't be started: ");
    let mut message = match (&active.request, &active.target) {
        (Some(request), _) => asked_for_by(message.quote(request.as_str().as_bytes()), &active.origin),
        (None, Ok(Target::Toolchain(toolchain))) => {
            asked_for_by(message.quote(toolchain.name()), &active.origin)
        }
        (None, Ok(Target::System)) => asked_for_by(message.say("the system's toolkit"), &active.origin),
        (None, Err(_)) => named(message, &active.origin),
    };
    message = message.say(": ");
    message = match active.target {
        Err(fault) => message.say(fault.reason()),
        Ok(_) => message.say(explained(error)),
    };
    message = match failed {
        Errno::E2BIG => message.say("\nhint: pass fewer arguments, or a response file\n"),
        _ => message
            .say("\nhint: `cudaman` could say more, but can't be started from ")
            .quote(place.home)
            .say(": install it again\n"),
    };
    complain(message.as_bytes());
}

#[inline(never)]
fn asked_for_by(message: Message, origin: &Origin<'_>) -> Message {
    named(message.say(" ("), origin).say(")")
}

fn named(message: Message, origin: &Origin<'_>) -> Message {
    match origin {
        Origin::Argument => message.say("the `+` argument"),
        Origin::Variable => message.say("CUDAMAN_VERSION"),
        Origin::Pin { file, .. } if file.is_empty() => message.say("the working directory"),
        Origin::Pin { file, line: 0 } => message.quote(file.to_bytes()),
        Origin::Pin { file, line } => {
            message.quote(file.to_bytes()).say(" line ").say(Digits::of(*line).as_str())
        }
        Origin::Default => message.say("the default"),
        Origin::System => message.say("nothing else was asked for"),
    }
}

const fn explained(error: Errno) -> &'static str {
    match error {
        Errno::ENOENT | Errno::ENOTDIR => "it has no such tool",
        Errno::EACCES => "the tool may not be executed",
        Errno::ENOEXEC => "the tool is not a program of this machine",
        Errno::E2BIG => "the arguments and the environment are too long",
        Errno::ETXTBSY => "the tool is being written",
        Errno::ELOOP => "its links lead in a circle",
        _ => "the system refused to execute it",
    }
}
