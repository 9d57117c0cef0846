# shellcheck shell=sh
# The environment of a toolchain, by builtins alone, for every shell that reads POSIX: bash, zsh, dash, ash, ksh.
#
# Ownership goes by location: what lies below the `versions` of a store is cudaman's and is stripped,
# then what is wanted is added. `src/shell/plan.rs` says the same; a test holds the two together.
# All names begin with __cudaman_, since POSIX has no `local`. What runs at a prompt costs about 2 us
# a command, so commands are few: no loop where a pattern will do, no eval where a word will do.

# __cudaman_enter ROOT FIRST OWNED: makes ROOT the only toolchain in effect. An empty ROOT leaves every
# one, and PATH gets FIRST, if that is anything. OWNED lists the `versions` directories of all stores.
__cudaman_enter() {
    if [ -n "${ZSH_VERSION-}" ]; then emulate -L sh; fi
    __cudaman_root=$1
    __cudaman_owned=$3
    __cudaman_versions=${3%%:*}
    case :$3: in
        *":${__CUDAMAN_OWNED:-$3}:"*) ;;
        *) __cudaman_owned=$3:$__CUDAMAN_OWNED ;;
    esac
    __cudaman_lists "$2"
    __cudaman_compiler=
    if [ -n "$1" ] && [ -e "$1/bin/nvcc" ]; then __cudaman_compiler=$1/bin/nvcc; fi
    __cudaman_scalar CUDA_HOME "$1" "${CUDA_HOME+x}" "${CUDA_HOME-}"
    __cudaman_scalar CUDA_PATH "$1" "${CUDA_PATH+x}" "${CUDA_PATH-}"
    __cudaman_scalar CUDA_ROOT "$1" "${CUDA_ROOT+x}" "${CUDA_ROOT-}"
    __cudaman_scalar CUDAToolkit_ROOT "$1" "${CUDAToolkit_ROOT+x}" "${CUDAToolkit_ROOT-}"
    __cudaman_scalar CUDACXX "$__cudaman_compiler" "${CUDACXX+x}" "${CUDACXX-}"
    __cudaman_add_ons "${1##*/}"
    __cudaman_root=${1:-$2}
    if [ -n "$__cudaman_root" ]; then
        export "__CUDAMAN_OWNED=${__cudaman_root%/versions/*}/versions"
    else
        unset __CUDAMAN_OWNED
    fi
}

__cudaman_lists() {
    __cudaman_directories bin
    __cudaman_list PATH "${__cudaman_found:-$1}" "${PATH+x}" "${PATH-}"
    __cudaman_found=
    if __cudaman_sets_libraries; then __cudaman_directories lib64 nvvm/lib64 extras/CUPTI/lib64; fi
    __cudaman_list LD_LIBRARY_PATH "$__cudaman_found" "${LD_LIBRARY_PATH+x}" "${LD_LIBRARY_PATH-}"
    __cudaman_directories lib64/stubs
    __cudaman_list LIBRARY_PATH "$__cudaman_found" "${LIBRARY_PATH+x}" "${LIBRARY_PATH-}"
    __cudaman_directories pkgconfig
    __cudaman_list PKG_CONFIG_PATH "$__cudaman_found" "${PKG_CONFIG_PATH+x}" "${PKG_CONFIG_PATH-}"
    # Where MANPATH is unset, man finds our pages by PATH, and the system's too.
    if [ -n "${MANPATH-}" ]; then
        __cudaman_directories share/man
        __cudaman_list MANPATH "$__cudaman_found" x "$MANPATH"
    fi
}

# Tells whether LD_LIBRARY_PATH gets anything: it comes before the RUNPATH by which wheels find each other.
__cudaman_sets_libraries() {
    case ${CUDAMAN_LD_LIBRARY_PATH:-${__cudaman_policy-}} in
        never) return 1 ;;
        prepend) return 0 ;;
    esac
    if [ -z "${VIRTUAL_ENV-}${CONDA_PREFIX-}" ]; then return 0; fi
    for __cudaman_prefix in "${VIRTUAL_ENV-}" "${CONDA_PREFIX-}"; do
        if [ -z "$__cudaman_prefix" ] || ! [ -d "$__cudaman_prefix/lib" ]; then continue; fi
        for __cudaman_directory in "$__cudaman_prefix"/lib/python*/site-packages; do
            if [ -d "$__cudaman_directory/nvidia" ] || [ -d "$__cudaman_directory/torch" ]; then return 1; fi
        done
    done
}

# __cudaman_directories NAME...: which of them the toolchain has, as a list.
__cudaman_directories() {
    __cudaman_found=
    if [ -z "$__cudaman_root" ]; then return 0; fi
    for __cudaman_directory; do
        if [ -d "$__cudaman_root/$__cudaman_directory" ]; then
            __cudaman_found=${__cudaman_found:+$__cudaman_found:}$__cudaman_root/$__cudaman_directory
        fi
    done
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
            *":$__cudaman_versions/"*) __cudaman_cut "$__cudaman_versions" ;;
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
                /*":$__cudaman_directory/"*) __cudaman_cut "$__cudaman_directory" ;;
                *) break ;;
            esac
            __cudaman_had=x
        done
    done
}

# __cudaman_cut DIRECTORY: takes the first element below it away.
__cudaman_cut() {
    __cudaman_tail=${__cudaman_kept#*":$1/"}
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
        eval "\${__CUDAMAN_ORIG_$1+export} \${__CUDAMAN_ORIG_$1+\"$1=\$__CUDAMAN_ORIG_$1\"}"
    fi
    unset "__CUDAMAN_ORIG_$1"
}

# __cudaman_add_ons NAME: the variables of add-ons, which the toolchain's name tells. Most toolchains have
# none, and most environments nothing of any: one look for all of them.
__cudaman_add_ons() {
    case $1:${CUDNN_HOME-}:${CUDNN_PATH-}:${CUDNN_ROOT-}:${CUDNN_INSTALL_PATH-}:${NCCL_HOME-}:${NCCL_ROOT-}:${CUTENSOR_HOME-}:${CUTENSOR_ROOT-}:${CUSPARSELT_HOME-}:${CUSPARSELT_ROOT-}:${CUDSS_HOME-}:${CUDSS_ROOT-}:${NVCOMP_HOME-}:${NVCOMP_ROOT-} in
        *+* | */versions/*) ;;
        *) return 0 ;;
    esac
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
