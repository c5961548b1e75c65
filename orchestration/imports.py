"""What importing costs: every command pays it, and most of it is for what nothing here uses."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """Let what is imported in the block find that these modules are not installed.

    For packages that look for others and can do without them. A module that is already loaded
    costs nothing more and stays; after the block all of them can be imported again.

    Args:
        modules: Full names, such as ``dbt.version``.
    """
    absent = [name for name in modules if name not in sys.modules]
    # An entry of None is how Python is told not to look for a module.
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def collect_garbage_rarely() -> None:
    """Look for garbage in cycles a hundred times less often than Python does of itself.

    Modules, manifests and events are made by the hundred thousand and stay; to go through them
    again and again is a fifth of an import and finds next to nothing.
    """
    gc.set_threshold(100_000, 50, 100)
