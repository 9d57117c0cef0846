//! What stands at each path of a tree, kept in memory: finds entries that collide and follows
//! links without asking the file system.

use std::collections::HashMap;

use super::Refusal;
use super::error::escape;
use super::path::{check_target, components, parent};

/// All names together may take so many bytes, however many entries are allowed.
const NAME_BYTES: usize = 24 << 20;
/// A link's way may take so many steps, links on the way included.
const STEPS: usize = 512;
const HOPS: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Directory,
    File,
    Link(String),
}

#[derive(Debug, Default)]
pub(super) struct Names {
    nodes: HashMap<Box<str>, Node>,
    bytes: usize,
}

/// Where a link leads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Destination {
    /// What the link itself names: possibly a further link.
    pub(super) next: String,
    /// What stands at the end of all links.
    pub(super) last: String,
}

impl Names {
    /// Adds a node and the directories above it; returns those directories that are new, outermost first.
    pub(super) fn add(&mut self, path: &str, node: Node) -> Result<Vec<String>, Refusal> {
        match (self.nodes.get(path), &node) {
            (None, _) => {}
            (Some(Node::Directory), Node::Directory) => return Ok(Vec::new()),
            _ => return Err(Refusal::Duplicate(escape(path))),
        }
        let missing = self.missing_directories(path)?;
        for directory in &missing {
            self.insert(directory, Node::Directory)?;
        }
        self.insert(path, node)?;
        Ok(missing)
    }

    /// Tells whether a file or link stands at a path.
    pub(super) fn is_taken(&self, path: &str) -> bool {
        matches!(self.nodes.get(path), Some(Node::File | Node::Link(_)))
    }

    /// Follows a link that was added, through the others.
    pub(super) fn follow(&self, link: &str) -> Result<Destination, Refusal> {
        let Some(Node::Link(target)) = self.nodes.get(link) else {
            return Ok(Destination { next: link.to_owned(), last: link.to_owned() });
        };
        let refuse = |refusal: fn(String) -> Refusal| refusal(escape(target));
        check_target(target)?;
        let mut place: Vec<&str> = components(parent(link)).collect();
        let mut ahead: Vec<&str> = components(target).rev().collect();
        let (mut next, mut hops, mut steps) = (None, 0, 0);
        while let Some(component) = ahead.pop() {
            steps += 1;
            if steps > STEPS {
                return Err(refuse(Refusal::LinkLoop));
            }
            if component == ".." {
                place.pop().ok_or_else(|| refuse(Refusal::LinkOutside))?;
                continue;
            }
            place.push(component);
            let path = place.join("/");
            if ahead.is_empty() && next.is_none() {
                next = Some(path.clone());
            }
            let Some(Node::Link(further)) = self.nodes.get(path.as_str()) else { continue };
            hops += 1;
            if hops > HOPS {
                return Err(refuse(Refusal::LinkLoop));
            }
            check_target(further)?;
            place.pop();
            ahead.extend(components(further).rev());
        }
        let last = place.join("/");
        Ok(Destination { next: next.unwrap_or_else(|| last.clone()), last })
    }

    fn missing_directories(&self, path: &str) -> Result<Vec<String>, Refusal> {
        let mut missing = Vec::new();
        let mut directory = parent(path);
        while !directory.is_empty() {
            match self.nodes.get(directory) {
                Some(Node::Directory) => break,
                Some(_) => return Err(Refusal::Duplicate(escape(directory))),
                None => missing.push(directory.to_owned()),
            }
            directory = parent(directory);
        }
        missing.reverse();
        Ok(missing)
    }

    fn insert(&mut self, path: &str, node: Node) -> Result<(), Refusal> {
        if let Node::Link(target) = &node {
            self.bytes += target.len();
        }
        self.bytes += path.len();
        if self.bytes > NAME_BYTES {
            return Err(Refusal::Names(NAME_BYTES));
        }
        self.nodes.insert(path.into(), node);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(nodes: &[(&str, &str)]) -> Names {
        let mut names = Names::default();
        for (path, target) in nodes {
            let node = if target.is_empty() { Node::File } else { Node::Link((*target).to_owned()) };
            names.add(path, node).expect("no collision");
        }
        names
    }

    #[test]
    fn collisions() {
        let mut names = names(&[("a/b/file", ""), ("a/link", "b")]);
        for (path, node) in [
            ("a/b/file", Node::File),
            ("a/b/file", Node::Directory),
            ("a/b", Node::File),
            ("a/b/file/x", Node::File),
            ("a/link", Node::Directory),
            ("a/link/x", Node::File),
        ] {
            assert!(matches!(names.add(path, node), Err(Refusal::Duplicate(_))), "{path}");
        }
        assert_eq!(names.add("a/b", Node::Directory), Ok(vec![]));
        assert_eq!(names.add("x/y/z", Node::File), Ok(vec!["x".to_owned(), "x/y".to_owned()]));
    }

    #[test]
    fn links_are_followed_through_links() {
        let names = names(&[
            ("t/lib/a.so.1.2", ""),
            ("t/lib/a.so.1", "a.so.1.2"),
            ("lib64", "t/lib"),
            ("x", "lib64/a.so.1"),
        ]);
        let destination = names.follow("x").expect("a way");
        assert_eq!(destination.next, "t/lib/a.so.1");
        assert_eq!(destination.last, "t/lib/a.so.1.2");
    }

    #[test]
    fn links_stay_inside() {
        // `d/up` is `..` seen from `d`: textually `d/up/../x` is inside, for the kernel it isn't.
        let names =
            names(&[("d/up", ".."), ("x", "d/up/../x"), ("y", "../y"), ("z", "/etc"), ("ok", "d/up/x/q")]);
        for link in ["x", "y", "z"] {
            assert!(matches!(names.follow(link), Err(Refusal::LinkOutside(_))), "{link}");
        }
        assert!(matches!(names.follow("ok"), Err(Refusal::LinkOutside(_))));
    }

    #[test]
    fn long_names_do_not_fill_the_memory() {
        let name = "n".repeat(250);
        let mut names = Names::default();
        let mut add = |index: u32| names.add(&format!("{index}/{name}/{name}/{name}"), Node::File);
        let refusal = (0..100_000).find_map(|index| add(index).err());
        assert_eq!(refusal, Some(Refusal::Names(NAME_BYTES)));
    }

    #[test]
    fn loops_end() {
        let names = names(&[("a", "b"), ("b", "a"), ("self", "self"), ("c", "c/c")]);
        for link in ["a", "b", "self", "c"] {
            assert!(matches!(names.follow(link), Err(Refusal::LinkLoop(_))), "{link}");
        }
    }
}
