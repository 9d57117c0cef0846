#!/bin/sh
# Builds cudaman from this clone, installs one CUDA toolkit with it and compiles a program.
#
# Writes below CUDAMAN_HOME (~/.cudaman) and this clone's target/ only: no root, no driver, no rc file.
# shellcheck disable=SC2016 # backticks in messages quote commands and paths
set -eu

usage() {
    cat <<'END'
usage: sh install.sh [REQUEST] [OPTION...]

Builds cudaman, puts it into ~/.cudaman/bin (CUDAMAN_HOME moves that) and installs the CUDA toolkit
that REQUEST asks for, such as 13.0 (default: latest). Each OPTION goes to `cudaman install`, as in
    sh install.sh 13.0 --mirror https://developer.download.nvidia.cn
END
}

say() {
    printf '%s\n' "$*"
}

# fail WHAT [HINT]
fail() {
    printf 'error: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf 'hint: %s\n' "$2" >&2
    exit 1
}

has() {
    command -v "$1" >/dev/null 2>&1
}

check_machine() {
    [ "$(uname -s)" = Linux ] || fail 'cudaman runs on Linux, and on Windows inside WSL'
    if ! has cargo && [ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]; then
        PATH=${CARGO_HOME:-$HOME/.cargo}/bin:$PATH
    fi
    has cargo || fail 'cargo, which builds cudaman, is not on PATH' \
        'install Rust from https://rustup.rs or your distribution, then run this again'
    has cc || fail 'no C compiler (`cc`): one of the libraries in cudaman is written in C' \
        'install one from your distribution: `apt-get install gcc g++` or `dnf install gcc gcc-c++`'
}

build() {
    say 'building cudaman'
    # A target or directory of the user's own settings would put the program elsewhere.
    env -u CARGO_BUILD_TARGET cargo build --release --locked --target-dir target
}

# Asks the program itself, before anything is written, whether this home is one it accepts.
check_home() {
    case $home in
        /*) ;;
        *) fail "CUDAMAN_HOME is not an absolute path: \`$home\`" ;;
    esac
    target/release/cudaman --quiet list >/dev/null || fail "cudaman can't use \`$home\` as its home"
}

# A running cudaman keeps the old file, and no one ever sees half of the new one.
place() {
    new=$home/bin/.$1.$$
    trap 'rm -f "$new"' EXIT
    trap 'exit 1' HUP INT TERM
    cp "target/release/$1" "$new"
    chmod 755 "$new"
    mv -f "$new" "$home/bin/$1"
    trap - EXIT HUP INT TERM
    say "placed \`$home/bin/$1\`"
}

compile_sample() {
    work=target/sample
    mkdir -p "$work"
    say 'compiling examples/vector-add.cu with it'
    "$home/bin/cudaman" exec "$request" -- nvcc -o "$work/vector-add" examples/vector-add.cu ||
        fail "nvcc of CUDA $request did not compile the sample with $(g++ -dumpfullversion -dumpversion) as its g++" \
            'each CUDA takes g++ up to some version: install an older one and name it, as in `nvcc -ccbin g++-12`'
    "$home/bin/cudaman" exec "$request" -- "$work/vector-add" >"$work/report" ||
        fail "the sample did not run as it should: $(cat "$work/report")"
    sed 's/^/    /' "$work/report"
    if grep -q 'no NVIDIA driver here' "$work/report"; then
        say 'Without a driver nothing runs on a GPU here, and compiling works all the same.'
    fi
}

try_toolkit() {
    if has g++; then
        compile_sample
        return
    fi
    say 'SKIP the sample: nvcc needs a host compiler, and there is no g++ here;'
    say '     `apt-get install g++` or `dnf install gcc-c++` brings one'
}

next_steps() {
    case $home in
        "$HOME"/*) spelled='$HOME'${home#"$HOME"} ;;
        *) spelled=$home ;;
    esac
    cat <<END

Done. No file outside \`$home\` and this clone was changed. What comes next is yours:

  1. Load cudaman in your shells: this shows the rc files and what they get, asks, and can be undone.
         "$spelled/bin/cudaman" setup
     Without it, add this line by hand:
         export PATH="$spelled/shims/bin:$spelled/bin:\$PATH"
  2. See what is active, and choose:
         cudaman current
         cudaman use $request
  3. Pin a project: \`cudaman local $request\` writes .cuda-version there, and nvcc obeys it.
  4. This toolkit can compile, link and start programs. Builds with CMake, PyTorch and the like need more:
         cudaman install $request --profile devel
END
}

case ${1-} in
    -h | --help)
        usage
        exit 0
        ;;
    -*)
        usage >&2
        exit 2
        ;;
esac
request=${1:-latest}
[ $# -eq 0 ] || shift
[ -n "${HOME-}" ] || fail 'HOME is not set'
home=${CUDAMAN_HOME:-$HOME/.cudaman}
export CUDAMAN_HOME="$home"
cd "$(dirname -- "$0")"

check_machine
build
check_home
mkdir -p "$home/bin"
place cudaman
"$home/bin/cudaman" install "$request" --profile minimal "$@"
try_toolkit
next_steps
