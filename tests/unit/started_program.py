"""A server program of the tests' own on a free loopback port, from its start to its end."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path


def free_port() -> int:
    """Return a loopback port on which nothing listens now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def started(
    command: Callable[[int], Sequence[str]],
    ready_path: str,
    folder: Path,
    ready_seconds: float,
    environment: Mapping[str, str] | None = None,
) -> Iterator[str]:
    """Start a server and yield its address once it answers; stop it when the block ends.

    Args:
        command: The command, given the port.
        ready_path: What it answers with 200 as soon as it is ready.
        folder: Where it runs and leaves its log.
        ready_seconds: How long it may take until then.
        environment: Its environment; that of this process if not given.

    Raises:
        RuntimeError: It ended, or did not answer in time.
    """
    port = free_port()
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command(port), cwd=folder, env=environment, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_until_ready(f"{url}{ready_path}", server, ready_seconds)
        yield url
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            # It inherits what this process ignores, which may be the signal that asks it to end.
            server.kill()
            server.wait()


def _wait_until_ready(url: str, server: subprocess.Popen[bytes], ready_seconds: float) -> None:
    deadline = time.monotonic() + ready_seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            pass
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{server.args!r} did not start")
        time.sleep(0.05)
