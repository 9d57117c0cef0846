//! A list of limited length, without an allocator.

/// Up to `N` items in the order they were pushed, without an allocator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List<T, const N: usize> {
    items: [Option<T>; N],
    length: usize,
}

impl<T: Copy, const N: usize> List<T, N> {
    pub(crate) const fn new() -> Self {
        Self { items: [None; N], length: 0 }
    }

    /// Appends an item, if there is room for it.
    pub(crate) fn push(&mut self, item: T) -> Option<()> {
        *self.items.get_mut(self.length)? = Some(item);
        self.length += 1;
        Some(())
    }

    /// Returns the items in order.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.items.iter().take(self.length).filter_map(|item| *item)
    }
}
