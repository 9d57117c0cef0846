//! What a toolchain's tree will hold: the files of its packages and the fix-ups, merged. No I/O.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, HashMap};

use super::StoreError;
use super::packages::InstalledPackage;
use super::receipts::is_plain_path;
use crate::model::{Change, EntryKind, FixUp};

/// A merged tree: for every directory, parents first, what stands in it. The root's name is empty.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    pub(super) directories: BTreeMap<&'a str, Vec<(&'a str, Node<'a>)>>,
}

/// A file or link of a tree.
#[derive(Clone, Copy, Debug)]
pub(super) enum Node<'a> {
    /// A fix-up.
    Added(&'a Change),
    /// From the package of this index, where it may have another name.
    Laid { package: usize, kind: &'a EntryKind, from: &'a str },
}

impl<'a> Tree<'a> {
    /// Merges packages in order. What two of them hold alike is taken from the first; a fix-up takes
    /// the place of any package's file.
    pub(super) fn merge(packages: &'a [InstalledPackage], fix_ups: &'a [FixUp]) -> Result<Self, StoreError> {
        let mut nodes = BTreeMap::new();
        for fix_up in fix_ups {
            add_fix_up(&mut nodes, fix_up, packages)?;
        }
        for (index, package) in packages.iter().enumerate() {
            for entry in &package.receipt.entries {
                let node = Node::Laid { package: index, kind: &entry.kind, from: name_of(&entry.path) };
                add_entry(&mut nodes, &entry.path, node, packages)?;
            }
        }
        let mut directories: BTreeMap<&str, Vec<_>> = BTreeMap::from([("", Vec::new())]);
        let mut owners = HashMap::new();
        for (path, node) in &nodes {
            for directory in ancestors(path) {
                owners.entry(directory).or_insert(*node);
                directories.entry(directory).or_default();
            }
            let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
            directories.entry(directory).or_default().push((name, *node));
        }
        match nodes.iter().find_map(|(path, node)| Some((path, node, owners.get(path)?))) {
            Some((path, node, below)) => Err(conflict(path, *node, *below, packages)),
            None => Ok(Self { directories }),
        }
    }
}

fn add_fix_up<'a>(
    nodes: &mut BTreeMap<&'a str, Node<'a>>,
    fix_up: &'a FixUp,
    packages: &'a [InstalledPackage],
) -> Result<(), StoreError> {
    let damaged =
        |reason: &str| StoreError::Damaged { path: fix_up.path.clone().into(), reason: reason.to_owned() };
    if !is_plain_path(&fix_up.path) {
        return Err(damaged("as a fix-up it leads out of the toolchain"));
    }
    let node = match &fix_up.change {
        Change::Renamed { from, kind } => renamed(&fix_up.path, from, kind, packages)
            .ok_or_else(|| damaged("as a fix-up it is a file that no package has"))?,
        change => Node::Added(change),
    };
    match nodes.insert(&fix_up.path, node) {
        Some(Node::Added(before)) if *before != fix_up.change => Err(conflict(&fix_up.path, node, node, &[])),
        _ => Ok(()),
    }
}

/// Finds the package whose file a fix-up gives another name.
fn renamed<'a>(
    path: &str,
    from: &'a str,
    kind: &'a EntryKind,
    packages: &[InstalledPackage],
) -> Option<Node<'a>> {
    let source = format!("{}{from}", &path[..path.len() - name_of(path).len()]);
    let has = |package: &InstalledPackage| {
        package.receipt.entries.iter().any(|entry| entry.path == source && entry.kind == *kind)
    };
    packages.iter().position(has).map(|package| Node::Laid { package, kind, from })
}

fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn add_entry<'a>(
    nodes: &mut BTreeMap<&'a str, Node<'a>>,
    path: &'a str,
    node: Node<'a>,
    packages: &[InstalledPackage],
) -> Result<(), StoreError> {
    let slot = match nodes.entry(path) {
        Slot::Occupied(slot) => slot,
        Slot::Vacant(slot) => {
            slot.insert(node);
            return Ok(());
        }
    };
    match (*slot.get(), node) {
        (Node::Laid { kind: first, .. }, Node::Laid { kind: second, .. }) if first != second => {
            Err(conflict(path, *slot.get(), node, packages))
        }
        _ => Ok(()),
    }
}

fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

fn conflict(path: &str, first: Node<'_>, second: Node<'_>, packages: &[InstalledPackage]) -> StoreError {
    let owner = |node| match node {
        Node::Laid { package, .. } => packages[package].id.to_string(),
        Node::Added(_) => "the fix-ups".to_owned(),
    };
    StoreError::Conflict { path: path.to_owned(), first: owner(first), second: owner(second) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{Lab, Piece, executable, file, fix_up, link};

    fn packages(lists: &[&[Piece]]) -> Vec<InstalledPackage> {
        let lab = Lab::new();
        let add = |(index, pieces): (usize, &&[Piece])| {
            let id = lab.add(&format!("c{index}"), pieces);
            lab.store.package(&id).expect("a package")
        };
        lists.iter().enumerate().map(add).collect()
    }

    #[test]
    fn what_is_alike_is_taken_once() {
        let packages =
            packages(&[&[file("a/f", "x"), link("a/l", "f")], &[file("a/f", "x"), link("a/l", "f")]]);
        let tree = Tree::merge(&packages, &[]).expect("merged");
        assert_eq!(tree.directories["a"].len(), 2);
        assert!(tree.directories["a"].iter().all(|(_, node)| matches!(node, Node::Laid { package: 0, .. })));
    }

    #[test]
    fn what_differs_is_a_conflict_unless_a_fix_up_decides() {
        let others: [&[Piece]; 4] =
            [&[file("f", "y")], &[executable("f", "x")], &[link("f", "x")], &[file("f/below", "x")]];
        for (number, other) in others.into_iter().enumerate() {
            let packages = packages(&[&[file("f", "x")], other]);
            let error = Tree::merge(&packages, &[]).expect_err("a conflict").to_string();
            assert!(error.contains("c0-1.0") && error.contains("c1-1.0"), "{error}");
            let is_decided = Tree::merge(&packages, &[fix_up("f", "z")]).is_ok();
            assert_eq!(is_decided, number < 3, "{number}");
        }
    }

    #[test]
    fn fix_ups_stay_inside_and_agree() {
        assert!(Tree::merge(&[], &[fix_up("../f", "z")]).is_err());
        assert!(Tree::merge(&[], &[fix_up("f", "z"), fix_up("f", "y")]).is_err());
        assert!(Tree::merge(&[], &[fix_up("f", "z"), fix_up("f/g", "y")]).is_err());
        assert!(Tree::merge(&[], &[fix_up("f", "z"), fix_up("f", "z")]).is_ok());
    }
}
