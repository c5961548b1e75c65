"""dbt in a process of its own, forked from one that has loaded it already.

To load dbt and to read its project takes as long as dbt takes for a run over few charges. So a
process does this while files are pulled and landed, and what a run asks of dbt is done by children
of that process: the first begins at once, and so does each that builds again without a held month.
It is Python's own fork server, which ends with the run.
"""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

from orchestration.settings import take_environment

_LOADED = "orchestration.publish.dbt_loaded"

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload([_LOADED])


def stand_ready() -> None:
    """Have dbt loaded, beside what this process does meanwhile, where it is not yet."""
    forkserver.ensure_running()


class DbtProcess:
    """A dbt that runs, as a ``subprocess.Popen`` of which its output is asked."""

    def __init__(
        self,
        args: Sequence[str],
        stdout: int,
        stderr: int,
        env: Mapping[str, str],
        cwd: Path,
    ) -> None:
        """Start dbt.

        Args:
            args: The command, whose first word is dbt's own path.
            stdout: ``subprocess.PIPE``: dbt writes into a pipe that this process reads.
            stderr: ``subprocess.STDOUT``: and into the same one what went wrong.
            env: dbt's environment.
            cwd: The folder of the dbt project.
        """
        if (stdout, stderr) != (subprocess.PIPE, subprocess.STDOUT):
            raise ValueError("dbt writes all that it says into one pipe")
        self.args = args
        said, says = _forking.Pipe(duplex=False)
        self._process = _forking.Process(
            target=_be_dbt, args=(args, dict(env), cwd, says), name="dbt", daemon=True
        )
        self._process.start()
        says.close()
        self.stdout: IO[bytes] = os.fdopen(os.dup(said.fileno()), "rb")
        said.close()

    @property
    def pid(self) -> int | None:
        """The process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code, None while dbt runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for dbt's end and return its exit code.

        Args:
            timeout: Seconds to wait at most; None waits on.

        Raises:
            subprocess.TimeoutExpired: dbt still runs.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send dbt a signal, unless it has ended."""
        if self._process.pid is not None and self._process.exitcode is None:
            os.kill(self._process.pid, number)


def _be_dbt(
    args: Sequence[str], environment: Mapping[str, str], folder: Path, out: Connection
) -> None:
    """Do in the forked process what the command ``dbt`` does."""
    for stream in (sys.stdout, sys.stderr):
        os.dup2(out.fileno(), stream.fileno())
    out.close()
    take_environment(environment)
    os.chdir(folder)
    from orchestration.publish.dbt_loaded import invoke

    sys.exit(invoke(list(args[1:]), folder))
