//! Tests of the grammar and of matching.

use super::*;
use proptest::prelude::*;

fn best(request: &str, installed: &[&str]) -> Option<String> {
    let names: Vec<ToolchainName> = installed.iter().map(|name| name.parse().expect(name)).collect();
    let request: ToolchainRequest = request.parse().expect(request);
    request.best(&names).map(ToString::to_string)
}

#[test]
fn the_best_match_wins() {
    let installed =
        ["9.9", "9.23", "12.4.1", "12.4.1+cudnn8.9.7.29", "12.4.1+cudnn9.1.0.70", "12.5.0", "mine"];
    let is = |request: &str, name: &str| {
        assert_eq!(best(request, &installed).as_deref(), Some(name), "{request}");
    };
    is("9", "9.23");
    is("latest", "12.5.0");
    is("12.4", "12.4.1+cudnn9.1.0.70");
    is("12.4+none", "12.4.1");
    is("12.4+cudnn8.9", "12.4.1+cudnn8.9.7.29");
    is("cu124", "12.4.1+cudnn9.1.0.70");
    is(">=9.9,<12.5", "12.4.1+cudnn9.1.0.70");
    is(">12.4", "12.5.0");
    is("<=12.4", "12.4.1+cudnn9.1.0.70");
    is("mine", "mine");
    assert_eq!(best("13", &installed), None);
    assert_eq!(best("system", &installed), None);
}

#[test]
fn an_exact_version_beats_a_longer_one() {
    assert_eq!(best("10.0", &["10.0", "10.0.130"]).as_deref(), Some("10.0"));
}

#[test]
fn canonical_spelling() {
    for (typed, canonical) in [
        ("cu118", "11.8"),
        ("cuda-10.0.130", "10.0.130"),
        (" LATEST ", "latest"),
        ("12.4+nccl2.21+cudnn", "12.4+cudnn+nccl2.21"),
        (">=11.8, <12.4", ">=11.8,<12.4"),
        ("12.4+none", "12.4+none"),
    ] {
        assert_eq!(typed.parse::<ToolchainRequest>().expect(typed).to_string(), canonical);
    }
}

/// Spells a request as the shim does, for its name in the resolve index.
fn spelled_by_shim(text: &str) -> Option<String> {
    cudaman_shims::Spelling::parse(text.as_bytes()).ok().map(|spelling| spelling.to_string())
}

proptest! {
    #[test]
    fn the_shim_reads_and_spells_alike(text in "[ -~é]{0,40}") {
        let spelled = text.parse::<ToolchainRequest>().ok().map(|request| request.to_string());
        prop_assert_eq!(spelled_by_shim(&text), spelled);
    }

    #[test]
    fn the_shim_spells_every_request_alike(
        base in "(cu(7[5-9]|[89][0-9]|1[0-9]{1,2})|[cC]uda-?[1-9]\\.[0-9]|LATEST|System|[a-z][A-Z._-]{0,9}|[1-9][0-9]?(\\.(0|[1-9][0-9]{0,2})){0,3}|(>=|<=|==|!=|>|<) ?[1-9][0-9]?(\\.[0-9])?( ?, ?(<=|!=|<)[1-9](\\.[0-9]){0,2}){0,3})",
        add_ons in prop::collection::vec("(cudnn|nccl|cutensor|cudss)([1-9](\\.[0-9]){0,3})?", 0..4),
        is_plain in any::<bool>(),
    ) {
        let mut text = format!(" {base}");
        add_ons.iter().for_each(|add_on| text.extend(["+", add_on]));
        if is_plain && add_ons.is_empty() {
            text.push_str("+none");
        }
        let spelled = text.parse::<ToolchainRequest>().ok().map(|request| request.to_string());
        prop_assert!(spelled.is_some() || !add_ons.is_empty() || base.starts_with('c') || base.starts_with("Cuda"), "{}", text);
        prop_assert_eq!(spelled_by_shim(&text), spelled);
    }

    #[test]
    fn any_text_is_read_or_refused_and_canonical_text_is_stable(text in "[ -~é]{0,40}") {
        if let Ok(request) = text.parse::<ToolchainRequest>() {
            let canonical = request.to_string();
            prop_assert_eq!(canonical.parse::<ToolchainRequest>(), Ok(request));
        }
    }

    #[test]
    fn requests_made_of_parts_are_read(
        version in "[1-9][0-9]?(\\.(0|[1-9][0-9]{0,2})){0,3}",
        add_on in prop::option::of("(cudnn|nccl)([1-9](\\.[0-9]){0,2})?"),
    ) {
        let text = add_on.map_or(version.clone(), |add_on| format!("{version}+{add_on}"));
        let request: ToolchainRequest = text.parse().map_err(|error| TestCaseError::fail(format!("{error}")))?;
        prop_assert_eq!(request.to_string(), text);
    }
}
