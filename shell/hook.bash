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

# Where all that `__cudaman_check` looks at is as it was, this sees it in one test, which costs a third.
__cudaman_prompt() {
    local status=$?
    if [[ $PWD:${CUDAMAN_VERSION-}:${CUDAMAN_HOME-}:${CUDAMAN_STORES-} == "${__cudaman_place-}" &&
        $__cudaman_wanted != missing && -d ${__cudaman_wanted:-/} &&
        ($__cudaman_file == ./.cuda-version || ! -e .cuda-version) &&
        -f $__cudaman_file && -r $__cudaman_file && ! -L $__cudaman_file &&
        ${PATH-}:${LD_LIBRARY_PATH-}:${VIRTUAL_ENV-}:${CONDA_PREFIX-} == "$__cudaman_after" ]] &&
        ! IFS= read -r -d '' -n 4097 __cudaman_text <"$__cudaman_file" &&
        [[ $__cudaman_text == "$__cudaman_known" ]]; then
        :
    else
        __cudaman_check || :
    fi
    # Under `set -e` a status that isn't 0 would end the shell, in here and at the return.
    [[ $- == *e* ]] || return "$status"
}

# `cd x && nvcc` is not to wait for the prompt. What `cd` was before, as zoxide's function, it stays below; it
# may be that again by the time an rc file is read once more.
__cudaman_wrap() {
    local name before text
    for name in cd pushd popd; do
        before="builtin $name"
        if declare -F "$name" >/dev/null; then
            text=$(declare -f "$name")
            if [[ $text == *__cudaman_update* ]]; then continue; fi
            before=__cudaman_before_$name
            eval "__cudaman_before_$text"
        fi
        eval "function $name { $before \"\$@\" || return; __cudaman_update || :; }"
    done
}

# The last of all hooks: the PATH that another one brings back, as direnv's does in a directory that is left, may
# hold the toolkit that was in effect there.
# shellcheck disable=SC2128,SC2178 # PROMPT_COMMAND is a text, or an array since bash 5.1
__cudaman_install() {
    if [[ -n ${bash_preexec_imported-}${__bp_imported-} ]]; then
        [[ " ${precmd_functions[*]-} " == *' __cudaman_prompt '* ]] ||
            precmd_functions+=(__cudaman_prompt)
    elif [[ ${PROMPT_COMMAND[*]-} == *__cudaman_prompt* ]]; then
        return
    elif [[ -z ${PROMPT_COMMAND[*]-} ]]; then
        PROMPT_COMMAND=__cudaman_prompt
    elif ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) && [[ ${PROMPT_COMMAND@a} == *a* ]]; then
        PROMPT_COMMAND+=(__cudaman_prompt)
    else
        PROMPT_COMMAND=$PROMPT_COMMAND$'\n'"__cudaman_prompt"
    fi
}

__cudaman_paths
__cudaman_wrap
__cudaman_install
