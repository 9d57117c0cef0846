# shellcheck shell=bash disable=SC2154 # what `paths.sh` sets
# The part of `early.sh` that is bash's own.

__cudaman_parts=${BASH_SOURCE[0]}
if [[ $__cudaman_parts != /* ]]; then __cudaman_parts=$PWD/$__cudaman_parts; fi
__cudaman_parts=${__cudaman_parts%/*}

# __cudaman_load PART: reads a part of the hook. What the user has aliased stays out of it.
# shellcheck disable=SC1090 # written by cudaman
__cudaman_load() {
    [[ -r $__cudaman_parts/$1.bash ]] || return 1
    if shopt -q expand_aliases; then
        shopt -u expand_aliases
        . "$__cudaman_parts/$1.bash" || :
        shopt -s expand_aliases
    else
        . "$__cudaman_parts/$1.bash" || :
    fi
}

# An alias would go before the function.
if [[ -n ${BASH_ALIASES[cudaman]-} ]]; then unalias cudaman; fi

__cudaman_prompt() {
    __cudaman_status=$?
    __cudaman_follow || :
    [[ $- == *e* ]] || return "$__cudaman_status"
}
