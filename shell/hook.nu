# The hook for nushell: looks after each change of directory and at each prompt. What changes the environment is
# `cudaman hook json`, one process where something that decides has changed.

def __cudaman_home []: nothing -> string {
    if ($env.CUDAMAN_HOME? | is-empty) { @HOME@ } else { $env.CUDAMAN_HOME }
}

def __cudaman_text [file: string]: nothing -> string {
    if ($file | path type) != file { return "" }
    try { open --raw $file | into binary | encode hex } catch { "" }
}

# What decides, as far as it is in this directory; what lies above it counts at the next change of directory.
def __cudaman_state []: nothing -> string {
    let names = [CUDAMAN_HOME CUDAMAN_STORES CUDAMAN_VERSION PATH LD_LIBRARY_PATH VIRTUAL_ENV CONDA_PREFIX PWD]
    let default_file = __cudaman_home | path join resolve default
    let files = [.cuda-version .tool-versions $default_file] | each {|file| __cudaman_text $file }
    $names | each {|name| $env | get --optional $name | default "" } | append $files | to json --raw
}

# A record is never handed to other programs: a shell within this one finds out for itself.
def --env __cudaman_check []: nothing -> nothing {
    let program = __cudaman_home | path join bin cudaman
    if not ($program | path exists) or (__cudaman_state) == $env.__cudaman_known?.state? { return }
    let answer = try { with-env {CUDAMAN_HOME: (__cudaman_home)} { ^$program hook json | from json } } catch { {} }
    for change in ($answer | transpose name value) {
        if $change.value == null {
            hide-env --ignore-errors $change.name
        } else if $change.name == PATH {
            $env.PATH = $change.value | split row (char esep)
        } else {
            load-env {($change.name): $change.value}
        }
    }
    $env.__cudaman_known = {state: (__cudaman_state)}
}

# `use` acts on this shell: the program checks the request, and its answer is what to set.
def --env --wrapped cudaman [...arguments: string] {
    let program = __cudaman_home | path join bin cudaman
    $env.__cudaman_known = {state: ""}
    if ($arguments | get --optional 0) not-in [use shell] {
        # With options before it, `use` is seen by the program alone, which then knows that this is no bare shell.
        return (with-env {__CUDAMAN_SHELL: nushell} { ^$program ...$arguments })
    }
    let answer = ^$program ...$arguments --in-shell | str trim --right
    if $answer == unset or ($answer | str starts-with "use ") {
        hide-env --ignore-errors CUDAMAN_VERSION __CUDAMAN_ACT __CUDAMAN_ORIG_CUDAMAN_VERSION
        if $answer != unset { $env.CUDAMAN_VERSION = $answer | str replace "use " "" }
    } else if $answer != again {
        print $answer
    }
    __cudaman_check
}

for directory in [bin shims/bin] {
    let directory = __cudaman_home | path join $directory
    if $directory not-in $env.PATH { $env.PATH = $env.PATH | prepend $directory }
}
$env.config.hooks.pre_prompt = $env.config.hooks.pre_prompt? | default []
    | where $it != {code: __cudaman_check} | append {code: __cudaman_check}
$env.config.hooks.env_change.PWD = $env.config.hooks.env_change?.PWD? | default []
    | where $it != {code: __cudaman_check} | append {code: __cudaman_check}
