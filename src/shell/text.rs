//! How the texts in `shell/` become files: without what only people read, and with the home filled in.

/// What stands for the home in the texts.
const HOME: &str = "@HOME@";

/// Drops what only people read: a shell reads it at every start, a tenth of the time in bash (measured).
pub(super) fn without_comments(text: &str) -> String {
    let is_code = |line: &&str| !line.trim_start().starts_with('#') && !line.trim().is_empty();
    let lines: String = text.split_inclusive('\n').filter(is_code).collect();
    format!("# Written by cudaman; its source has the comments, in `shell/`.\n{lines}")
}

/// Writes every `[` as the `[[` of bash and zsh, which takes a third of the time (measured). The texts quote what they
/// test, so that it means the same; a bracket within a quoted text stays.
pub(super) fn with_fast_tests(text: &str) -> String {
    let mut fast = String::with_capacity(text.len());
    for line in text.lines() {
        for (index, word) in line.split(' ').enumerate() {
            fast.push_str(if index > 0 { " " } else { "" });
            fast.push_str(match word {
                "[" => "[[",
                "]" => "]]",
                "];" => "]];",
                other => other,
            });
        }
        fast.push('\n');
    }
    fast
}

pub(super) fn filled(text: &str, home: &[u8]) -> Vec<u8> {
    let mut parts = text.split(HOME);
    let mut filled = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        filled.extend_from_slice(home);
        filled.extend_from_slice(part.as_bytes());
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_become_those_of_bash_and_zsh() {
        let text = "if ! [ -e \"$a\" ] && [ -n \"$b\" ]; then\n    [ -d / ]\nfi\ncase $c in [!:]* | *[,:]x) eval \"[ -n x ]\" ;; esac\n";
        let expected = "if ! [[ -e \"$a\" ]] && [[ -n \"$b\" ]]; then\n    [[ -d / ]]\nfi\ncase $c in [!:]* | *[,:]x) eval \"[ -n x ]\" ;; esac\n";
        assert_eq!(with_fast_tests(text), expected);
    }
}
