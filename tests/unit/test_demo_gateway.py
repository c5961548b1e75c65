"""The demo company's gateway saw what its vendors bill, but for the discrepancies that it lists."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from file_bills import FileSource

from orchestration.demo.gateway import (
    UNKNOWN_MODEL,
    discrepancies,
    write_gateway_export,
)
from orchestration.demo.world import TOKEN_CLASSES, World
from orchestration.settings import Settings

SCALE = Decimal("0.05")


@pytest.fixture(scope="module")
def world() -> World:
    settings = Settings()
    return World(settings.demo_seed, SCALE, settings.demo_today)


@pytest.fixture(scope="module")
def folder(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("gateway") / "export"
    write_gateway_export(world, made)
    return made


def test_the_same_world_gives_the_same_bytes(world: World, folder: Path, tmp_path: Path) -> None:
    write_gateway_export(world, tmp_path / "again")
    names = sorted(path.name for path in folder.iterdir())
    assert len(names) == 3
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


# What changes tokens; the other causes are of prices, tiers and of who does not go through.
OF_TOKENS = {
    "cache counted twice",
    "a doubled meter",
    "failures billed without usage",
    "an unknown model",
    "days cut in another time zone",
}
Call = tuple[date, str, str]


@pytest.fixture(scope="module")
def seen(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Call, tuple[Any, ...]]:
    """By day, use case and model: calls that went well, five token classes, calls that failed."""
    data = tmp_path_factory.mktemp("seen") / "data"
    FileSource("litellm", folder, data).pull()
    with duckdb.connect() as connection:
        parts = f"read_parquet('{data}/extracted/bill/calls/*/*/*.parquet')"
        assert connection.execute(
            f"select count(*) from {parts} where defects is not null"
        ).fetchall() == [(0,)]
        rows = connection.execute(
            f"""
            select
                cast(started_at as date), use_case, model,
                count(*) filter (where not is_failure),
                sum(input_tokens - cache_read_tokens - cache_write_tokens),
                sum(cache_read_tokens),
                sum(cache_write_tokens - cache_write_1h_tokens),
                sum(cache_write_1h_tokens),
                sum(output_tokens),
                count(*) filter (where is_failure),
                sum(input_tokens + output_tokens) filter (where is_failure)
            from {parts} group by all
            """
        ).fetchall()
    # a failure is a request without tokens
    assert {row[-1] for row in rows} <= {None, 0}
    return {row[:3]: row[3:-1] for row in rows}


@pytest.fixture(scope="module")
def billed(world: World) -> dict[Call, tuple[Any, ...]]:
    """The same of the world, by all days: calls and five token classes."""
    counts = ("requests", *(f"{name}_tokens" for name in TOKEN_CLASSES))
    sums = world.inference.group_by("usage_date", "use_case_id", "model").agg(pl.sum(*counts))
    return {row[:3]: row[3:] for row in sums.iter_rows()}


def planted(world: World, cause: str) -> list[Call]:
    """Return the days, use cases and models that a cause was planted at; there are some."""
    found = [
        (each.usage_date, each.use_case_id, each.model)
        for each in discrepancies(world)
        if each.cause == cause
    ]
    assert found
    return found


def test_every_token_and_request_that_was_billed_is_there_once(
    world: World, seen: dict[Call, tuple[Any, ...]], billed: dict[Call, tuple[Any, ...]]
) -> None:
    disturbed = {call for cause in OF_TOKENS for call in planted(world, cause)}
    # a clock that stands off moves calls to the day before
    moved = {(day - timedelta(days=1), *rest) for day, *rest in disturbed}
    clean = {call: counts for call, counts in seen.items() if call not in disturbed | moved}
    assert len(clean) > 150
    for call, counts in clean.items():
        if call[2] != UNKNOWN_MODEL:
            assert counts[:-1] == billed[call], call
    assert sum(counts[-1] for counts in clean.values()) > 0


def test_what_the_gateway_counts_wrongly_is_wrong_by_what_it_says(
    world: World, seen: dict[Call, tuple[Any, ...]], billed: dict[Call, tuple[Any, ...]]
) -> None:
    for call in planted(world, "cache counted twice"):
        requests, uncached, read, *others = billed[call]
        assert read > 0
        assert seen[call][:-1] == (requests, uncached + read, read, *others)
    for call in planted(world, "a doubled meter"):
        assert seen[call][:-1] == tuple(2 * count for count in billed[call])
    for call in planted(world, "failures billed without usage"):
        requests, failed = seen[call][0], seen[call][-1]
        assert 0 < requests < billed[call][0] <= requests + failed
        assert 0 < sum(seen[call][1:-1]) < sum(billed[call][1:])
    for day, use_case_id, model in planted(world, "an unknown model"):
        assert (day, use_case_id, model) not in seen
        as_logged = seen[day, use_case_id, UNKNOWN_MODEL]
        assert as_logged[:-1] == billed[day, use_case_id, model]


def test_a_clock_that_stands_off_moves_tokens_and_loses_none(
    world: World, seen: dict[Call, tuple[Any, ...]], billed: dict[Call, tuple[Any, ...]]
) -> None:
    calls = planted(world, "days cut in another time zone")
    days = {call[0] for call in calls}
    rest = calls[0][1:]
    reach = sorted({min(days) - timedelta(days=1), *days})
    for number in range(6):
        assert sum(seen[day, *rest][number] for day in reach) == sum(
            billed[day, *rest][number] for day in reach if (day, *rest) in billed
        )
    assert seen[max(days), *rest][:-1] != billed[max(days), *rest]


def test_the_gateways_estimates_are_its_old_prices_of_what_it_saw(
    world: World, folder: Path
) -> None:
    logs = pl.read_parquet(folder / "*.parquet")
    stale = planted(world, "a stale price")
    for day, use_case_id, model in stale:
        spent = float(
            logs.filter(
                (pl.col("startTime").dt.date() == day)
                & (pl.col("model") == model)
                & pl.col("metadata").str.contains(use_case_id)
            )["spend"].sum()
        )
        at = {
            when: sum(
                row[f"{name}_tokens"] * (world.prices("openai", model, when) or {})[name]
                for row in world.inference.filter(
                    (pl.col("usage_date") == day) & (pl.col("use_case_id") == use_case_id)
                ).iter_rows(named=True)
                for name in ("input_uncached", "cache_read", "cache_write_5m", "output")
            )
            / 1_000_000
            for when in (day, date(2026, 8, 1))
        }
        assert spent == pytest.approx(float(at[date(2026, 8, 1)]), rel=1e-9)
        assert spent > 1.1 * float(at[day])


def test_only_a_model_that_thinks_tells_its_reasoning_and_sessions_have_a_few_calls(
    folder: Path,
) -> None:
    with duckdb.connect() as connection:
        logs = f"read_parquet('{folder}/*.parquet')"
        thinking = connection.execute(
            f"select distinct model from {logs} "
            "where json_extract(metadata, "
            "'$.usage_object.completion_tokens_details.reasoning_tokens') is not null"
        ).fetchall()
        assert {model for (model,) in thinking} == {"gpt-5-2025-08-07", UNKNOWN_MODEL}
        sessions = connection.execute(
            "select max(calls), count(distinct team_id), count(*) from (select session_id, "
            f"any_value(team_id) as team_id, count(distinct request_id) as calls from {logs} "
            "where session_id is not null and request_id not like '%-again' group by session_id)"
        ).fetchone()
    assert sessions is not None
    assert sessions[:2] == (8, 2) and sessions[2] > 100
