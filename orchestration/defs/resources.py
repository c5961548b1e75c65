"""What assets share: the lock of the run and dbt."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DbtCliResource

from orchestration.publish.run_lock import run_lock
from orchestration.settings import DBT_PROJECT_DIR, Settings


class RunLock(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Holds the installation's run lock from the first asset of a run to its end."""

    lock_path: str

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["RunLock"]:
        """Take the lock; a second run is told who holds it."""
        who = f"Dagster run {context.run.run_id[:8]}" if context.run else "Dagster"
        with run_lock(Path(self.lock_path), who):
            yield self


def build_resources(settings: Settings) -> dict[str, Any]:
    """Return the resources of one installation."""
    return {
        "lock": RunLock(lock_path=str(settings.lock_path)),
        "dbt": DbtCliResource(
            project_dir=str(DBT_PROJECT_DIR),
            profiles_dir=str(DBT_PROJECT_DIR),
            # The dbt of this environment, whether or not it is activated.
            dbt_executable=str(Path(sys.executable).with_name("dbt")),
        ),
    }
