"""One command, measured as a whole: seconds, CPU seconds and the memory of all its processes."""

from __future__ import annotations

import ctypes
import os
import statistics
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LOOK_EVERY_SECONDS = 0.2
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class CommandFailedError(RuntimeError):
    """A measured command failed; the message ends with what it printed last."""


@dataclass(frozen=True)
class Measured:
    """What one command took.

    Attributes:
        seconds: From its start to its end.
        cpu_seconds: User and system time of it and its children.
        peak_bytes: The most resident memory that it and its children had together.
        output: What it printed.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    output: str


def run_command(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, limit_seconds: float
) -> Measured:
    """Run a command to its end and measure it.

    Raises:
        CommandFailedError: It failed, or took longer than the limit and was stopped.
    """
    _adopt_orphans()
    before = os.times()
    started = time.monotonic()
    # A session of its own: all that it starts is found, and stopped, by the session's number.
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    watch = _MemoryWatch(process.pid)
    watch.start()
    try:
        output, _ = process.communicate(timeout=limit_seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        output += f"\nstopped after {limit_seconds:.0f} s"
    finally:
        watch.stop()
    seconds = time.monotonic() - started
    _bury(process.pid)
    after = os.times()
    if process.returncode != 0:
        raise CommandFailedError(f"{' '.join(command)} failed:\n{output[-4000:]}")
    cpu = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    return Measured(seconds, cpu, watch.peak_bytes, output)


def _adopt_orphans() -> None:
    """Become the parent of what a command leaves behind; only a parent is told its seconds."""
    set_child_subreaper = 36
    ctypes.CDLL(None, use_errno=True).prctl(set_child_subreaper, 1, 0, 0, 0)


def _bury(group: int) -> None:
    """Wait for all that is left of a command: the process that its dbt was forked from."""
    with suppress(ChildProcessError):
        while True:
            os.waitpid(-group, 0)


class _MemoryWatch(threading.Thread):
    """Adds up the resident memory of a session's processes, again and again."""

    def __init__(self, session: int) -> None:
        super().__init__(daemon=True)
        self._session = session
        self._done = threading.Event()
        self.peak_bytes = 0

    def run(self) -> None:
        while not self._done.wait(_LOOK_EVERY_SECONDS):
            self.peak_bytes = max(self.peak_bytes, session_bytes(self._session))

    def stop(self) -> None:
        self._done.set()
        self.join()


def session_bytes(session: int) -> int:
    """Return the resident memory of all processes of a session."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # the name in parentheses may hold spaces; the session is the fourth field after it
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            if int(fields[3]) == session:
                total += int(fields[21]) * _PAGE_BYTES
        except (OSError, IndexError):
            continue  # it ended meanwhile
    return total


def median(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


def median_ratio(pairs: Sequence[tuple[float, float]]) -> float:
    """Return the median of first over second, pair by pair, so that a slow minute slows both."""
    return statistics.median(first / second for first, second in pairs)
