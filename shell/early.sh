# shellcheck shell=bash disable=SC2154,SC2317 # read by bash and zsh; what `paths.sh` sets; functions that replace themselves
# What bash and zsh need until a toolkit plays a part in a shell. Most of the hook's time at the start is the reading
# of its text, so the rest stands in two files of their own: what nearly every shell needs then, and all else.
# `__cudaman_load`, which reads them, is each shell's own.

__cudaman_up=.

# Tells whether nothing is asked for, pinned, or the default, and nothing of ours in the environment.
__cudaman_is_idle() {
    [[ -z ${CUDAMAN_VERSION-}${CUDAMAN_STORES-}${__CUDAMAN_OWNED-} && ! -e $__cudaman_home/resolve/default &&
        ! -e $__cudaman_home/stores && ${CUDAMAN_HOME-$__cudaman_base} == "$__cudaman_home" &&
        :${PATH-}:${LD_LIBRARY_PATH-}:${LIBRARY_PATH-}:${PKG_CONFIG_PATH-}:${MANPATH-}:${CUDA_HOME-}:${CUDA_PATH-}:${CUDA_ROOT-}:${CUDAToolkit_ROOT-}:${CUDACXX-} != *":$__cudaman_home/versions/"* ]] || return 1
    __cudaman_up=.
    until [[ -e $__cudaman_up/.cuda-version || -L $__cudaman_up/.cuda-version || -e $__cudaman_up/.tool-versions ]]; do
        if [[ $__cudaman_up -ef / || ! -d $__cudaman_up/.. ]]; then return 0; fi
        __cudaman_up=$__cudaman_up/..
    done
    return 1
}

# A file without the functions, as a full disk leaves it, does no harm: they do nothing then.
__cudaman_follow() {
    if ! __cudaman_is_idle; then __cudaman_load_common && __cudaman_follow; fi
}

__cudaman_load_common() {
    __cudaman_load_common() { :; }
    __cudaman_follow() { :; }
    __cudaman_load common
}

cudaman() {
    cudaman() { command cudaman "$@"; }
    if __cudaman_load_common; then __cudaman_load rest || :; fi
    cudaman "$@"
}
