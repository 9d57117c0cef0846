# shellcheck shell=bash
# The end of the hook where nothing is in its way: `install.bash` is read only where something is, since it takes twice
# as long.

if { declare -F cd || declare -F pushd || declare -F popd; } >/dev/null || [[ -n ${PROMPT_COMMAND[*]-}${bash_preexec_imported-}${__bp_imported-} ]]; then
    __cudaman_load install || :
else
    function cd {
        builtin cd "$@" || return
        __cudaman_follow || :
    }
    function pushd {
        builtin pushd "$@" || return
        __cudaman_follow || :
    }
    function popd {
        builtin popd "$@" || return
        __cudaman_follow || :
    }
    PROMPT_COMMAND=__cudaman_prompt
    __cudaman_paths
fi
