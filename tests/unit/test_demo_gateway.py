"""The demo company's gateway saw exactly what its vendors bill for the use cases behind it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import pytest
from file_bills import FileSource

from orchestration.demo.gateway import GATEWAY_USE_CASES, gateway_start, write_gateway_export
from orchestration.demo.world import World
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


def test_every_token_and_request_that_was_billed_is_there_once(
    world: World, folder: Path, tmp_path: Path
) -> None:
    meter = FileSource("litellm", folder, tmp_path / "data")
    meter.pull()
    with duckdb.connect() as connection:
        parts = f"read_parquet('{tmp_path}/data/extracted/bill/calls/*/*/*.parquet')"
        assert connection.execute(
            f"select count(*) from {parts} where defects is not null"
        ).fetchall() == [(0,)]
        seen = connection.execute(
            f"""
            select
                cast(started_at as date), use_case, model,
                count(*) filter (where not is_failure),
                sum(input_tokens - cache_read_tokens - cache_write_tokens),
                sum(cache_read_tokens),
                sum(cache_write_tokens - cache_write_1h_tokens),
                sum(cache_write_1h_tokens),
                sum(output_tokens)
            from {parts} group by all order by all
            """
        ).fetchall()
        failed = connection.execute(
            f"select count(*), sum(input_tokens + output_tokens) from {parts} where is_failure"
        ).fetchone()
    billed = (
        world.inference.filter(
            pl.col("use_case_id").is_in(GATEWAY_USE_CASES)
            & (pl.col("usage_date") >= gateway_start(world))
        )
        .group_by("usage_date", "use_case_id", "model")
        .agg(
            pl.col("requests").sum(),
            *(
                pl.col(f"{name}_tokens").sum()
                for name in (
                    "input_uncached",
                    "cache_read",
                    "cache_write_5m",
                    "cache_write_1h",
                    "output",
                )
            ),
        )
        .sort("usage_date", "use_case_id", "model")
    )
    assert seen == billed.rows()
    # a failure is a request without tokens, and no vendor bills it
    assert failed is not None and failed[0] > 0 and failed[1] == 0


def test_the_gateways_estimates_are_the_list_prices_of_what_it_saw(
    world: World, folder: Path
) -> None:
    logs = pl.read_parquet(folder / "*.parquet")
    spent = float(logs["spend"].sum())
    expected = Decimal(0)
    for row in world.inference.filter(
        pl.col("use_case_id").is_in(GATEWAY_USE_CASES)
        & (pl.col("usage_date") >= gateway_start(world))
    ).iter_rows(named=True):
        prices = world.prices(row["vendor"], row["model"], row["usage_date"], row["service_tier"])
        assert prices is not None
        for name, price in prices.items():
            if f"{name}_tokens" in row:
                expected += row[f"{name}_tokens"] * price / 1_000_000
    assert spent == pytest.approx(float(expected), rel=1e-9)
