//! The page of `cudaman compat --html` in a real browser.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::compat::MACHINE;
use crate::support::{Browser, Sandbox};

const TAB: &str = "\u{E004}";
const DOWN: &str = "\u{E015}";
const SPACE: &str = " ";

/// Fit and texts of every row of a table body that is called `body`.
const ROWS: &str = "const rows = (body) => [...body.rows].map((row) => [row.dataset.fit, ...[...row.cells].map((cell) => \
    [cell.dataset.fit, cell.dataset.label, cell.className, cell.innerText || cell.textContent])]); ";

fn page(sandbox: &Sandbox, machine: &str) -> PathBuf {
    let (host, page) = (sandbox.path().join("host.json"), sandbox.path().join("page.html"));
    std::fs::write(&host, machine).expect("a file");
    sandbox.ok(&["compat", "--host", &host.display().to_string(), "--html", &page.display().to_string()]);
    page
}

fn fill(browser: &Browser, id: &str, value: &str) {
    let body = "const field = document.getElementById(arguments[0]); field.value = arguments[1]; \
        for (const name of ['input', 'change']) field.dispatchEvent(new Event(name, { bubbles: true }));";
    browser.run(body, &[id.into(), value.into()]);
}

fn text(browser: &Browser, selector: &str) -> String {
    let found = browser.run("return document.querySelector(arguments[0]).textContent", &[selector.into()]);
    found.as_str().expect("a text").to_owned()
}

/// Returns the text of a cell of a line.
fn cell(browser: &Browser, cuda: &str, label: &str) -> String {
    let body = "const row = [...document.querySelectorAll('tbody tr')].find((row) => row.cells[0].textContent === arguments[0]); \
        return [...row.cells].find((cell) => cell.dataset.label === arguments[1]).firstChild.textContent";
    browser.run(body, &[cuda.into(), label.into()]).as_str().expect("a text").to_owned()
}

#[test]
fn with_and_without_its_script_the_page_says_the_same() {
    let Some(browser) = Browser::start() else { return };
    let sandbox = Sandbox::new();
    let hostile = r#"{ "driver": {}, "gpus": [ { "name": "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">", "capability": "7.5" },
        { "name": "a, b", "capability": "8.7" }, { "name": "unheard of" } ] }"#;
    let wsl = r#"{ "machine": "x86_64", "kind": "wsl", "driver": { "library": "551.61", "newest_cuda": "12.4" },
        "gpus": [ { "name": "NVIDIA GeForce RTX 2080 Ti", "capability": "7.5" } ],
        "compilers": [ { "kind": "clang", "version": "14.0.6", "c": "", "cxx": "" } ] }"#;
    let none = r#"{ "driver": {} }"#;
    for machine in [MACHINE, wsl, none, hostile] {
        let path = page(&sandbox, machine);
        browser.open(&path);
        let written = std::fs::read_to_string(&path).expect("a page");
        let body = format!(
            "{ROWS} const before = new DOMParser().parseFromString(arguments[0], 'text/html'); \
             const flat = (all) => JSON.stringify(all.map((row) => row.map((cell) => String(cell).replace(/\\s+/g, '')))); \
             return [flat(rows(before.querySelector('tbody'))), flat(rows(document.querySelector('tbody')))]"
        );
        let both = browser.run(&body, &[written.into()]);
        assert!(both[0].as_str().is_some_and(|rows| rows.contains("13.0")), "{machine}: {both}");
        assert_eq!(both[0], both[1], "{machine}");
        assert_eq!(browser.run("return document.title", &[]), "Which CUDA fits", "{machine}");
        assert_eq!(browser.complaints(), Vec::<String>::new(), "{machine}");
    }
}

#[test]
fn filters_answer_what_is_asked() {
    let Some(browser) = Browser::start() else { return };
    let sandbox = Sandbox::new();
    browser.open(&page(&sandbox, MACHINE));
    assert_eq!(cell(&browser, "11.8", "Compiler"), "gcc 9.5.0");
    fill(&browser, "framework", "tensorflow");
    fill(&browser, "release", "1.14.0");
    assert_eq!(cell(&browser, "10.0", "Framework"), "cuDNN 7.4");
    assert_eq!(cell(&browser, "11.8", "Framework"), "not for it");
    assert!(text(&browser, "#answer").contains("No CUDA release fits"), "no gcc here is old enough for 10.0");
    fill(&browser, "compiler", "7.5");
    assert!(
        text(&browser, "#answer").ends_with("1 of 31 fit; the one to take: cudaman install 10.0+cudnn7"),
        "{}",
        text(&browser, "#answer")
    );
    assert!(text(&browser, "#more").contains("Source: "));
    fill(&browser, "gpu", "Tesla V100-SXM2-32GB");
    assert_eq!(text(&browser, "#gpu-note"), "compute capability 7.0");
    assert_eq!(cell(&browser, "13.0", "GPU"), "last is 12.9");
    fill(&browser, "gpu", "RTX 9999");
    assert_eq!(text(&browser, "#gpu-note"), "not known: RTX 9999");
    fill(&browser, "gpu", "sm_90a");
    assert_eq!(cell(&browser, "11.8", "GPU"), "sm_90");
    fill(&browser, "driver", "410.48");
    assert_eq!(cell(&browser, "10.1", "Driver"), "needs 418.39");
    fill(&browser, "driver", "<b>new</b>");
    assert_eq!(
        browser.run("return document.getElementById('driver').getAttribute('aria-invalid')", &[]),
        "true"
    );
    browser.run("document.getElementById('any').click()", &[]);
    let words = ["Driver", "GPU", "Compiler"].map(|label| cell(&browser, "10.0", label));
    assert_eq!(words, ["any", "any", "any"]);
    fill(&browser, "framework", "torch");
    fill(&browser, "release", "2.4.0");
    let all = browser.run("return document.querySelectorAll('tbody tr').length", &[]);
    browser.run("document.getElementById('fitting').click()", &[]);
    let lines = "return [...document.querySelectorAll('tbody th')].map((cell) => cell.textContent)";
    assert_eq!((all, browser.run(lines, &[])), (json!(31), json!(["12.4", "12.1", "11.8"])));
    browser.run("document.getElementById('this').click()", &[]);
    assert_eq!(browser.run("return document.getElementById('driver').value", &[]), "535.183.01");
}

