#!/bin/sh
# Tests everything: gets what the tests need, then runs each group and counts what was left out.
#
# A group that can't run here is a line `SKIP <what>: <reason>`, never a silent pass. Settings:
#   CUDAMAN_TEST_REAL=0   leaves out the stories that download real toolkits
#   CUDAMAN_TEST_LIMIT    seconds for the whole, 1740 if unset
# Tests that leave themselves out append `<what>: <reason>` to the file named by CUDAMAN_TEST_SKIPS.
set -eu
exec </dev/null
cd "$(dirname -- "$0")"

tools=$PWD/target/test-tools
CUDAMAN_TEST_SKIPS=$PWD/target/test-skips
export CUDAMAN_TEST_SKIPS
deadline=$(($(date +%s) + ${CUDAMAN_TEST_LIMIT:-1740}))
# On a terminal Ctrl-C must reach the group; elsewhere a hung test must not outlive it.
foreground=
[ ! -t 1 ] || foreground=--foreground
passed=0
failed=
skipped=

# A command and the Debian package that brings it.
needed='zsh:zsh fish:fish tcsh:tcsh mksh:mksh ksh:ksh dash:dash busybox:busybox tmux:tmux direnv:direnv cmake:cmake ninja:ninja-build
    make:make strace:strace elvish:elvish shellcheck:shellcheck shfmt:shfmt xz:xz-utils gcc:gcc g++:g++ flock:util-linux
    gcc-11:gcc-11 g++-11:g++-11 makeself:makeself rpmbuild:rpm tclsh:tcl
    chromium:chromium chromedriver:chromium-driver'

has() {
    command -v "$1" >/dev/null 2>&1
}

# skip WHAT REASON
skip() {
    printf 'SKIP %s: %s\n' "$1" "$2"
    skipped="$skipped$1
"
}

# group NAME COMMAND...: runs it in what is left of the time
group() {
    name=$1
    shift
    left=$((deadline - $(date +%s)))
    printf '\n== %s\n' "$name"
    if [ "$left" -le 0 ]; then
        failed="$failed$name (no time was left)
"
    elif timeout $foreground --kill-after=10 "$left" "$@"; then
        passed=$((passed + 1))
    else
        failed="$failed$name
"
    fi
}

lines() {
    printf '%s' "$1" | wc -l | tr -d ' '
}

# Prints the entries of `needed` whose command is not there.
missing() {
    for entry in $needed; do
        has "${entry%%:*}" || printf '%s\n' "$entry"
    done
}

apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null 2>&1
}

# All at once, and if one of them can't be had, the others one by one.
install_packages() {
    packages=$(missing | cut -d: -f2)
    [ -n "$packages" ] || return 0
    if [ "$(id -u)" -ne 0 ] || ! has apt-get; then
        reason='not here, and only root can install Debian packages'
        return 0
    fi
    reason='its package could not be installed'
    apt-get update -qq >/dev/null 2>&1 || true
    # shellcheck disable=SC2086 # a list of names
    apt_install $packages && return 0
    for package in $packages; do
        apt_install "$package" || true
    done
}

prepare_system() {
    install_packages
    for entry in $(missing); do
        skip "${entry%%:*}" "$reason"
    done
}

# Newer than a distribution's, and apart from it: only these names are put before the system's.
prepare_python_tools() {
    mkdir -p "$tools/bin"
    for tool in cmake ninja uv virtualenv xonsh; do
        [ -x "$tools/bin/$tool" ] && continue
        if ! has python3; then
            skip "current $tool" 'there is no python3'
        elif ! [ -x "$tools/venv/bin/pip" ] && ! python3 -m venv --clear "$tools/venv" >/dev/null 2>&1; then
            skip "current $tool" 'python3 can not make a virtual environment'
        elif ! "$tools/venv/bin/pip" install --quiet "$tool" >/dev/null 2>&1; then
            skip "current $tool" 'pip could not install it'
        else
            ln -sf "../venv/bin/$tool" "$tools/bin/$tool"
        fi
    done
    PATH=$tools/bin:$PATH
}

# Lmod from its package, unless what conflicts with it is installed; Environment Modules are unpacked only.
prepare_modules() {
    has apt-get && has dpkg || return 0
    if [ "$(id -u)" -eq 0 ] && ! [ -e /usr/share/lmod ] && ! dpkg -s environment-modules >/dev/null 2>&1; then
        apt_install lmod || true
    fi
    modules=$tools/environment-modules
    if ! [ -e "$modules/usr" ] && mkdir -p "$modules"; then
        (cd "$modules" && apt-get download -qq environment-modules && dpkg -x environment-modules_*.deb .) \
            >/dev/null 2>&1 || true
    fi
}

# The npm package brings a program that needs no node.
prepare_nushell() {
    [ ! -x "$tools/bin/nu" ] || return 0
    if ! has npm; then
        skip nushell 'there is no npm'
    elif ! npm install --silent --no-fund --no-audit --prefix "$tools/npm" nushell >/dev/null 2>&1; then
        skip nushell 'npm could not install it'
    else
        nu=$(find "$tools/npm/node_modules/@nushell" -name nu -type f | head -n 1)
        ln -sf "$nu" "$tools/bin/nu"
    fi
}

