# The hook for zsh: looks at each prompt and after each change of directory, with builtins alone.

# __cudaman_read FILE: its text, or nothing; fails for what a pin can't be, such as more than 4 KiB.
__cudaman_read() {
    __cudaman_text=
    [[ -f $1 && -r $1 && ! -L $1 ]] || return 1
    IFS= read -r -u 0 -k 4097 __cudaman_text <"$1" || return 0
    __cudaman_text=
    return 1
}

# Where all that decides is as it was, this sees it in few tests, and calls nothing.
__cudaman_prompt() {
    if [[ $PWD:${CUDAMAN_VERSION-}:${CUDAMAN_HOME-}:${CUDAMAN_STORES-} == "${__cudaman_place-}" &&
        ${PATH-}:${LD_LIBRARY_PATH-}:${VIRTUAL_ENV-}:${CONDA_PREFIX-} == "$__cudaman_after" &&
        $__cudaman_wanted != missing && -d ${__cudaman_wanted:-/} &&
        -f $__cudaman_file && -r $__cudaman_file && ! -L $__cudaman_file &&
        ($__cudaman_file == ./.cuda-version || ! -e .cuda-version) ]] &&
        ! IFS= read -r -u 0 -k 4097 __cudaman_text <"$__cudaman_file" &&
        [[ $__cudaman_text == "$__cudaman_known" ]]; then
        return 0
    fi
    __cudaman_look
}
