"""Dagster's history is held open by who writes it, and read by others as it is written."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.execution.context.system import StepExecutionContext
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage

from orchestration.defs.resources import HOLDS_LOCK, RunLock
from orchestration.defs.run_history import (
    _LOOKS,
    _found_once,
    _output_asset_keys,
    hold_history_open,
)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    for name in ("_connect", *_LOOKS):
        monkeypatch.setattr(SqliteEventLogStorage, name, getattr(SqliteEventLogStorage, name))
    own_keys = StepExecutionContext.get_output_asset_keys
    monkeypatch.setattr(StepExecutionContext, "get_output_asset_keys", own_keys)
    hold_history_open()
    with dg.DagsterInstance.local_temp(str(tmp_path)) as held:
        yield held


@dg.op
def talks(context: dg.OpExecutionContext) -> None:
    context.log_event(dg.AssetMaterialization("spoken", metadata={"words": 2}))


@dg.job
def talk() -> None:
    talks()


def stored(path: Path, kind: str) -> list[str]:
    """Return the runs that have an event of a kind in a file, as another process reads it."""
    with sqlite3.connect(path) as connection:
        return [
            row[0]
            for row in connection.execute(
                "select run_id from event_logs where dagster_event_type = ? order by id", (kind,)
            )
        ]


def test_what_is_written_is_there_for_others_at_once(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    runs = [talk.execute_in_process(instance=instance).run_id for _ in range(2)]
    (folder,) = {path.parent for path in tmp_path.rglob(f"{runs[0]}.db")}
    assert stored(folder / "index.db", "ASSET_MATERIALIZATION") == runs
    for run in runs:
        assert stored(folder / f"{run}.db", "PIPELINE_SUCCESS") == [run]
        assert [event.run_id for event in instance.all_logs(run)][-1] == run
    # Of all runs the last one alone is held open, whichever is read.
    held = vars(instance.event_log_storage)["_held_connections"]
    assert set(held) == {"index", runs[-1]}


def test_who_watches_a_run_is_told(instance: dg.DagsterInstance) -> None:
    run = talk.execute_in_process(instance=instance)
    said_before = instance.get_records_for_run(run.run_id).cursor
    told = threading.Event()
    instance.watch_event_logs(run.run_id, said_before, lambda _event, _cursor: told.set())
    instance.report_engine_event("one more word", run.dagster_run)
    assert told.wait(20)


def test_a_failed_transaction_leaves_nothing_and_the_next_goes_through(
    instance: dg.DagsterInstance,
) -> None:
    storage = instance.event_log_storage
    assert isinstance(storage, SqliteEventLogStorage)
    with pytest.raises(ZeroDivisionError), storage.index_connection() as connection:
        connection.exec_driver_sql("insert into asset_keys (asset_key) values ('half')")
        raise ZeroDivisionError
    with storage.index_connection() as connection:
        assert connection.exec_driver_sql("select count(*) from asset_keys").scalar() == 0


def test_a_run_takes_another_for_killed_and_not_itself(
    instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    path = str(tmp_path / "run.lock")
    killed = instance.create_run_for_job(
        talk, status=dg.DagsterRunStatus.STARTED, tags={HOLDS_LOCK: path}
    )

    @dg.op(required_resource_keys={"lock"})
    def works(context: dg.OpExecutionContext) -> None:
        pass

    @dg.job(resource_defs={"lock": RunLock(lock_path=path)})
    def work() -> None:
        works()

    run = work.execute_in_process(instance=instance, tags={HOLDS_LOCK: path})
    ended = instance.get_run_by_id(killed.run_id)
    assert ended is not None and ended.status == dg.DagsterRunStatus.FAILURE
    said = [event.dagster_event_type for event in instance.all_logs(run.run_id)]
    assert dg.DagsterEventType.RUN_FAILURE not in said
    assert dg.DagsterEventType.RUN_SUCCESS in said


def test_what_was_found_in_the_history_is_not_looked_for_again(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = instance.event_log_storage
    assert isinstance(storage, SqliteEventLogStorage)
    looked: list[str] = []

    def has_table(storage: SqliteEventLogStorage, name: str) -> bool:
        looked.append(name)
        return bool(_LOOKS["has_table"](storage, name))

    monkeypatch.setattr(SqliteEventLogStorage, "has_table", _found_once(has_table))
    assert [storage.has_table("event_logs") for _ in range(3)] == [True, True, True]
    assert [storage.has_table("bills") for _ in range(2)] == [False, False]
    with storage.index_connection() as connection:
        connection.exec_driver_sql("create table bills (billed_cost text)")
    assert [storage.has_table("bills") for _ in range(2)] == [True, True]
    assert looked == ["event_logs", "bills", "bills", "bills"]


def test_columns_and_migrations_are_found_as_dagster_finds_them(
    instance: dg.DagsterInstance,
) -> None:
    storage = instance.event_log_storage
    assert isinstance(storage, SqliteEventLogStorage)
    for name in ("cached_status_data", "last_materialization_timestamp", "nobody's"):
        for _ in range(2):
            assert storage.has_asset_key_col(name) == _LOOKS["has_asset_key_col"](storage, name)
    for name in ("asset_key_table", "nobody's"):
        for _ in range(2):
            own = _LOOKS["has_secondary_index"](storage, name)
            assert storage.has_secondary_index(name) == own


def test_the_assets_of_a_step_are_those_that_it_was_asked_for(
    instance: dg.DagsterInstance,
) -> None:
    seen: list[set[dg.AssetKey]] = []

    @dg.multi_asset(
        specs=[dg.AssetSpec(name, skippable=True) for name in ("ledger", "showback", "trust")],
        can_subset=True,
    )
    def marts(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        step = context.get_step_execution_context()
        for key in sorted(context.selected_asset_keys):
            assert step.get_output_asset_keys() == _output_asset_keys(step)
            seen.append(set(step.get_output_asset_keys()))
            yield dg.MaterializeResult(key)

    for wanted in (["ledger", "trust"], ["showback"]):
        dg.materialize([marts], instance=instance, selection=wanted)
    both = {dg.AssetKey("ledger"), dg.AssetKey("trust")}
    assert seen == [both, both, {dg.AssetKey("showback")}]
