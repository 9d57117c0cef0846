//! `cudaman compat-link`: an old name for a library, which takes effect, is listed, and goes again.

use serde_json::{Value, json};

use crate::support::{Mirror, Release, Sandbox};

fn sandbox() -> (Mirror, Sandbox) {
    let mirror = Mirror::start();
    Release::tiny("12.4.1").serve(&mirror);
    Release::cudnn("9.1.0", "9.1.0.70", &["12"]).serve(&mirror);
    let sandbox = Sandbox::with_home_named("a home").with_mirror(&mirror);
    sandbox.ok(&["install", "12.4+cudnn", "--profile", "minimal"]);
    (mirror, sandbox)
}

const NAME: &str = "12.4.1+cudnn9.1.0.70";

#[test]
fn a_link_takes_effect_stays_when_the_toolkit_grows_and_goes_again() {
    let (_mirror, sandbox) = sandbox();
    let linked = sandbox.root(NAME).join("lib64/libcudart.so.11.0");
    let refused = sandbox.run(&["compat-link", "libcudart.so.11.0", "--in", "12.4"]);
    refused.expect(1, &["no stand-in", "another cudaDeviceProp", "hint: `cudaman install 11.8`"]);
    refused.expect(1, &["cuda-toolkit-release-notes, not checked)"]);
    assert_eq!(refused.stderr.matches("`cudaman install 11.8`").count(), 1, "{refused:?}");
    assert!(!linked.exists());
    let made = sandbox.run(&["compat-link", "libcudart.so.11.0", "--in", "12.4", "--force"]);
    made.expect(0, &["a link is a makeshift: `cudaman install 11.8` brings the real libcudart.so.11.0"]);
    assert_eq!(made.stdout, format!("{NAME}  libcudart.so.11.0 -> libcudart.so.12\n"));
    assert!(linked.exists(), "it leads somewhere");
    sandbox.assert_healthy();
    let seen = sandbox.ok(&[
        "exec",
        "12.4",
        "--",
        "sh",
        "-c",
        "IFS=:; for d in $LD_LIBRARY_PATH; do ls \"$d\" || true; done",
    ]);
    assert!(seen.contains("libcudart.so.11.0"), "{seen}");
    sandbox
        .run(&["compat-link", "libcudart.so.11.0", "--in", "12.4", "--force"])
        .expect(0, &["has this link already"]);
    sandbox.ok(&["install", "12.4+cudnn", "--profile", "devel"]);
    assert!(linked.exists(), "it stays when the toolkit grows");
    let listed: Value =
        serde_json::from_str(&sandbox.ok(&["compat-link", "--list", "--json"])).expect("JSON");
    assert_eq!(
        listed,
        json!([{ "toolchain": NAME, "soname": "libcudart.so.11.0", "target": "libcudart.so.12" }])
    );
    sandbox.ok(&["compat-link", "libcudart.so.11.0", "--in", "12.4", "--remove"]);
    assert!(linked.symlink_metadata().is_err());
    assert_eq!(sandbox.ok(&["compat-link", "--list"]), "");
    sandbox
        .run(&["compat-link", "libcudart.so.11.0", "--in", "12.4", "--remove"])
        .expect(1, &["has no link", "--list"]);
    sandbox.assert_healthy();
}

#[test]
fn it_goes_with_its_toolkit() {
    let (_mirror, sandbox) = sandbox();
    sandbox.ok(&["compat-link", "libcudart.so.11.0", "--in", "12.4", "--force"]);
    sandbox.ok(&["uninstall", NAME]);
    assert_eq!(sandbox.ok(&["compat-link", "--list"]), "");
    sandbox.assert_healthy();
}

#[test]
fn what_would_harm_or_help_nobody_is_refused() {
    let (_mirror, sandbox) = sandbox();
    let link =
        |soname: &str, more: &[&str]| sandbox.run(&[&["compat-link", soname, "--in", "12.4"], more].concat());
    link("libcudnn.so.8", &[]).expect(1, &["cuDNN 9 dropped functions", "hint: "]);
    link("libcudart.so.12", &["--force"]).expect(1, &["has `libcudart.so.12` itself"]);
    link("libcudart.so.13", &[]).expect(1, &["it is older than what the program was made for"]);
    link("libnothing.so.3", &[]).expect(1, &["has no libnothing at all"]);
    for hostile in [
        "../x.so.1",
        "libx.so.1/../../y",
        "libx.so.1\n",
        "lib$(id).so.1",
        "libx'.so.1",
        "\u{1b}[31mlibx.so.1",
        "",
    ] {
        let run = link(hostile, &["--force"]);
        run.expect(1, &["is no name of a shared library"]);
        assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
    }
    sandbox.run(&["compat-link", "libcudart.so.11.0", "--in", "11.0"]).expect(1, &["is not installed"]);
    sandbox.run(&["compat-link"]).expect(2, &[]);
    sandbox.run(&["compat-link", "--list", "--remove"]).expect(2, &[]);
    assert_eq!(sandbox.ok(&["compat-link", "--list"]), "");
    sandbox.assert_healthy();
}
