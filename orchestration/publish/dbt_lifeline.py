"""A plugin of dbt-duckdb that ends dbt when the run that started it is gone.

A run that is killed cannot stop its dbt. Left alone, that dbt would go on writing period files
while the next run writes the same ones.
"""

import os
import threading
import time
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin

from orchestration.settings import Settings

_LOOK_EVERY_SECONDS = 0.2


class Plugin(BasePlugin):
    """Looks, before dbt opens its file and from then on, whether the run is still there."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Watch the run that the environment names; dbt from a terminal has none."""
        run_process = Settings().run_process
        if run_process is None:
            return
        _end_without(run_process)
        threading.Thread(target=_watch, args=(run_process,), daemon=True).start()


def _watch(run_process: int) -> None:
    while True:
        _end_without(run_process)
        time.sleep(_LOOK_EVERY_SECONDS)


def _end_without(run_process: int) -> None:
    # An orphan is given to another parent. Nothing is tidied up: nobody waits for it any more.
    if os.getppid() != run_process:
        os._exit(1)
