//! Whether two names are of one GPU: drivers add brands, memory and boards to NVIDIA's names.

/// Words that a driver puts before the name, or leaves out.
const BRANDS: [&str; 4] = ["geforce", "nvidia", "quadro", "tesla"];

/// Words after the name that say nothing of the chip's generation. `super` is among them because NVIDIA's
/// lists have no entry of their own for those cards.
const TRAILERS: [&str; 17] = [
    "dgxs",
    "design",
    "edition",
    "fhhl",
    "generation",
    "gpu",
    "laptop",
    "max",
    "mig",
    "mobile",
    "nvl",
    "pascal",
    "pcie",
    "q",
    "server",
    "super",
    "with",
];

/// Tells whether a driver's or a person's name means the GPU that the table calls `known`. A word that
/// isn't known to be harmless makes it another GPU: a GTX 960M is no GTX 960.
pub(super) fn is_of(name: &str, known: &str) -> bool {
    let (name, known) = (words(name), words(known));
    name.strip_prefix(known.as_slice()).is_some_and(|rest| rest.iter().all(|word| is_trailer(word)))
}

/// Returns the words of a name that tell GPUs apart.
pub(super) fn words(name: &str) -> Vec<String> {
    let lower = name.to_ascii_lowercase();
    let words = lower.split(|letter: char| !letter.is_ascii_alphanumeric());
    words.filter(|word| !word.is_empty() && !BRANDS.contains(word)).map(str::to_owned).collect()
}

/// Tells whether a word is of a board or its memory: `80GB`, `HBM3`, `SXM2`, the `1g` and `5gb` of a MIG slice.
fn is_trailer(word: &str) -> bool {
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let amount = word.strip_suffix("gb").or_else(|| word.strip_suffix('g'));
    TRAILERS.contains(&word)
        || amount.is_some_and(|number| !number.is_empty() && is_number(number))
        || ["hbm", "sxm"].iter().any(|kind| word.strip_prefix(kind).is_some_and(is_number))
        || word == "hbm2e"
        || word == "hbm3e"
        || word == "workstation"
}
