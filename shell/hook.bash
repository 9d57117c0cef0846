# shellcheck shell=bash disable=SC2154 # what `select.sh` sets
# The hook for bash: looks at each prompt and after each change of directory, with builtins alone.

# __cudaman_read FILE: its text, or nothing; fails for what a pin can't be, such as more than 4 KiB.
__cudaman_read() {
    __cudaman_text=
    [[ -f $1 && -r $1 && ! -L $1 ]] || return 1
    # It ends at a NUL, which no pin has; bash would pass over a gigabyte of them.
    IFS= read -r -d '' -n 4097 __cudaman_text <"$1" || return 0
    __cudaman_text=
    return 1
}

# Where all that decides is as it was, this sees it in few tests, and calls nothing.
__cudaman_prompt() {
    __cudaman_status=$?
    if [[ $PWD:${CUDAMAN_VERSION-}:${CUDAMAN_HOME-}:${CUDAMAN_STORES-} == "${__cudaman_place-}" &&
        ${PATH-}:${LD_LIBRARY_PATH-}:${VIRTUAL_ENV-}:${CONDA_PREFIX-} == "$__cudaman_after" &&
        $__cudaman_wanted != missing && -d ${__cudaman_wanted:-/} &&
        -f $__cudaman_file && -r $__cudaman_file && ! -L $__cudaman_file &&
        ($__cudaman_file == ./.cuda-version || ! -e .cuda-version) ]] &&
        ! IFS= read -r -d '' -n 4097 __cudaman_text <"$__cudaman_file" &&
        [[ $__cudaman_text == "$__cudaman_known" ]]; then
        :
    else
        __cudaman_look || :
    fi
    # Under `set -e` a status that isn't 0 would end the shell, in here and at the return.
    [[ $- == *e* ]] || return "$__cudaman_status"
}
