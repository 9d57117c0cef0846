@marker@
-- A modulefile for Lmod: cuDNN is a part of its toolchain, so the toolchain's module is all that it needs.

whatis("Name: cuDNN")
whatis("Version: " .. @version@)
whatis("Description: " .. @description@)
help(@help@)

family("cudnn")
depends_on(@cuda@)
setenv("__CUDAMAN_CUDNN", @version@)
