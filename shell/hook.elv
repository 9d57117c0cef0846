# The hook for elvish: looks after each change of directory and at each prompt. What changes the environment is
# `cudaman hook json`, one process where something that decides has changed.

use path
use str

var base = @HOME@
var known = ''

fn home { if (not-eq $E:CUDAMAN_HOME '') { put $E:CUDAMAN_HOME } else { put $base } }

fn text {|file|
    var text = ''
    if (path:is-regular $file) {
        try { set text = (slurp < $file) } catch { nop }
    }
    put $text
}

# What decides, as far as it is in this directory; what lies above it counts at the next change of directory.
fn state {
    put [$pwd $E:CUDAMAN_HOME $E:CUDAMAN_STORES $E:CUDAMAN_VERSION $E:PATH $E:LD_LIBRARY_PATH $E:VIRTUAL_ENV ^
        $E:CONDA_PREFIX (text .cuda-version) (text .tool-versions) (text (home)/resolve/default)]
}

fn check {
    var program = (home)/bin/cudaman
    if (or (eq (state) $known) (not (has-external $program))) {
        return
    }
    var changes = ((external env) CUDAMAN_HOME=(home) $program hook json | from-json)
    keys $changes | each {|name|
        if (eq $changes[$name] $nil) { unset-env $name } else { set-env $name $changes[$name] }
    }
    set known = (state)
}

# A failure of ours never breaks the prompt.
fn quietly-check { try { check } catch { nop } }

# `use` acts on this shell: the program checks the request, and its answer is what to set.
fn use-in-shell {|arguments|
    var answer = (str:trim-right ((external (home)/bin/cudaman) $@arguments --in-shell | slurp) "\n")
    if (or (eq $answer unset) (str:has-prefix $answer 'use ')) {
        unset-env __CUDAMAN_ACT
        unset-env __CUDAMAN_ORIG_CUDAMAN_VERSION
        if (eq $answer unset) {
            unset-env CUDAMAN_VERSION
        } else {
            set-env CUDAMAN_VERSION (str:trim-prefix $answer 'use ')
        }
    } elif (not-eq $answer again) {
        echo $answer
    }
}

fn cudaman {|@arguments|
    set known = ''
    try {
        if (and (> (count $arguments) 0) (has-value [use shell] $arguments[0])) {
            use-in-shell $arguments
        } else {
            # With options before it, `use` is seen by the program alone, which then knows that this is no bare shell.
            (external env) __CUDAMAN_SHELL=elvish (home)/bin/cudaman $@arguments
        }
    } finally {
        quietly-check
    }
}

# Puts a hook before others, in place of what it may have been before; its option tells it from theirs.
fn is-ours {|hook| try { has-value $hook[opt-names] __cudaman } catch { put $false } }
fn others {|hooks| each {|hook| if (not (is-ours $hook)) { put $hook } } $hooks }

for directory [(home)/bin (home)/shims/bin] {
    if (not (has-value $paths $directory)) { set paths = [$directory $@paths] }
}
set after-chdir = [{|&__cudaman=x directory| quietly-check } (others $after-chdir)]
set edit:before-readline = [{|&__cudaman=x| quietly-check } (others $edit:before-readline)]
edit:add-var cudaman~ $cudaman~
