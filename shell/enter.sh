# shellcheck shell=sh disable=SC2154,SC3044 # what `add_ons.sh` sets; `shopt`, where it is bash
# The environment of a toolchain, by builtins alone, for every shell that reads POSIX: bash, zsh, dash, ash, ksh.
# This part does what nearly every change takes; `change.sh` does the others.
#
# Ownership goes by location: what lies below the `versions` of a store is cudaman's and is stripped,
# then what is wanted is added. `src/shell/plan.rs` says the same; a test holds the two together.
# All names begin with __cudaman_, since POSIX has no `local`. What runs at a prompt costs about 2 us a command and
# 10 us a call (bash copies a function that it calls, and zsh looks at every variable when one ends), so
# commands and calls are few: no loop where a pattern will do, no eval where a word will do.

# __cudaman_enter ROOT FIRST OWNED: makes ROOT the only toolchain in effect. An empty ROOT leaves every
# one, and PATH gets FIRST, if that is anything. OWNED lists the `versions` directories of all stores.
#
# What was left is kept in __cudaman_left, and __cudaman_brought says what of it was ours: where nobody has touched
# it, what is the user's in it is known.
__cudaman_enter() {
    case ${ZSH_VERSION+x} in x) emulate -L sh ;; esac
    __cudaman_root=$1
    __cudaman_path=$2
    if [ -n "$1" ]; then __cudaman_find; else __cudaman_find_nothing; fi
    case :${PATH-}:${LD_LIBRARY_PATH-,}:${LIBRARY_PATH-,}:${PKG_CONFIG_PATH-,}:${MANPATH-}:${CUDA_HOME-}:${CUDA_PATH-}:${CUDA_ROOT-}:${CUDAToolkit_ROOT-}:${CUDACXX-,} in
        "${__cudaman_left-}") __cudaman_was=$__cudaman_bare$__cudaman_brought ;;
        *) __cudaman_was=unknown ;;
    esac
    case $__cudaman_was in
        *[1-6]) __cudaman_see_add_ons ;;
    esac
    case $__cudaman_brings:$__cudaman_was in
        :* | *:) __cudaman_change "$1" "$3" ;;
        -:- | -:x-) ;;
        "$__cudaman_brings:x$__cudaman_brings" | "$__cudaman_brings:$__cudaman_brings") __cudaman_exchange ;;
        -:x[!-]*) __cudaman_give_back ;;
        *)
            case $__cudaman_was in
                x[!-]*) __cudaman_give_back ;;
            esac
            if __cudaman_find_rests "$3"; then __cudaman_join; else __cudaman_change "$1" "$3"; fi
            ;;
    esac
    case $__cudaman_brings in
        *[1-6]) __cudaman_note_add_ons ;;
    esac
    __cudaman_brought=$__cudaman_brings
    __cudaman_left=:${PATH-}:${LD_LIBRARY_PATH-,}:${LIBRARY_PATH-,}:${PKG_CONFIG_PATH-,}:${MANPATH-}:${CUDA_HOME-}:${CUDA_PATH-}:${CUDA_ROOT-}:${CUDAToolkit_ROOT-}:${CUDACXX-,}
}

# Finds what the toolchain has, and sums it up in __cudaman_brings: a letter for each variable, `p` for PATH, and a digit
# for each add-on. One without `bin` is for `change.sh`, and has nothing there.
__cudaman_find() {
    # Most have at least this, and most shells nothing that has a say in it.
    case ${CUDAMAN_LD_LIBRARY_PATH-}${__cudaman_policy-}${VIRTUAL_ENV:+x}${CONDA_PREFIX:+x}${MANPATH:+x} in
        '')
            if [ -e "$__cudaman_root/bin/nvcc" ] && [ -d "$__cudaman_root/nvvm/lib64" ] && [ -d "$__cudaman_root/lib64" ] && [ -d "$__cudaman_root/pkgconfig" ]; then
                __cudaman_brings=pnlc
                __cudaman_path=$__cudaman_root/bin
                __cudaman_compiler=$__cudaman_path/nvcc
                __cudaman_libraries=$__cudaman_root/lib64:$__cudaman_root/nvvm/lib64
                __cudaman_configurations=$__cudaman_root/pkgconfig
                __cudaman_stubs=
                __cudaman_pages=
                if [ -d "$__cudaman_root/extras/CUPTI/lib64" ]; then __cudaman_libraries=$__cudaman_libraries:$__cudaman_root/extras/CUPTI/lib64; fi
                if [ -d "$__cudaman_root/lib64/stubs" ]; then
                    __cudaman_stubs=$__cudaman_root/lib64/stubs
                    __cudaman_brings=pnlcs
                fi
            else
                __cudaman_look_into
            fi
            ;;
        *) __cudaman_look_into ;;
    esac
    case $__cudaman_root in
        *+*) __cudaman_find_add_ons ;;
    esac
}

