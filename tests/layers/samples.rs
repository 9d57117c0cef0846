//! The rules pass on good source; these samples show that they can fail.

use super::Source;

fn violations(file: &str, body: &str) -> Vec<String> {
    Source::new(file, &format!("//! A sample.\n{body}")).violations()
}

#[test]
fn a_look_upwards_is_found_however_it_is_spelled() {
    for body in [
        "use crate::install::run;",
        "use crate::{model::Version, sources::{Source as S}};",
        "fn f() { crate::commands::list::run() }",
        "use super::super::ui;",
        "use cudaman::context::Context;",
    ] {
        let found = violations("src/store/gc.rs", body);
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert!(found[0].starts_with("src/store/gc.rs:2: `store` uses `"), "{found:?}");
    }
}

#[test]
fn looks_downwards_and_aside_are_free() {
    for body in [
        "use crate::{model::Version, packages, store::Store};",
        "use super::receipts; use super::super::shell; let dirs = ureq;",
        "// use crate::install;\nconst TEXT: &str = \"crate::install\";",
        "#[cfg(test)] mod tests { use crate::install::run; }",
    ] {
        assert_eq!(violations("src/store/gc.rs", body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn the_world_is_touched_by_its_owner_only() {
    for (owner, body) in [
        ("context", "fn f() { std::env::var_os(\"HOME\"); }"),
        ("context", "use std::env::{self, current_dir};"),
        ("context", "use std::env::*;"),
        ("ui", "fn f() { println!(\"x\") }"),
        ("ui", "fn f() { std::io::stdout().lock(); }"),
        ("fetch", "use std::net::TcpStream;"),
        ("fetch", "fn f() -> ureq::Agent { g() }"),
    ] {
        let found = violations("src/unpack/zip.rs", body);
        assert_eq!(found.len(), 1, "{body}: {found:?}");
        assert!(found[0].contains(&format!("belongs to `{owner}`")), "{found:?}");
        let own = format!("src/{owner}.rs");
        assert_eq!(violations(&own, body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn the_root_hides_no_layer_and_files_say_what_they_are_for() {
    assert_eq!(violations("src/lib.rs", "pub mod model;"), Vec::<String>::new());
    assert_eq!(violations("src/lib.rs", "pub use store::Store;").len(), 1);
    assert_eq!(Source::new("src/store/gc.rs", "fn f() {}").violations().len(), 1);
}
