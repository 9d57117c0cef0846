//! Lines in the languages of three families of shells.

use super::*;

fn read(dialect: Dialect, text: &str) -> Vec<String> {
    let mut reader = Reader::new(dialect);
    let show = |token: &Token| match token {
        Token::Sign(sign) => format!("<{sign}>"),
        Token::Word(word) => word.clone(),
    };
    let line = |line: &str| {
        let words = reader.line(line);
        let tokens: Vec<String> = words.tokens.iter().map(show).collect();
        format!("{}{}", if words.is_whole { "" } else { "… " }, tokens.join("|"))
    };
    text.split('\n').map(line).collect()
}

#[test]
fn words_and_signs_are_told_apart() {
    for (text, expected) in [
        ("export PATH=\"/a b:$PATH\" # it's", "export|PATH=/a b:$PATH"),
        ("a='x'\\''y' b=$'it\\'s' c=\"it's\"", "a=x'y|b=it's|c=it's"),
        ("[ -d /x ]&&. /x;y|z & 2>&1", "[|-d|/x|]|<&&>|.|/x|<;>|y|<|>|z|<&>|2|<>>|1"),
        ("p=$(dirname \"$(which \"x y\")\")/b", "p=$(dirname \"$(which \"x y\")\")/b"),
        ("p=/x${P:+:${P}} q=\"${x:-it's}\" r=`a 'b c'`", "p=/x${P:+:${P}}|q=${x:-it's}|r=`a 'b c'`"),
        ("path+=(/a /b) f() { x; }", "path+=(/a /b)|f|<(>|<)>|{|x|<;>|}"),
        ("a=${#x} b=$# c=x#y", "a=${#x}|b=$#|c=x#y"),
    ] {
        assert_eq!(read(Dialect::Sh, text), [expected], "{text}");
    }
    assert_eq!(read(Dialect::Csh, "set path = (/a $path) # it's"), ["set|path|=|(/a $path)"]);
    assert_eq!(read(Dialect::Csh, "if ( $?A ) setenv B 'x"), ["if|<(>|$?A|<)>|setenv|B|x"]);
    assert_eq!(read(Dialect::Fish, "set a 'it\\'s' (dirname \"x y\")/b"), ["set|a|it's|(dirname \"x y\")/b"]);
}

#[test]
fn what_goes_on_over_lines_is_not_whole() {
    assert_eq!(read(Dialect::Sh, "a='x\nPATH=y\nz' b\nc"), ["… a=x", "… PATH=y", "… z|b", "c"]);
    assert_eq!(read(Dialect::Sh, "a=x:\\\n/y\nc"), ["… a=x:", "… /y", "c"]);
    assert_eq!(
        read(Dialect::Sh, "cat <<-'E O' x\nPATH=y\n\tE O\nc <<<d\ne"),
        ["… cat|<<<->|E O|x", "… ", "… ", "c|<<<<>|d", "e"]
    );
    assert_eq!(
        read(Dialect::Sh, "a <<- X; b <<Y\nX\n\tY\nY\nc"),
        ["… a|<<<->|X|<;>|b|<<<>|Y", "… ", "… ", "… ", "c"]
    );
    assert_eq!(read(Dialect::Sh, "a=\"x\\\n\"\nc"), ["… a=x", "… ", "c"]);
    assert_eq!(read(Dialect::Sh, "path=(\n/x\n)\nc"), ["… path=(", "… /x", "… )", "c"]);
    assert_eq!(read(Dialect::Csh, "echo it's\nc"), ["echo|its", "c"]);
}
