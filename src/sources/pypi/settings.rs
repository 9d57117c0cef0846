//! One layer of settings that name package indexes, and the layer of the environment's variables.

use crate::model::Environment;

/// What one place says, in the words of pip and uv; values aren't checked yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Settings {
    /// `index-url`, uv's default index.
    pub(super) index: Option<String>,
    /// `extra-index-url`, uv's other indexes.
    pub(super) further: Vec<String>,
    /// `find-links`.
    pub(super) find_links: Vec<String>,
    /// `no-index`.
    pub(super) no_index: Option<bool>,
    /// `trusted-host`.
    pub(super) trusted_hosts: Vec<String>,
    /// `cert`.
    pub(super) certificates: Option<String>,
}

impl Settings {
    /// Reads the variables of uv and pip; uv's come first.
    pub(super) fn from_environment(environment: &Environment) -> Self {
        let first = |names: &[&str]| names.iter().find_map(|name| environment.text(name));
        let words = |names: &[&str]| first(names).map(words).unwrap_or_default();
        Self {
            index: first(&["UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL"]).map(without_name),
            further: words(&["UV_INDEX", "UV_EXTRA_INDEX_URL", "PIP_EXTRA_INDEX_URL"]),
            find_links: links(first(&["UV_FIND_LINKS", "PIP_FIND_LINKS"])),
            no_index: first(&["UV_NO_INDEX", "PIP_NO_INDEX"]).map(is_true),
            trusted_hosts: words(&["PIP_TRUSTED_HOST", "UV_INSECURE_HOST"]),
            certificates: first(&["PIP_CERT"]).map(str::to_owned),
        }
    }

    /// Fills what is not set here from a layer that counts less.
    pub(super) fn or(self, lower: Self) -> Self {
        let list = |higher: Vec<String>, lower| if higher.is_empty() { lower } else { higher };
        Self {
            index: self.index.or(lower.index),
            further: list(self.further, lower.further),
            find_links: list(self.find_links, lower.find_links),
            no_index: self.no_index.or(lower.no_index),
            trusted_hosts: list(self.trusted_hosts, lower.trusted_hosts),
            certificates: self.certificates.or(lower.certificates),
        }
    }
}

/// Splits a list of addresses at white space.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(without_name).collect()
}

/// Tells whether a switch is on, as pip reads it.
pub(super) fn is_true(text: &str) -> bool {
    matches!(text.trim().to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on" | "y" | "t")
}

fn links(text: Option<&str>) -> Vec<String> {
    text.map(|text| text.split([',', ' ', '\n']).filter(|part| !part.is_empty()).map(str::to_owned).collect())
        .unwrap_or_default()
}

/// Drops the name that uv allows in front of an address: `internal=https://…`.
fn without_name(text: &str) -> String {
    let is_name = |name: &str| {
        name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    match text.trim().split_once('=') {
        Some((name, address)) if is_name(name) => address.to_owned(),
        _ => text.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_uv_come_first_and_names_are_dropped() {
        let variables = [
            ("PIP_INDEX_URL", "https://pip.example/simple"),
            ("UV_DEFAULT_INDEX", "inner=https://uv.example/simple?token=a=b"),
            ("PIP_EXTRA_INDEX_URL", "https://one.example/  https://two.example/"),
            ("UV_INDEX", ""),
            ("PIP_FIND_LINKS", "/srv/wheels"),
            ("PIP_NO_INDEX", "0"),
        ];
        let variables = variables.map(|(name, value)| (name.into(), value.into())).into();
        let settings = Settings::from_environment(&Environment { variables, ..Environment::default() });
        assert_eq!(settings.index.as_deref(), Some("https://uv.example/simple?token=a=b"));
        assert_eq!(settings.further, ["https://one.example/", "https://two.example/"]);
        assert_eq!(settings.find_links, ["/srv/wheels"]);
        assert_eq!(settings.no_index, Some(false));
    }
}
