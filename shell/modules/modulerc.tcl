#%Module1.0
@marker@
## Which of the modules beside it is the default, and which are for those only who have loaded them still.

proc prefer {module} {
    module-version $module default
}

proc hide {module} {
    if {[info commands module-hide] ne ""} {
        module-hide $module
    }
}

@lines@
