# shellcheck shell=sh
# The hook for dash, ash, mksh and ksh, which have no hook of their own: `cd` looks, so a pin that is edited in
# place counts at the next `cd`.

# `cd` may be an alias, which some of these shells put in the place of the function's name.
__cudaman_alias=$(alias cd 2>/dev/null) || __cudaman_alias=
unalias cd 2>/dev/null || :

cd() {
    command cd "$@" || return
    __cudaman_update || :
}

if [ -n "$__cudaman_alias" ]; then eval "alias $__cudaman_alias"; fi
__cudaman_paths
__cudaman_update || :
