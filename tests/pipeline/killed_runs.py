"""Runs that are killed, alone (which leaves their dbt behind) or with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from orchestration.settings import PROJECT_DIR
from tests.pipeline.conftest import Installation, Run
from tests.pipeline.contents import Content, content

PATIENCE_SECONDS = 60


class Chain:
    """Runs of one installation, one after the other, each killed but the last."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.published = published_bytes(installation)
        self.publications: list[Content] = []

    def kill_at_line(self, start: str | tuple[str, ...], *, alone: bool, nth: int = 1) -> None:
        """Kill a run when it says its n-th line with this start, or one of these."""
        process = self._start()
        assert process.stdout is not None
        left, said = nth, []
        for line in process.stdout:
            said.append(line)
            left -= line.startswith(start)
            if left == 0:
                self._kill(process, alone)
                break
        else:
            pytest.fail(f"{nth - left} lines begin with {start!r}:\n{''.join(said)}")
        self._look(process)

    def kill_at_moment(self, seconds: float, *, alone: bool) -> None:
        """Kill a run so many seconds after its start; one that was faster has ended by itself."""
        process = self._start()
        timer = threading.Timer(seconds, self._kill, (process, alone))
        timer.start()
        process.wait()
        timer.cancel()
        self._look(process)

    def finish(self, **how: bool) -> Run:
        """Let a run end undisturbed; `how` is as ``Installation.run_here`` is told."""
        run = self.installation.run_here(**how)
        self._compare()
        return run

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.installation.command(),
            cwd=PROJECT_DIR,
            env=self.installation.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def _kill(self, process: subprocess.Popen[str], alone: bool) -> None:
        children = [] if not alone else dbt_processes(process.pid)
        (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
        # A dbt that lives on would write the same files as the next run.
        for child in children:
            wait_until_gone(child)

    def _look(self, process: subprocess.Popen[str]) -> None:
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
        self._compare()

    def _compare(self) -> None:
        """The published file is what it was, byte for byte, or another whole one."""
        now = published_bytes(self.installation)
        if now != self.published:
            assert now is not None
            self.publications.append(content(self.installation))
            self.published = now


def published_bytes(installation: Installation) -> bytes | None:
    path = installation.published_path
    return path.read_bytes() if path.exists() else None


def dbt_processes(parent: int) -> list[int]:
    """Return the dbt processes of a run, which are children of its fork server, as /proc tells."""
    return [
        dbt
        for child in _children(parent)
        if b"multiprocessing.forkserver" in _command(child)
        for dbt in _children(child)
    ]


def _children(process: int) -> list[int]:
    try:
        said = Path(f"/proc/{process}/task/{process}/children").read_text()
    except FileNotFoundError:
        return []
    return [int(child) for child in said.split()]


def _command(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except FileNotFoundError:
        return b""


def wait_until_gone(process: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            # A zombie whose new parent does not reap it is gone as well.
            if Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return
        except FileNotFoundError:
            return
        time.sleep(0.1)
    pytest.fail(f"process {process} outlives the run that started it")
