# shellcheck shell=bash disable=SC2154 # read by bash and zsh; what `paths.sh` and `enter.sh` set
# The way of nearly every shell through its day: a plain pin, or the default, of the own store. `select.sh` knows every
# other way. In zsh no options are set for it, since that takes longer than the rest: it has to mean the same under all.

# zsh may warn of what a function sets and nobody has set before.
__cudaman_file=
__cudaman_text=
__cudaman_entry=
__cudaman_name=
__cudaman_request=
__cudaman_known=
__cudaman_here=
__cudaman_wanted=
__cudaman_asked=
__cudaman_said=
__cudaman_place=
__cudaman_policy=
__cudaman_active=
__cudaman_after=

# Puts into effect what is wanted here.
__cudaman_follow() {
    if [[ -z ${CUDAMAN_VERSION-}${CUDAMAN_STORES-} && ${CUDAMAN_HOME-$__cudaman_base} == "$__cudaman_home" ]] &&
        [[ ! -e $__cudaman_home/stores && ! -e $__cudaman_home/library-path ]] && __cudaman_seek; then
        __cudaman_asked=
        __cudaman_said=
        __cudaman_place=$PWD::${CUDAMAN_HOME-}:
        if [[ $__cudaman_wanted != "$__cudaman_active" || ${PATH-}:${LD_LIBRARY_PATH-}:${VIRTUAL_ENV-}:${CONDA_PREFIX-} != "$__cudaman_after" ]]; then
            __cudaman_policy=
            __cudaman_active=$__cudaman_wanted
            __cudaman_enter "$__cudaman_wanted" '' "$__cudaman_home/versions"
            __cudaman_after=${PATH-}:${LD_LIBRARY_PATH-}:${VIRTUAL_ENV-}:${CONDA_PREFIX-}
        fi
    else
        __cudaman_update
    fi
}

# Finds the root that is wanted, as __cudaman_wanted, and what says so. Fails where that isn't plain.
__cudaman_seek() {
    __cudaman_up=.
    until [[ -e $__cudaman_up/.cuda-version || -L $__cudaman_up/.cuda-version ]]; do
        if [[ -e $__cudaman_up/.tool-versions ]]; then return 1; fi
        if [[ $__cudaman_up -ef / || ! -d $__cudaman_up/.. ]]; then
            __cudaman_seek_default
            return
        fi
        __cudaman_up=$__cudaman_up/..
    done
    __cudaman_file=$__cudaman_up/.cuda-version
    __cudaman_read "$__cudaman_file" || return 1
    __cudaman_known=$__cudaman_text
    __cudaman_here=
    if [[ $__cudaman_up == . ]]; then __cudaman_here=$__cudaman_text; fi
    __cudaman_request=${__cudaman_text%$'\n'}
    __cudaman_entry=$__cudaman_home/resolve/$__cudaman_request
    if [[ $__cudaman_request == [A-Za-z0-9]* && $__cudaman_request != *[!A-Za-z0-9.+_-]* && $__cudaman_request != default &&
        -f $__cudaman_entry && -r $__cudaman_entry ]] && IFS= read -r __cudaman_name <"$__cudaman_entry"; then
        __cudaman_wanted=$__cudaman_home/versions/$__cudaman_name
        [[ $__cudaman_name == [A-Za-z0-9]* && $__cudaman_name != *[!A-Za-z0-9.+_-]* && $__cudaman_name != system && -d $__cudaman_wanted ]]
    else
        return 1
    fi
}

__cudaman_seek_default() {
    __cudaman_file=$__cudaman_home/resolve/default
    __cudaman_request=default
    __cudaman_known=
    __cudaman_here=
    __cudaman_wanted=
    if [[ -e $__cudaman_file ]]; then
        __cudaman_read "$__cudaman_file" || return 1
        __cudaman_known=$__cudaman_text
        __cudaman_name=${__cudaman_text%$'\n'}
        __cudaman_wanted=$__cudaman_home/versions/$__cudaman_name
        [[ $__cudaman_name == [A-Za-z0-9]* && $__cudaman_name != *[!A-Za-z0-9.+_-]* && $__cudaman_name != system && -d $__cudaman_wanted ]]
    fi
}

# At a prompt where something isn't as it was, or no file decides.
__cudaman_look() {
    if [[ -n ${CUDAMAN_VERSION-} || $__cudaman_wanted == missing ]]; then
        __cudaman_check
    elif ! [[ -z $__cudaman_known && $PWD::${CUDAMAN_HOME-}:${CUDAMAN_STORES-} == "$__cudaman_place" &&
        ! -e $__cudaman_file && ! -e .cuda-version && -d ${__cudaman_wanted:-/} &&
        ${PATH-}:${LD_LIBRARY_PATH-}:${VIRTUAL_ENV-}:${CONDA_PREFIX-} == "$__cudaman_after" ]]; then
        __cudaman_follow
    fi
}
