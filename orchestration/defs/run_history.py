"""Dagster's history of runs, held open by the process that writes it.

Dagster opens its SQLite files for each event anew, and to close one has the disk take over all that
was written: ten milliseconds and more for each of the thousands of events of a run. It also asks
for each event which tables and columns there are, and for each of a step's outputs which assets all
of them are.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy
from dagster._core.execution.context.system import StepExecutionContext
from dagster._core.storage.event_log.sqlite.sqlite_event_log import (
    INDEX_SHARD_NAME,
    SqliteEventLogStorage,
)
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS

# Dagster's own, by name; the last thing that each is told is what it looks for.
_LOOKS = {
    name: getattr(SqliteEventLogStorage, name)
    for name in (
        "has_table",
        "has_asset_key_col",
        "_has_asset_key_col_on_connection",
        "has_secondary_index",
    )
}
_output_asset_keys = StepExecutionContext.get_output_asset_keys


def hold_history_open() -> None:
    """Have this process hold open what it reads and writes of the history: the index and a run."""
    SqliteEventLogStorage._connect = _held  # type: ignore[method-assign,assignment]
    for name, own in _LOOKS.items():
        setattr(SqliteEventLogStorage, name, _found_once(own))
    StepExecutionContext.get_output_asset_keys = _keys_of_outputs  # type: ignore[method-assign,assignment]


def _found_once(own: Callable[..., bool]) -> Callable[..., bool]:
    """Return a method that looks no more for what it found; what is not there may still come."""

    def look(storage: SqliteEventLogStorage, *told: Any) -> bool:
        found: set[tuple[str, str]] = vars(storage).setdefault("_found", set())
        wanted = (own.__name__, told[-1])
        if wanted not in found and own(storage, *told):
            found.add(wanted)
        return wanted in found

    return look


def _keys_of_outputs(step: StepExecutionContext) -> Any:
    """Return the keys of a step's assets, which stay the same while it runs."""
    kept = vars(step)
    if "_output_asset_keys" not in kept:
        kept["_output_asset_keys"] = frozenset(_output_asset_keys(step))
    return kept["_output_asset_keys"]


@contextmanager
def _held(storage: SqliteEventLogStorage, shard: str) -> Iterator[sqlalchemy.Connection]:
    """Yield a connection to a file of the history, in a transaction, as Dagster's own does."""
    with storage._db_lock:
        connection = _connection(storage, shard)
        written = _rows_written(connection)
        try:
            with connection.begin():
                yield connection
        except BaseException:
            _let_go(storage, shard)
            raise
        if shard != INDEX_SHARD_NAME and _rows_written(connection) > written:
            # What is written stands in the log beside the file, and the UI watches the file.
            os.utime(storage.path_for_shard(shard))


def _connection(storage: SqliteEventLogStorage, shard: str) -> sqlalchemy.Connection:
    held = _held_by(storage)
    if shard not in held:
        for other in [name for name in held if INDEX_SHARD_NAME not in (name, shard)]:
            _let_go(storage, other)
        engine = sqlalchemy.create_engine(
            storage.conn_string_for_shard(shard),
            poolclass=sqlalchemy.NullPool,
            # One thread at a time uses it, whichever has the lock.
            connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS, "check_same_thread": False},
        )
        if shard not in storage._initialized_dbs:
            storage._initdb(engine)
            storage._initialized_dbs.add(shard)
        held[shard] = engine.connect()
        # A process that is killed loses nothing by it; the disk is waited for at checkpoints.
        held[shard].exec_driver_sql("pragma synchronous = normal")
        held[shard].commit()
    return held[shard]


def _held_by(storage: SqliteEventLogStorage) -> dict[str, sqlalchemy.Connection]:
    held: dict[str, sqlalchemy.Connection] = vars(storage).setdefault("_held_connections", {})
    return held


def _let_go(storage: SqliteEventLogStorage, shard: str) -> None:
    connection = _held_by(storage).pop(shard)
    connection.close()
    connection.engine.dispose()


def _rows_written(connection: sqlalchemy.Connection) -> int:
    driver: Any = connection.connection.driver_connection
    return int(driver.total_changes)
