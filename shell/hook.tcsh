set __cudaman_status = $status
# The hook for tcsh: looks at each prompt and after each change of directory. tcsh has no functions: this file
# is read again with a word that says what to do. Its last line brings back the status, which each line changes.

set __cudaman_do = none
if ( $#argv > 0 ) then
    set __cudaman_do = $argv[1]:q
endif
set __cudaman_home = @HOME@
if ( $?CUDAMAN_HOME ) then
    set __cudaman_home = $CUDAMAN_HOME:q
endif
set __cudaman_program = $__cudaman_home:q/bin/cudaman

if ( "$__cudaman_do:q" == __cudaman_load ) then
    if ( ":${PATH}:" !~ "*:${__cudaman_home}/bin:*" ) setenv PATH "${__cudaman_home}/bin:${PATH}"
    if ( ":${PATH}:" !~ "*:${__cudaman_home}/shims/bin:*" ) setenv PATH "${__cudaman_home}/shims/bin:${PATH}"
    if ( $?prompt ) then
        set __cudaman_hook = $__cudaman_home:q/shell/hook.tcsh
        set __cudaman_file = ''
        set __cudaman_known = ''
        alias __cudaman_check 'if ( -r $__cudaman_hook:q ) source $__cudaman_hook:q __cudaman_check'
        alias cudaman 'source $__cudaman_hook:q __cudaman_run \!*'
        # Within backquotes in quotes, a word with blanks is one word only by way of an alias.
        alias __cudaman_ask 'env CUDAMAN_HOME=$__cudaman_home:q $__cudaman_program:q hook csh'
        alias __cudaman_ask_use '$__cudaman_program:q $argv[2-]:q --in-shell'
        # What the user has hooked in goes on below ours.
        set __cudaman_before = "`alias cwdcmd`"
        if ( "$__cudaman_before:q" !~ *__cudaman_check* ) then
            alias __cudaman_before_cwdcmd "$__cudaman_before:q"
            alias cwdcmd '__cudaman_check; __cudaman_before_cwdcmd'
        endif
        set __cudaman_before = "`alias precmd`"
        if ( "$__cudaman_before:q" !~ *__cudaman_check* ) then
            alias __cudaman_before_precmd "$__cudaman_before:q"
            alias precmd '__cudaman_check; __cudaman_before_precmd'
        endif
        unset __cudaman_before
    endif
endif

# The program checks the request of `use` and says what it did; its answer is what to set.
if ( "$__cudaman_do:q" == __cudaman_run ) then
    set __cudaman_known = ''
    set __cudaman_answer = none
    if ( $#argv > 1 ) then
        if ( "$argv[2]:q" == use || "$argv[2]:q" == shell ) set __cudaman_answer = ''
    endif
    if ( "$__cudaman_answer" == none ) then
        # With options before it, `use` is seen by the program alone, which then knows that this is no bare shell.
        env __CUDAMAN_SHELL=tcsh $__cudaman_program:q $argv[2-]:q
        set __cudaman_status = $status
    else
        set __cudaman_answer = "`__cudaman_ask_use`"
        set __cudaman_status = 0
        if ( "$__cudaman_answer:q" == "" ) set __cudaman_status = 1
        if ( "$__cudaman_answer:q" =~ "use *" || "$__cudaman_answer:q" == unset ) then
            unset CUDAMAN_VERSION
            unsetenv CUDAMAN_VERSION
            unsetenv __CUDAMAN_ACT
            unsetenv __CUDAMAN_ORIG_CUDAMAN_VERSION
            if ( "$__cudaman_answer:q" != unset ) then
                setenv CUDAMAN_VERSION "$__cudaman_answer:s/use //:q"
            endif
        else if ( "$__cudaman_answer:q" != again && "$__cudaman_answer:q" != "" ) then
            printf '%s\n' $__cudaman_answer:q
        endif
    endif
    unset __cudaman_answer
    set __cudaman_do = __cudaman_check
endif

# Looks at what decides, and starts one process where that has changed. Files count by time and size.
if ( "$__cudaman_do:q" == __cudaman_check && -x $__cudaman_program:q ) then
    set __cudaman_now = "$cwd:q"
    if ( $?CUDAMAN_VERSION ) then
        setenv CUDAMAN_VERSION $CUDAMAN_VERSION:q
        set __cudaman_now = "$__cudaman_now:q version $CUDAMAN_VERSION:q"
    endif
    if ( $?CUDAMAN_STORES ) then
        set __cudaman_now = "$__cudaman_now:q stores $CUDAMAN_STORES:q"
    endif
    if ( $?VIRTUAL_ENV ) then
        set __cudaman_now = "$__cudaman_now:q venv $VIRTUAL_ENV:q"
    endif
    if ( $?CONDA_PREFIX ) then
        set __cudaman_now = "$__cudaman_now:q conda $CONDA_PREFIX:q"
    endif
    @ __cudaman_time = -M $__cudaman_home:q/resolve
    set __cudaman_now = "$__cudaman_home:q $__cudaman_time $__cudaman_now:q"
    @ __cudaman_time = -M .cuda-version
    @ __cudaman_size = -Z .cuda-version
    set __cudaman_now = "$__cudaman_time $__cudaman_size $__cudaman_now:q"
    set __cudaman_end = "$PATH:q"
    if ( $?LD_LIBRARY_PATH ) then
        set __cudaman_end = "$__cudaman_end:q libraries $LD_LIBRARY_PATH:q"
    endif
    if ( "$__cudaman_file:q" != "" ) then
        @ __cudaman_time = -M $__cudaman_file:q
        @ __cudaman_size = -Z $__cudaman_file:q
        set __cudaman_end = "$__cudaman_time $__cudaman_size $__cudaman_end:q"
    endif
    if ( "$__cudaman_now:q $__cudaman_end:q" != "$__cudaman_known:q" ) then
        eval "`__cudaman_ask`"
        set __cudaman_end = "$PATH:q"
        if ( $?LD_LIBRARY_PATH ) then
            set __cudaman_end = "$__cudaman_end:q libraries $LD_LIBRARY_PATH:q"
        endif
        if ( "$__cudaman_file:q" != "" ) then
            @ __cudaman_time = -M $__cudaman_file:q
            @ __cudaman_size = -Z $__cudaman_file:q
            set __cudaman_end = "$__cudaman_time $__cudaman_size $__cudaman_end:q"
        endif
        set __cudaman_known = "$__cudaman_now:q $__cudaman_end:q"
    endif
    unset __cudaman_now __cudaman_end __cudaman_time __cudaman_size
endif

unset __cudaman_do __cudaman_program
set status = $__cudaman_status
