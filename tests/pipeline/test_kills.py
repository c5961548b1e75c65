"""A run may die at any moment: nothing counts half-way, and the next run ends where it would have.

Runs are killed at a line of their output and at random moments, alone (which leaves their dbt
behind) or with all that they started. The steps that make something count are broken one by one.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import duckdb
import pytest

from orchestration.extract.pull import pull
from orchestration.extract.snapshot import Snapshot, snapshots_of
from orchestration.extract.source import PullContext, SourceConfig, load_sources
from orchestration.land import landing as landing_module
from orchestration.land.asking import pull_context
from orchestration.land.catalogue import landed_catalogue
from orchestration.land.landing import land
from orchestration.publish import build as build_module
from orchestration.publish.build import BuildInUseError, BuildPaths, open_build
from orchestration.settings import PROJECT_DIR
from tests.pipeline.conftest import Installation, small_installation
from tests.pipeline.contents import assert_same_content, content, leftovers
from tests.pipeline.killed_runs import Chain, wait_until_gone


def test_a_first_run_that_is_killed_at_each_door_ends_as_if_undisturbed(
    published: Installation, tmp_path: Path
) -> None:
    """Kills of later runs, of a file that is published, are in ``test_history.py``."""
    moments = random.Random(20261125)
    installation = small_installation(tmp_path / "killed")
    from_nothing = Chain(installation)
    from_nothing.kill_at_line("extract  ", nth=moments.randint(1, 3), alone=True)
    from_nothing.kill_at_line("land  ", nth=moments.randint(1, 3), alone=False)
    from_nothing.kill_at_line("conform  ", nth=moments.randint(1, 6), alone=True)
    assert from_nothing.published is None
    run = from_nothing.finish(keeps_history=True, has_gates=False)
    assert run.exit_code == 0, run.text
    assert_same_content(content(installation), content(published))
    assert leftovers(installation) == []
    with dg.DagsterInstance.from_config(str(installation.dagster_home)) as instance:
        states = [run.status for run in instance.get_runs()]
    # Dagster's queue would wait for a killed run for ever, if it seemed to go on.
    assert dg.DagsterRunStatus.STARTED not in states
    assert states.count(dg.DagsterRunStatus.SUCCESS) == 1


class Disturbed(OSError):
    """The disk is full, or gone, or the process was stopped there."""


@contextmanager
def disturbance(nth: int) -> Iterator[Callable[[], bool]]:
    """Make the n-th call that puts something on disk or in its place fail.

    Yields whether so many calls were made.
    """
    calls = 0

    def disturbed(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == nth:
                raise Disturbed(28, "No space left on device")
            return real(*arguments, **named)

        return call

    with (
        mock.patch("os.replace", disturbed(os.replace)),
        mock.patch("os.rename", disturbed(os.rename)),
        mock.patch("os.fsync", disturbed(os.fsync)),
    ):
        yield lambda: calls >= nth


def is_whole(snapshot: Snapshot) -> bool:
    """Say whether every file of a snapshot is what the receipt says."""
    return all(
        hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
        for path, file in zip(snapshot.file_paths(), snapshot.receipt.files, strict=True)
    )


def a_source(installation: Installation) -> tuple[SourceConfig, PullContext]:
    source, *_ = load_sources(installation.sources_file)
    return source, pull_context(installation.settings)


def a_pulled_source(root: Path) -> tuple[Installation, SourceConfig, PullContext]:
    installation = small_installation(root)
    source, context = a_source(installation)
    pull(source, None, context)
    return installation, source, context


def test_a_pull_that_breaks_off_anywhere_leaves_no_half_snapshot(tmp_path: Path) -> None:
    undisturbed, source, context = a_pulled_source(tmp_path / "undisturbed")
    expected = undisturbed.snapshots()
    assert len(expected) == 2
    nth, broke_off = 0, True
    while broke_off:
        nth += 1
        installation = small_installation(tmp_path / f"broken-{nth}")
        source, context = a_source(installation)
        with disturbance(nth) as happened:
            try:
                pull(source, None, context)
            except Disturbed:
                assert happened()
            broke_off = happened()
        extracted = context.extracted_dir / source.name / "line_items"
        for folder in extracted.glob("????-??"):
            assert all(is_whole(snapshot) for snapshot in snapshots_of(folder))
        assert set(installation.snapshots()) <= set(expected)
        pull(source, None, context)
        assert installation.snapshots() == expected
        assert list(extracted.rglob(".partial-*")) == []
    assert nth > 6


def test_a_landing_that_breaks_off_anywhere_does_not_count(tmp_path: Path) -> None:
    pulled, source, _ = a_pulled_source(tmp_path / "pulled")

    def say(_line: str) -> None:
        pass

    def catalogue(data: Path) -> list[tuple[str, str, int]]:
        found = landed_catalogue(data, [source])
        with duckdb.connect() as connection:
            return [
                (
                    current.receipt.billing_period,
                    current.receipt.snapshot_id,
                    sum(
                        connection.read_parquet(str(path)).count("*").fetchone()[0]
                        for path in current.paths
                    ),
                )
                for current in found
            ]

    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(pulled.data, undisturbed)
    land(source, undisturbed, say)
    expected = catalogue(undisturbed)
    assert [rows for _, _, rows in expected] == [8, 6]
    nth, broke_off = 0, True
    while broke_off:
        nth += 1
        data = tmp_path / f"broken-{nth}"
        shutil.copytree(pulled.data, data)
        with disturbance(nth) as happened:
            try:
                land(source, data, say)
            except Disturbed:
                assert happened()
            broke_off = happened()
        assert set(catalogue(data)) <= set(expected)
        land(source, data, say)
        assert catalogue(data) == expected
        assert list(data.rglob(".partial-*")) == []
    assert nth > 4


def test_rows_that_cannot_be_written_are_not_landed(tmp_path: Path) -> None:
    installation, source, _ = a_pulled_source(tmp_path / "installation")
    nowhere = mock.patch.object(
        landing_module, "path_literal", lambda path: f"'{path}.no_such_folder/file.parquet'"
    )
    said: list[str] = []
    with nowhere:
        refused = land(source, installation.data, said.append)
    assert [landed.state for landed in refused] == ["refused", "refused"]
    assert landed_catalogue(installation.data, [source]) == []
    assert all("REFUSED (files)" in line for line in said) and len(said) == 2
    landed = land(source, installation.data, said.append)
    assert [result.state for result in landed] == ["new", "new"]


# Flips, and kills itself instead of the n-th step that touches the disk.
KILLED_FLIP = """
import os, signal, sys
from pathlib import Path
from orchestration.publish.flip import freeze_and_flip

