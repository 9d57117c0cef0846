//! Tests of the grammar and of matching.

use super::*;

fn prefix(text: &str) -> Dotted<'_> {
    match parse(text).map(|request| request.base) {
        Ok(Base::Prefix(dotted)) => dotted,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn versions_of_any_length() {
    assert_eq!(prefix("10"), Dotted::Text("10"));
    assert_eq!(prefix("10.0.130"), Dotted::Text("10.0.130"));
    assert_eq!(prefix("cuda-8.9.7.29"), Dotted::Text("8.9.7.29"));
    assert_eq!(prefix(" 12.4\t"), Dotted::Text("12.4"));
}

#[test]
fn tags_stand_for_versions() {
    assert_eq!(prefix("cu118"), Dotted::Tag(11, Some(8)));
    assert_eq!(prefix("cu75"), Dotted::Tag(7, Some(5)));
    assert_eq!(prefix("cu92"), Dotted::Tag(9, Some(2)));
    assert_eq!(prefix("cu12"), Dotted::Tag(12, None));
    assert_eq!(parse("cu1").map(|_| ()), Err(Fault::Tag));
    assert_eq!(parse("cu1180").map(|_| ()), Err(Fault::Tag));
}

#[test]
fn add_ons_are_sorted_and_unique() {
    let Ok(Request { add_ons: AddOns::These(list), .. }) = parse("12.4+nccl2.21+cudnn") else {
        panic!("not parsed")
    };
    let kinds: [&str; 2] = core::array::from_fn(|index| list.iter().nth(index).map_or("", |item| item.kind));
    assert_eq!(kinds, ["cudnn", "nccl"]);
    assert_eq!(parse("12.4+cudnn+cudnn9").map(|_| ()), Err(Fault::AddOnTwice));
    assert_eq!(parse("12.4+none+cudnn").map(|_| ()), Err(Fault::AddOnTwice));
    assert_eq!(parse("12.4+").map(|_| ()), Err(Fault::AddOn));
    assert_eq!(parse("12.4+none").map(|request| request.add_ons), Ok(AddOns::None));
}

#[test]
fn ranges() {
    let Ok(Request { base: Base::Range(range), .. }) = parse(">=11.8, <12.4") else { panic!("not parsed") };
    assert_eq!(range.iter().count(), 2);
    assert_eq!(parse(">=11.8,").map(|_| ()), Err(Fault::Range));
    assert_eq!(parse(">=x").map(|_| ()), Err(Fault::Range));
}

#[test]
fn hostile_texts_are_refused() {
    for text in
        ["", "..", "../x", "/etc/passwd", "-rf", "$(x)", "12.4;x", "12..4", "012", "12.04", "é", "*", "a/b"]
    {
        assert!(parse(text).is_err(), "{text}");
    }
}
