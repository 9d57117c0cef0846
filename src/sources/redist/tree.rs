//! JSON as a tree in which no key appears twice.
//!
//! Two readers that disagree about which of two equal keys counts can be played against each other,
//! so a document with such keys is refused whole. Only what manifests need is kept: lists and
//! fractions are recognised and dropped.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A value of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    /// `null`.
    Absent,
    /// A whole number that isn't negative.
    Number(u64),
    /// An object.
    Object(Object),
    /// A list, a truth value, or a number that no manifest needs.
    Other,
    /// A text.
    Text(String),
}

/// The members of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Object(BTreeMap<String, Tree>);

impl Object {
    /// Returns a member; `null` counts as none.
    pub(super) fn value(&self, key: &str) -> Option<&Tree> {
        self.0.get(key).filter(|value| **value != Tree::Absent)
    }

    /// Returns a member that is a text.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        match self.0.get(key) {
            Some(Tree::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns the members that are objects, by key.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&str, &Self)> {
        self.0.iter().filter_map(|(key, value)| match value {
            Tree::Object(object) => Some((key.as_str(), object)),
            _ => None,
        })
    }

    /// Returns a member that is an object.
    pub(super) fn object(&self, key: &str) -> Option<&Self> {
        match self.0.get(key) {
            Some(Tree::Object(object)) => Some(object),
            _ => None,
        }
    }
}

/// Makes a foreign text fit for a message: short, and without control characters.
pub(super) fn printable(text: &str) -> String {
    text.chars().take(120).collect::<String>().escape_default().to_string()
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Tree::deserialize(deserializer)? {
            Tree::Object(object) => Ok(object),
            _ => Err(D::Error::custom("expected an object")),
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Tree, E> {
        Ok(Tree::Other)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Tree, E> {
        Ok(u64::try_from(number).map_or(Tree::Other, Tree::Number))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            let value = map.next_value()?;
            if members.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key `{}` appears twice", printable(&key))));
            }
            members.insert(key, value);
        }
        Ok(Tree::Object(Object(members)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Tree, A::Error> {
        while sequence.next_element::<Tree>()?.is_some() {}
        Ok(Tree::Other)
    }

    fn visit_str<E>(self, text: &str) -> Result<Tree, E> {
        Ok(Tree::Text(text.to_owned()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Tree, E> {
        Ok(Tree::Number(number))
    }

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Absent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_appear_twice_are_refused_at_any_depth() {
        for text in
            [r#"{"a": 1, "a": 1}"#, r#"{"a": {"b": 1, "c": {"d": 1, "d": 2}}}"#, r#"{"a": 1, "\u0061": 1}"#]
        {
            let error = serde_json::from_str::<Object>(text).expect_err("a refusal").to_string();
            assert!(error.contains("appears twice"), "{error}");
        }
    }

    #[test]
    fn values_keep_what_manifests_need() {
        let object: Object = serde_json::from_str(
            r#"{"a": "x", "b": 7, "c": null, "d": [{"e": 1}], "f": -1, "g": {"h": 1.5}}"#,
        )
        .expect("an object");
        assert_eq!(object.text("a"), Some("x"));
        assert_eq!(object.value("b"), Some(&Tree::Number(7)));
        assert_eq!(object.value("c"), None);
        assert_eq!(object.value("d"), Some(&Tree::Other));
        assert_eq!(object.value("f"), Some(&Tree::Other));
        assert_eq!(object.objects().map(|(key, _)| key).collect::<Vec<_>>(), ["g"]);
    }

    #[test]
    fn depth_is_bounded() {
        let text = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
        assert!(serde_json::from_str::<Object>(&text).is_err());
        let list = format!("{{\"a\": {}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert!(serde_json::from_str::<Object>(&list).is_err());
    }
}
