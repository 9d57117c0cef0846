//! What servers and networks do wrong, through the whole program: each fault is refused with a clear
//! message, harms nothing, and is gone with its cause.

use std::time::{Duration, Instant};

use super::bench::{Bench, INSTALL, REDIST};
use crate::support::{Fault, Run, have};

#[test]
fn net_hash_mismatch_one_wrong_byte_is_refused_and_not_kept() {
    let bench = Bench::new();
    let path = bench.archive("cuda_nvcc");
    bench.mirror.fault(&path, Fault::WrongByte(200));
    bench.fail(INSTALL, &["could not verify", &path, "expected", "got", "cuda_nvcc 12.4.99"]);
    assert_eq!(bench.mirror.requests(&path).iter().filter(|request| request.method == "GET").count(), 1);
    bench.assert_recovers(INSTALL);
}

#[test]
fn net_truncated_body_a_cut_is_resumed_in_the_run_and_by_the_next() {
    let bench = Bench::new();
    let path = bench.archive("cuda_nvcc");
    bench.mirror.fault_times(&path, 1, Fault::CutAfter(300));
    bench.sandbox.ok(INSTALL);
    let ranges: Vec<_> = bench
        .mirror
        .requests(&path)
        .iter()
        .filter_map(|request| request.range().map(str::to_owned))
        .collect();
    assert_eq!(ranges, ["bytes=300-"]);
    bench.assert_unharmed();
    bench.assert_tidy();
}

#[test]
fn net_content_length_lies_never_pass() {
    let bench = Bench::new();
    let path = bench.archive("cuda_cudart");
    bench.mirror.fault(&path, Fault::LyingLength(77));
    bench.fail(INSTALL, &[&path, "77"]);
    bench.mirror.clear_faults();
    bench.mirror.fault(&path, Fault::LyingLength(1 << 40));
    bench.fail(INSTALL, &[&path]);
    bench.assert_recovers(INSTALL);
}

#[test]
fn net_resume_200_and_etag_changed_cost_a_second_download() {
    let bench = Bench::new();
    let path = bench.archive("cuda_nvcc");
    bench.mirror.fault_times(&path, 1, Fault::CutAfter(300));
    bench.mirror.fault(&path, Fault::NoRange);
    bench.assert_installs_despite();
    let bench = Bench::new();
    let path = bench.archive("cuda_nvcc");
    bench.mirror.fault_times(&path, 1, Fault::CutAfter(300));
    bench.mirror.fault_times(&path, 1, Fault::ChangedBetween(b"another file altogether".to_vec()));
    bench.fail(INSTALL, &[&path]);
}

impl Bench {
    fn assert_installs_despite(&self) {
        self.sandbox.ok(INSTALL);
        self.assert_unharmed();
        self.assert_tidy();
    }
}