build, published, nth = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
calls = 0

def fatal(real):
    def call(*arguments, **named):
        global calls
        calls += 1
        if calls == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **named)
    return call

for name in ("replace", "fsync", "chmod", "unlink"):
    setattr(os, name, fatal(getattr(os, name)))
freeze_and_flip(build, published)
"""


def test_a_flip_that_is_killed_anywhere_leaves_the_old_file_or_the_new_one(
    published: Installation, tmp_path: Path
) -> None:
    old = published.published_path.read_bytes()
    states, nth, killed = [], 0, True
    while killed:
        nth += 1
        folder = tmp_path / str(nth)
        folder.mkdir()
        paths = BuildPaths(folder, folder / "build.duckdb", folder / "published.duckdb")
        paths.published_path.write_bytes(old)
        open_build(paths)
        with duckdb.connect(str(paths.build_path)) as connection:
            connection.execute("create table tollgate.working_table as select 1 as one")
            connection.execute(
                "create or replace table tollgate.made_from as select 'new' as inputs_fingerprint"
            )
        command = [
            sys.executable,
            "-c",
            KILLED_FLIP,
            paths.build_path,
            paths.published_path,
            str(nth),
        ]
        flip = subprocess.run(command, cwd=PROJECT_DIR, check=False)
        killed = flip.returncode == -signal.SIGKILL
        assert killed or flip.returncode == 0
        is_old = paths.published_path.read_bytes() == old
        if not is_old:
            with duckdb.connect(str(paths.published_path), read_only=True) as connection:
                tables = connection.execute("select count(*) from duckdb_tables()").fetchone()
                new = connection.execute("select * from tollgate.made_from").fetchone()
            with duckdb.connect(str(published.published_path), read_only=True) as connection:
                assert (
                    connection.execute("select count(*) from duckdb_tables()").fetchone() == tables
                )
            assert new == ("new",)
        states.append(is_old)
        # What the killed one left is no hindrance.
        open_build(paths)
        assert sorted(path.name for path in folder.iterdir()) == [
            "build.duckdb",
            "published.duckdb",
        ]
    # The old file until the one step that puts the new one in its place.
    assert states == sorted(states, reverse=True)
    assert states[0] is True and states[-1] is False and len(states) > 4


RUN = """
import sys
from multiprocessing import get_context
dbt = get_context("forkserver").Process(target=exec, args=(sys.argv[1],))
dbt.start()
dbt.join()
"""
# What dbt does with the plugin, in a process whose run is the one above.
DBT = """
import os, time
from multiprocessing import parent_process
from orchestration.publish.dbt_lifeline import Plugin
print(os.getpid(), flush=True)
{wait}
Plugin("lifeline", {{}}).initialize({{}})
{begin}
time.sleep(30)
print("outlived its run", flush=True)
"""


@pytest.mark.parametrize(
    ("wait", "begin"),
    [("", "print('begun', flush=True)"), ("parent_process().join()", "")],
    ids=["that has begun", "that was about to begin"],
)
def test_a_dbt_ends_when_its_run_is_killed(wait: str, begin: str) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", RUN, DBT.format(wait=wait, begin=begin)],
        cwd=PROJECT_DIR,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    dbt = int(run.stdout.readline())
    if begin:
        assert run.stdout.readline() == "begun\n"
    run.kill()
    run.wait()
    # The pipe is closed when nobody is left who could write into it.
    assert run.stdout.read() == ""
    run.stdout.close()
    wait_until_gone(dbt)


# Holds a file as a dbt that was left behind does.
HOLDER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_build_file_that_somebody_writes_is_not_taken_away(tmp_path: Path) -> None:
    paths = BuildPaths(tmp_path, tmp_path / "build.duckdb", tmp_path / "published.duckdb")
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(paths.build_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    before = paths.build_path.stat().st_ino
    with (
        mock.patch.object(build_module, "_CLOSED_WITHIN_SECONDS", 0.3),
        pytest.raises(BuildInUseError, match=r"build\.duckdb"),
    ):
        open_build(paths)
    assert paths.build_path.stat().st_ino == before
    holder.communicate("")
    open_build(paths)
    assert not paths.build_path.exists()
