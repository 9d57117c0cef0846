//! What the name of a package's file says: `torch-2.4.1%2Bcu121-cp311-cp311-linux_x86_64.whl`, conda's
//! `pytorch-2.4.0-cuda120_generic_py311h_200.conda`.

use percent_encoding::percent_decode_str;

/// Reads the requirement in an address of a wheel, or before the `@` of one of anything else.
pub(super) fn requirement(text: &str) -> Option<String> {
    let (name, address) = text.split_once('@').map_or(("", text), |(name, address)| (name.trim(), address));
    let of_file = address.split(['#', '?']).next().and_then(of_wheel);
    of_file.or_else(|| (!name.is_empty() && !name.contains("://")).then(|| name.to_owned()))
}

/// Reads `name==version` in the path or the address of a wheel.
pub(super) fn of_wheel(address: &str) -> Option<String> {
    let file = address.trim().rsplit('/').next()?;
    let file = percent_decode_str(file.strip_suffix(".whl")?).decode_utf8().ok()?;
    let mut parts = file.split('-');
    Some(format!("{}=={}", parts.next()?, parts.next()?))
}

/// Reads `name=version=build` in the name of a package of conda.
pub(super) fn of_conda(address: &str) -> Option<String> {
    let file = address.trim().rsplit('/').next()?;
    let file = [".conda", ".tar.bz2", ".json"].iter().find_map(|end| file.strip_suffix(end))?;
    let mut parts = file.rsplitn(3, '-');
    let (build, version, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some(format!("{name}={version}={build}"))
}
