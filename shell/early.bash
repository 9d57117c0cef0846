# shellcheck shell=bash
# The part of `early.sh` that is bash's own.

__cudaman_later=${BASH_SOURCE[0]}
if [[ $__cudaman_later != /* ]]; then __cudaman_later=$PWD/$__cudaman_later; fi
__cudaman_later=${__cudaman_later%/*}/rest.bash

# A file without the functions, as a full disk leaves it, does no harm. What the user has aliased stays out of it.
# shellcheck disable=SC1090,SC2317 # written by cudaman; it takes the place of these
__cudaman_load() {
    [[ -r $__cudaman_later ]] || return 1
    __cudaman_update() { :; }
    __cudaman_check() { :; }
    cudaman() { command cudaman "$@"; }
    if shopt -q expand_aliases; then
        shopt -u expand_aliases
        . "$__cudaman_later" || :
        shopt -s expand_aliases
    else
        . "$__cudaman_later" || :
    fi
}

__cudaman_prompt() {
    local status=$?
    __cudaman_check || :
    [[ $- == *e* ]] || return "$status"
}
