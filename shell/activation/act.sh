# shellcheck shell=sh disable=SC3013 # each of them has `-ef`
# The act of an environment that a toolkit is attached to, and its undoing: for conda's activate.d and
# deactivate.d, and for the activate scripts of virtual environments. No process is started and no
# cudaman is needed. What was in effect before comes back, with and without a hook.
#
# CUDAMAN_KIND becomes CUDAMAN_CONDA or CUDAMAN_VENV: each keeps what was before it under names of its own.

# __cudaman_act WHO VERSION ROOT OWNED: puts the toolchain into effect, as the last act in this shell.
__cudaman_act() {
    if [ -n "${ZSH_VERSION-}" ]; then emulate -L sh; fi
    case ${__CUDAMAN_ACT-} in
        # One of the same kind, in whose place this one comes: what was before it is kept already.
        "${CUDAMAN_VERSION-} ${1%% *} "*) ;;
        *) __cudaman_keep "$4" ;;
    esac
    export "CUDAMAN_VERSION=$2" "__CUDAMAN_ACT=$2 $1"
    if [ -d "$3" ]; then
        __cudaman_enter "$3" '' "$4"
        return 0
    fi
    printf '%s\n' "cudaman: the toolkit \`${3##*/}\`, attached to this environment, is not installed; \`cudaman install '${3##*/}'\`" >&2
    __cudaman_enter '' "${4%%:*}/../shims/missing" "$4"
}

# __cudaman_undo WHO OWNED: brings back what was in effect before, unless someone has chosen otherwise since.
__cudaman_undo() {
    if [ -n "${ZSH_VERSION-}" ]; then emulate -L sh; fi
    case ${__CUDAMAN_ACT-} in
        "${CUDAMAN_VERSION-} ${1%% *} "*) __cudaman_bring_back "$2" ;;
    esac
    unset __CUDAMAN_KIND_VERSION __CUDAMAN_KIND_ACT __CUDAMAN_KIND_ROOT
}

__cudaman_keep() {
    unset __CUDAMAN_KIND_VERSION __CUDAMAN_KIND_ACT __CUDAMAN_KIND_ROOT
    if [ -n "${CUDAMAN_VERSION+x}" ]; then export "__CUDAMAN_KIND_VERSION=$CUDAMAN_VERSION"; fi
    if [ -n "${__CUDAMAN_ACT+x}" ]; then export "__CUDAMAN_KIND_ACT=$__CUDAMAN_ACT"; fi
    case ${CUDA_HOME-} in
        "${1%%:*}"/* | "${__CUDAMAN_OWNED:-/dev/null}"/*) export "__CUDAMAN_KIND_ROOT=$CUDA_HOME" ;;
    esac
}

__cudaman_bring_back() {
    case ${__CUDAMAN_KIND_ACT-} in
        # A path of a conda environment may be spelled in several ways, and it may have been left in the meantime.
        *' conda '*)
            if ! [ "${__CUDAMAN_KIND_ACT#* conda }" -ef "${CONDA_PREFIX:-/dev/null}" ]; then
                unset __CUDAMAN_KIND_VERSION __CUDAMAN_KIND_ACT __CUDAMAN_KIND_ROOT
            fi
            ;;
    esac
    if [ -n "${__CUDAMAN_KIND_VERSION+x}" ]; then
        export "CUDAMAN_VERSION=$__CUDAMAN_KIND_VERSION"
    else
        unset CUDAMAN_VERSION
    fi
    if [ -n "${__CUDAMAN_KIND_ACT+x}" ]; then
        export "__CUDAMAN_ACT=$__CUDAMAN_KIND_ACT"
    else
        unset __CUDAMAN_ACT
    fi
    if [ -d "${__CUDAMAN_KIND_ROOT:-/dev/null}" ]; then
        __cudaman_enter "$__CUDAMAN_KIND_ROOT" '' "$1"
    else
        __cudaman_enter '' '' "$1"
    fi
}
