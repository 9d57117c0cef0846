# shellcheck shell=sh disable=SC3013 # every shell that this is for has `-ef`
# Which toolchain is wanted here, by builtins alone: precedence, pins, and the look-up in `resolve/`.
#
# What isn't plain (ranges, several lines, links, damage) is left to `cudaman hook`, a process that also says
# what is missing. Directories are walked by `..`, as the shim walks them: links to directories play no part.

__cudaman_base=@HOME@
__cudaman_blank=' 	'
__cudaman_newline='
'

# Sees to it that cudaman and its shims are on PATH.
__cudaman_paths() {
    __cudaman_home=${CUDAMAN_HOME:-$__cudaman_base}
    case :${PATH-}: in
        *":$__cudaman_home/bin:"*) ;;
        *) export "PATH=$__cudaman_home/bin${PATH:+:$PATH}" ;;
    esac
    case :$PATH: in
        *":$__cudaman_home/shims/bin:"*) ;;
        *) export "PATH=$__cudaman_home/shims/bin:$PATH" ;;
    esac
}

# Puts into effect what is wanted here. Nothing is done where that is in effect already.
__cudaman_update() {
    if [ -n "${ZSH_VERSION-}" ]; then emulate -L sh; fi
    __cudaman_home=${CUDAMAN_HOME:-$__cudaman_base}
    __cudaman_stores
    __cudaman_select
    __cudaman_place=$PWD:${CUDAMAN_VERSION-}:${CUDAMAN_HOME-}
    if [ "$__cudaman_wanted" != "${__cudaman_active-}" ] || ! __cudaman_is_unchanged; then __cudaman_apply; fi
}

__cudaman_apply() {
    if [ -n "${ZSH_VERSION-}" ]; then emulate -L sh; fi
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

# Tells whether the lists are as they were left. CUDA_HOME isn't asked: who sets it by hand means it.
__cudaman_is_unchanged() {
    [ "${PATH-}:${LD_LIBRARY_PATH-}:${VIRTUAL_ENV-}:${CONDA_PREFIX-}" = "${__cudaman_after-}" ]
}

# Tells whether the files that decided still say the same.
__cudaman_is_current() {
    if [ "$PWD:${CUDAMAN_VERSION-}:${CUDAMAN_HOME-}" != "${__cudaman_place-}" ]; then return 1; fi
    if [ -n "$__cudaman_file" ]; then
        __cudaman_read "$__cudaman_file"
        if [ "$__cudaman_text" != "$__cudaman_known" ]; then return 1; fi
    fi
    if [ -z "${CUDAMAN_VERSION-}" ] && [ "$__cudaman_file" != ./.cuda-version ] && [ -e .cuda-version ]; then
        __cudaman_read ./.cuda-version
        if [ "$__cudaman_text" != "$__cudaman_here" ]; then return 1; fi
    fi
    case $__cudaman_wanted in
        missing) ! [ -f "$__cudaman_home/resolve/${__cudaman_request:-.}" ] ;;
        ?*) [ -d "$__cudaman_wanted" ] ;;
    esac
}

# Called at prompts and after a change of directory.
__cudaman_check() {
    if ! __cudaman_is_current; then
        __cudaman_update
    elif ! __cudaman_is_unchanged; then
        __cudaman_apply
    fi
}

# Sets __cudaman_wanted: a root, nothing for the system's toolkit, or `missing`.
__cudaman_select() {
    __cudaman_here=
    __cudaman_file=
    __cudaman_known=
    if [ -n "${CUDAMAN_VERSION-}" ]; then
        export CUDAMAN_VERSION
        __cudaman_request=$CUDAMAN_VERSION
        __cudaman_lookup || __cudaman_ask "$CUDAMAN_VERSION"
        __cudaman_outranked
        return 0
    fi
    if __cudaman_find_pin; then
        __cudaman_known=$__cudaman_text
        __cudaman_lookup || __cudaman_ask "$__cudaman_text"
        return 0
    fi
    __cudaman_default
}

