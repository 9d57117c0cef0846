# shellcheck shell=bash
# What puts the hook to work in bash, the last of its parts.

# `cd x && nvcc` is not to wait for the prompt. What `cd` was before, as zoxide's function, it stays below; it
# may be that again by the time an rc file is read once more.
__cudaman_wrap() {
    local name before text
    for name in cd pushd popd; do
        before="builtin $name"
        if declare -F "$name" >/dev/null; then
            text=$(declare -f "$name")
            if [[ $text == *__cudaman_follow* ]]; then continue; fi
            before=__cudaman_before_$name
            eval "__cudaman_before_$text"
        fi
        eval "function $name { $before \"\$@\" || return; __cudaman_follow || :; }"
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
