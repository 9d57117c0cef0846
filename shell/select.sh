# shellcheck shell=sh disable=SC3013,SC2154 # each of them has `-ef`; `paths.sh` says where cudaman is
# Which toolchain is wanted here, by builtins alone: precedence, pins, and the look-up in `resolve/`.
#
# What isn't plain (ranges, several lines, links, damage) is left to `cudaman hook`, a process that also says
# what is missing. Directories are walked by `..`, as the shim walks them: links to directories play no part.

__cudaman_blank=' 	'
__cudaman_newline='
'

# Puts into effect what is wanted here: called after a change of directory. Nothing is set where that is in effect
# already.
__cudaman_update() {
    case ${ZSH_VERSION+x} in x) emulate -L sh ;; esac
    case ${CUDAMAN_HOME-} in
        /*) __cudaman_home=${CUDAMAN_HOME%/} ;;
        *) __cudaman_home=$__cudaman_base ;;
    esac
    __cudaman_all=$__cudaman_home/versions
    if [ -n "${CUDAMAN_STORES-}" ] || [ -f "$__cudaman_home/stores" ]; then __cudaman_stores; fi
    __cudaman_here=
    __cudaman_known=
    if [ -n "${CUDAMAN_VERSION-}" ]; then
        __cudaman_choose
    elif __cudaman_find_pin; then
        __cudaman_known=$__cudaman_text
        __cudaman_lookup || __cudaman_ask "$__cudaman_text"
    else
        __cudaman_default
    fi
    __cudaman_place=$PWD:${CUDAMAN_VERSION-}:${CUDAMAN_HOME-}:${CUDAMAN_STORES-}
    if [ "$__cudaman_wanted" = "${__cudaman_active-}" ] &&
        [ "${PATH-}:${LD_LIBRARY_PATH-}:${VIRTUAL_ENV-}:${CONDA_PREFIX-}" = "${__cudaman_after-}" ]; then
        return 0
    fi
    __cudaman_policy=
    if [ -f "$__cudaman_home/library-path" ]; then
        { IFS= read -r __cudaman_policy <"$__cudaman_home/library-path"; } 2>/dev/null || :
    fi
    __cudaman_active=$__cudaman_wanted
    case $__cudaman_wanted in
        # The shims come before what the machine has: they say what is missing, and run nothing else.
        missing) __cudaman_enter '' "$__cudaman_home/versions/../shims/missing" "$__cudaman_all" ;;
        *) __cudaman_enter "$__cudaman_wanted" '' "$__cudaman_all" ;;
    esac
    __cudaman_after=${PATH-}:${LD_LIBRARY_PATH-}:${VIRTUAL_ENV-}:${CONDA_PREFIX-}
}

# Called at prompts. Nothing is done where the files that decided say the same as before, and the lists are as they
# were left. CUDA_HOME isn't asked: who sets it by hand means it.
__cudaman_check() {
    case ${ZSH_VERSION+x} in x) emulate -L sh ;; esac
    case $PWD:${CUDAMAN_VERSION-}:${CUDAMAN_HOME-}:${CUDAMAN_STORES-} in
        "${__cudaman_place-}") ;;
        *)
            __cudaman_update
            return 0
            ;;
    esac
    if [ -n "$__cudaman_file" ]; then
        __cudaman_read "$__cudaman_file" || :
        case $__cudaman_text in
            "$__cudaman_known") ;;
            *) __cudaman_place= ;;
        esac
        # A pin that can't be read has no text, and may be gone.
        case $__cudaman_known$__cudaman_file in
            ./*) if ! [ -e "$__cudaman_file" ] && ! [ -L "$__cudaman_file" ]; then __cudaman_place=; fi ;;
        esac
    fi
    if [ "$__cudaman_file" != ./.cuda-version ] && [ -e .cuda-version ]; then __cudaman_look_here; fi
    case $__cudaman_wanted in
        missing) if [ -f "$__cudaman_home/resolve/${__cudaman_request:-.}" ]; then __cudaman_place=; fi ;;
        ?*) if ! [ -d "$__cudaman_wanted" ]; then __cudaman_place=; fi ;;
    esac
    case $__cudaman_place:${PATH-}:${LD_LIBRARY_PATH-}:${VIRTUAL_ENV-}:${CONDA_PREFIX-} in
        "$PWD:${CUDAMAN_VERSION-}:${CUDAMAN_HOME-}:${CUDAMAN_STORES-}:$__cudaman_after") ;;
        *) __cudaman_update ;;
    esac
}

# A pin that has come to be where another decided.
__cudaman_look_here() {
    if [ -n "${CUDAMAN_VERSION-}" ]; then return 0; fi
    __cudaman_read ./.cuda-version || :
    if [ "$__cudaman_text" != "$__cudaman_here" ]; then __cudaman_place=; fi
}

# What CUDAMAN_VERSION says. This and the next set __cudaman_wanted: a root, nothing for the system's toolkit, or
# `missing`.
__cudaman_choose() {
    export CUDAMAN_VERSION
    __cudaman_file=
    __cudaman_request=$CUDAMAN_VERSION
    __cudaman_lookup || __cudaman_ask "$CUDAMAN_VERSION"
    __cudaman_outranked
}

__cudaman_default() {
    __cudaman_asked=
    __cudaman_said=
    __cudaman_request=default
    __cudaman_file=$__cudaman_home/resolve/default
    __cudaman_read "$__cudaman_file" || :
    __cudaman_known=$__cudaman_text
    __cudaman_wanted=
    __cudaman_in_stores || :
}

# Says once that `cudaman use`, or whoever set the variable, outranks the pin of this directory: not where it was
# just used, when __cudaman_told is `any`.
__cudaman_outranked() {
    __cudaman_chosen=$__cudaman_wanted
    if __cudaman_find_pin && [ "$__cudaman_request" != "$CUDAMAN_VERSION" ]; then
        if ! __cudaman_lookup || [ "$__cudaman_wanted" != "$__cudaman_chosen" ]; then
            __cudaman_pin_directory
            case ${__cudaman_told-} in
                any | "$__cudaman_pin") ;;
                *) __cudaman_run hook --outranked || : ;;
            esac
            __cudaman_told=$__cudaman_pin
        fi
    fi
    __cudaman_file=
    __cudaman_request=$CUDAMAN_VERSION
    __cudaman_wanted=$__cudaman_chosen
}

# Finds the nearest directory with a pin: its __cudaman_file, __cudaman_text and, where that is plain,
# __cudaman_request.
__cudaman_find_pin() {
    __cudaman_up=.
    while :; do
        __cudaman_file=$__cudaman_up/.cuda-version
        if [ -e "$__cudaman_file" ] || [ -L "$__cudaman_file" ]; then
            __cudaman_request=
            if ! __cudaman_read "$__cudaman_file"; then return 0; fi
            if [ "$__cudaman_up" = . ]; then __cudaman_here=$__cudaman_text; fi
            # Nearly every pin is one plain word.
            __cudaman_request=${__cudaman_text%"$__cudaman_newline"}
            case $__cudaman_request in
                '' | *[!A-Za-z0-9.+_-]*) if __cudaman_parse ''; then return 0; fi ;;
                *) return 0 ;;
            esac
        fi
        __cudaman_file=$__cudaman_up/.tool-versions
        if [ -f "$__cudaman_file" ] && __cudaman_read "$__cudaman_file"; then
            case $__cudaman_text in
                *cuda*) if __cudaman_parse cuda; then return 0; fi ;;
            esac
        fi
        if [ "$__cudaman_up" -ef / ] || ! [ -d "$__cudaman_up/.." ]; then break; fi
        __cudaman_up=$__cudaman_up/..
    done
    __cudaman_file=
    return 1
}

# __cudaman_parse TOOL: reads __cudaman_text as a pin, and fails if it says nothing. Without a TOOL, lines are
# requests; else the first line of this tool holds one. __cudaman_request stays empty for what isn't plain.
__cudaman_parse() {
    __cudaman_request=
    __cudaman_count=
    __cudaman_rest=$__cudaman_text$__cudaman_newline
    while [ -n "$__cudaman_rest" ]; do
        __cudaman_line=${__cudaman_rest%%"$__cudaman_newline"*}
        __cudaman_rest=${__cudaman_rest#*"$__cudaman_newline"}
        __cudaman_trim "${__cudaman_line%%#*}"
        if [ -z "$__cudaman_line" ]; then continue; fi
        if [ -n "$1" ]; then
            case "$__cudaman_line " in
                "$1"["$__cudaman_blank"]*) ;;
                *) continue ;;
            esac
            __cudaman_trim "${__cudaman_line#"$1"}"
            __cudaman_request=$__cudaman_line
            return 0
        fi
        __cudaman_request=$__cudaman_line
        __cudaman_count=x$__cudaman_count
    done
    case $__cudaman_count in
        '') return 1 ;;
        x) ;;
        # Below the version, a line for cuDNN may stand.
        *) __cudaman_request= ;;
    esac
}

# __cudaman_trim TEXT: the text without blanks around it, as __cudaman_line.
__cudaman_trim() {
    __cudaman_line=${1#"${1%%[!"$__cudaman_blank"]*}"}
    __cudaman_line=${__cudaman_line%"${__cudaman_line##*[!"$__cudaman_blank"]}"}
}

# __cudaman_read FILE: its text, or nothing; fails for what a pin can't be. bash and zsh have their own: POSIX has no
# `read` with a limit, and a stranger's pin may be a gigabyte, so `head` reads what isn't ours.
__cudaman_read() {
    __cudaman_text=
    if [ -L "$1" ] || ! [ -f "$1" ] || ! [ -r "$1" ]; then return 1; fi
    case $1 in
        "$__cudaman_home"/*) IFS= read -r __cudaman_text <"$1" || : ;;
        *)
            __cudaman_text=$(head -c 4097 <"$1" 2>/dev/null) || return 1
            # Shells drop the NULs of what isn't text.
            if [ -z "$__cudaman_text" ] && [ -s "$1" ]; then return 1; fi
            ;;
    esac
    [ "${#__cudaman_text}" -le 4096 ]
}

# Finds a plain request in the stores; fails for all others.
__cudaman_lookup() {
    __cudaman_wanted=missing
    case $__cudaman_request in
        system)
            __cudaman_wanted=
            return 0
            ;;
        '' | default | [!A-Za-z0-9]* | *[!A-Za-z0-9.+_-]*) return 1 ;;
    esac
    __cudaman_in_stores
}

__cudaman_in_stores() {
    __cudaman_rest=$__cudaman_all
    while [ -n "$__cudaman_rest" ]; do
        case $__cudaman_rest in
            *:*)
                __cudaman_versions=${__cudaman_rest%%:*}
                __cudaman_rest=${__cudaman_rest#*:}
                ;;
            *)
                __cudaman_versions=$__cudaman_rest
                __cudaman_rest=
                ;;
        esac
        __cudaman_entry=$__cudaman_versions/../resolve/$__cudaman_request
        if ! [ -f "$__cudaman_entry" ] || ! [ -r "$__cudaman_entry" ]; then continue; fi
        IFS= read -r __cudaman_name <"$__cudaman_entry" || :
        case $__cudaman_name in
            '') continue ;;
            system) __cudaman_wanted= ;;
            *[!A-Za-z0-9.+_-]*)
                __cudaman_wanted=missing
                return 1
                ;;
            *)
                __cudaman_wanted=$__cudaman_versions/$__cudaman_name
                if ! [ -d "$__cudaman_wanted" ]; then
                    __cudaman_wanted=missing
                    return 1
                fi
                ;;
        esac
        __cudaman_asked=
        __cudaman_said=
        return 0
    done
    return 1
}

# Adds the `versions` directories of further stores to __cudaman_all, with colons between them.
__cudaman_stores() {
    if [ -n "${CUDAMAN_STORES-}" ]; then
        __cudaman_rest=$CUDAMAN_STORES:
    else
        __cudaman_rest=
        while IFS= read -r __cudaman_line; do
            __cudaman_rest=$__cudaman_rest$__cudaman_line:
        done <"$__cudaman_home/stores"
    fi
    while [ -n "$__cudaman_rest" ]; do
        __cudaman_line=${__cudaman_rest%%:*}
        __cudaman_rest=${__cudaman_rest#*:}
        case $__cudaman_line in
            /*) __cudaman_all=$__cudaman_all:${__cudaman_line%/}/versions ;;
        esac
    done
}

# The directory of the pin as the shell names it.
__cudaman_pin_directory() {
    __cudaman_pin=$PWD
    while [ "$__cudaman_up" != . ]; do
        __cudaman_pin=${__cudaman_pin%/*}
        __cudaman_up=${__cudaman_up%/..}
    done
}

# __cudaman_ask TEXT: leaves it to the program, once for the same text in the same place. What is missing is said
# once too, even where a command of cudaman's makes it worth asking again.
__cudaman_ask() {
    __cudaman_pin=
    if [ -n "$__cudaman_file" ]; then __cudaman_pin_directory; fi
    case $__cudaman_pin:$1 in
        "${__cudaman_asked-}") ;;
        "${__cudaman_said-}") __cudaman_answer=$(__cudaman_run hook 2>/dev/null) || __cudaman_answer=missing ;;
        *) __cudaman_answer=$(__cudaman_run hook) || __cudaman_answer=missing ;;
    esac
    if [ "$__cudaman_answer" = system ]; then __cudaman_answer=; fi
    __cudaman_wanted=$__cudaman_answer
    __cudaman_asked=$__cudaman_pin:$1
    __cudaman_said=$__cudaman_asked
}

# The program of this home; where it is gone, nothing is said and nothing found.
__cudaman_run() {
    if [ -x "$__cudaman_home/bin/cudaman" ]; then
        CUDAMAN_HOME=$__cudaman_home "$__cudaman_home/bin/cudaman" "$@"
    else
        return 1
    fi
}
