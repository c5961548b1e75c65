"""What importing costs: every command pays it, and most of it is for what nothing here uses."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _NotInstalled:
    """Says of some modules that they are not installed, to one thread."""

    def __init__(self, modules: tuple[str, ...]) -> None:
        self._modules = modules
        self._thread = threading.get_ident()

    def find_spec(self, name: str, *_: object) -> None:
        if name in self._modules and threading.get_ident() == self._thread:
            raise ModuleNotFoundError(f"{name} is left out of this import", name=name)


@contextmanager
def without(*modules: str) -> Iterator[None]:
    """Let what is imported in the block find that these modules are not installed.

    For packages that look for others and can do without them. A module that is already loaded
    costs nothing more and stays; after the block, and in other threads, all of them can be
    imported.

    Args:
        modules: Full names, such as ``google.cloud``.
    """
    finder = _NotInstalled(modules)
    # A list of its own: an import in another thread may be half way through this one.
    sys.meta_path = [finder, *sys.meta_path]
    try:
        yield
    finally:
        sys.meta_path = [other for other in sys.meta_path if other is not finder]


def collect_garbage_rarely() -> None:
    """Look for garbage in cycles a hundred times less often than Python does of itself.

    Modules, manifests and events are made by the hundred thousand and stay; to go through them
    again and again is a fifth of an import and finds next to nothing.
    """
    gc.set_threshold(100_000, 50, 100)
