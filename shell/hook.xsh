"""The hook for xonsh: looks at each prompt and after each change of directory. What changes the environment
is `cudaman hook json`, the one process it starts, and only where something that decides has changed."""


def __cudaman_load():
    import json
    import os
    import subprocess

    from xonsh.built_ins import XSH
    from xonsh.events import events
    from xonsh.tools import unthreadable

    base = @HOME@
    known = None

    def home():
        return XSH.env.get("CUDAMAN_HOME") or base

    def program():
        return os.path.join(home(), "bin", "cudaman")

    def put_on_path():
        path = XSH.env["PATH"]
        for directory in (os.path.join(home(), "bin"), os.path.join(home(), "shims", "bin")):
            if directory not in path:
                path.insert(0, directory)

    def look(path):
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def state():
        """What decides: files count by time and size."""
        try:
            place = os.getcwd()
        except OSError:
            return None
        files = [look(os.path.join(home(), "resolve")), look(os.path.join(home(), "resolve", "default"))]
        directory = place
        while True:
            files += [look(os.path.join(directory, name)) for name in (".cuda-version", ".tool-versions")]
            if directory == os.path.dirname(directory):
                break
            directory = os.path.dirname(directory)
        names = ("CUDAMAN_HOME", "CUDAMAN_STORES", "CUDAMAN_VERSION", "LD_LIBRARY_PATH", "PATH", "VIRTUAL_ENV", "CONDA_PREFIX")
        variables = XSH.env.detype()
        return place, files, [variables.get(name) for name in names]

    def check():
        nonlocal known
        now = state()
        if now == known or not os.access(program(), os.X_OK):
            return
        variables = dict(XSH.env.detype(), CUDAMAN_HOME=home())
        ran = subprocess.run(
            [program(), "hook", "json"], env=variables, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        if ran.returncode == 0:
            for name, value in json.loads(ran.stdout).items():
                if value is None:
                    XSH.env.pop(name, None)
                else:
                    XSH.env[name] = value
        known = state()

    def quietly_check(**_):
        """A failure of ours never breaks the prompt."""
        try:
            check()
        except Exception:
            pass

    def forget(*names):
        for name in names:
            XSH.env.pop(name, None)

    def use(arguments, stdin, stdout, stderr):
        """The program checks the request and says what it did; its answer is what to set."""
        command = [program(), *arguments, "--in-shell"]
        ran = subprocess.run(
            command, env=XSH.env.detype(), stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
        answer = ran.stdout.rstrip("\n")
        if answer == "unset" or answer.startswith("use "):
            forget("CUDAMAN_VERSION", "__CUDAMAN_ACT", "__CUDAMAN_ORIG_CUDAMAN_VERSION")
            if answer != "unset":
                XSH.env["CUDAMAN_VERSION"] = answer[len("use ") :]
        elif answer not in ("", "again"):
            print(answer, file=stdout)
        return ran.returncode

    def act(arguments, stdin=None, stdout=None, stderr=None):
        nonlocal known
        known = None
        status = use(arguments, stdin, stdout, stderr)
        quietly_check()
        return status

    def cudaman(arguments):
        """`use` acts on this shell; what other commands change is noticed at the next prompt."""
        if arguments and arguments[0] in ("use", "shell"):
            return ["__cudaman_act", *arguments]
        # With options before it, `use` is seen by the program alone, which then knows that this is no bare shell.
        return ["env", "__CUDAMAN_SHELL=xonsh", program(), *arguments]

    def run(arguments, stdin=None, stdout=None, stderr=None):
        if arguments and arguments[0] in ("use", "shell"):
            return act(arguments, stdin, stdout, stderr)
        command = ["env", "__CUDAMAN_SHELL=xonsh", program(), *arguments]
        return subprocess.run(command, env=XSH.env.detype(), stdin=stdin, stdout=stdout, stderr=stderr).returncode

    def install_command():
        XSH.aliases["__cudaman_act"] = unthreadable(act)
        # Before xonsh 0.19 an alias could not say which command to run.
        returns = getattr(XSH.aliases, "return_command", None)
        XSH.aliases["cudaman"] = returns(cudaman) if returns else run

    put_on_path()
    for event in (events.on_chdir, events.on_pre_prompt):
        for handler in [one for one in event if getattr(one, "__name__", "") == "__cudaman_hook"]:
            event.discard(handler)

    def __cudaman_hook(**_):
        quietly_check()

    events.on_chdir(__cudaman_hook)
    events.on_pre_prompt(__cudaman_hook)
    install_command()


__cudaman_load()
del __cudaman_load
