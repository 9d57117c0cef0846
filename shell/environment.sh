# shellcheck shell=sh disable=SC3044 # `shopt`, where it is bash
# The environment of a toolchain, by builtins alone, for every shell that reads POSIX: bash, zsh, dash, ash, ksh.
#
# Ownership goes by location: what lies below the `versions` of a store is cudaman's and is stripped,
# then what is wanted is added. `src/shell/plan.rs` says the same; a test holds the two together.
# All names begin with __cudaman_, since POSIX has no `local`. What runs at a prompt costs about 2 us a command and
# 10 us a call (bash copies a function that it calls, and zsh looks at every variable when one ends), so
# commands and calls are few: no loop where a pattern will do, no eval where a word will do.

# __cudaman_enter ROOT FIRST OWNED: makes ROOT the only toolchain in effect. An empty ROOT leaves every
# one, and PATH gets FIRST, if that is anything. OWNED lists the `versions` directories of all stores.
__cudaman_enter() {
    case ${ZSH_VERSION+x} in x) emulate -L sh ;; esac
    __cudaman_root=$1
    __cudaman_path=$2
    __cudaman_libraries=
    __cudaman_stubs=
    __cudaman_configurations=
    __cudaman_pages=
    __cudaman_compiler=
    __cudaman_brings=
    if [ -n "$1" ]; then __cudaman_find; fi
    __cudaman_extras=:${CUDNN_HOME-}:${CUDNN_PATH-}:${CUDNN_ROOT-}:${CUDNN_INSTALL_PATH-}:${NCCL_HOME-}:${NCCL_ROOT-}:${CUTENSOR_HOME-}:${CUTENSOR_ROOT-}:${CUSPARSELT_HOME-}:${CUSPARSELT_ROOT-}:${CUDSS_HOME-}:${CUDSS_ROOT-}:${NVCOMP_HOME-}:${NVCOMP_ROOT-}
    # What one that brought the same has left, nobody having touched it, only needs other roots.
    case $__cudaman_brings$__cudaman_extras in
        [!p]* | */versions/*) __cudaman_left= ;;
    esac
    if [ "$__cudaman_brings:${PATH-}:${LD_LIBRARY_PATH-}:${LIBRARY_PATH-}:${PKG_CONFIG_PATH-}:${MANPATH-}:${CUDA_HOME-}:${CUDA_PATH-}:${CUDA_ROOT-}:${CUDAToolkit_ROOT-}:${CUDACXX-}" = "${__cudaman_left-}" ]; then
        __cudaman_exchange
    else
        __cudaman_change "$1" "$3"
    fi
    __cudaman_left=$__cudaman_brings:${PATH-}:${LD_LIBRARY_PATH-}:${LIBRARY_PATH-}:${PKG_CONFIG_PATH-}:${MANPATH-}:${CUDA_HOME-}:${CUDA_PATH-}:${CUDA_ROOT-}:${CUDAToolkit_ROOT-}:${CUDACXX-}
}

# Finds what the toolchain has, and sums it up in __cudaman_brings: `p` for PATH comes first, and one with add-ons
# has nothing.
__cudaman_find() {
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
    case $__cudaman_root in
        *+*) ;;
        *) __cudaman_brings=${__cudaman_path:+p}${__cudaman_libraries:+l}${__cudaman_stubs:+s}${__cudaman_configurations:+c}${__cudaman_pages:+m}${__cudaman_compiler:+n} ;;
    esac
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

# Puts a toolchain in the place of one that brought the same, where nobody has changed anything since: what is
# ours and what is the user's is known, and what the user had stays kept.
__cudaman_exchange() {
    export "PATH=$__cudaman_path$__cudaman_path_rest" "CUDA_HOME=$__cudaman_root" "CUDA_PATH=$__cudaman_root" \
        "CUDA_ROOT=$__cudaman_root" "CUDAToolkit_ROOT=$__cudaman_root" \
        ${__cudaman_libraries:+"LD_LIBRARY_PATH=$__cudaman_libraries$__cudaman_libraries_rest"} \
        ${__cudaman_stubs:+"LIBRARY_PATH=$__cudaman_stubs$__cudaman_stubs_rest"} \
        ${__cudaman_configurations:+"PKG_CONFIG_PATH=$__cudaman_configurations$__cudaman_configurations_rest"} \
        ${__cudaman_pages:+"MANPATH=$__cudaman_pages$__cudaman_pages_rest"} \
        ${__cudaman_compiler:+"CUDACXX=$__cudaman_compiler"}
    case $__cudaman_root in
        "${__CUDAMAN_OWNED-}"/*) ;;
        *) export "__CUDAMAN_OWNED=${__cudaman_root%/versions/*}/versions" ;;
    esac
}

# __cudaman_change ROOT OWNED: whatever is in effect, strips what is ours and adds what was found.
__cudaman_change() {
    __cudaman_owned=$2
    __cudaman_versions=${2%%:*}
    case :$2: in
        *":${__CUDAMAN_OWNED:-$2}:"*) ;;
        *) __cudaman_owned=$2:$__CUDAMAN_OWNED ;;
    esac
    __cudaman_list PATH "$__cudaman_path" "${PATH+x}" "${PATH-}"
    __cudaman_path_rest=$__cudaman_kept
    __cudaman_list LD_LIBRARY_PATH "$__cudaman_libraries" "${LD_LIBRARY_PATH+x}" "${LD_LIBRARY_PATH-}"
    __cudaman_libraries_rest=$__cudaman_kept
    __cudaman_list LIBRARY_PATH "$__cudaman_stubs" "${LIBRARY_PATH+x}" "${LIBRARY_PATH-}"
    __cudaman_stubs_rest=$__cudaman_kept
    __cudaman_list PKG_CONFIG_PATH "$__cudaman_configurations" "${PKG_CONFIG_PATH+x}" "${PKG_CONFIG_PATH-}"
    __cudaman_configurations_rest=$__cudaman_kept
    if [ -n "${MANPATH-}" ]; then __cudaman_list MANPATH "$__cudaman_pages" x "$MANPATH"; fi
    __cudaman_pages_rest=$__cudaman_kept
    __cudaman_scalar CUDA_HOME "$1" "${CUDA_HOME+x}" "${CUDA_HOME-}"
    __cudaman_scalar CUDA_PATH "$1" "${CUDA_PATH+x}" "${CUDA_PATH-}"
    __cudaman_scalar CUDA_ROOT "$1" "${CUDA_ROOT+x}" "${CUDA_ROOT-}"
    __cudaman_scalar CUDAToolkit_ROOT "$1" "${CUDAToolkit_ROOT+x}" "${CUDAToolkit_ROOT-}"
    __cudaman_scalar CUDACXX "$__cudaman_compiler" "${CUDACXX+x}" "${CUDACXX-}"
    # Most toolchains have no add-ons, and most environments nothing of any.
    case ${1##*/}$__cudaman_extras in
        *+* | */versions/*) __cudaman_add_ons "${1##*/}" ;;
    esac
    __cudaman_owner=${1:-$__cudaman_path}
    if [ -n "$__cudaman_owner" ]; then
        export "__CUDAMAN_OWNED=${__cudaman_owner%/versions/*}/versions"
    else
        unset __CUDAMAN_OWNED
    fi
}

