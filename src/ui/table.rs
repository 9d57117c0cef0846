//! Columns of text, as wide as what stands in them.

use crate::error::one_line;

/// Lays rows out in columns. Those that are named in `right` lean to the right. Control characters are shown.
#[must_use]
pub fn columns(rows: &[Vec<String>], right: &[usize]) -> Vec<String> {
    let shown: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| one_line(cell).replace('\t', "\\t")).collect()).collect();
    let width = |column: usize| {
        let cells = shown.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..shown.iter().map(Vec::len).max().unwrap_or_default()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if right.contains(&column) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    shown.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_cells() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["GPU", "NAME", "USED"]), row(["0", "Größe", "1\u{1b}[2J\n"]), vec!["10".to_owned()]];
        assert_eq!(columns(&rows, &[0]), ["GPU  NAME   USED", "  0  Größe  1\\u{1b}[2J\\n", " 10"]);
        assert!(columns(&[], &[]).is_empty());
    }
}
