#!/bin/sh
# Builds a cudaman that starts on every Linux with glibc 2.17 or newer, as CentOS 7 has, and checks
# that it asks for nothing newer.
#
# ziglang links against the symbols of an old glibc, cargo-zigbuild makes it cargo's linker; both come
# from the Python index into target/portable-tools. Arguments go to cargo; without any, `--release`;
# `--prepare` gets the tools and stops.
#   PORTABLE_ARCH=aarch64   builds for Arm servers (needs `rustup target add aarch64-unknown-linux-gnu`)
set -eu
cd "$(dirname -- "$0")/.."

arch=${PORTABLE_ARCH:-x86_64}
target=$arch-unknown-linux-gnu
tools=$PWD/target/portable-tools
[ $# -gt 0 ] || set -- --release

fail() {
    printf 'error: %s\n' "$1" >&2
    exit 1
}

if ! [ -x "$tools/bin/cargo-zigbuild" ]; then
    python3 -m venv "$tools"
    "$tools/bin/pip" install --quiet ziglang cargo-zigbuild
fi
[ "$1" != --prepare ] || exit 0
PATH=$tools/bin:$PATH cargo zigbuild --locked --bin cudaman --target "$target.2.17" "$@"

profile=debug
for argument in "$@"; do
    [ "$argument" != --release ] || profile=release
done
program=${CARGO_TARGET_DIR:-target}/$target/$profile/cudaman

command -v readelf >/dev/null || fail "readelf is needed to check $program: install binutils"
newest=$(readelf --version-info --wide "$program" | grep -o 'GLIBC_[0-9][0-9.]*' |
    sort --unique --version-sort | tail -n 1)
[ -n "$newest" ] || fail "$program names no version of glibc"
[ "$(printf '%s\nGLIBC_2.17\n' "$newest" | sort --version-sort | tail -n 1)" = GLIBC_2.17 ] ||
    fail "$program needs $newest, and CentOS 7 has 2.17"
printf '%s needs %s\n' "$program" "$newest"
