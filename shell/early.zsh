# The part of `early.sh` that is zsh's own.

__cudaman_later=${(%):-%x}
__cudaman_later=${__cudaman_later:a:h}/rest.zsh

# A file without the functions, as a full disk leaves it, does no harm. What the user has aliased stays out of it.
__cudaman_load() {
    emulate -L sh
    setopt no_aliases
    [ -r "$__cudaman_later" ] || return 1
    __cudaman_update() { :; }
    __cudaman_check() { :; }
    cudaman() { command cudaman "$@"; }
    . "$__cudaman_later" || :
}

__cudaman_prompt() { __cudaman_check; }
