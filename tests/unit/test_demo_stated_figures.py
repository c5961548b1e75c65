"""What the demo company states agrees with its world and with the hours that it was billed."""

import csv
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest

from orchestration.demo.stated_figures import (
    OUTCOMES,
    training_runs,
    write_outcomes,
    write_training_runs,
)
from orchestration.demo.world import USE_CASES, World

TODAY = date(2026, 11, 16)
WORLD = World(20261116, Decimal("0.1"), TODAY)


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    path = tmp_path_factory.mktemp("org") / "outcome.csv"
    write_outcomes(path, WORLD)
    return rows_of(path)


def test_outcomes_come_of_requests_in_production(outcomes: list[dict[str, str]]) -> None:
    live = {use_case.use_case_id: use_case.first_production_on for use_case in USE_CASES}
    assert {row["use_case_id"] for row in outcomes} == {each.use_case_id for each in OUTCOMES}
    for row in outcomes:
        begun = live[row["use_case_id"]]
        assert begun is not None and row["valid_from"] >= begun.isoformat()
    row = next(row for row in outcomes if row["use_case_id"] == "delivery-agent")
    # It went into production on 10 August: nine of a hundred requests from then on.
    requests = WORLD.inference.filter(
        (pl.col("use_case_id") == "delivery-agent")
        & pl.col("usage_date").is_between(date(2026, 8, 10), date(2026, 8, 31))
    )["requests"].sum()
    assert (row["valid_from"], row["valid_to"]) == ("2026-08-10", "2026-09-01")
    assert int(row["outcome_quantity"]) == requests * 90 // 1000


def test_some_use_cases_state_no_outcome(outcomes: list[dict[str, str]]) -> None:
    stated = {row["use_case_id"] for row in outcomes}
    assert "company-assistant" not in stated and "campaign-ideas" not in stated


@pytest.fixture
def runs(tmp_path: Path) -> list[dict[str, str]]:
    """The runs of a machine that trained for ten hours on ten days and half an hour on another."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            copy (
                select
                    map {{'user_use_case': 'fraud-notes'}} as resource_tags,
                    'i-1' as line_item_resource_id,
                    'USE1-BoxUsage:p5.48xlarge' as line_item_usage_type,
                    timestamp '2026-11-06' + to_days(cast(range as integer))
                        as line_item_usage_start_date,
                    10.0::double as line_item_usage_amount,
                    'Usage' as line_item_line_item_type
                from range(10)
                union all
                select map {{'user_use_case': 'demand-explainer'}}, 'i-2',
                    'USE1-SpotUsage:g6.12xlarge', timestamp '2026-11-06', 0.5, 'Usage'
                union all
                select map {{'user_use_case': 'demand-explainer'}}, 'i-3',
                    'USE1-Host:ml.g6.2xlarge', timestamp '2026-11-06', 24, 'Usage'
            ) to '{tmp_path}/lines.parquet' (format parquet)
            """
        )
    write_training_runs(tmp_path / "training_run.csv", training_runs(tmp_path, TODAY))
    return rows_of(tmp_path / "training_run.csv")


def test_runs_lie_in_the_hours_that_were_billed(runs: list[dict[str, str]]) -> None:
    outer = [row for row in runs if not row["parent_run_id"] and row["ended_at"]]
    assert len(outer) == 10
    for row in outer:
        start, end = (
            datetime.fromisoformat(row[name].removesuffix("Z"))
            for name in ("started_at", "ended_at")
        )
        hours = 10 if row["resource_id"] == "i-1" else 0.5
        assert end - start == timedelta(seconds=int(hours * 3600) * 94 // 100)


def test_runs_fail_are_preempted_are_nested_and_go_on(runs: list[dict[str, str]]) -> None:
    states = {row["run_id"]: row["run_state"] for row in runs}
    assert states["demand-forecaster-001"] == "preempted"
    assert states["fraud-ranker-004"] == "failed"
    assert states["fraud-ranker-010"] == "running"
    nested = [row for row in runs if row["parent_run_id"]]
    assert [row["run_id"] for row in nested] == [
        "fraud-ranker-008-fold-1",
        "fraud-ranker-008-fold-2",
    ]
    assert all(not row["metric_name"] for row in runs if row["run_state"] != "finished")


def test_a_world_without_machines_has_no_runs(tmp_path: Path) -> None:
    write_training_runs(tmp_path / "training_run.csv", training_runs(tmp_path, TODAY))
    assert rows_of(tmp_path / "training_run.csv") == []
