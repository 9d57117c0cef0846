# shellcheck shell=sh disable=SC2154 # what `enter.sh` sets
# The variables of add-ons, for `enter.sh`: each add-on is a digit in __cudaman_brings.

# Keeps what they are; a comma stands for one that isn't set.
__cudaman_note_add_ons() {
    __cudaman_add_ons=:${CUDNN_HOME-,}:${CUDNN_PATH-,}:${CUDNN_ROOT-,}:${CUDNN_INSTALL_PATH-,}:${NCCL_HOME-,}:${NCCL_ROOT-,}:${CUTENSOR_HOME-,}:${CUTENSOR_ROOT-,}:${CUSPARSELT_HOME-,}:${CUSPARSELT_ROOT-,}:${CUDSS_HOME-,}:${CUDSS_ROOT-,}:${NVCOMP_HOME-,}:${NVCOMP_ROOT-,}:
}

# Sees whether anyone has touched them since.
__cudaman_see_add_ons() {
    __cudaman_left_add_ons=$__cudaman_add_ons
    __cudaman_note_add_ons
    if [ "$__cudaman_add_ons" != "$__cudaman_left_add_ons" ]; then __cudaman_was=unknown; fi
}

# The toolchain's name tells what it has.
__cudaman_find_add_ons() {
    if [ -z "$__cudaman_brings" ]; then return 0; fi
    case ${__cudaman_root##*/} in
        *+cudnn[0-9]*) __cudaman_brings=${__cudaman_brings}1 ;;
    esac
    case ${__cudaman_root##*/} in
        *+nccl[0-9]*) __cudaman_brings=${__cudaman_brings}2 ;;
    esac
    case ${__cudaman_root##*/} in
        *+cutensor[0-9]*) __cudaman_brings=${__cudaman_brings}3 ;;
    esac
    case ${__cudaman_root##*/} in
        *+cusparselt[0-9]*) __cudaman_brings=${__cudaman_brings}4 ;;
    esac
    case ${__cudaman_root##*/} in
        *+cudss[0-9]*) __cudaman_brings=${__cudaman_brings}5 ;;
    esac
    case ${__cudaman_root##*/} in
        *+nvcomp[0-9]*) __cudaman_brings=${__cudaman_brings}6 ;;
    esac
}

__cudaman_exchange_add_ons() {
    case $__cudaman_brings in
        *1*) export "CUDNN_HOME=$__cudaman_root" "CUDNN_PATH=$__cudaman_root" "CUDNN_ROOT=$__cudaman_root" "CUDNN_INSTALL_PATH=$__cudaman_root" ;;
    esac
    case $__cudaman_brings in
        *2*) export "NCCL_HOME=$__cudaman_root" "NCCL_ROOT=$__cudaman_root" ;;
    esac
    case $__cudaman_brings in
        *3*) export "CUTENSOR_HOME=$__cudaman_root" "CUTENSOR_ROOT=$__cudaman_root" ;;
    esac
    case $__cudaman_brings in
        *4*) export "CUSPARSELT_HOME=$__cudaman_root" "CUSPARSELT_ROOT=$__cudaman_root" ;;
    esac
    case $__cudaman_brings in
        *5*) export "CUDSS_HOME=$__cudaman_root" "CUDSS_ROOT=$__cudaman_root" ;;
    esac
    case $__cudaman_brings in
        *6*) export "NVCOMP_HOME=$__cudaman_root" "NVCOMP_ROOT=$__cudaman_root" ;;
    esac
}

__cudaman_give_back_add_ons() {
    case $__cudaman_brought in
        *1*) unset CUDNN_HOME CUDNN_PATH CUDNN_ROOT CUDNN_INSTALL_PATH ;;
    esac
    case $__cudaman_brought in
        *2*) unset NCCL_HOME NCCL_ROOT ;;
    esac
    case $__cudaman_brought in
        *3*) unset CUTENSOR_HOME CUTENSOR_ROOT ;;
    esac
    case $__cudaman_brought in
        *4*) unset CUSPARSELT_HOME CUSPARSELT_ROOT ;;
    esac
    case $__cudaman_brought in
        *5*) unset CUDSS_HOME CUDSS_ROOT ;;
    esac
    case $__cudaman_brought in
        *6*) unset NVCOMP_HOME NVCOMP_ROOT ;;
    esac
}
