# The hook for zsh: looks at each prompt and after each change of directory, with builtins alone.

# __cudaman_read FILE: its text, or nothing; fails for what a pin can't be, such as more than 4 KiB.
__cudaman_read() {
    __cudaman_text=
    [[ -f $1 && -r $1 && ! -L $1 ]] || return 1
    IFS= read -r -u 0 -k 4097 __cudaman_text <"$1" 2>/dev/null || return 0
    __cudaman_text=
    return 1
}

__cudaman_prompt() {
    emulate -L sh
    __cudaman_check || :
}

__cudaman_paths
typeset -ga precmd_functions chpwd_functions
precmd_functions=(__cudaman_prompt ${precmd_functions:#__cudaman_prompt})
chpwd_functions=(__cudaman_prompt ${chpwd_functions:#__cudaman_prompt})
