# shellcheck shell=sh disable=SC2154 # what `enter.sh` sets
# The environment of a toolchain where more is in effect than `enter.sh` knows of: add-ons, several stores, variables of
# the user's that ours take the place of, and whatever another shell or program has left.

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
    __cudaman_bare=
    __cudaman_scalar CUDA_HOME "$1" "${CUDA_HOME+x}" "${CUDA_HOME-}"
    __cudaman_scalar CUDA_PATH "$1" "${CUDA_PATH+x}" "${CUDA_PATH-}"
    __cudaman_scalar CUDA_ROOT "$1" "${CUDA_ROOT+x}" "${CUDA_ROOT-}"
    __cudaman_scalar CUDAToolkit_ROOT "$1" "${CUDAToolkit_ROOT+x}" "${CUDAToolkit_ROOT-}"
    __cudaman_scalar CUDACXX "$__cudaman_compiler" "${CUDACXX+x}" "${CUDACXX-}"
    # Most toolchains have no add-ons, and most environments nothing of any.
    case ${1##*/}:${CUDNN_HOME-}:${CUDNN_PATH-}:${CUDNN_ROOT-}:${CUDNN_INSTALL_PATH-}:${NCCL_HOME-}:${NCCL_ROOT-}:${CUTENSOR_HOME-}:${CUTENSOR_ROOT-}:${CUSPARSELT_HOME-}:${CUSPARSELT_ROOT-}:${CUDSS_HOME-}:${CUDSS_ROOT-}:${NVCOMP_HOME-}:${NVCOMP_ROOT-} in
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
            # What is readonly stays as it is, each time anew. But for `command`, dash and zsh would end of it.
            command export "$1=$2" 2>/dev/null || __cudaman_brings=
            return 0
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
