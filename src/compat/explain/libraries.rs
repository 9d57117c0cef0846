//! Shared libraries in a text: which are missing, and which one toolkit has them all.

use super::advice::span;
use super::text::Text;
use super::{Answer, Found};
use crate::compat::soname::{self, Toolkits};
use crate::model::Version;

/// How programs say that a library can't be found, in small letters.
pub(super) const MISSING: &[&str] = &[
    "cannot open shared object file",
    "could not load dynamic library",
    "could not dlopen library",
    "could not load library lib",
    "unable to load any of {",
    "=> not found",
];

/// Explains missing libraries.
pub(super) fn missing(found: &Found<'_>) -> Option<Answer> {
    let names = missing_names(found.whole);
    let provider = |name: &&str| soname::library(name).and_then(|library| library.provider.as_deref());
    if names.iter().any(|name| provider(name) == Some("driver")) {
        return Some(driver());
    }
    let cudnn = names.iter().find_map(|name| provider(name).filter(|provider| provider.starts_with("cudnn")));
    let toolkits = soname::toolkits_with(names.iter().copied());
    match (toolkits, cudnn) {
        (None, None) => other(&names),
        (None, Some(cudnn)) => Some(cudnn_alone(cudnn, used(found.whole))),
        (Some(toolkits), cudnn) => Some(of_toolkit(&names, &toolkits, cudnn)),
    }
}

/// Returns the newest CUDA line that has all the toolkit's libraries that a text names.
pub(super) fn used(whole: &Text) -> Option<Version> {
    let names: Vec<&str> = whole.lines().flat_map(names_in).collect();
    soname::toolkits_with(names)?.lines.pop()
}

fn missing_names(whole: &Text) -> Vec<&str> {
    let is_missing = |line: &&str| {
        let line = line.to_ascii_lowercase();
        // The library is there, and another that it needs is of another release.
        let is_mixed = line.contains("undefined symbol") || line.contains("link time reference");
        !is_mixed && MISSING.iter().any(|mark| line.contains(mark))
    };
    let mut names: Vec<&str> = whole.lines().filter(is_missing).filter_map(missing_in).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Returns the library that a line misses: the one before the loader's words, where it says them, since the
/// line may begin with another library that needs it; else one that the table has.
fn missing_in(line: &str) -> Option<&str> {
    match line.split_once("cannot open shared object file") {
        Some((before, _)) => names_in(before).last(),
        None => names_in(line).find(|name| soname::library(name).is_some()),
    }
}

/// Returns the names of libraries with a version: `libcudart.so.10.1`.
pub(super) fn names_in(line: &str) -> impl Iterator<Item = &str> {
    let is_in_name = |letter: char| letter.is_ascii_alphanumeric() || "._+-".contains(letter);
    line.split(move |letter| !is_in_name(letter))
        .map(|word| word.trim_end_matches('.'))
        .filter(|word| word.starts_with("lib") && word.contains(".so"))
}

fn of_toolkit(names: &[&str], toolkits: &Toolkits, cudnn: Option<&str>) -> Answer {
    let list = names.join(", ");
    if toolkits.lines.is_empty() {
        let cause = format!(
            "{list} are missing, and no one toolkit has them all: programs for several CUDAs are mixed"
        );
        return Answer::new(cause, &["`cudaman list-remote` shows which toolkits there are"]);
    }
    let verb = if names.len() == 1 { "is" } else { "are" };
    let others = if toolkits.partial { ", and maybe other releases" } else { "" };
    let cause =
        format!("{list} {verb} missing; CUDA {}{others} has what is the toolkit's", span(&toolkits.lines));
    let add_on = cudnn.map(|cudnn| format!("+{cudnn}")).unwrap_or_default();
    let requests = toolkits.lines.iter().map(|line| format!("{line}{add_on}")).collect();
    Answer::of_toolkits(cause, requests, "python train.py")
}

fn cudnn_alone(cudnn: &str, cuda: Option<Version>) -> Answer {
    let major = cudnn.trim_start_matches("cudnn");
    let cause = format!("cuDNN {major} is missing: it is no part of a CUDA toolkit");
    let Some(cuda) = cuda else {
        let advice = format!(
            "`cudaman current` names the toolkit in effect: ask for it with `+{cudnn}` after its version"
        );
        return Answer::new(cause, &[&advice]);
    };
    Answer::of_toolkits(cause, vec![format!("{cuda}+{cudnn}")], "python train.py")
}

/// Reads `7.6.5`, and NVIDIA's number: 7102 is 7.1.2, and 90100 is 9.1.0, with five digits from cuDNN 9 on.
pub(super) fn cudnn_version(text: &str) -> Option<Version> {
    let text = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let Ok(number) = text.parse::<u32>() else { return text.parse().ok() };
    let major = if number < 10_000 { 1_000 } else { 10_000 };
    Some(Version::from_numbers([number / major, number % major / 100, number % 100]))
}

/// Says where the libraries of the driver come from.
pub(super) fn driver() -> Answer {
    Answer::new(
        "the library comes with the NVIDIA driver, and no toolkit has it: there is no driver, or the container doesn't see it",
        &["`nvidia-smi` shows whether the driver answers", "in a container: `docker run --gpus all …`"],
    )
}

/// Says who has a library that is neither the toolkit's nor cuDNN's; nothing of a library that isn't known.
fn other(names: &[&str]) -> Option<Answer> {
    let library = names.iter().find_map(|name| soname::library(name))?;
    let provider = library.provider.as_deref()?;
    let end = provider.find(|letter: char| letter.is_ascii_digit()).unwrap_or(provider.len());
    let cause = format!(
        "{} is missing: it is of {} {}, no part of a CUDA toolkit",
        library.name,
        &provider[..end],
        &provider[end..]
    );
    Some(Answer::new(
        cause.replace(" ,", ","),
        &["`cudaman list-remote` shows what cudaman can add to a toolkit"],
    ))
}

#[cfg(test)]
mod tests {
    use super::cudnn_version;

    #[test]
    fn versions_of_cudnn_are_numbers_too() {
        for (text, version) in
            [("7.6.5.", "7.6.5"), ("7102", "7.1.2"), ("90100", "9.1.0"), ("8907,", "8.9.7")]
        {
            assert_eq!(cudnn_version(text), version.parse().ok(), "{text}");
        }
        assert_eq!(cudnn_version("none"), None);
    }
}