__cudaman_default() {
    __cudaman_request=default
    __cudaman_wanted=
    __cudaman_file=$__cudaman_home/resolve/default
    __cudaman_read "$__cudaman_file"
    __cudaman_known=$__cudaman_text
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
    while [ -d "$__cudaman_up" ]; do
        if __cudaman_pin_in "$__cudaman_up"; then return 0; fi
        if [ "$__cudaman_up" -ef / ]; then break; fi
        __cudaman_up=$__cudaman_up/..
    done
    __cudaman_file=
    return 1
}

__cudaman_pin_in() {
    __cudaman_file=$1/.cuda-version
    if [ -e "$__cudaman_file" ] || [ -L "$__cudaman_file" ]; then
        __cudaman_request=
        if ! __cudaman_read "$__cudaman_file"; then return 0; fi
        if [ "$1" = . ]; then __cudaman_here=$__cudaman_text; fi
        if __cudaman_parse ''; then return 0; fi
    fi
    __cudaman_file=$1/.tool-versions
    if [ -f "$__cudaman_file" ] && __cudaman_read "$__cudaman_file"; then
        case $__cudaman_text in
            *cuda*) __cudaman_parse cuda ;;
            *) return 1 ;;
        esac
    else
        return 1
    fi
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

# __cudaman_read FILE: its text, or nothing; fails for what a pin can't be. bash and zsh have one with a limit.
__cudaman_read() {
    __cudaman_text=
    if [ -L "$1" ] || ! [ -f "$1" ] || ! [ -r "$1" ]; then return 1; fi
    {
        while IFS= read -r __cudaman_line; do
            __cudaman_text=$__cudaman_text$__cudaman_line$__cudaman_newline
            if [ "${#__cudaman_text}" -gt 4096 ]; then return 1; fi
        done
        __cudaman_text=$__cudaman_text$__cudaman_line
    } <"$1"
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
    __cudaman_rest=$__cudaman_all:
    while [ -n "$__cudaman_rest" ]; do
        __cudaman_versions=${__cudaman_rest%%:*}
        __cudaman_rest=${__cudaman_rest#*:}
        __cudaman_name=
        if [ -f "${__cudaman_versions%/versions}/resolve/$__cudaman_request" ]; then
            { IFS= read -r __cudaman_name <"${__cudaman_versions%/versions}/resolve/$__cudaman_request"; } 2>/dev/null || :
        fi
        case $__cudaman_name in
            '') continue ;;
            system) __cudaman_wanted= ;;
            *) __cudaman_wanted=$__cudaman_versions/$__cudaman_name ;;
        esac
        case $__cudaman_name in
            *[!A-Za-z0-9.+_-]*) __cudaman_name=. ;;
        esac
        if [ -n "$__cudaman_wanted" ] && { [ "$__cudaman_name" = . ] || ! [ -d "$__cudaman_wanted" ]; }; then
            __cudaman_wanted=missing
            return 1
        fi
        __cudaman_asked=
        return 0
    done
    return 1
}

# The `versions` directories of the home and of further stores, with colons between them.
__cudaman_stores() {
    __cudaman_all=$__cudaman_home/versions
    __cudaman_rest=
    if [ -n "${CUDAMAN_STORES-}" ]; then
        __cudaman_rest=$CUDAMAN_STORES:
    elif [ -f "$__cudaman_home/stores" ]; then
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

# __cudaman_ask TEXT: leaves it to the program, once for the same text in the same place.
__cudaman_ask() {
    __cudaman_pin=
    if [ -n "$__cudaman_file" ]; then __cudaman_pin_directory; fi
    if [ "$__cudaman_pin:$1" = "${__cudaman_asked-}" ]; then
        __cudaman_wanted=$__cudaman_answer
        return 0
    fi
    __cudaman_answer=$(__cudaman_run hook) || __cudaman_answer=missing
    if [ "$__cudaman_answer" = system ]; then __cudaman_answer=; fi
    __cudaman_wanted=$__cudaman_answer
    __cudaman_asked=$__cudaman_pin:$1
}

# The program of this home; where it is gone, nothing is said and nothing found.
__cudaman_run() {
    if [ -x "$__cudaman_home/bin/cudaman" ]; then
        CUDAMAN_HOME=$__cudaman_home "$__cudaman_home/bin/cudaman" "$@"
    else
        return 1
    fi
}
