"""The command line as a process."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

NODEKIT = (sys.executable, "-m", "nodekit")


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of a process: ours, with modules and a key file of the folder."""
    own = {"PYTHONPATH": str(folder), "XDG_CONFIG_HOME": str(folder / "config")}
    return {**os.environ, **own, **more}


def nodekit(
    folder: Path,
    *args: str,
    given: str | bytes | None = None,
    before: Callable[[], None] | None = None,
    environ: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run ``nodekit`` in a folder to its end.

    Args:
        folder: The working directory; modules there can be imported.
        args: The arguments.
        given: Its standard input.
        before: Called in the new process before it becomes ``nodekit``.
        environ: Further environment variables.
    """
    done = subprocess.run(
        [*NODEKIT, *args],
        cwd=folder,
        env=environment(folder, **(environ or {})),
        input=given.encode() if isinstance(given, str) else given or b"",
        capture_output=True,
        timeout=120,
        check=False,
        preexec_fn=before,
    )
    return subprocess.CompletedProcess(
        done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
    )
