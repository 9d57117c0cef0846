//! The tables as one web page, which needs nothing but itself: it asks no network, and its policy forbids it to.
//!
//! The page shows a machine as it is; with JavaScript it weighs others. Names come from machines that others describe,
//! so every text is escaped for where it stands.

mod data;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::matrix::{Cell, Fit, Machine, Row};

const PAGE: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// Returns the page: what `about` says of the machine, and its rows.
#[must_use]
pub fn page(about: &str, machine: &Machine, rows: &[Row]) -> String {
    fill(PAGE, |name| match name {
        "data" => for_script(&data::json(machine, rows)),
        "machine" => escaped(about),
        "policy" => policy(),
        "rows" => rows.iter().map(row).collect::<Vec<_>>().join("\n"),
        "script" => SCRIPT.to_owned(),
        "sources" => sources(),
        "style" => STYLE.to_owned(),
        "version" => env!("CARGO_PKG_VERSION").to_owned(),
        other => unreachable!("the page has a place for `{other}`"),
    })
}

/// Puts texts in the places `{{name}}`, in one pass: a text that looks like a place is none.
fn fill(template: &str, text: impl Fn(&str) -> String) -> String {
    let mut parts = template.split("{{");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").expect("every place has an end");
        filled.push_str(&text(name));
        filled.push_str(rest);
    }
    filled
}

/// Allows this style and this script, and nothing that comes from elsewhere.
fn policy() -> String {
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src {}; script-src {}; img-src data:; base-uri 'none'; form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

/// Keeps a text from ending the element that it stands in.
fn for_script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            control if control.is_control() => safe.extend(control.escape_default()),
            other => safe.push(other),
        }
    }
    safe
}

/// Writes a row as the script does.
fn row(row: &Row) -> String {
    let text = |text: Option<String>| text.unwrap_or_default();
    let cells = [
        cell("Driver", &row.runs, &text(row.driver.map(ToString::to_string))),
        cell("GPU", &row.worst_gpu(), ""),
        cell("Compiler", &row.compiler, &format!("gcc {}", row.gcc)),
        plain("Newest cuDNN", &text(row.cudnn.as_ref().map(ToString::to_string))),
        plain("Installed", &row.installed.join(", ")),
    ];
    let (fit, cuda) = (name(row.verdict()), &row.cuda);
    let head = format!(r#"<tr role="row" data-fit="{fit}"><th role="rowheader" scope="row">{cuda}</th>"#);
    format!("{head}{}</tr>", cells.concat())
}

fn cell(label: &str, answer: &Cell, below: &str) -> String {
    let words = escaped(&answer.words);
    let below = if below.is_empty() || answer.words.contains(below) {
        String::new()
    } else {
        format!("<small>{}</small>", escaped(below))
    };
    let fit = name(answer.fit);
    format!(r#"<td role="cell" data-label="{label}" data-fit="{fit}"><span>{words}</span>{below}</td>"#)
}

fn plain(label: &str, words: &str) -> String {
    let class = if words.is_empty() { r#" class="empty""# } else { "" };
    format!(r#"<td role="cell" data-label="{label}"{class}><span>{}</span></td>"#, escaped(words))
}

const fn name(fit: Fit) -> &'static str {
    match fit {
        Fit::Limited => "limited",
        Fit::No => "no",
        Fit::Unknown => "unknown",
        Fit::Yes => "yes",
    }
}

/// Returns what the tables say of where they are from, once each.
fn sources() -> String {
    let mut sources = data::sources();
    sources.sort_unstable();
    sources.dedup();
    sources.iter().map(|source| format!("<li>{}</li>", escaped(source))).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::super::matrix::{Card, rows};
    use super::*;

    fn hostile() -> (Machine, String) {
        let name = "</script><script>alert(1)</script><img src=x onerror=alert(2)>{{data}}&\u{1b}\"'";
        let card = Card { name: name.to_owned(), capability: "8.6".parse().ok() };
        let machine = Machine { gpus: vec![card], ..Machine::default() };
        let about = format!("GPU: {name}");
        let page = page(&about, &machine, &rows(&machine));
        (machine, page)
    }

    #[test]
    fn a_name_is_never_markup_or_a_place() {
        let (machine, page) = hostile();
        for text in ["<script>alert", "<img", "onerror=alert(2)>", "\u{1b}"] {
            assert!(!page.contains(text), "{text:?}");
        }
        assert_eq!(page.matches("</script>").count(), 2);
        let (_, rest) = page.split_once(r#"id="data">"#).expect("the tables");
        let (json, _) = rest.split_once("</script>").expect("an end");
        let value: serde_json::Value = serde_json::from_str(json).expect("JSON");
        assert_eq!(value["machine"]["gpus"][0]["name"], machine.gpus[0].name.as_str());
    }

    #[test]
    fn the_page_names_no_address_and_fills_every_place() {
        let (_, page) = hostile();
        let page = page.replace("{{data}}", "");
        assert!(!page.contains("{{") && !page.contains("}}"));
        for text in ["src=\"", "url(", "@import", "fetch(", "XMLHttpRequest", "innerHTML", "href=\"http"] {
            assert!(!page.contains(text), "{text}");
        }
        assert!(page.contains("default-src 'none'"));
    }

    #[test]
    fn the_tables_are_all_there() {
        let machine = Machine::default();
        let json = data::json(&machine, &rows(&machine));
        let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let lines = value["lines"].as_array().expect("lines");
        assert_eq!((&lines[lines.len() - 1]["cuda"], lines.len() > 20), (&"7.5".into(), true));
        let of_10 = lines.iter().find(|line| line["cuda"] == "10.0").expect("10.0");
        assert_eq!((&of_10["driver"], &of_10["gcc"][1]), (&"410.48".into(), &"7".into()));
        let tensorflow = value["frameworks"].as_array().expect("frameworks").iter();
        let tensorflow = tensorflow.clone().find(|one| one["name"] == "tensorflow").expect("tensorflow");
        let release = tensorflow["releases"].as_array().expect("releases").iter();
        let release = release.clone().find(|one| one["version"] == "1.14.0").expect("1.14.0");
        assert_eq!(
            (&release["choices"][0]["lines"][0], &release["choices"][0]["cudnn"]),
            (&"10.0".into(), &"7.4".into())
        );
        assert!(value["gpus"].as_array().expect("GPUs").iter().any(|gpu| gpu["name"] == "Tesla K80"));
    }
}
