# shellcheck shell=bash
# For direnv, as ~/.config/direnv/lib/cudaman.sh: `use cuda 11.0` in an .envrc puts an installed toolkit into effect
# below that directory; `use cuda` alone follows the pin.

use_cuda() {
    local home=@HOME@
    home=${CUDAMAN_HOME:-$home}
    if ! [[ -r $home/env.sh ]]; then
        log_error "cudaman is not set up in $home"
        return 1
    fi
    # shellcheck disable=SC1091 # written by cudaman
    . "$home/env.sh"
    watch_file .cuda-version "$home/resolve"
    if [[ -n ${1-} ]]; then
        cudaman_use "$1" || return
        export __CUDAMAN_ACT="$1 direnv $PWD"
    else
        __cudaman_update
    fi
}
