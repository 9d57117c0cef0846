//! The anchors of an HTML page: enough of HTML for the project pages of package indexes.
//!
//! No tree is built and nothing is repaired. Any text is accepted; what looks like no anchor is
//! left out.

/// One `<a …>` with its attributes, entities decoded, names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Anchor {
    attributes: Vec<(String, String)>,
    /// The text up to the next tag.
    pub(super) text: String,
}

/// What a page holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Html {
    /// The address that relative links start from, if the page names one.
    pub(super) base: Option<String>,
    /// The anchors in their order.
    pub(super) anchors: Vec<Anchor>,
}

impl Anchor {
    /// Returns the value of an attribute, empty for one without a value.
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads the anchors of a page.
pub(super) fn parse(page: &str) -> Html {
    let mut html = Html::default();
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
            continue;
        }
        let end = rest.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(rest.len());
        let name = rest[..end].to_ascii_lowercase();
        if !matches!(name.as_str(), "a" | "base") {
            continue;
        }
        let (attributes, after) = attributes(&rest[end..]);
        rest = after;
        let text = decoded(rest[..rest.find('<').unwrap_or(rest.len())].trim());
        let anchor = Anchor { attributes, text };
        match name.as_str() {
            "base" if html.base.is_none() => html.base = anchor.attribute("href").map(str::to_owned),
            "base" => {}
            _ => html.anchors.push(anchor),
        }
    }
    html
}

/// Reads attributes up to the end of the tag; returns what comes after it.
fn attributes(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|character: char| character.is_whitespace() || character == '/');
        if rest.is_empty() {
            return (found, rest);
        }
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        let is_end = |character: char| character.is_whitespace() || matches!(character, '=' | '>' | '/');
        // A stray `=` is taken as a name, so that every round consumes something.
        let end =
            rest.char_indices().skip(1).find(|(_, other)| is_end(*other)).map_or(rest.len(), |(at, _)| at);
        let name = rest[..end].to_ascii_lowercase();
        let (value, after) = value(rest[end..].trim_start());
        rest = after;
        found.push((name, value));
    }
}

fn value(rest: &str) -> (String, &str) {
    let Some(rest) = rest.strip_prefix('=') else { return (String::new(), rest) };
    let rest = rest.trim_start();
    for quote in ['"', '\''] {
        if let Some(inner) = rest.strip_prefix(quote) {
            let end = inner.find(quote).unwrap_or(inner.len());
            return (decoded(&inner[..end]), inner.get(end + 1..).unwrap_or(""));
        }
    }
    let end =
        rest.find(|character: char| character.is_whitespace() || character == '>').unwrap_or(rest.len());
    (decoded(&rest[..end]), &rest[end..])
}

/// Replaces the entities that occur in addresses and specifiers; others stay as they are.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let entity =
            rest.find(';').filter(|end| *end <= 10).and_then(|end| Some((end, entity(&rest[1..end])?)));
        let (length, character) = entity.map_or((0, '&'), |(end, character)| (end, character));
        out.push(character);
        rest = &rest[length + 1..];
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "apos" => Some('\''),
        "gt" => Some('>'),
        "lt" => Some('<'),
        "quot" => Some('"'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn anchors_in_every_spelling() {
        let page = "<!doctype html><BASE href='/files/'><base href=/other/>\
            <a href=\"x.whl#sha256=ab&amp;c\" data-requires-python='&gt;=3'>x.whl</a>\
            <A\n HREF=y.whl data-yanked>y &#x26; z</A><!-- <a href=hidden> -->\
            <abbr href=no><a href = 'z.whl'/>";
        let html = parse(page);
        assert_eq!(html.base.as_deref(), Some("/files/"));
        let hrefs: Vec<_> = html.anchors.iter().filter_map(|anchor| anchor.attribute("href")).collect();
        assert_eq!(hrefs, ["x.whl#sha256=ab&c", "y.whl", "z.whl"]);
        assert_eq!(html.anchors[0].attribute("data-requires-python"), Some(">=3"));
        assert_eq!(html.anchors[1].attribute("data-yanked"), Some(""));
        assert_eq!(html.anchors[1].text, "y & z");
    }

    #[test]
    fn broken_pages_give_what_can_be_read() {
        for page in
            ["<", "<a", "<a href", "<a href=\"x", "<a ===>", "<a href='é", "<!--", "&", "<a href=&#xD800;>"]
        {
            let _ = parse(page);
        }
        assert_eq!(parse("<a href=\"x").anchors[0].attribute("href"), Some("x"));
        assert_eq!(parse("<a href=&bogus;&#xD800;&>").anchors[0].attribute("href"), Some("&bogus;&#xD800;&"));
    }

    proptest! {
        #[test]
        fn any_page_is_read(page in "(<a|<base|<!--|-->| href|=|\"|'|>|/|&|&#|;|x|é|\n| ){0,60}", other in ".{0,200}") {
            let _ = parse(&page);
            let _ = parse(&other);
        }

        #[test]
        fn values_survive_quoting(value in "[^&\"]{0,30}") {
            let html = parse(&format!("<a href=\"{value}\">"));
            prop_assert_eq!(html.anchors[0].attribute("href"), Some(value.as_str()));
        }
    }
}
