# shellcheck shell=sh
# The `cudaman` command of shells with a hook: `use` acts on this shell, and what others change is noticed at once.

# An alias would go before the function, and keep it from being read.
unalias cudaman 2>/dev/null || :

cudaman() {
    __cudaman_find_verb "$@"
    case $__cudaman_verb in
        use | shell) __cudaman_use "$@" ;;
        *)
            command cudaman "$@" || {
                set -- "$?"
                __cudaman_renew
                return "$1"
            }
            __cudaman_renew
            ;;
    esac
}

# Sets __cudaman_verb: the command, before which there may be options, of which some have a value.
__cudaman_find_verb() {
    if [ -n "${ZSH_VERSION-}" ]; then emulate -L sh; fi
    __cudaman_has_value=
    for __cudaman_verb; do
        case $__cudaman_has_value$__cudaman_verb in
            x*) __cudaman_has_value= ;;
            --color | --mirror | --pypi-index) __cudaman_has_value=x ;;
            -*) ;;
            *) return 0 ;;
        esac
    done
    __cudaman_verb=
}

# The program checks the request and says what it did; its answer is what to set.
__cudaman_use() {
    if [ -n "${ZSH_VERSION-}" ]; then emulate -L sh; fi
    __cudaman_answer=$(command cudaman "$@" --in-shell) || return
    case $__cudaman_answer in
        'use '*)
            export "CUDAMAN_VERSION=${__cudaman_answer#use }"
            unset __CUDAMAN_ACT __CUDAMAN_ORIG_CUDAMAN_VERSION
            ;;
        unset) unset CUDAMAN_VERSION __CUDAMAN_ACT __CUDAMAN_ORIG_CUDAMAN_VERSION ;;
        again) ;;
        *)
            printf '%s\n' "$__cudaman_answer"
            return 0
            ;;
    esac
    __cudaman_renew any
}

# Forgets what was found out, since it may have changed, and finds it out again.
__cudaman_renew() {
    if [ -n "${ZSH_VERSION-}" ]; then emulate -L sh; fi
    __cudaman_place=
    __cudaman_asked=
    __cudaman_told=${1-}
    __cudaman_check || :
}
