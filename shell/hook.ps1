# The hook for PowerShell: looks at each prompt and after each change of directory. What changes the environment
# is `cudaman hook json`, one process where something that decides has changed.

$global:__CudamanBase = @HOME@

function global:__CudamanHome {
    if ($env:CUDAMAN_HOME) { $env:CUDAMAN_HOME } else { $global:__CudamanBase }
}

function global:__CudamanSet([string] $name, $value) {
    # An empty text would remove the variable where it is set by name before PowerShell 7.5.
    [Environment]::SetEnvironmentVariable($name, $value)
}

# What decides, as far as it is in this directory; what lies above it counts at the next change of directory.
function global:__CudamanState {
    $files = '.cuda-version', '.tool-versions', "$(__CudamanHome)/resolve/default" | ForEach-Object {
        $file = Get-Item -LiteralPath $_ -Force -ErrorAction Ignore
        "$($file.Length) $($file.LastWriteTimeUtc.Ticks)"
    }
    $variables = $PWD.ProviderPath, $env:CUDAMAN_HOME, $env:CUDAMAN_STORES, $env:CUDAMAN_VERSION, $env:PATH,
        $env:LD_LIBRARY_PATH, $env:VIRTUAL_ENV, $env:CONDA_PREFIX
    ($variables + $files) -join "`0"
}

# A failure of ours never breaks the prompt.
function global:__CudamanCheck {
    $program = "$(__CudamanHome)/bin/cudaman"
    if (-not [IO.File]::Exists($program) -or (__CudamanState) -ceq $global:__CudamanKnown) { return }
    $status = $global:LASTEXITCODE
    try {
        $changes = (& $program hook json) -join "`n" | ConvertFrom-Json
        foreach ($change in $changes.PSObject.Properties) { __CudamanSet $change.Name $change.Value }
    } catch { } finally { $global:LASTEXITCODE = $status }
    $global:__CudamanKnown = __CudamanState
}

# `use` acts on this shell: the program checks the request, and its answer is what to set.
function global:cudaman {
    $program = "$(__CudamanHome)/bin/cudaman"
    $global:__CudamanKnown = $null
    if ($args.Count -eq 0 -or $args[0] -notin 'use', 'shell') {
        # With options before it, `use` is seen by the program alone, which then knows that this is no bare shell.
        $env:__CUDAMAN_SHELL = 'powershell'
        try { & $program @args } finally { $env:__CUDAMAN_SHELL = $null }
        return
    }
    $answer = (& $program @args --in-shell) -join "`n"
    if ($answer -ceq 'unset' -or $answer.StartsWith('use ')) {
        'CUDAMAN_VERSION', '__CUDAMAN_ACT', '__CUDAMAN_ORIG_CUDAMAN_VERSION' |
            ForEach-Object { __CudamanSet $_ ([NullString]::Value) }
        if ($answer -cne 'unset') { __CudamanSet CUDAMAN_VERSION $answer.Substring(4) }
    } elseif ($answer -and $answer -cne 'again') {
        $answer
    }
    __CudamanCheck
}

foreach ($directory in "$(__CudamanHome)/bin", "$(__CudamanHome)/shims/bin") {
    if ($env:PATH.Split(':') -cnotcontains $directory) { $env:PATH = "${directory}:$env:PATH" }
}
if (-not $global:__CudamanPrompt) {
    $global:__CudamanPrompt = $function:prompt
    function global:prompt {
        __CudamanCheck
        & $global:__CudamanPrompt
    }
    $global:__CudamanLocation = $ExecutionContext.InvokeCommand.LocationChangedAction
    $ExecutionContext.InvokeCommand.LocationChangedAction = {
        __CudamanCheck
        if ($global:__CudamanLocation) { $global:__CudamanLocation.Invoke($args[0], $args[1]) }
    }
}
