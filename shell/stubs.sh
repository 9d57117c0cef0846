# shellcheck shell=bash # read by bash and zsh
# What stands for the rest of the hook until it is read.

__cudaman_load_rest() {
    __cudaman_update() { :; }
    __cudaman_check() { :; }
    __cudaman_change() { :; }
    __cudaman_load rest
}

__cudaman_update() { __cudaman_load_rest && __cudaman_update; }
__cudaman_check() { __cudaman_load_rest && __cudaman_check; }
__cudaman_change() { __cudaman_load_rest && __cudaman_change "$@"; }
