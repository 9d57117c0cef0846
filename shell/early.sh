# shellcheck shell=sh disable=SC3013 # bash and zsh have `-ef`
# What bash and zsh need until a toolkit plays a part in a shell. Most of the hook's time at the start is the reading
# of its text, so the larger part stands in a file of its own, which is read at the first change and takes the
# place of these functions. `__cudaman_load`, which reads it, is each shell's own.

# Tells whether nothing is asked for, pinned, or the default, and nothing of ours in the environment.
__cudaman_is_idle() {
    case ${ZSH_VERSION+x} in x) emulate -L sh ;; esac
    case ${CUDAMAN_VERSION-}${CUDAMAN_STORES-}${__CUDAMAN_OWNED-}:${PATH-}:${LD_LIBRARY_PATH-}:${LIBRARY_PATH-}:${PKG_CONFIG_PATH-}:${MANPATH-}:${CUDA_HOME-}:${CUDA_PATH-}:${CUDA_ROOT-}:${CUDAToolkit_ROOT-}:${CUDACXX-} in
        [!:]* | */versions/*) return 1 ;;
    esac
    case ${CUDAMAN_HOME-$__cudaman_home} in
        "$__cudaman_home") ;;
        *) return 1 ;;
    esac
    if [ -e "$__cudaman_home/resolve/default" ] || [ -e "$__cudaman_home/stores" ]; then return 1; fi
    __cudaman_up=.
    until [ -e "$__cudaman_up/.cuda-version" ] || [ -L "$__cudaman_up/.cuda-version" ] || [ -e "$__cudaman_up/.tool-versions" ]; do
        if [ "$__cudaman_up" -ef / ] || ! [ -d "$__cudaman_up/.." ]; then return 0; fi
        __cudaman_up=$__cudaman_up/..
    done
    return 1
}

__cudaman_update() {
    if ! __cudaman_is_idle && __cudaman_load; then __cudaman_update; fi
}

__cudaman_check() {
    if ! __cudaman_is_idle && __cudaman_load; then __cudaman_check; fi
}

# An alias would go before the function, and keep it from being read.
unalias cudaman 2>/dev/null || :

cudaman() {
    if __cudaman_load; then cudaman "$@"; else command cudaman "$@"; fi
}
