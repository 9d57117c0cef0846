# shellcheck shell=sh
# Where cudaman is, and that it is on PATH.

__cudaman_base=@HOME@

# Sees to it that cudaman and its shims are on PATH.
__cudaman_paths() {
    if [ -n "${ZSH_VERSION-}" ]; then emulate -L sh; fi
    case ${CUDAMAN_HOME-} in
        /*) __cudaman_home=${CUDAMAN_HOME%/} ;;
        *) __cudaman_home=$__cudaman_base ;;
    esac
    case :${PATH-}: in
        *":$__cudaman_home/bin:"*) ;;
        *) export "PATH=$__cudaman_home/bin${PATH:+:$PATH}" ;;
    esac
    case :$PATH: in
        *":$__cudaman_home/shims/bin:"*) ;;
        *) export "PATH=$__cudaman_home/shims/bin:$PATH" ;;
    esac
}
