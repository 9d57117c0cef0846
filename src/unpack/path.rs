//! Paths of entries: which are accepted, and how one leads to another. Pure text, no file system.

use super::Refusal;

const COMPONENT_BYTES: usize = 255;
const PATH_BYTES: usize = 2048;

/// Refuses a path that is not plainly below its root.
pub(super) fn check(path: &str, depth: u32) -> Result<(), Refusal> {
    if path.starts_with('/') {
        return Err(Refusal::Absolute);
    }
    check_text(path)?;
    if path.split('/').count() > depth as usize {
        return Err(Refusal::TooDeep);
    }
    path.split('/').try_for_each(check_component)
}

/// Refuses the target of a link that no file system path can be made of.
pub(super) fn check_target(target: &str) -> Result<(), Refusal> {
    if target.is_empty() || target.starts_with('/') {
        return Err(Refusal::LinkOutside(super::error::escape(target)));
    }
    check_text(target)
}

/// Returns the directory of a path; the root is the empty string.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Returns the components of a path, without empty ones and `.`.
pub(super) fn components(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split('/').filter(|component| !matches!(*component, "" | "."))
}

/// Returns the way from a directory to a path, both below the same root.
pub(super) fn relative(directory: &str, path: &str) -> String {
    let mut from = components(directory).peekable();
    let mut to = components(path).peekable();
    while from.peek().is_some() && from.peek() == to.peek() {
        from.next();
        to.next();
    }
    let way: Vec<&str> = from.map(|_| "..").chain(to).collect();
    if way.is_empty() { ".".to_owned() } else { way.join("/") }
}

fn check_text(path: &str) -> Result<(), Refusal> {
    if path.len() > PATH_BYTES {
        return Err(Refusal::TooLong);
    }
    if path.contains('\\') {
        return Err(Refusal::Backslash);
    }
    if path.chars().any(char::is_control) {
        return Err(Refusal::ControlCharacter);
    }
    Ok(())
}

fn check_component(component: &str) -> Result<(), Refusal> {
    match component {
        "" | "." => Err(Refusal::EmptyComponent),
        ".." => Err(Refusal::Escapes),
        _ if component.len() > COMPONENT_BYTES => Err(Refusal::TooLong),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for path in ["a", "a/b", "...", "a b/ü", "C:evil", "-x"] {
            assert_eq!(check(path, 8), Ok(()), "{path}");
        }
        for (path, refusal) in [
            ("", Refusal::EmptyComponent),
            ("a//b", Refusal::EmptyComponent),
            ("a/", Refusal::EmptyComponent),
            ("a/./b", Refusal::EmptyComponent),
            ("/a", Refusal::Absolute),
            ("a/../b", Refusal::Escapes),
            ("..", Refusal::Escapes),
            ("a\0b", Refusal::ControlCharacter),
            ("a\u{9b}b", Refusal::ControlCharacter),
            ("..\\a", Refusal::Backslash),
            ("a/b/c/d/e/f/g/h/i", Refusal::TooDeep),
        ] {
            assert_eq!(check(path, 8), Err(refusal), "{path:?}");
        }
        assert_eq!(check(&"x".repeat(256), 8), Err(Refusal::TooLong));
        assert_eq!(check(&"x/".repeat(1500), 9000), Err(Refusal::TooLong));
    }

    #[test]
    fn ways() {
        assert_eq!(relative("", "a/b"), "a/b");
        assert_eq!(relative("a/c", "a/b"), "../b");
        assert_eq!(relative("a/b", "a"), "..");
        assert_eq!(relative("a", "a"), ".");
        assert_eq!(relative("a/b", ""), "../..");
    }
}
