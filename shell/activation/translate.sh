# shellcheck shell=sh disable=SC1003,SC2154 # quotes as data; what an eval sets
# For shells that can't read POSIX: /bin/sh does the work, and prints what has changed in their words.
# __CUDAMAN_FOR names the shell: csh, fish or powershell.

__cudaman_names='PATH LD_LIBRARY_PATH LIBRARY_PATH PKG_CONFIG_PATH MANPATH CUDA_HOME CUDA_PATH CUDA_ROOT
CUDAToolkit_ROOT CUDACXX CUDNN_HOME CUDNN_PATH CUDNN_ROOT CUDNN_INSTALL_PATH NCCL_HOME NCCL_ROOT CUTENSOR_HOME
CUTENSOR_ROOT CUSPARSELT_HOME CUSPARSELT_ROOT CUDSS_HOME CUDSS_ROOT NVCOMP_HOME NVCOMP_ROOT'

# __cudaman_each DO: calls it with every variable that cudaman may change.
__cudaman_each() {
    for __cudaman_item in $__cudaman_names; do
        "$1" "$__cudaman_item"
        "$1" "__CUDAMAN_ORIG_$__cudaman_item"
    done
    for __cudaman_item in CUDAMAN_VERSION __CUDAMAN_ACT __CUDAMAN_OWNED __CUDAMAN_CONDA_VERSION __CUDAMAN_CONDA_ACT \
        __CUDAMAN_CONDA_ROOT __CUDAMAN_VENV_VERSION __CUDAMAN_VENV_ACT __CUDAMAN_VENV_ROOT; do
        "$1" "$__cudaman_item"
    done
}

__cudaman_note() {
    eval "__cudaman_before_$1=\${$1+=\$$1}"
}

__cudaman_print() {
    eval "__cudaman_now=\${$1+=\$$1} __cudaman_then=\$__cudaman_before_$1"
    if [ "$__cudaman_now" = "$__cudaman_then" ]; then return 0; fi
    case $__CUDAMAN_FOR$__cudaman_now in
        csh) printf 'unsetenv %s;\n' "$1" ;;
        fish) printf 'set -e %s;\n' "$1" ;;
        powershell) printf 'Remove-Item Env:%s -ErrorAction SilentlyContinue;\n' "$1" ;;
        csh*)
            __cudaman_replace "${__cudaman_now#=}" "'" "'\\''"
            __cudaman_replace "$__cudaman_value" '!' '\!'
            printf "setenv %s '%s';\n" "$1" "$__cudaman_value"
            ;;
        fish*)
            __cudaman_replace "${__cudaman_now#=}" '\' '\\'
            __cudaman_replace "$__cudaman_value" "'" "\\'"
            printf "set -gx %s '%s';\n" "$1" "$__cudaman_value"
            ;;
        powershell*)
            __cudaman_replace "${__cudaman_now#=}" "'" "''"
            printf "\$Env:%s = '%s';\n" "$1" "$__cudaman_value"
            ;;
    esac
}

# __cudaman_replace TEXT OLD NEW: every OLD by a NEW, as __cudaman_value.
__cudaman_replace() {
    __cudaman_value=
    __cudaman_rest=$1
    while :; do
        case $__cudaman_rest in
            *"$2"*)
                __cudaman_value=$__cudaman_value${__cudaman_rest%%"$2"*}$3
                __cudaman_rest=${__cudaman_rest#*"$2"}
                ;;
            *) break ;;
        esac
    done
    __cudaman_value=$__cudaman_value$__cudaman_rest
}
