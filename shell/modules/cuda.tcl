#%Module1.0
@marker@
## A modulefile for Environment Modules. It sets what `cudaman env` sets, and restores it when it is unloaded.

set root @root@

module-whatis @description@
proc ModulesHelp {} {
    puts stderr @help@
}

if {[module-info mode load] && ![file isdirectory $root]} {
    puts stderr @missing@
    break
}

# A cuda that is loaded gives way, and with it a cuDNN of ours, which is a part of that one.
if {[module-info mode load] && [is-loaded cudnn] && [info exists env(__CUDAMAN_CUDNN)]} {
    module unload cudnn
}
if {[module-info mode load] && [is-loaded cuda]} {
    module unload cuda
}
# Not `family cuda`: with it saved collections forget the version (5.2). `conflict` finds such families too.
conflict cuda

# While modules are swapped, a variable that was unset may still exist: getenv knows that it was unset, and
# `keep` gives it this word for a value.
proc is_set {name} {
    global env
    if {![info exists env($name)] || $env($name) eq "_UNDEFINED_"} {
        return 0
    }
    return [expr {[info commands getenv] eq "" || [getenv $name] ne "_UNDEFINED_"}]
}

# Where MANPATH is unset, man finds the pages by PATH, and naming them would hide the system's.
proc prepend {name directory} {
    global env root
    if {$name ne "MANPATH" || ([is_set $name] && $env($name) ne "")} {
        prepend-path $name $root/$directory
    }
}

# setenv restores nothing, and pushenv forgets what it found when modules are swapped (5.2). While a module
# is unloaded, setenv unsets, and unsetenv sets the value that it is given.
proc keep {name value} {
    global env
    set before __CUDAMAN_BEFORE_$name
    if {![module-info mode unload]} {
        if {[is_set $name]} {
            setenv $before $env($name)
        }
        setenv $name $value
    } elseif {[is_set $before]} {
        unsetenv $name $env($before)
        setenv $before _UNDEFINED_
    } else {
        setenv $name _UNDEFINED_
    }
}

proc point {name path} {
    global root
    keep $name [expr {$path eq "" ? $root : "$root/$path"}]
}

@settings@
keep CUDAMAN_VERSION @request@
