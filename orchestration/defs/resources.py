"""What assets share: the lock of the run and dbt."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
from packaging.version import Version

from orchestration.defs.dbt_apart import DbtCliResource
from orchestration.publish.run_lock import run_lock
from orchestration.settings import DBT_PROJECT_DIR, Settings

# The tag of a run that took the lock; its value is the lock's path.
HOLDS_LOCK = "tollgate/holds_lock"


class RunLock(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Holds the installation's run lock from the first asset of a run to its end."""

    lock_path: str

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["RunLock"]:
        """Take the lock; a second run is told who holds it."""
        run, instance = context.run, context.instance
        who = f"Dagster run {run.run_id[:8]}" if run else "Dagster"
        with run_lock(Path(self.lock_path), who):
            if run and instance:
                mark_killed_runs(instance, self.lock_path, but=run.run_id)
                instance.add_run_tags(run.run_id, {HOLDS_LOCK: self.lock_path})
            yield self


def mark_killed_runs(instance: dg.DagsterInstance, lock_path: str, but: str | None = None) -> None:
    """Mark as failed the runs that held this lock and could not say that they ended.

    Of these not the run `but`, which asks and may have the tag from its first moment. Whoever calls
    this holds the lock, so they are dead; to Dagster's queue, which lets one run go on at a time,
    they would go on for ever and no run from the UI would start again.
    """
    going_on = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    held = dg.RunsFilter(statuses=going_on, tags={HOLDS_LOCK: lock_path})
    for run in instance.get_runs(filters=held):
        if run.run_id != but:
            instance.report_run_failed(run, "The process of this run was killed.")


class Dbt(DbtCliResource):
    """dbt as a process, without what dagster-dbt prepares for features that are not used here.

    Each of the two costs a run one to two seconds: asking ``dbt --version`` in a process, and
    loading dbt into this one for an adapter that would count rows while dbt holds its file.
    """

    @cached_property
    def _cli_version(self) -> Version:
        return Version(version("dbt-core"))

    def _initialize_dbt_core_adapter(self, args: Sequence[str]) -> Any:
        return None


def build_resources(settings: Settings) -> dict[str, Any]:
    """Return the resources of one installation."""
    return {
        "lock": RunLock(lock_path=str(settings.lock_path)),
        "dbt": Dbt(
            project_dir=str(DBT_PROJECT_DIR),
            profiles_dir=str(DBT_PROJECT_DIR),
            # The dbt of this environment, whether or not it is activated.
            dbt_executable=str(Path(sys.executable).with_name("dbt")),
        ),
    }
