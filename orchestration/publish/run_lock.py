"""One run at a time: a lock on a file that says who holds it.

Dagster's queue serialises runs that were launched from the UI; a run from a terminal bypasses it,
so the run itself takes this lock. The kernel releases it when the process dies, however it dies.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path


class RunLockedError(RuntimeError):
    """Another run holds the lock."""


@contextmanager
def run_lock(path: Path, who: str) -> Iterator[None]:
    """Hold the lock while the block runs.

    Args:
        path: The lock file; it stays behind, empty of meaning, when the lock is released.
        who: What a second run is told, for example "make run" or a Dagster run id.

    Raises:
        RunLockedError: Another process holds the lock; the message says which and since when.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise RunLockedError(_holder(handle.read(), path)) from None
        handle.truncate(0)
        handle.write(
            json.dumps(
                {
                    "who": who,
                    "pid": os.getpid(),
                    "since": datetime.now(UTC).isoformat("T", "seconds"),
                }
            )
        )
        handle.flush()
        yield


def _holder(text: str, path: Path) -> str:
    try:
        holder = json.loads(text)
    except json.JSONDecodeError:
        return f"Another run holds {path}. Wait until it ends."
    return (
        f"Another run is going on: {holder['who']} (process {holder['pid']}) "
        f"since {holder['since']}. Wait until it ends, or stop that process."
    )
