//! Where `.condarc` files say that environments are kept: the one key `envs_dirs` of them.
//!
//! It reads the forms of YAML that conda writes and that people write for this key: a list below it, a
//! list in brackets, one value. Anchors, escapes and text over several lines are not understood; such
//! a value is no directory, and is passed over.

use std::path::{Path, PathBuf};

use crate::integrate::read_small;
use crate::model::Environment;

/// The key, and the name that it had before.
const KEYS: &[&str] = &["envs_dirs:", "envs_path:"];

/// Returns the absolute directories that a file lists.
pub(super) fn environment_directories(file: &Path, environment: &Environment) -> Vec<PathBuf> {
    let text = read_small(file).unwrap_or_default();
    values(&String::from_utf8_lossy(&text))
        .iter()
        .filter_map(|value| expand(value, environment))
        .filter(|path| path.is_absolute())
        .collect()
}

/// Replaces `~`, `$NAME` and `${NAME}`, as conda does. None where a variable is not set.
pub(super) fn expand(value: &str, environment: &Environment) -> Option<PathBuf> {
    let home = environment.home.to_str().unwrap_or_default();
    let mut rest = value;
    let mut expanded = String::new();
    if value == "~" || value.starts_with("~/") {
        expanded.push_str(home);
        rest = &value[1..];
    }
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let bare = after.strip_prefix('{').unwrap_or(after);
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let end = bare.find(|c| !is_name(c)).unwrap_or(bare.len());
        expanded.push_str(environment.text(&bare[..end])?);
        rest = if bare.len() < after.len() { bare[end..].strip_prefix('}')? } else { &bare[end..] };
    }
    expanded.push_str(rest);
    Some(PathBuf::from(expanded))
}

fn values(text: &str) -> Vec<String> {
    let mut lines = text.lines();
    let Some(first) = lines.by_ref().find_map(value) else { return Vec::new() };
    if first.is_empty() {
        return listed(lines);
    }
    let Some(list) = first.strip_prefix('[') else { return vec![unquoted(first).to_owned()] };
    let mut items = list.to_owned();
    for line in lines {
        if items.contains(']') {
            break;
        }
        items.push_str(without_comment(line));
    }
    let items = items.split(']').next().unwrap_or_default();
    items.split(',').map(|item| unquoted(item.trim()).to_owned()).filter(|item| !item.is_empty()).collect()
}

/// What stands behind the key in a line.
fn value(line: &str) -> Option<&str> {
    KEYS.iter().find_map(|key| line.strip_prefix(key)).map(without_comment)
}

/// The items of a list that stands below its key, one a line.
fn listed<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let is_said = |line: &&str| !line.is_empty();
    let items = lines.map(without_comment).filter(is_said).map_while(|line| line.strip_prefix('-'));
    items.map(|item| unquoted(item.trim()).to_owned()).collect()
}

fn without_comment(line: &str) -> &str {
    let line = line.trim();
    if line.starts_with('#') {
        return "";
    }
    line.split(" #").next().unwrap_or_default().trim_end()
}

fn unquoted(value: &str) -> &str {
    let within = |quote| value.strip_prefix(quote)?.strip_suffix(quote);
    within('\'').or_else(|| within('"')).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_list_is_read() {
        for text in [
            "channels:\n  - x\nenvs_dirs:\n  - /a b\n  # why\n\n  - '/c'  # there\nauto: true\n",
            "envs_dirs:\n- \"/a b\"\n- /c\nchannels:\n- /no\n",
            "envs_dirs: [/a b, '/c']\n",
            "envs_path: [ \"/a b\",\n   /c,\n ]\nchannels: [/no]\n",
        ] {
            assert_eq!(values(text), ["/a b", "/c"], "{text}");
        }
        assert_eq!(values("envs_dirs: /one # x"), ["/one"]);
        for text in ["", "envs_dirs:", "envs_dirs: []", "envs_dirs: [", " envs_dirs: [/x]", "# envs_dirs: /x"]
        {
            assert!(values(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn home_and_variables_are_filled_in() {
        let variables = [("DATA".into(), "/data".into())];
        let environment =
            Environment { variables: variables.into(), home: "/me".into(), ..Default::default() };
        let read = |value| expand(value, &environment).map(|path| path.display().to_string());
        assert_eq!(read("~/e").as_deref(), Some("/me/e"));
        assert_eq!(read("$DATA/e").as_deref(), Some("/data/e"));
        assert_eq!(read("/x/${DATA}y").as_deref(), Some("/x//datay"));
        for bad in ["$NONE/e", "${DATA/e", "$", "a$"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
