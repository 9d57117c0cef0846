//! The values of a structured file, each with the keys that lead to it and its line: what TOML, YAML and
//! JSON have in common.

use saphyr_parser::{Event, Parser};
use toml::de::{DeTable, DeValue};

/// More values than any real file has are not looked at.
const MOST: usize = 400_000;

/// Deeper nesting than any real file's.
const DEEPEST: usize = 40;

/// A value.
#[derive(Debug)]
pub(super) struct Leaf {
    /// The keys, and the places in lists as numbers.
    pub(super) path: Vec<String>,
    pub(super) text: String,
    pub(super) line: Option<usize>,
}

impl Leaf {
    /// Returns what is left of the path behind these keys; `*` stands for any one.
    pub(super) fn below(&self, keys: &[&str]) -> Option<&[String]> {
        let is_same = |(own, key): (&String, &&str)| *key == "*" || own == key;
        let is_below = self.path.len() >= keys.len() && self.path.iter().zip(keys).all(is_same);
        is_below.then(|| &self.path[keys.len()..])
    }

    /// Returns the key at a place.
    pub(super) fn key(&self, at: usize) -> &str {
        self.path.get(at).map_or("", String::as_str)
    }

    /// Returns the last key.
    pub(super) fn last(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// Reads TOML; the reason where it is none.
pub(super) fn toml(text: &str) -> Result<Vec<Leaf>, String> {
    let table = DeTable::parse(text).map_err(|error| error.message().to_owned())?;
    let starts: Vec<usize> =
        std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line_of = |at: usize| starts.partition_point(|start| *start <= at);
    let mut leaves = Vec::new();
    walk_table(table.get_ref(), &mut Vec::new(), &line_of, &mut leaves);
    Ok(leaves)
}

fn walk_table(
    table: &DeTable<'_>,
    path: &mut Vec<String>,
    line_of: &dyn Fn(usize) -> usize,
    leaves: &mut Vec<Leaf>,
) {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        walk(value.get_ref(), (path, line_of(value.span().start)), line_of, leaves);
        path.pop();
    }
}

fn walk(
    value: &DeValue<'_>,
    (path, line): (&mut Vec<String>, usize),
    line_of: &dyn Fn(usize) -> usize,
    leaves: &mut Vec<Leaf>,
) {
    if path.len() > DEEPEST || leaves.len() >= MOST {
        return;
    }
    let text = match value {
        DeValue::Table(table) => return walk_table(table, path, line_of, leaves),
        DeValue::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                walk(item.get_ref(), (path, line_of(item.span().start)), line_of, leaves);
                path.pop();
            }
            return;
        }
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(is_true) => is_true.to_string(),
        DeValue::Datetime(_) => return,
    };
    leaves.push(Leaf { path: path.clone(), text, line: Some(line) });
}

/// Reads JSON; lines are not known.
pub(super) fn json(text: &str) -> Result<Vec<Leaf>, String> {
    let value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let mut leaves = Vec::new();
    walk_json(&value, &mut Vec::new(), &mut leaves);
    Ok(leaves)
}

fn walk_json(value: &serde_json::Value, path: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
    let children: Vec<(String, &serde_json::Value)> = match value {
        serde_json::Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        serde_json::Value::Array(items) => {
            items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect()
        }
        serde_json::Value::String(text) => {
            leaves.push(Leaf { path: path.clone(), text: text.clone(), line: None });
            return;
        }
        _ => return,
    };
    if path.len() > DEEPEST || leaves.len() >= MOST {
        return;
    }
    for (key, value) in children {
        path.push(key);
        walk_json(value, path, leaves);
        path.pop();
    }
}

/// A list or a mapping of YAML that is open.
enum Open {
    List(usize),
    /// Whether a key has been read, whose value comes next.
    Mapping(bool),
}

/// Reads YAML. An alias has no value here, so that none can multiply a text.
pub(super) fn yaml(text: &str) -> Result<Vec<Leaf>, String> {
    let mut walker = Walker::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| error.to_string())?;
        let line = span.start.line();
        match event {
            Event::Scalar(value, ..) => walker.scalar(&value, line),
            Event::Alias(_) => walker.scalar("", line),
            Event::SequenceStart(..) => walker.open(Open::List(0))?,
            Event::MappingStart(..) => walker.open(Open::Mapping(false))?,
            Event::SequenceEnd | Event::MappingEnd => walker.close(),
            _ => {}
        }
        if walker.leaves.len() >= MOST {
            break;
        }
    }
    Ok(walker.leaves)
}

#[derive(Default)]
struct Walker {
    open: Vec<Open>,
    path: Vec<String>,
    leaves: Vec<Leaf>,
}

impl Walker {
    fn scalar(&mut self, text: &str, line: usize) {
        if let Some(Open::Mapping(has_key @ false)) = self.open.last_mut() {
            *has_key = true;
            self.path.push(text.to_owned());
            return;
        }
        self.begin_value();
        self.leaves.push(Leaf { path: self.path.clone(), text: text.to_owned(), line: Some(line) });
        self.end_value();
    }

    fn open(&mut self, open: Open) -> Result<(), String> {
        if self.open.len() >= DEEPEST {
            return Err("it is nested too deep".to_owned());
        }
        if let Some(Open::Mapping(has_key @ false)) = self.open.last_mut() {
            *has_key = true;
            self.path.push(String::new());
        } else {
            self.begin_value();
        }
        self.open.push(open);
        Ok(())
    }

    fn close(&mut self) {
        self.open.pop();
        self.end_value();
    }

    /// Puts an item's place in its list on the path.
    fn begin_value(&mut self) {
        if let Some(Open::List(index)) = self.open.last_mut() {
            self.path.push(index.to_string());
            *index += 1;
        }
    }

    /// Takes what led to a value off the path.
    fn end_value(&mut self) {
        match self.open.last_mut() {
            Some(Open::List(_)) => {
                self.path.pop();
            }
            Some(Open::Mapping(has_key)) => {
                *has_key = false;
                self.path.pop();
            }
            None => {}
        }
    }
}
