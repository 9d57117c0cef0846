# The hook for fish: looks at each prompt and after each change of directory, with builtins alone. What
# changes the environment is `cudaman hook fish`, the one process it starts.

set -g __cudaman_base @HOME@

function __cudaman_home
    if test -n "$CUDAMAN_HOME"
        set -g __cudaman_home "$CUDAMAN_HOME"
    else
        set -g __cudaman_home $__cudaman_base
    end
end

# Sees to it that cudaman and its shims are on PATH.
function __cudaman_paths
    __cudaman_home
    for directory in $__cudaman_home/bin $__cudaman_home/shims/bin
        if not contains -- $directory $PATH
            set -gx PATH $directory $PATH
        end
    end
end

# __cudaman_look FILE: puts its text into __cudaman_text, or nothing for what a pin can't be.
function __cudaman_look
    set -g __cudaman_text
    if test -f "$argv[1]" -a -r "$argv[1]"
        # `read` takes a text that is longer than this for none.
        set -l fish_read_limit 4097
        read -z -g __cudaman_text <"$argv[1]"
    end
end

# Puts what decides into __cudaman_now. A toolkit that was missing may be there since, and the other way round.
function __cudaman_observe
    __cudaman_look "$__cudaman_file"
    set -g __cudaman_now "$PWD" "$CUDAMAN_VERSION" "$CUDAMAN_HOME" "$CUDAMAN_STORES" "$PATH" "$LD_LIBRARY_PATH" "$VIRTUAL_ENV" "$CONDA_PREFIX" "$__cudaman_text"
    if test "$__cudaman_file" != "$PWD/.cuda-version"
        __cudaman_look .cuda-version
        set -a __cudaman_now "$__cudaman_text"
    end
    if set -q __CUDAMAN_TOLD
        set -l installed $__cudaman_home/resolve/*
        set -a __cudaman_now "$installed"
    else if set -q __CUDAMAN_OWNED; and not test -d "$CUDA_HOME"
        set -a __cudaman_now gone
    end
end

# Puts into effect what is wanted here. Nothing is done where that is in effect already, or cudaman is gone.
function __cudaman_check
    __cudaman_home
    __cudaman_observe
    if test "$__cudaman_now" = "$__cudaman_known"; or not test -x "$__cudaman_home/bin/cudaman"
        return
    end
    if set -q CUDAMAN_VERSION[1]; and not set -q -x CUDAMAN_VERSION
        set -gx CUDAMAN_VERSION "$CUDAMAN_VERSION"
    end
    set -l seen "$__cudaman_text"
    CUDAMAN_HOME=$__cudaman_home $__cudaman_home/bin/cudaman hook fish | source
    __cudaman_observe
    # A pin that was edited meanwhile may not be what the program has read.
    if test "$__cudaman_text" = "$seen"
        set -g __cudaman_known $__cudaman_now
    else
        set -g __cudaman_known
    end
end

function __cudaman_hook --on-variable PWD
    if not status is-command-substitution
        __cudaman_check
    end
end

# At prompts the last of all, whatever is read after this file: the PATH that another hook brings back, as direnv's
# does in a directory that is left, may hold the toolkit that was in effect there.
function __cudaman_first_prompt --on-event fish_prompt
    functions --erase __cudaman_first_prompt
    function __cudaman_prompt --on-event fish_prompt
        __cudaman_hook
    end
    __cudaman_hook
end

# `use` acts on this shell, and what other commands change is noticed at once.
function cudaman --description 'CUDA toolkits, side by side'
    if not contains -- "$argv[1]" use shell
        # With options before it, `use` is seen by the program alone, which then knows that this is no bare shell.
        __CUDAMAN_SHELL=fish command cudaman $argv
        set -l code $status
        __cudaman_renew
        return $code
    end
    # The program checks the request and says what it did; its answer is what to set.
    set -l answer (command cudaman $argv --in-shell)
    or return
    switch "$answer"
        case 'use *'
            set -gx CUDAMAN_VERSION (string sub --start 5 -- $answer)
            set -e __CUDAMAN_ACT
            set -e __CUDAMAN_ORIG_CUDAMAN_VERSION
        case unset
            set -e CUDAMAN_VERSION
            set -e __CUDAMAN_ACT
            set -e __CUDAMAN_ORIG_CUDAMAN_VERSION
        case again
        case '*'
            string join -- \n $answer
            return 0
    end
    __cudaman_renew
end

# Forgets what was found out, since it may have changed, and finds it out again.
function __cudaman_renew
    set -g __cudaman_known
    __cudaman_check
end

__cudaman_paths
