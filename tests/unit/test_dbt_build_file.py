"""The build file is changed without a log, and is whole after the checkpoint of the run's end."""

from __future__ import annotations

import resource
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
import yaml
from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.environments.local import LocalEnvironment

from orchestration.publish.dbt_build_file import Plugin
from orchestration.settings import DBT_PROJECT_DIR


@pytest.fixture
def build_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "it's here" / "build.duckdb"
    path.parent.mkdir()
    monkeypatch.setenv("TOLLGATE_BUILD_PATH", str(path))
    monkeypatch.setenv("TOLLGATE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TOLLGATE_THREADS", "3")
    monkeypatch.setenv("TOLLGATE_MEMORY_LIMIT", "300MB")
    return path


@pytest.fixture
def connection(build_path: Path) -> duckdb.DuckDBPyConnection:
    return connected()


def connected() -> duckdb.DuckDBPyConnection:
    credentials = DuckDBCredentials(schema="main", path="build.duckdb")
    plugins = {"build_file": Plugin("build_file", {}, credentials)}
    database = LocalEnvironment.initialize_db(credentials, plugins)
    cursor = LocalEnvironment.initialize_cursor(credentials, database.cursor(), plugins)
    assert isinstance(cursor, duckdb.DuckDBPyConnection)
    return cursor


def test_what_is_built_is_in_the_file_after_a_checkpoint_and_in_no_log(
    connection: duckdb.DuckDBPyConnection, build_path: Path
) -> None:
    connection.execute("create table amounts as select 1.10 as billed_cost")
    connection.execute('insert into "build"."main"."amounts" values (2.20)')
    connection.execute("comment on column amounts.billed_cost is 'in USD'")
    assert [file.name for file in build_path.parent.iterdir()] == ["build.duckdb"]
    connection.execute("checkpoint")
    connection.close()

    with duckdb.connect(str(build_path), read_only=True) as reader:
        assert reader.execute("select sum(billed_cost) from amounts").fetchone() == (
            Decimal("3.30"),
        )
        assert reader.execute(
            "select comment from duckdb_columns() where column_name = 'billed_cost'"
        ).fetchone() == ("in USD",)


def test_the_limits_of_the_settings_hold_and_what_does_not_fit_lies_beside_the_file(
    connection: duckdb.DuckDBPyConnection, build_path: Path
) -> None:
    found = connection.execute(
        "select current_setting('memory_limit'), current_setting('temp_directory')"
    ).fetchone()
    assert found == ("286.1 MiB", f"{build_path}.tmp")


@pytest.mark.parametrize(
    ("snapshots", "threads"),
    [
        pytest.param([], 1, id="nothing has landed"),
        pytest.param([("2026-10", 999_999, True)], 1, id="few rows"),
        pytest.param([("2026-09", 600_000, True), ("2026-10", 400_000, True)], 3, id="many rows"),
        pytest.param([("2026-10", 600_000, True)] * 2, 1, id="few rows in two currencies"),
        pytest.param(
            [("2026-10", 600_000, False), ("2026-10", 600_001, True)], 1, id="a restated month"
        ),
    ],
)
def test_a_statement_has_one_thread_until_many_rows_have_landed(
    snapshots: list[tuple[str, int, bool]], threads: int, build_path: Path, tmp_path: Path
) -> None:
    inputs = tmp_path / "warehouse" / "inputs"
    inputs.mkdir(parents=True)
    pl.DataFrame(
        [("aws", "line_items", *snapshot) for snapshot in snapshots],
        ["source", "dataset", "billing_period", "row_count", "is_current"],
        orient="row",
    ).write_parquet(inputs / "snapshot.parquet")

    with connected() as connection:
        found = connection.execute("select current_setting('threads')").fetchone()

    assert found == (threads,)


def test_a_checkpoint_that_the_disk_has_no_room_for_is_a_fault(
    connection: duckdb.DuckDBPyConnection, build_path: Path
) -> None:
    # numbers that compress badly and are kept in memory until the checkpoint
    connection.execute("create table amounts as select hash(i) as h from range(100000) as r(i)")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (build_path.stat().st_size + 4096, hard))
    try:
        with pytest.raises(duckdb.IOException, match="[Cc]ould not write"):
            connection.execute("checkpoint")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_run_of_dbt_ends_with_that_checkpoint() -> None:
    project = yaml.safe_load((DBT_PROJECT_DIR / "dbt_project.yml").read_text(encoding="utf-8"))
    assert project["on-run-end"] == ["checkpoint"]
