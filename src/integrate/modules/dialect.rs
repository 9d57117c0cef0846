//! The two languages of modulefiles: Lua for Lmod, Tcl for Environment Modules. They differ in data only.

use std::path::Path;

/// A language, its templates and its way to say a text.
pub(super) struct Dialect {
    /// The tree's root, to be named to `module use`.
    pub(super) directory: &'static str,
    /// What the name of a modulefile ends with.
    pub(super) suffix: &'static str,
    /// The file beside the modulefiles that says which is the default, and which are hidden.
    pub(super) rc_file: &'static str,
    /// How a comment begins.
    pub(super) comment: &'static str,
    /// The modulefile of a toolchain.
    pub(super) cuda: &'static str,
    /// The modulefile of a toolchain's cuDNN.
    pub(super) cudnn: &'static str,
    /// The text of that file.
    pub(super) rc: &'static str,
    /// Says a text as data, whatever it holds.
    pub(super) quote: fn(&str) -> String,
    /// Calls a function of the template with arguments that are quoted already.
    pub(super) call: fn(&str, &[String]) -> String,
}

/// Both languages. Their trees are apart: each program would read the other's files in its own way.
pub(super) const DIALECTS: &[Dialect] = &[LUA, TCL];

const LUA: Dialect = Dialect {
    directory: "lua",
    suffix: ".lua",
    rc_file: ".modulerc.lua",
    comment: "--",
    cuda: include_str!("../../../shell/modules/cuda.lua"),
    cudnn: include_str!("../../../shell/modules/cudnn.lua"),
    rc: include_str!("../../../shell/modules/modulerc.lua"),
    quote: quote_lua,
    call: |function, arguments| format!("{function}({})\n", arguments.join(", ")),
};

const TCL: Dialect = Dialect {
    directory: "tcl",
    suffix: "",
    rc_file: ".modulerc",
    comment: "##",
    cuda: include_str!("../../../shell/modules/cuda.tcl"),
    cudnn: include_str!("../../../shell/modules/cudnn.tcl"),
    rc: include_str!("../../../shell/modules/modulerc.tcl"),
    quote: quote_tcl,
    call: |function, arguments| format!("{function} {}\n", arguments.join(" ")),
};

impl Dialect {
    /// Returns the line by which a file of a home's tree is known again.
    pub(super) fn marker(&self, home: &Path) -> String {
        format!("{} {MARK}`{}`; `cudaman module remove` takes it away.", self.comment, home.display())
    }
}

/// What every marker says, whichever home it is for.
pub(super) const MARK: &str = "Written by cudaman for the toolkits in ";

fn quote_lua(text: &str) -> String {
    let escape = |letter: char| match letter {
        '\\' | '"' => format!("\\{letter}"),
        // Always three digits: a digit may follow.
        control if control.is_ascii_control() => format!("\\{:03}", u32::from(control)),
        other => other.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

fn quote_tcl(text: &str) -> String {
    let escape = |letter: char| match letter {
        '\\' | '"' | '$' | '[' | ']' | '{' | '}' => format!("\\{letter}"),
        control if control.is_ascii_control() => format!("\\u{:04x}", u32::from(control)),
        other => other.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_code() {
        let text = "a\"b\\c$d[e]{f}\n1\u{1b}é";
        assert_eq!(quote_lua(text), "\"a\\\"b\\\\c$d[e]{f}\\0101\\027é\"");
        assert_eq!(quote_tcl(text), "\"a\\\"b\\\\c\\$d\\[e\\]\\{f\\}\\u000a1\\u001bé\"");
    }

    #[test]
    fn every_template_begins_with_its_marker() {
        for dialect in DIALECTS {
            for template in [dialect.cuda, dialect.cudnn, dialect.rc] {
                assert!(template.lines().take(2).any(|line| line == "@marker@"), "{template}");
            }
        }
    }
}
