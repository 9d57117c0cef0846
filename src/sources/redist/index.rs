//! The index page of a redist directory: which manifests there are.
//!
//! Nothing of the page but the names of manifests is believed or followed, so any listing will do:
//! NVIDIA's own, a web server's, a plain text.

use std::collections::BTreeSet;

use crate::model::Version;

const PREFIX: &str = "redistrib_";
const SUFFIX: &str = ".json";

/// Returns the labels of the manifests that a page names, lowest first, each once.
pub(super) fn labels(page: &[u8]) -> Vec<Version> {
    let page = without_comments(&String::from_utf8_lossy(page));
    let mut labels = BTreeSet::new();
    for (at, _) in page.match_indices(PREFIX) {
        let begins_name = !page[..at].ends_with(|c: char| c.is_alphanumeric() || "_-.".contains(c));
        if let Some(label) = label(&page[at + PREFIX.len()..])
            && begins_name
        {
            labels.insert(label);
        }
    }
    labels.into_iter().collect()
}

/// Reads `12.4.1.json` at the beginning of a text.
fn label(text: &str) -> Option<Version> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let dotted = text[..end].strip_suffix('.')?;
    let after = text[end - 1..].strip_prefix(SUFFIX)?;
    if after.starts_with(|c: char| c.is_alphanumeric() || "._-~".contains(c)) {
        return None;
    }
    let version: Version = dotted.parse().ok()?;
    // `12.04.1` would be looked for as `12.4.1`, where it isn't.
    ((2..=5).contains(&version.numbers().len()) && version.to_string() == dotted).then_some(version)
}

fn without_comments(page: &str) -> String {
    let mut kept = String::with_capacity(page.len());
    let mut rest = page;
    while let Some(start) = rest.find("<!--") {
        kept.push_str(&rest[..start]);
        let Some(length) = rest[start..].find("-->") else { return kept };
        rest = &rest[start + length + 3..];
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(page: &str) -> Vec<String> {
        labels(page.as_bytes()).iter().map(Version::to_string).collect()
    }

    #[test]
    fn any_listing_will_do() {
        let apache = r#"<a href="redistrib_12.4.1.json">redistrib_12.4.1.js..&gt;</a> 2024-04-03 10:11  58K
            <a href='redistrib_9.10.0.json'>redistrib_9.10.0.json</a><A HREF=redistrib_9.9.0.json>x</A>
            <a href="/compute/cuda/redist/redistrib_8.9.7.29.json?C=M">y</a>"#;
        assert_eq!(read(apache), ["8.9.7.29", "9.9.0", "9.10.0", "12.4.1"]);
        assert_eq!(read("redistrib_13.0.2.json\nredistrib_11.0.3.json\n"), ["11.0.3", "13.0.2"]);
    }

    #[test]
    fn junk_is_ignored() {
        for junk in [
            "redistrib_features_11.4.4.json",
            "redistrib_12.4.1.json.sha256",
            "redistrib_12.4.1.jsonp",
            "redistrib_12.4.1.json~",
            "redistrib_12..1.json",
            "redistrib_.json",
            "redistrib_12.json",
            "redistrib_12.04.1.json",
            "redistrib_1.2.3.4.5.6.json",
            "redistrib_99999999999.1.json",
            "old-redistrib_12.4.1.json",
            "<!-- redistrib_12.4.1.json -->",
            "<!-- redistrib_12.4.1.json",
            "redistrib_12.4.1",
            "",
        ] {
            assert!(read(junk).is_empty(), "{junk}");
        }
    }

    proptest! {
        #[test]
        fn no_page_is_too_strange(page in prop::collection::vec(any::<u8>(), 0..300), text in "(<!--|-->|redistrib_|[0-9.]{0,5}|.json|é|\")*") {
            labels(&page);
            labels(text.as_bytes());
        }
    }
}
