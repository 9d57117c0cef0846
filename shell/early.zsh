# The part of `early.sh` that is zsh's own.

__cudaman_parts=${(%):-%x}
__cudaman_parts=${__cudaman_parts:a:h}

# __cudaman_load PART: reads a part of the hook. What the user has aliased stays out of it. zsh reads a file line by line,
# with two system calls for each, and a text at once.
__cudaman_load() {
    emulate -L sh
    setopt no_aliases
    [ -r "$__cudaman_parts/$1.zsh" ] || return 1
    eval "$(<"$__cudaman_parts/$1.zsh")" || :
}

# An alias would go before the function, and keep it from being read.
unalias cudaman 2>/dev/null || :

__cudaman_prompt() { __cudaman_follow; }
