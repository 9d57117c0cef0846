# What puts the hook to work in zsh, the last of its parts.

__cudaman_paths
# The last of all hooks: the PATH that another one brings back, as direnv's does in a directory that is left, may
# hold the toolkit that was in effect there. `[@]` means every element under `ksh_arrays` too.
typeset -ga precmd_functions chpwd_functions
precmd_functions=(${precmd_functions[@]:#__cudaman_prompt} __cudaman_prompt)
chpwd_functions=(${chpwd_functions[@]:#__cudaman_follow} __cudaman_follow)
