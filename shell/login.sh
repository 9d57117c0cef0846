# shellcheck shell=sh disable=SC2154 # what `select.sh` sets
# What `. ~/.cudaman/env.sh` brings: cudaman and its shims on PATH, and `cudaman_use` for shells without a hook.

# cudaman_use REQUEST: puts an installed toolkit into effect in this shell; without a REQUEST, none of those asked for.
cudaman_use() {
    set -- "${1-}" "${CUDAMAN_VERSION-}"
    if [ -n "$1" ]; then
        export "CUDAMAN_VERSION=$1"
    else
        unset CUDAMAN_VERSION
    fi
    unset __CUDAMAN_ACT __CUDAMAN_ORIG_CUDAMAN_VERSION
    __cudaman_told=any
    __cudaman_asked=
    __cudaman_said=
    __cudaman_update
    if [ "$__cudaman_wanted" != missing ]; then return 0; fi
    if ! [ -x "$__cudaman_home/bin/cudaman" ]; then
        printf '%s\n' "cudaman_use: \`$1\` is not installed" "hint: \`ls '$__cudaman_home/versions'\` shows what is" >&2
    fi
    if [ -n "$2" ]; then export "CUDAMAN_VERSION=$2"; else unset CUDAMAN_VERSION; fi
    __cudaman_update
    return 1
}

__cudaman_paths

# A shell that someone types in gets the rest of the hook too; bash and zsh have one of their own.
if [ -z "${BASH_VERSION-}${ZSH_VERSION-}" ]; then
    case $- in
        *i*) if [ -r "$__cudaman_home/shell/hook.sh" ]; then . "$__cudaman_home/shell/hook.sh"; fi ;;
    esac
fi