__cudaman_look_into() {
    __cudaman_find_nothing
    if [ -e "$__cudaman_root/bin/nvcc" ]; then
        __cudaman_path=$__cudaman_root/bin
        __cudaman_compiler=$__cudaman_path/nvcc
    elif [ -d "$__cudaman_root/bin" ]; then
        __cudaman_path=$__cudaman_root/bin
    fi
    if [ -d "$__cudaman_root/lib64/stubs" ]; then __cudaman_stubs=$__cudaman_root/lib64/stubs; fi
    if [ -d "$__cudaman_root/pkgconfig" ]; then __cudaman_configurations=$__cudaman_root/pkgconfig; fi
    # Where MANPATH is unset, man finds our pages by PATH, and the system's too.
    if [ -n "${MANPATH-}" ] && [ -d "$__cudaman_root/share/man" ]; then __cudaman_pages=$__cudaman_root/share/man; fi
    if [ -z "${CUDAMAN_LD_LIBRARY_PATH-}${__cudaman_policy-}${VIRTUAL_ENV-}${CONDA_PREFIX-}" ] || __cudaman_sets_libraries; then
        for __cudaman_directory in lib64 nvvm/lib64 extras/CUPTI/lib64; do
            if [ -d "$__cudaman_root/$__cudaman_directory" ]; then
                __cudaman_libraries=${__cudaman_libraries:+$__cudaman_libraries:}$__cudaman_root/$__cudaman_directory
            fi
        done
    fi
    # The pages come first: what begins with `pnlc` has none.
    case $__cudaman_path in
        ?*) __cudaman_brings=p${__cudaman_pages:+m}${__cudaman_compiler:+n}${__cudaman_libraries:+l}${__cudaman_configurations:+c}${__cudaman_stubs:+s} ;;
    esac
}

__cudaman_find_nothing() {
    __cudaman_brings=
    if [ -z "$__cudaman_root$__cudaman_path" ]; then __cudaman_brings=-; fi
    __cudaman_libraries=
    __cudaman_stubs=
    __cudaman_configurations=
    __cudaman_pages=
    __cudaman_compiler=
}

# Tells whether LD_LIBRARY_PATH gets anything: it comes before the RUNPATH by which wheels find each other.
__cudaman_sets_libraries() {
    case ${CUDAMAN_LD_LIBRARY_PATH:-${__cudaman_policy-}} in
        never) return 1 ;;
        prepend) return 0 ;;
    esac
    # The pattern has to be one under `set -f` too, and may match nothing.
    __cudaman_options=
    case $- in
        *f*) set +f && __cudaman_options='set -f;' ;;
    esac
    if [ -n "${BASH_VERSION-}" ] && shopt -q failglob; then
        shopt -u failglob
        __cudaman_options="$__cudaman_options shopt -s failglob"
    fi
    __cudaman_wheels=
    __cudaman_find_wheels
    eval "$__cudaman_options"
    [ -z "$__cudaman_wheels" ]
}

__cudaman_find_wheels() {
    for __cudaman_prefix in "${VIRTUAL_ENV-}" "${CONDA_PREFIX-}"; do
        if [ -z "$__cudaman_prefix" ] || ! [ -d "$__cudaman_prefix/lib" ]; then continue; fi
        for __cudaman_directory in "$__cudaman_prefix"/lib/python*/site-packages; do
            if [ -d "$__cudaman_directory/nvidia" ] || [ -d "$__cudaman_directory/torch" ]; then __cudaman_wheels=x; fi
        done
    done
}

