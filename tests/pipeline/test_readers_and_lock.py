"""Readers and runs do not stand in each other's way, and two runs are never at work at once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pytest

from orchestration.defs.resources import HOLDS_LOCK, RunLock, mark_killed_runs
from orchestration.publish.run_lock import RunLockedError, run_lock
from orchestration.settings import PROJECT_DIR
from tests.pipeline.conftest import Installation

# A process that holds the run lock of a data folder until it is told to end.
HOLDER = """
import sys
from pathlib import Path
from orchestration.publish.run_lock import run_lock

with run_lock(Path(sys.argv[1]), "the night run"):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def lock_held_elsewhere(installation: Installation) -> Iterator[subprocess.Popen[str]]:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(installation.settings.lock_path)],
        cwd=PROJECT_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    try:
        yield holder
    finally:
        holder.communicate("")


def test_a_second_run_is_told_who_holds_the_lock_and_touches_nothing(
    installation: Installation,
) -> None:
    before = installation.published_hash()
    bill = installation.bills / "aws_legacy" / "2026-10.csv"
    bill.write_text(bill.read_text().replace(",7.70,$", ",8.20,$"))
    snapshots = installation.snapshots()
    with lock_held_elsewhere(installation) as holder:
        second = installation.run_here()
        assert second.exit_code == 1
        told = second.lines[-1]
        assert f"the night run (process {holder.pid})" in told
        assert "Another run is going on" in told and "Wait until it ends" in told
        assert (installation.published_hash(), installation.snapshots()) == (before, snapshots)
        # Nor does it take the holder's name off the lock.
        with (
            pytest.raises(RunLockedError, match="the night run"),
            run_lock(installation.settings.lock_path, "a third run"),
        ):
            pytest.fail("two hold the lock")


def test_the_lock_of_a_killed_run_is_free(installation: Installation) -> None:
    with lock_held_elsewhere(installation) as holder:
        holder.kill()
        holder.wait()
        with run_lock(installation.settings.lock_path, "the next run"):
            assert "the next run" in installation.settings.lock_path.read_text()


def test_a_lock_whose_holder_left_no_name_is_a_lock(installation: Installation) -> None:
    path = installation.settings.lock_path
    with lock_held_elsewhere(installation):
        path.write_text("")
        with (
            pytest.raises(RunLockedError, match=r"run\.lock"),
            run_lock(path, "another run"),
        ):
            pytest.fail("two hold the lock")


def a_job(lock_path: str) -> dg.JobDefinition:
    """Return a job whose one step needs the lock, as every step of the real one does."""

    @dg.op
    def step(lock: RunLock) -> None:  # type: ignore[type-arg]
        pass

    @dg.job(resource_defs={"lock": RunLock(lock_path=lock_path)})
    def job() -> None:
        step()

    return job


def test_a_run_from_the_ui_takes_the_same_lock(installation: Installation) -> None:
    lock_path = str(installation.settings.lock_path)
    with dg.DagsterInstance.ephemeral() as instance:
        with lock_held_elsewhere(installation) as holder:
            second = a_job(lock_path).execute_in_process(instance=instance, raise_on_error=False)
        assert not second.success
        errors = " ".join(str(event.event_specific_data) for event in second.all_events)
        assert f"the night run (process {holder.pid})" in errors
        assert a_job(lock_path).execute_in_process(instance=instance).success


def test_a_killed_run_does_not_go_on_in_the_eyes_of_dagster(installation: Installation) -> None:
    lock_path = str(installation.settings.lock_path)
    job = a_job(lock_path)
    with dg.DagsterInstance.ephemeral() as instance:
        started = dg.DagsterRunStatus.STARTED
        killed = instance.create_run_for_job(job, status=started, tags={HOLDS_LOCK: lock_path})
        elsewhere = instance.create_run_for_job(job, status=started, tags={HOLDS_LOCK: os.devnull})
        next_run = job.execute_in_process(instance=instance)
        assert next_run.success

        def status(run_id: str) -> dg.DagsterRunStatus:
            found = instance.get_run_by_id(run_id)
            assert found is not None
            return found.status

        assert status(killed.run_id) is dg.DagsterRunStatus.FAILURE
        # Another installation's run is none of our business.
        assert status(elsewhere.run_id) is started
        assert status(next_run.run_id) is dg.DagsterRunStatus.SUCCESS
        mark_killed_runs(instance, lock_path)
        assert status(next_run.run_id) is dg.DagsterRunStatus.SUCCESS