#[test]
fn a_busy_server_is_waited_for() {
    let bench = Bench::new();
    bench.mirror.fault_times(&bench.archive("cuda_nvcc"), 2, Fault::RetryAfter(503, 1));
    bench.mirror.fault_times(&format!("{REDIST}redistrib_12.4.1.json"), 1, Fault::Status(500));
    let start = Instant::now();
    bench.assert_installs_despite();
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[test]
fn a_busy_server_that_asks_for_an_hour_is_given_up() {
    let bench = Bench::new();
    let path = bench.archive("cuda_nvcc");
    bench.mirror.fault(&path, Fault::RetryAfter(503, 3600));
    let start = Instant::now();
    bench.fail(INSTALL, &[&path, "503"]);
    assert!(start.elapsed() < Duration::from_secs(10));
    bench.assert_recovers(INSTALL);
}

#[test]
fn net_redirect_to_http_and_in_circles_are_refused() {
    let bench = Bench::new();
    let path = bench.archive("cuda_nvcc");
    bench.mirror.fault(&path, Fault::Redirect("http://mirror.invalid/cuda.tar.xz".to_owned()));
    bench.fail(INSTALL, &["refused", "http://mirror.invalid/cuda.tar.xz", "https"]);
    bench.mirror.clear_faults();
    bench.mirror.fault(&path, Fault::Redirect(path.clone()));
    bench.fail(INSTALL, &[&path, "more than 10 redirects"]);
    bench.assert_recovers(INSTALL);
}

#[test]
fn net_captive_portal_a_login_page_is_no_archive_and_no_manifest() {
    const PAGE: &[u8] = b"<!DOCTYPE html><html><body>please log in</body></html>";
    let bench = Bench::new();
    let path = bench.archive("cuda_nvcc");
    let archive = bench.mirror.bytes(&path);
    bench.mirror.put_as(&path, "text/html", PAGE);
    bench.fail(INSTALL, &[&path]);
    bench.mirror.put_as(&path, "application/x-xz", archive);
    let manifest = format!("{REDIST}redistrib_12.4.1.json");
    let json = bench.mirror.bytes(&manifest);
    bench.mirror.put_as(&manifest, "text/html", PAGE);
    bench.fail(INSTALL, &["redistrib_12.4.1.json"]);
    for text in ["{", "[]", "{\"cuda_nvcc\": 3}", "\u{0}"] {
        bench.mirror.put(&manifest, text);
        bench.fail(INSTALL, &[]);
    }
    bench.mirror.put(&manifest, json);
    bench.assert_recovers(INSTALL);
}

#[test]
fn net_dns_flap_mid_set_one_component_of_many_that_fails_publishes_nothing() {
    let bench = Bench::new();
    let path = bench.archive("cuda_cccl");
    bench.mirror.fault(&path, Fault::Status(404));
    bench.fail(INSTALL, &[&path, "cuda_cccl 12.4.99"]);
    bench.assert_recovers(INSTALL);
}

#[test]
fn net_manifest_tamper_and_hash_downgrade_can_not_lead_out_of_the_mirror_or_do_without_a_digest() {
    let bench = Bench::new();
    let manifest = format!("{REDIST}redistrib_12.4.1.json");
    let json = bench.mirror.bytes(&manifest);
    let good = String::from_utf8(json.clone()).expect("JSON");
    let relative = bench.archive("cuda_nvcc").trim_start_matches(REDIST).to_owned();
    for bad in [
        "../../../etc/passwd",
        "https://evil.invalid/x.tar.xz",
        "//evil.invalid/x.tar.xz",
        "/x.tar.xz",
        "a\\u001b[31m",
    ] {
        bench.mirror.put(&manifest, good.replace(&relative, bad));
        let run = bench.fail(INSTALL, &[]);
        assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
    }
    let parsed: serde_json::Value = serde_json::from_str(&good).expect("JSON");
    let digest = parsed["cuda_nvcc"]["linux-x86_64"]["sha256"].as_str().expect("a digest");
    for bad in ["", "abc", "d41d8cd98f00b204e9800998ecf8427e", "../../x"] {
        bench.mirror.put(&manifest, good.replace(digest, bad));
        bench.fail(INSTALL, &[]);
    }
    bench.mirror.put(&manifest, json);
    bench.assert_recovers(INSTALL);
}

#[test]
fn net_offline_no_network_at_all_is_said_within_seconds_and_what_is_installed_works() {
    let mut bench = Bench::new();
    for mirror in ["https://mirror.invalid/", "https://127.0.0.1:9/", "http://127.0.0.1:9/"] {
        bench.sandbox.set("CUDAMAN_MIRROR", mirror);
        let start = Instant::now();
        let host = mirror.split('/').nth(2).and_then(|host| host.split(':').next()).expect("a host");
        bench.fail(INSTALL, &["could not reach", host]);
        assert!(start.elapsed() < Duration::from_secs(6), "{mirror}: {:?}", start.elapsed());
    }
    if !have("unshare") {
        return;
    }
    let isolated = |arguments: &[&str]| {
        let mut command = bench.sandbox.command("unshare");
        Run::of(command.args(["-n", crate::support::CUDAMAN]).args(arguments))
    };
    if isolated(&["--version"]).status != 0 {
        crate::support::skip("a network namespace", "unshare -n is not allowed here");
        return;
    }
    for arguments in [&["list"][..], &["current"], &["verify"], &["env", "13.0"], &["default", "13.0"]] {
        isolated(arguments).expect(0, &[]);
    }
    let start = Instant::now();
    bench.assert_refused(&isolated(INSTALL), &["could not reach"]);
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
}

#[test]
fn a_host_that_swallows_packets_is_given_up_within_six_seconds() {
    // A listener whose queue is full lets further connections hang, as a firewall does.
    let (listener, _held) = crate::fetch::black_hole();
    let mut bench = Bench::new();
    bench.sandbox.set("CUDAMAN_MIRROR", format!("http://{}/", listener.local_addr().expect("an address")));
    let start = Instant::now();
    bench.fail(INSTALL, &["could not reach"]);
    assert!(start.elapsed() < Duration::from_millis(6500), "{:?}", start.elapsed());
}

#[test]
fn net_proxy_env_proxies_that_are_wrong_are_named_without_their_password() {
    let mut bench = Bench::new();
    bench.sandbox.set("CUDAMAN_MIRROR", "https://mirror.invalid/");
    for proxy in
        ["http://user:S3cret@127.0.0.1:9", "http://user:S3cret@proxy.invalid:3128", "nonsense://S3cret"]
    {
        bench.sandbox.set("HTTPS_PROXY", proxy);
        let run = bench.sandbox.run(INSTALL);
        run.expect(1, &["HTTPS_PROXY", "hint:"]);
        assert!(!run.stderr.contains("S3cret"), "{run:?}");
    }
}

#[test]
fn secrets_of_a_mirror_are_never_printed_or_written() {
    let mut bench = Bench::new();
    let address = bench.mirror.address();
    bench.sandbox.set("CUDAMAN_MIRROR", format!("http://robot:S3cretWord@{address}/"));
    bench.mirror.require_login("/", "robot", "S3cretWord");
    let path = bench.archive("cuda_nvcc");
    let mut said = String::new();
    let mut run = |fault: Option<Fault>| {
        bench.mirror.clear_faults();
        if let Some(fault) = fault {
            bench.mirror.fault(&path, fault);
        }
        let run = bench.sandbox.run(INSTALL);
        said.push_str(&run.stdout);
        said.push_str(&run.stderr);
        run.status
    };
    let faults = [
        Fault::WrongByte(100),
        Fault::Status(403),
        Fault::Redirect("http://x.invalid/".to_owned()),
        Fault::LyingLength(3),
    ];
    for fault in faults {
        assert_eq!(run(Some(fault)), 1);
    }
    assert_eq!(run(None), 0);
    for arguments in [&["list", "--json"][..], &["config"], &["list-remote"], &["verify", "--json"]] {
        said.push_str(&bench.sandbox.run(arguments).stdout);
    }
    assert!(!said.contains("S3cretWord") && !said.contains("robot:"), "{said}");
    for (path, (_, content)) in super::bench::tree(&bench.sandbox.store()) {
        assert!(!content.windows(10).any(|window| window == b"S3cretWord"), "{}", path.display());
    }
    assert!(bench.mirror.log().iter().any(|request| request.header("authorization").is_some()));
}