# conda itself is in no package index, but conda-lock carries its modules, of 24.7: its activator needs two packages more.
prepare_conda() {
    [ ! -d "$tools/conda/conda_lock/_vendor/conda" ] || return 0
    if ! [ -x "$tools/venv/bin/pip" ]; then
        skip conda 'there is no pip'
    elif ! "$tools/venv/bin/pip" install --quiet --no-deps --target "$tools/conda" \
        conda-lock==4.0.3 boltons ruamel.yaml >/dev/null 2>&1; then
        skip conda 'pip could not install conda-lock, which carries it'
    fi
}

# cargo_group NAME SUBCOMMAND ARGUMENT...: left out where cargo lacks the subcommand
cargo_group() {
    name=$1
    shift
    if cargo "$1" --version >/dev/null 2>&1; then
        group "$name" cargo "$@"
    else
        skip "$name" "\`cargo $1\` is not installed"
    fi
}

# The program that users get, and what it asks of the C library.
portable_group() {
    if ! has readelf || ! has python3; then
        skip 'a program for glibc 2.17' 'readelf or python3 is not installed'
    elif ! sh tools/build-portable.sh --prepare >/dev/null 2>&1; then
        skip 'a program for glibc 2.17' 'pip could not install ziglang and cargo-zigbuild'
    else
        group 'glibc 2.17' sh tools/build-portable.sh --profile dev
    fi
}

# shell_group COMMAND ARGUMENT...: over every script that a POSIX shell or bash reads
shell_group() {
    if ! has "$1"; then
        skip "$1 over our scripts" 'it is not installed'
        return
    fi
    set -- "$@" install.sh test.sh .ci/run tests/real/*.sh tools/*.sh
    for script in shell/*.sh shell/*.bash shell/activation/*.sh; do
        [ ! -f "$script" ] || set -- "$@" "$script"
    done
    group "$1" "$@"
}

# conda's scripts in the hands of another activator than conda's, which brings some 200 crates of its own.
activators_group() {
    if ! cargo fetch --quiet --locked --manifest-path tests/activators/Cargo.toml >/dev/null 2>&1; then
        skip 'other activators' 'cargo could not fetch their crates'
        return
    fi
    group 'other activators' env CUDAMAN_PROGRAM="$PWD/target/debug/cudaman" CARGO_TARGET_DIR="$PWD/target/activators" \
        cargo test --locked --manifest-path tests/activators/Cargo.toml
}

# Stories that install NVIDIA's toolkits: the tests named `real::`, ignored unless asked for.
real_group() {
    if [ "${CUDAMAN_TEST_REAL-1}" = 0 ]; then
        skip 'real toolkits' 'CUDAMAN_TEST_REAL is 0'
    elif ! cargo test --locked --test it -- --list --ignored real:: 2>/dev/null | grep -q ': test$'; then
        skip 'real toolkits' 'there is no such story yet'
    else
        group 'real toolkits' env CUDAMAN_TEST_REAL=1 \
            cargo test --locked --test it -- --ignored --nocapture real::
    fi
}

# Counts what tests have left out themselves, each reason once.
collect_skips() {
    [ -s "$CUDAMAN_TEST_SKIPS" ] || return 0
    sort -u "$CUDAMAN_TEST_SKIPS" >"$CUDAMAN_TEST_SKIPS.sorted"
    while IFS= read -r line; do
        skip "${line%%: *}" "${line#*: }"
    done <"$CUDAMAN_TEST_SKIPS.sorted"
}

summary() {
    collect_skips
    list=$(printf '%s' "$skipped" | paste -s -d ',' - | sed 's/,/, /g')
    [ -z "$failed" ] || printf 'FAILED %s\n' "$(printf '%s' "$failed" | paste -s -d ',' - | sed 's/,/, /g')"
    printf 'test.sh: %s passed, %s failed, %s skipped%s\n' \
        "$passed" "$(lines "$failed")" "$(lines "$skipped")" "${list:+ ($list)}"
    [ -z "$failed" ]
}

[ "${CI-}" != true ] || export CARGO_TERM_COLOR=never CARGO_TERM_PROGRESS_WHEN=never
if ! has cargo; then
    printf 'error: cargo is not on PATH\nhint: install Rust from https://rustup.rs or your distribution\n' >&2
    exit 1
fi
mkdir -p "$tools"
: >"$CUDAMAN_TEST_SKIPS"
prepare_system
prepare_python_tools
prepare_nushell
prepare_modules
prepare_conda
export PATH

cargo_group 'cargo fmt' fmt --all -- --check
cargo_group 'cargo clippy' clippy --workspace --all-targets --locked -- -D warnings
group 'cargo test' cargo test --workspace --locked
shell_group shellcheck
shell_group shfmt -i 4 -ci -d
cargo_group 'cargo deny' deny check bans licenses sources
portable_group
activators_group
real_group
printf '\n'
summary