# __cudaman_list NAME ADDED SET VALUE: strips what is ours, and puts ADDED before the rest. SET tells
# a list that is set to nothing from one that isn't set; after us it is again what it was.
__cudaman_list() {
    __cudaman_had=
    __cudaman_kept=:$4:
    case $4 in
        */versions/*) __cudaman_strip "$4" ;;
    esac
    if [ -n "$2" ]; then
        if [ -n "$3" ] && [ -z "$4" ]; then
            export "__CUDAMAN_ORIG_$1="
        elif [ -z "$__cudaman_had" ]; then
            unset "__CUDAMAN_ORIG_$1"
        fi
        __cudaman_kept=${4:+${__cudaman_kept%:}}
        export "$1=$2$__cudaman_kept"
        return 0
    fi
    case $__cudaman_had$__cudaman_kept in
        x:)
            if eval "[ -n \"\${__CUDAMAN_ORIG_$1+x}\" ]"; then export "$1="; else unset "$1"; fi
            ;;
        x*)
            __cudaman_kept=${__cudaman_kept#:}
            export "$1=${__cudaman_kept%:}"
            ;;
    esac
    unset "__CUDAMAN_ORIG_$1"
}

# __cudaman_strip LIST: what of it isn't ours, with a colon at both ends; `:` is a list of nothing.
__cudaman_strip() {
    __cudaman_kept=:$1:
    __cudaman_had=
    while :; do
        case $__cudaman_kept in
            ":$__cudaman_versions/"*) __cudaman_kept=:${__cudaman_kept#:*:} ;;
            *":$__cudaman_versions/"*) __cudaman_cut "$__cudaman_versions" || break ;;
            *) break ;;
        esac
        __cudaman_had=x
    done
    if [ "$__cudaman_owned" = "$__cudaman_versions" ]; then return 0; fi
    __cudaman_rest=${__cudaman_owned#*:}:
    while [ -n "$__cudaman_rest" ]; do
        __cudaman_directory=${__cudaman_rest%%:*}
        __cudaman_rest=${__cudaman_rest#*:}
        while :; do
            case $__cudaman_directory$__cudaman_kept in
                /*":$__cudaman_directory/"*) __cudaman_cut "$__cudaman_directory" || break ;;
                *) break ;;
            esac
            __cudaman_had=x
        done
    done
}

# __cudaman_cut DIRECTORY: takes the first element below it away; fails for one that only `case` finds, as bash's
# does under `nocasematch`.
__cudaman_cut() {
    __cudaman_tail=${__cudaman_kept#*":$1/"}
    if [ "$__cudaman_tail" = "$__cudaman_kept" ]; then return 1; fi
    __cudaman_kept=${__cudaman_kept%%":$1/"*}:${__cudaman_tail#*:}
}

# __cudaman_scalar NAME WANTED SET VALUE: keeps the user's value while ours is there, and brings it back.
__cudaman_scalar() {
    if [ "$2" = "$4" ] && [ -n "$2" ]; then return 0; fi
    case $4 in
        "$__cudaman_versions"/*) __cudaman_had=x ;;
        */versions/*) __cudaman_strip "$4" ;;
        *) __cudaman_had= ;;
    esac
    if [ -n "$2" ]; then
        if [ -z "$__cudaman_had$3" ]; then
            unset "__CUDAMAN_ORIG_$1"
        elif [ -z "$__cudaman_had" ]; then
            export "__CUDAMAN_ORIG_$1=$4"
        fi
        export "$1=$2"
        return 0
    fi
    if [ -n "$__cudaman_had" ]; then
        unset "$1"
        eval "if [ -n \"\${__CUDAMAN_ORIG_$1+x}\" ]; then export \"$1=\$__CUDAMAN_ORIG_$1\"; fi"
    fi
    unset "__CUDAMAN_ORIG_$1"
}

# __cudaman_add_ons NAME: the variables of add-ons, which the toolchain's name tells.
__cudaman_add_ons() {
    __cudaman_add_on "$1" cudnn CUDNN_HOME CUDNN_PATH CUDNN_ROOT CUDNN_INSTALL_PATH
    __cudaman_add_on "$1" nccl NCCL_HOME NCCL_ROOT
    __cudaman_add_on "$1" cutensor CUTENSOR_HOME CUTENSOR_ROOT
    __cudaman_add_on "$1" cusparselt CUSPARSELT_HOME CUSPARSELT_ROOT
    __cudaman_add_on "$1" cudss CUDSS_HOME CUDSS_ROOT
    __cudaman_add_on "$1" nvcomp NVCOMP_HOME NVCOMP_ROOT
}

# __cudaman_add_on TOOLCHAIN KIND NAME...
__cudaman_add_on() {
    __cudaman_found=
    case $1 in
        *"+$2"[0-9]*) __cudaman_found=$__cudaman_root ;;
    esac
    shift 2
    for __cudaman_name; do
        eval "__cudaman_scalar $__cudaman_name \"\$__cudaman_found\" \"\${$__cudaman_name+x}\" \"\${$__cudaman_name-}\""
    done
}
