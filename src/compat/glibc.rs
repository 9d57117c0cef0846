//! glibc from 2.41 on against the mathematical headers of toolkits before it.
//!
//! glibc 2.41 declares `sinpi`, `cospi` and their kin, and 2.42 `rsqrt`, as functions that throw nothing.
//! CUDA's `crt/math_functions.h` declares the same ones without saying so, up to some 12.x release, and C++
//! refuses to have it both ways: every program that includes the header fails to compile. CUDA 13's own
//! header says it for both (seen in 13.4.92); the fix here says the same in the older ones.

use crate::model::Version;

/// The first glibc that collides.
const FIRST: [u32; 2] = [2, 41];

/// What each glibc declares, as far as CUDA declares it as well.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    ("sinpi(double x)", "CUDAMAN_SINCE_GLIBC_2_41", "2, 41"),
    ("sinpif(float x)", "CUDAMAN_SINCE_GLIBC_2_41", "2, 41"),
    ("cospi(double x)", "CUDAMAN_SINCE_GLIBC_2_41", "2, 41"),
    ("cospif(float x)", "CUDAMAN_SINCE_GLIBC_2_41", "2, 41"),
    ("rsqrt(double x)", "CUDAMAN_SINCE_GLIBC_2_42", "2, 42"),
    ("rsqrtf(float x)", "CUDAMAN_SINCE_GLIBC_2_42", "2, 42"),
];

/// What a header becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GlibcFix {
    /// It needs no fix: it declares nothing that glibc declares in another way.
    NotNeeded,
    /// This text takes its place.
    Fixed(String),
}

/// Tells whether a glibc declares what older toolkits declare in another way.
#[must_use]
pub fn collides(glibc: &Version) -> bool {
    glibc.truncated(2) >= Version::from_numbers(FIRST)
}

/// Makes `crt/math_functions.h` agree with glibc's declarations, whichever glibc it is used with.
#[must_use]
pub fn glibc_fix(header: &str) -> GlibcFix {
    let mut text = String::with_capacity(header.len() + 1024);
    let mut is_fixed = false;
    for line in header.split_inclusive('\n') {
        match fixed(line) {
            Some(line) => {
                if !is_fixed {
                    text.push_str(&definitions());
                }
                is_fixed = true;
                text.push_str(&line);
            }
            None => text.push_str(line),
        }
    }
    if is_fixed { GlibcFix::Fixed(text) } else { GlibcFix::NotNeeded }
}

/// Mends a declaration that ends where the specifier is missing.
fn fixed(line: &str) -> Option<String> {
    if !line.starts_with("extern ") {
        return None;
    }
    FUNCTIONS.iter().find_map(|(declaration, specifier, _)| {
        let start = line.strip_suffix(";\n").or_else(|| line.strip_suffix(";\r\n"))?;
        let before = start.strip_suffix(declaration)?;
        before.ends_with([' ', '\t']).then(|| format!("{start} {specifier};\n"))
    })
}

fn definitions() -> String {
    let mut text =
        "/* Added by cudaman: what glibc declares as throwing nothing can't be declared otherwise here. */\n\
                    #include <features.h>\n"
            .to_owned();
    let mut defined = "";
    for (_, specifier, version) in FUNCTIONS {
        if *specifier == defined {
            continue;
        }
        defined = specifier;
        text.push_str(&format!(
            "#if defined(__cplusplus) && defined(__GLIBC_PREREQ)\n\
             #if __GLIBC_PREREQ({version}) && __cplusplus >= 201103L\n#define {specifier} noexcept(true)\n\
             #elif __GLIBC_PREREQ({version})\n#define {specifier} throw()\n#endif\n#endif\n\
             #ifndef {specifier}\n#define {specifier}\n#endif\n"
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "extern __DEVICE_FUNCTIONS_DECL__ __device_builtin__ double                 sinpi(double x);\n\
                       __MATH_FUNCTIONS_DECL__ float sinpi(const float a);\n\
                       extern __DEVICE_FUNCTIONS_DECL__ __device_builtin__ float  rsqrtf(float x);\n\
                       extern double asinpi(double x);\n";

    #[test]
    fn declarations_get_what_glibc_says() {
        let GlibcFix::Fixed(text) = glibc_fix(OLD) else { panic!("it needs the fix") };
        assert!(text.contains("sinpi(double x) CUDAMAN_SINCE_GLIBC_2_41;\n"), "{text}");
        assert!(text.contains("rsqrtf(float x) CUDAMAN_SINCE_GLIBC_2_42;\n"), "{text}");
        assert!(
            text.contains("float sinpi(const float a);\n") && text.contains("double asinpi(double x);\n")
        );
        assert_eq!(text.matches("#define CUDAMAN_SINCE_GLIBC_2_41 noexcept(true)").count(), 1);
        assert_eq!(glibc_fix(&text), GlibcFix::NotNeeded, "once is enough");
    }

    #[test]
    fn newer_headers_stay() {
        let new =
            "extern __device_builtin__ double sinpi(double x) __NV_IEC_60559_FUNCS_EXCEPTION_SPECIFIER;\n";
        assert_eq!(glibc_fix(new), GlibcFix::NotNeeded);
        let version = |text: &str| text.parse::<Version>().expect("a version");
        assert!(collides(&version("2.41")) && collides(&version("2.42")) && !collides(&version("2.36")));
    }
}
