# shellcheck shell=sh disable=SC2154 # what the other parts set
# conda works out PATH before it runs the scripts of the environment that is left, and sets it after them: what
# these took out of PATH is back then, and where the next environment has no scripts, nothing takes it out. Without
# a hook, this has a look at the next prompt; a shell without prompts, or without a way to be asked at one, keeps it.

# __cudaman_leave WHO OWNED: as undo; once more, at a prompt, it sees to PATH only.
__cudaman_leave() {
    if [ -n "${__CUDAMAN_LATER-}" ]; then
        __cudaman_settle "$2"
        return 0
    fi
    __cudaman_undo "$@"
    # Only then conda has yet to set PATH.
    case :${PATH-}: in
        *":${CONDA_PREFIX:-${1#* }}/bin:"*) __cudaman_ask_again "'${1#* }/etc/conda/deactivate.d/~~cudaman.sh'" ;;
    esac
}

# What CUDA_HOME says is in effect, and nothing beside it.
__cudaman_settle() {
    if [ -n "${ZSH_VERSION-}" ]; then emulate -L sh; fi
    case ${CUDA_HOME-}:${PATH-}: in
        "${1%%:*}"/*:* | "${__CUDAMAN_OWNED:-/dev/null}"/*:*) __cudaman_enter "$CUDA_HOME" '' "$1" ;;
        */shims/missing:*) ;;
        *) __cudaman_enter '' '' "$1" ;;
    esac
}

# __cudaman_ask_again SCRIPT: has the shell run this script at its next prompt, once. A hook needs no help.
__cudaman_ask_again() {
    case ${__CUDAMAN_FOR-}:$- in
        fish:*)
            printf '%s\n' "if not functions -q __cudaman""_hook;
                function __CUDAMAN_LATER --on-event fish_prompt;
                    functions -e __CUDAMAN_LATER;
                    test -r $1; and env __CUDAMAN_LATER=1 __CUDAMAN_FOR=fish /bin/sh $1 | source;
                end;
            end;"
            return 0
            ;;
        :*i*) ;;
        *) return 0 ;;
    esac
    if command -v __CUDAMAN_LATER >/dev/null || command -v "__cudaman""_prompt" >/dev/null; then return 0; fi
    if [ -n "${ZSH_VERSION-}" ]; then
        eval "__CUDAMAN_LATER() {
            emulate -L zsh
            precmd_functions=(\${precmd_functions:#__CUDAMAN_LATER})
            unset -f __CUDAMAN_LATER
            local __CUDAMAN_LATER=1
            if [ -r $1 ]; then . $1; fi
        }
        precmd_functions+=(__CUDAMAN_LATER)"
    elif [ -n "${BASH_VERSION-}" ]; then
        eval "__CUDAMAN_LATER() {
            PROMPT_COMMAND=\${PROMPT_COMMAND%\$'\\n'__CUDAMAN_LATER}
            if [ \"\$PROMPT_COMMAND\" = __CUDAMAN_LATER ]; then unset 'PROMPT_COMMAND[0]'; fi
            unset -f __CUDAMAN_LATER
            local __CUDAMAN_LATER=1
            if [ -r $1 ]; then . $1; fi
        }
        PROMPT_COMMAND=\${PROMPT_COMMAND:+\$PROMPT_COMMAND\$'\\n'}__CUDAMAN_LATER"
    fi
}
