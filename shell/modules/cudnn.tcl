#%Module1.0
@marker@
## A modulefile for Environment Modules: cuDNN is a part of its toolchain, so the toolchain's module is all
## that it needs.

module-whatis @description@
proc ModulesHelp {} {
    puts stderr @help@
}

if {[module-info mode load] && [is-loaded cudnn]} {
    module unload cudnn
}
conflict cudnn
prereq @cuda@
setenv __CUDAMAN_CUDNN @version@