# __cudaman_find_rests OWNED: keeps what the user has in the lists, as what follows ours. Fails where more than that must
# be kept, or something is ours already.
__cudaman_find_rests() {
    case ${CUDA_HOME+x}${CUDA_PATH+x}${CUDA_ROOT+x}${CUDAToolkit_ROOT+x}${CUDACXX+x}${__CUDAMAN_OWNED+x}:$1 in
        [!:]* | :*:*) return 1 ;;
    esac
    __cudaman_note_add_ons
    case $__cudaman_brings$__cudaman_add_ons in
        *":$1"/* | *[1-6]:*[!:,]* | *[1-6]:*::*) return 1 ;;
    esac
    # A list that is set to nothing isn't one that isn't set.
    case ,${PATH-},${LD_LIBRARY_PATH-x},${LIBRARY_PATH-x},${PKG_CONFIG_PATH-x},${MANPATH:-x}, in
        *,,* | *[,:]"$1"/*) return 1 ;;
    esac
    __cudaman_path_rest=:$PATH
    __cudaman_libraries_rest=${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    __cudaman_stubs_rest=${LIBRARY_PATH:+:$LIBRARY_PATH}
    __cudaman_configurations_rest=${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    __cudaman_pages_rest=${MANPATH:+:$MANPATH}
    __cudaman_bare=x
}

# Gives back to the user what __cudaman_find_rests kept.
__cudaman_give_back() {
    export "PATH=${__cudaman_path_rest#:}"
    case $__cudaman_brought in
        *l*) if [ -n "$__cudaman_libraries_rest" ]; then export "LD_LIBRARY_PATH=${__cudaman_libraries_rest#:}"; else unset LD_LIBRARY_PATH; fi ;;
    esac
    case $__cudaman_brought in
        *s*) if [ -n "$__cudaman_stubs_rest" ]; then export "LIBRARY_PATH=${__cudaman_stubs_rest#:}"; else unset LIBRARY_PATH; fi ;;
    esac
    case $__cudaman_brought in
        *c*) if [ -n "$__cudaman_configurations_rest" ]; then export "PKG_CONFIG_PATH=${__cudaman_configurations_rest#:}"; else unset PKG_CONFIG_PATH; fi ;;
    esac
    case $__cudaman_brought in
        *m*) export "MANPATH=${__cudaman_pages_rest#:}" ;;
    esac
    case $__cudaman_brought in
        *[1-6]) __cudaman_give_back_add_ons ;;
    esac
    unset CUDA_HOME CUDA_PATH CUDA_ROOT CUDAToolkit_ROOT CUDACXX __CUDAMAN_OWNED
}

# Puts the toolchain before what is the user's, where one was that set the same variables.
__cudaman_exchange() {
    PATH=$__cudaman_path$__cudaman_path_rest
    CUDA_HOME=$__cudaman_root
    CUDA_PATH=$__cudaman_root
    CUDA_ROOT=$__cudaman_root
    CUDAToolkit_ROOT=$__cudaman_root
    case $__cudaman_brings in
        pnlc*)
            CUDACXX=$__cudaman_compiler
            LD_LIBRARY_PATH=$__cudaman_libraries$__cudaman_libraries_rest
            PKG_CONFIG_PATH=$__cudaman_configurations$__cudaman_configurations_rest
            case $__cudaman_stubs in
                ?*) LIBRARY_PATH=$__cudaman_stubs$__cudaman_stubs_rest ;;
            esac
            ;;
        *) __cudaman_exchange_others ;;
    esac
    case $__cudaman_brings in
        *[1-6]) __cudaman_exchange_add_ons ;;
    esac
    case $__cudaman_root in
        "${__CUDAMAN_OWNED:-.}"/*) ;;
        *) __CUDAMAN_OWNED=${__cudaman_root%/versions/*}/versions ;;
    esac
}

__cudaman_exchange_others() {
    if [ -n "$__cudaman_compiler" ]; then CUDACXX=$__cudaman_compiler; fi
    if [ -n "$__cudaman_libraries" ]; then LD_LIBRARY_PATH=$__cudaman_libraries$__cudaman_libraries_rest; fi
    if [ -n "$__cudaman_configurations" ]; then PKG_CONFIG_PATH=$__cudaman_configurations$__cudaman_configurations_rest; fi
    if [ -n "$__cudaman_stubs" ]; then LIBRARY_PATH=$__cudaman_stubs$__cudaman_stubs_rest; fi
    if [ -n "$__cudaman_pages" ]; then MANPATH=$__cudaman_pages$__cudaman_pages_rest; fi
}

# The same where there was none: what isn't exported yet has to be.
__cudaman_join() {
    case $__cudaman_brings in
        -) return 0 ;;
    esac
    __cudaman_exchange
    export PATH CUDA_HOME CUDA_PATH CUDA_ROOT CUDAToolkit_ROOT __CUDAMAN_OWNED ${__cudaman_libraries:+"LD_LIBRARY_PATH"} \
        ${__cudaman_stubs:+"LIBRARY_PATH"} ${__cudaman_configurations:+"PKG_CONFIG_PATH"} ${__cudaman_pages:+"MANPATH"} \
        ${__cudaman_compiler:+"CUDACXX"}
}
