"""A plugin of dbt-duckdb that ends dbt when the run that started it is gone.

A run that is killed cannot stop its dbt. Left alone, that dbt would go on writing period files
while the next run writes the same ones.
"""

import os
import threading
from multiprocessing import parent_process
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin


class Plugin(BasePlugin):
    """Looks, before dbt opens its file and from then on, whether the run is still there."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Watch the process that this one was started by; dbt from a terminal watches none."""
        run = parent_process()
        if run is None:
            return
        if not run.is_alive():
            _end_at_once()
        threading.Thread(target=_end_after, args=(run,), daemon=True).start()


def _end_after(run: Any) -> None:
    run.join()
    _end_at_once()


def _end_at_once() -> None:
    # Nothing is tidied up: nobody waits for it any more.
    os._exit(1)
