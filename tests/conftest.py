"""What the workers of one test run make once for all of them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def one_worker_at_a_time(path: Path) -> Iterator[None]:
    """Hold a lock that all workers of this test run share."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="session")
def shared_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that all workers of this test run share."""
    own = tmp_path_factory.getbasetemp()
    # Each worker of xdist has a folder of its own below the one of the test run.
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
