# shellcheck shell=sh
# The hook for dash, ash, mksh and ksh, which have no hook of their own: `cd` looks, so a pin that is edited in
# place counts at the next `cd`.

cd() {
    command cd "$@" || return
    __cudaman_update || :
}

__cudaman_paths
__cudaman_update || :