#[test]
fn hands_small_windows_and_the_night_are_served() {
    let Some(browser) = Browser::start() else { return };
    let sandbox = Sandbox::new();
    browser.open(&page(&sandbox, MACHINE));
    let focus = "const field = document.activeElement; const style = getComputedStyle(field); \
        return [field.id || field.className || field.tagName, Boolean(field.labels?.length || field.textContent.trim()), style.outlineStyle, parseFloat(style.outlineWidth) >= 2]";
    let mut visited = Vec::new();
    for _ in 0..9 {
        browser.press(TAB);
        let field = browser.run(focus, &[]);
        assert_eq!(
            (&field[1], &field[2], &field[3]),
            (&json!(true), &json!("solid"), &json!(true)),
            "{field}"
        );
        visited.push(field[0].as_str().expect("a name").to_owned());
    }
    // The list of versions waits for a framework.
    assert_eq!(visited[..8], ["skip", "framework", "gpu", "driver", "compiler", "fitting", "this", "any"]);
    browser.run("document.getElementById('framework').focus()", &[]);
    browser.press(DOWN);
    assert_eq!(
        browser.run("return document.getElementById('release').disabled", &[]),
        false,
        "chosen by a key"
    );
    browser.run("document.getElementById('fitting').focus()", &[]);
    browser.press(SPACE);
    assert_eq!(browser.run("return document.getElementById('fitting').checked", &[]), true);
    fill(&browser, "framework", "");
    browser.press(SPACE);

    let size = json!({ "width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": true });
    browser.command("Emulation.setDeviceMetricsOverride", &size);
    let wide = "return [innerWidth, document.documentElement.scrollWidth, [...document.querySelectorAll('main *')].filter((one) => \
        !one.closest('thead') && one.getBoundingClientRect().right > innerWidth + 1).length, document.querySelectorAll('tbody tr').length]";
    assert_eq!(browser.run(wide, &[]), json!([360, 360, 0, 31]));

    let ground =
        "return [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]";
    let light = browser.run(ground, &[]);
    browser.command(
        "Emulation.setEmulatedMedia",
        &json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] }),
    );
    let dark = browser.run(ground, &[]);
    assert!(luminance(&light[0]) > 200 && luminance(&light[1]) < 60, "{light}");
    assert!(luminance(&dark[0]) < 60 && luminance(&dark[1]) > 200, "{dark}");
    browser.command("Emulation.setEmulatedMedia", &json!({ "media": "print" }));
    let form = browser.run("return getComputedStyle(document.getElementById('filters')).display", &[]);
    assert_eq!(form, "none", "paper has no fields");
}

#[test]
fn no_request_leaves_the_page_and_none_may() {
    let Some(browser) = Browser::start() else { return };
    let sandbox = Sandbox::new();
    let path = page(&sandbox, MACHINE);
    browser.open(&path);
    browser.requests();
    browser.open(&path);
    fill(&browser, "framework", "torch");
    let own = format!("file://{}", path.display());
    let asked = browser.requests();
    assert!(asked.contains(&own), "{asked:?}");
    assert!(asked.iter().all(|address| *address == own || address.starts_with("data:")), "{asked:?}");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a mode");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let body = format!(
        "const done = arguments[arguments.length - 1]; const image = new Image(); image.src = '{address}/i'; \
         const script = document.createElement('script'); script.textContent = \"document.title = 'taken'\"; document.body.append(script); \
         fetch('{address}/f').then(() => done('sent'), () => setTimeout(() => done('refused'), 300))"
    );
    assert_eq!(browser.wait(&body), "refused");
    assert!(listener.accept().is_err(), "something was sent");
    assert_eq!(browser.run("return document.title", &[]), "Which CUDA fits");
}

/// Returns how light `rgb(1, 2, 3)` is, from 0 to 255.
fn luminance(color: &Value) -> u32 {
    let text = color.as_str().expect("a colour");
    let numbers =
        text.split(|letter: char| !letter.is_ascii_digit()).filter_map(|part| part.parse::<u32>().ok());
    numbers.take(3).sum::<u32>() / 3
}
